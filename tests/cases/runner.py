"""Runs cases of authorization and of conditions, one JSON object a line, through the engine.

A case with a `request` says what policies are in force and whether AWS allows it; one with an
`operator` or a `condition` whether that holds in a `context`. `confidence: undoc` marks what AWS
does not document: the right answer is cannot tell, any other one is passed over, and said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmsiac.access.authorize import authorize
from kmsiac.access.operators import all_hold
from kmsiac.access.statements import variables_of
from kmsiac.values import Answer, all_of, blame_on, cannot_tell
from tests.cases.building import CaseError, context_of, document_of, environment_of, request_of

_EXPECTED = {
    **dict.fromkeys(("allowed", "allow", "yes", "true", "match"), "yes"),
    **dict.fromkeys(("denied", "deny", "no", "false", "implicitlydenied"), "no"),
    **dict.fromkeys(("explicitlydenied", "nomatch"), "no"),
    **dict.fromkeys(("cannottell", "unknown", "undoc", "none", "null"), "cannot-tell"),
}
_SHOWN = {"yes": "Allowed", "no": "Denied", "cannot-tell": "cannot tell"}


@dataclass(frozen=True)
class Outcome:
    """What came of a case: `passed`, `failed` or `undoc` (not documented, and we answered)."""

    id: str
    status: str
    expected: str
    got: str
    why: str = ""
    undocumented: bool = False

    def line(self) -> str:
        """The outcome in one line."""
        why = f" ({self.why})" if self.why else ""
        start = "undoc" if self.status == "undoc" else "FAILED"
        return f"{start} {self.id}: expected {self.expected}, got {self.got}{why}"


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file: JSON lines, or one JSON list. Raises CaseError where it is neither."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot be read: {error}") from error
    if content.lstrip().startswith("["):
        found = _parsed(content, str(path))
    else:
        lines = enumerate(content.split("\n"), 1)
        found = [_parsed(line, f"{path}:{number}") for number, line in lines if line.strip()]
    for case in found:
        if not isinstance(case, dict) or not _kind(case):
            shown = str(case)[:60]
            raise CaseError(f"{path}: a case has a request, an operator or a condition: {shown}")
    return found


def _parsed(content: str, place: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CaseError(f"{place}: not JSON: {error}") from error


def _kind(case: Mapping[str, Any]) -> str:
    if isinstance(case.get("request"), dict):
        return "authorization"
    return "condition" if "operator" in case or "condition" in case else ""


def run_cases(cases: Iterable[Mapping[str, Any]]) -> Iterator[Outcome]:
    """The outcome of each case; one that is not understood has failed, and says why."""
    for number, case in enumerate(cases, 1):
        name = str(case.get("id") or f"case {number}")
        try:
            yield _outcome(case, name)
        except CaseError as error:
            yield Outcome(name, "failed", str(case.get("expected")), "nothing", str(error))


def _outcome(case: Mapping[str, Any], name: str) -> Outcome:
    expected = _expected(case)
    answer, why = decide(case)
    got = answer.verdict.value
    undocumented = str(case.get("confidence", "")).lower() == "undoc"
    status = "passed" if got == expected else "failed"
    if undocumented:
        status = "passed" if answer.is_open else "undoc"
    return Outcome(name, status, _words(case, expected), _words(case, got), why, undocumented)


def decide(case: Mapping[str, Any]) -> tuple[Answer, str]:
    """The engine's answer to a case, and its reason where it has one."""
    if _kind(case) == "condition":
        return _holds(case), ""
    decision = authorize(request_of(case["request"]), environment_of(case))
    blame = "; ".join(sorted(one.reason for one in decision.answer.blame))
    return decision.answer, blame or decision.missing


def _holds(case: Mapping[str, Any]) -> Answer:
    block = case.get("condition")
    if not isinstance(block, dict):
        block = {str(case.get("operator")): {str(case.get("key")): case.get("values")}}
    document = document_of(
        {
            "Version": case.get("version", "2012-10-17"),
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block}],
        }
    )
    (statement,) = document
    context = {key.lower(): found for key, found in context_of(case.get("context")).items()}
    answer = all_hold(statement.conditions, context, variables_of(document))
    rest = statement.conditions_open
    return answer if rest is None else all_of([answer, cannot_tell(blame_on(rest))])


def _expected(case: Mapping[str, Any]) -> str:
    written = str(case.get("expected")).lower()
    found = _EXPECTED.get("".join(c for c in written if c.isalpha()))
    if found is None:
        raise CaseError(f"what is expected is not understood: {str(case.get('expected'))[:40]}")
    return found


def _words(case: Mapping[str, Any], verdict: str) -> str:
    if _kind(case) == "condition" and verdict != "cannot-tell":
        return "true" if verdict == "yes" else "false"
    return _SHOWN[verdict]
