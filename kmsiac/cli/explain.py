"""`kmsiac explain`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from kmsiac.cli import completion
from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.formats import only_stdout
from kmsiac.cli.group import new_app
from kmsiac.cli.output import emit
from kmsiac.cli.rule_sets import all_rules, rule_named
from kmsiac.findings.excerpt import one_line, printable
from kmsiac.findings.finding import SEVERITIES
from kmsiac.rules.model import Prose, Rule

app = new_app()

_SECTIONS = (
    ("rationale", "Why it matters"),
    ("remediation", "How to mend it"),
    ("false_positives", "When it is no fault"),
    ("references", "References"),
)


@app.command(
    epilog="\b\nExamples:\n  kmsiac explain KP-20\n  kmsiac explain public-key-policy\n"
    "  kmsiac explain -f json KP-20"
)
def explain(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE", autocompletion=completion.rules, help="The id or name of a rule."
        ),
    ],
    format: o.OneFormat = "text",
    rules: o.Rules = None,
) -> int:
    """Say what a rule finds, why it matters, how to mend it, and when it is no fault."""
    wanted = only_stdout(format)
    known = all_rules(rules)
    found = rule_named(known, rule, rules)
    prose = known.prose(found.id)
    if wanted == "json":
        emit(json.dumps({**facts(found), **prose}, indent=2) + "\n")
    else:
        emit("\n".join(_lines(found, prose)) + "\n")
    return ExitCode.OK


def facts(rule: Rule) -> dict[str, object]:
    """What lists say of a rule, as plain data."""
    return {
        "rule": rule.id,
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity,
        "category": rule.category,
        "profile": rule.profile,
        "aliases": list(rule.aliases),
        "message": rule.message,
    }


def _lines(rule: Rule, prose: Prose) -> Iterator[str]:
    yield f"{rule.id} {rule.name}"
    yield one_line(rule.title)
    yield ""
    worst = min((e.severity for e in rule.escalate), key=SEVERITIES.index, default=rule.severity)
    yield f"severity: {rule.severity}" + (f" to {worst}" if worst != rule.severity else "")
    yield f"category: {rule.category}"
    if rule.profile != "default":
        yield f"profile:  {rule.profile} (runs with --pedantic)"
    if rule.aliases:
        yield f"also:     {', '.join(rule.aliases)}"
    for key, title in _SECTIONS:
        if prose.get(key):
            yield ""
            yield title
            yield from _indented(prose[key])
    yield from _examples(prose.get("examples"))


def _indented(text: object) -> Iterator[str]:
    """Text, a list of texts, or texts by framework."""
    if isinstance(text, list):
        yield from (f"  {one_line(str(item))}" for item in text)
    elif isinstance(text, Mapping):
        for name, inner in text.items():
            yield f"  {one_line(str(name))}:"
            yield from (f"  {line}" for line in _indented(inner))
    else:
        yield from textwrap.indent(printable(str(text)).strip(), "  ").splitlines()


def _examples(examples: object) -> Iterator[str]:
    if not isinstance(examples, Mapping):
        return
    for key, title in (("bad", "Found"), ("good", "Fine")):
        listed = examples.get(key)
        for example in listed[:1] if isinstance(listed, list) else ():
            if not isinstance(example, Mapping):
                continue
            for framework, text in example.items():
                if framework not in ("terraform", "cloudformation"):
                    continue
                yield ""
                named = f": {one_line(str(example['name']))}" if example.get("name") else ""
                yield f"{title}{named} ({one_line(str(framework))})"
                yield from _indented(text)
