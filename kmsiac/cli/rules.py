"""`kmsiac rules list` and `kmsiac rules test`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.explain import facts
from kmsiac.cli.formats import only_stdout
from kmsiac.cli.group import new_app
from kmsiac.cli.output import emit
from kmsiac.cli.rule_sets import all_rules
from kmsiac.findings.excerpt import one_line
from kmsiac.rules.loader import load_rules
from kmsiac.rules.model import Rule

app = new_app(no_args_is_help=True)


@app.callback()
def _rules() -> None:
    """List the rules, or test them on their own examples."""


@app.command("list", epilog="\b\nExamples:\n  kmsiac rules list\n  kmsiac rules list -f json")
def list_rules(
    format: Annotated[
        str, o.option("-f", "--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    rules: o.Rules = None,
) -> int:
    """List every rule with its severity, category and title."""
    wanted = only_stdout(format)
    found = list(all_rules(rules))
    if wanted == "json":
        emit(json.dumps([facts(rule) for rule in found], indent=2) + "\n")
    else:
        emit("".join(line + "\n" for line in _table(found)))
    return ExitCode.OK


def _table(rules: list[Rule]) -> list[str]:
    rows = [(rule.id, rule.severity, rule.category, one_line(rule.title)) for rule in rules]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
    return [*lines, f"{len(rows)} rules"]


@app.command("test", epilog="\b\nExamples:\n  kmsiac rules test\n  kmsiac rules test my-rules/")
def test_rules(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="A folder of rules. Default: those that ship."),
    ] = None,
) -> int:
    """Run rules on their own examples: the bad ones must fire where they say, the good ones not."""
    # `rules list` must not pay for what runs scans.
    from kmsiac.authoring.examples import check_rules  # noqa: PLC0415  # as said

    chosen = load_rules([folder]) if folder is not None else all_rules(None)
    failures = check_rules(chosen)
    lines = [
        f"{failure.rule}: {one_line(failure.example)}: {one_line(failure.message)}"
        for failure in failures
    ]
    failed = len({failure.rule for failure in failures})
    emit("".join(f"{line}\n" for line in lines))
    emit(f"{len(chosen) - failed} passed, {failed} failed\n")
    return ExitCode.FINDINGS if failures else ExitCode.OK
