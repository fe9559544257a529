"""The examples of a rule file: templates, and what the rule must say of them.

A finding is expected where a comment says `# expect: KP-20`; `# expect: KP-20 high` fixes the
severity, too, and `# expect: KP-20 at TEXT` means the first line below that contains TEXT (for JSON
in a heredoc). Formats without comments have `expect: [{at: /Resources/K/Properties, severity: high}]`
beside the template: a JSON pointer to the key that the finding stands at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.reading.nodes import Sequence as SequenceNode
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.rules.model import RuleSet
from kmsiac.rules.vocabulary import SEVERITIES
from kmsiac.stack import Environment

FRAMEWORKS = ("terraform", "cloudformation")
_KEYS = frozenset(
    {
        "name",
        "expect",
        "unresolved",
        "account_id",
        "region",
        "partition",
        "trusted_accounts",
        *FRAMEWORKS,
        *(f"no_{framework}" for framework in FRAMEWORKS),
    }
)
_COMMENT = re.compile(
    r"#\s*expect:\s*(?P<rules>[A-Z][A-Z0-9]*-\d+[^#]*?)(?:\s+at\s+(?P<text>.+?))?\s*$"
)
_RULE = re.compile(rf"([A-Z][A-Z0-9]*-\d+)(?:\s+({'|'.join(SEVERITIES)})\b)?")
_WORD = re.compile(r"[^a-z0-9]+")


class Failure(NamedTuple):
    """Something wrong with the examples of a rule.

    `example` and `framework` are empty where it is not about one of them.
    """

    rule: str
    example: str
    framework: str
    message: str

    def __str__(self) -> str:
        where = " ".join(word for word in (self.rule, self.example, self.framework) if word)
        return f"{where}: {self.message}"


class Expectation(NamedTuple):
    """A finding that an example must yield; `severity` is empty where it does not say."""

    line: int
    severity: str = ""


class Example(NamedTuple):
    """One template of one framework. `bad`: the rule must speak; `unresolved`: it stays open."""

    rule: str
    bad: bool
    name: str
    framework: str
    text: str
    expected: tuple[Expectation, ...]
    unresolved: bool
    inputs: Inputs
    trusted_accounts: frozenset[str]

    @property
    def id(self) -> str:
        """What tests call it, such as `KP-20-bad-star-principal-terraform`."""
        words = _WORD.sub("-", self.name.lower()).strip("-")
        return f"{self.rule}-{'bad' if self.bad else 'good'}-{words}-{self.framework}"


def examples_of(rules: RuleSet, rule: str) -> tuple[list[Example], list[Failure]]:
    """The examples of a rule, and what is wrong with how they are written."""
    examples: list[Example] = []
    failures: list[Failure] = []
    written = rules.prose(rule).get("examples")
    for kind in ("bad", "good"):
        entries = written.get(kind) if isinstance(written, Mapping) else None
        if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
            failures.append(Failure(rule, "", "", f"there is no {kind} example"))
            continue
        for entry in entries:
            if isinstance(entry, Mapping):
                _read(rule, kind == "bad", entry, examples, failures)
            else:
                failures.append(Failure(rule, "", "", f"a {kind} example must be a mapping"))
    names = [(example.name, example.framework) for example in examples]
    failures += [
        Failure(rule, *name, "two examples have this name")
        for name in dict.fromkeys(name for name in names if names.count(name) > 1)
    ]
    return examples, failures


def _read(
    rule: str,
    bad: bool,
    entry: Mapping[str, object],
    examples: list[Example],
    failures: list[Failure],
) -> None:
    name = str(entry.get("name") or "")
    if not name:
        failures.append(Failure(rule, "", "", "an example has no name"))
    failures += [
        Failure(rule, name, "", f'an example has no key "{key}"')
        for key in entry
        if key not in _KEYS
    ]
    for framework in FRAMEWORKS:
        text = entry.get(framework)
        if isinstance(text, str):
            found = _example(rule, bad, name, framework, entry, text)
            if isinstance(found, Failure):
                failures.append(found)
            else:
                examples.append(found)
        elif not entry.get(f"no_{framework}"):
            message = f"neither a template nor a reason (no_{framework})"
            failures.append(Failure(rule, name, framework, message))


def _example(
    rule: str, bad: bool, name: str, framework: str, entry: Mapping[str, object], text: str
) -> Example | Failure:
    try:
        expected = tuple(sorted(_expected(rule, entry, text)))
    except (LookupError, SourceError) as error:
        return Failure(rule, name, framework, f"expect: {error}")
    if bad is not bool(expected):
        message = "a bad example expects nothing" if bad else "a good example expects a finding"
        return Failure(rule, name, framework, message)
    return Example(
        rule,
        bad,
        name,
        framework,
        text,
        expected,
        entry.get("unresolved") == "true",
        Inputs(environment=_environment(entry)),
        frozenset(_texts(entry.get("trusted_accounts"))),
    )


def _environment(entry: Mapping[str, object]) -> Environment:
    account, region, partition = (entry.get(k) for k in ("account_id", "region", "partition"))
    return Environment(
        str(account) if account else None,
        str(region) if region else None,
        str(partition) if partition else None,
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


# -- expectations ---------------------------------------------------------------------------------


def _expected(rule: str, entry: Mapping[str, object], text: str) -> Iterator[Expectation]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        for id, severity in _RULE.findall(found["rules"]):
            if id == rule:
                place = _below(lines, number, found["text"]) if found["text"] else number
                yield Expectation(place, severity)
    pointers = entry.get("expect")
    if isinstance(pointers, list) and text.lstrip().startswith("{"):
        for item in pointers:
            if not isinstance(item, Mapping) or "at" not in item:
                raise KeyError("an entry has no at")
            yield Expectation(_line_at(text, str(item.get("at"))), str(item.get("severity") or ""))


def _below(lines: list[str], number: int, text: str) -> int:
    for below in range(number, len(lines)):
        if text in lines[below] and not _COMMENT.search(lines[below]):
            return below + 1
    raise LookupError(f'no line below line {number} contains "{text}"')


def _line_at(text: str, pointer: str) -> int:
    file = SourceFile(1, "template.json", text.encode())
    node: Node = read_yaml(file, RULE_BUDGET)
    position = node.position
    for word in pointer.split("/")[1:]:
        step = word.replace("~1", "/").replace("~0", "~")
        inner: Node | None = None
        if isinstance(node, MappingNode):
            key, inner = node.key(step), node.get(step)
            position = key.position if isinstance(key, Scalar) else position
        elif isinstance(node, SequenceNode) and step.isdigit() and int(step) < len(node.items):
            inner = node.items[int(step)]
            position = inner.position
        if inner is None:
            raise LookupError(f"the template has no {pointer}")
        node = inner
    return file.span(position).line
