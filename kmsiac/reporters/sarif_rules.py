"""The rules of a SARIF log: every rule that ran, with what its page says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kmsiac.findings.excerpt import one_line, printable
from kmsiac.findings.finding import ActiveRule, ScanResult
from kmsiac.reporters import markdown_text as md

Shape = dict[str, object]

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
"""SARIF's levels of our severities."""

SECURITY_SEVERITY = {
    "critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.5",
}  # fmt: skip
"""GitHub's scale, on which 9.0 is critical, 7.0 high, 4.0 medium."""
_SECTIONS = (
    ("Why it matters", "rationale"),
    ("How to mend it", "remediation"),
    ("When it is no fault", "false_positives"),
)
_MAX_DESCRIPTION = 1000
_SAFE_URL = re.compile(r"https?://[!-~]+")


def active_rules(result: ScanResult) -> list[ActiveRule]:
    """The rules that ran, and any that a finding names besides."""
    known = {rule.id: rule for rule in result.rules}
    for f in result.findings:
        if f.rule not in known:
            known[f.rule] = ActiveRule(f.rule, f.name, f.title, f.severity, f.category)
    return sorted(known.values(), key=lambda rule: rule.id)


def descriptor(rule: ActiveRule, result: ScanResult) -> Shape:
    """A `reportingDescriptor`, as GitHub shows it beside an alert."""
    prose = result.prose(rule.id) if result.prose is not None else {}
    references = [url for url in _references(prose) if _SAFE_URL.fullmatch(url)]
    title = one_line(rule.title) or rule.id
    why = one_line(str(prose.get("rationale", "")), _MAX_DESCRIPTION)
    shape: Shape = {
        "id": rule.id,
        "name": one_line(rule.name),
        "shortDescription": {"text": title},
        "fullDescription": {"text": why or title},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "help": {
            "text": "\n".join(_plain(title, prose, references)),
            "markdown": "\n".join(_markdown(title, prose, references)),
        },
        "properties": {
            "tags": ["security", "aws-kms", rule.category],
            "security-severity": SECURITY_SEVERITY[rule.severity],
        },
    }
    if references:
        shape["helpUri"] = references[0]
    return shape


def _plain(title: str, prose: Mapping[str, object], references: Sequence[str]) -> Iterator[str]:
    yield title
    for heading, name in _SECTIONS:
        words = printable(str(prose.get(name, ""))).strip("\n")
        if words:
            yield from ("", heading, "", words)
    if references:
        yield from ("", "References", "", *references)


def _markdown(title: str, prose: Mapping[str, object], references: Sequence[str]) -> Iterator[str]:
    yield from (f"**{md.prose(title)}**", "")
    for heading, name in _SECTIONS:
        words = str(prose.get(name, ""))
        if words.strip():
            yield from (f"### {heading}", "", *md.paragraphs(words))
    if references:
        yield from ("### References", "")
        yield from (f"* {md.link(md.prose(url), url)}" for url in references)


def _references(prose: Mapping[str, object]) -> list[str]:
    found = prose.get("references")
    return [str(one) for one in found] if isinstance(found, list) else []
