"""`kmsiac rules list`, `test`, `lint`, `new` and `vocabulary`."""

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
from kmsiac.cli.rule_sets import all_rules, rule_named
from kmsiac.findings.excerpt import one_line
from kmsiac.reporters.wording import many
from kmsiac.rules.model import Rule

app = new_app(no_args_is_help=True)


@app.callback()
def _rules() -> None:
    """List the rules, test and lint them, write new ones, look up the words of the rule language."""


@app.command("list", epilog="\b\nExamples:\n  kmsiac rules list\n  kmsiac rules list -f json")
def list_rules(
    format: o.OneFormat = "text",
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


@app.command(
    "test",
    short_help="Run rules on their own examples.",
    epilog="\b\nExamples:\n  kmsiac rules test\n  kmsiac rules test my-rules/\n"
    "  kmsiac rules test -v my-rules/\n  kmsiac rules test --select KP-20\n\n"
    "\b\nExit codes:\n  0 all passed, 1 some failed, 2 a rule does not load",
)
def test_rules(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="A folder of rules. Default: those that ship."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="ID", help="Only this one. Repeatable; a,b."),
    ] = None,
    verbose: Annotated[
        bool, o.option("-v", "--verbose", help="Say which spellings could not be written, and why.")
    ] = False,
) -> int:
    """Run rules on their own examples: the bad ones must fire where they say, the good ones not.

    Each example is also scanned in other spellings (jsonencode, heredoc, data source, plan; YAML,
    JSON; lists, case, order), which must change nothing, and each term of a rule is dropped once,
    which some example must notice.
    """
    # `rules list` must not pay for what runs scans.
    from kmsiac.authoring.examples import check  # noqa: PLC0415  # as said
    from kmsiac.cli.request import listed  # noqa: PLC0415  # as said

    folders = [folder] if folder is not None else None
    known = all_rules(folders)
    wanted = [rule_named(known, id, folders) for id in listed(select)]
    ours = wanted or [rule for rule in known if rule.builtin is (folder is None)]
    checked = check(known, ours)
    lines = [
        f"{failure.rule}: {one_line(failure.example)}: {one_line(failure.message)}"
        for failure in checked.failures
    ]
    unwritten = checked.unwritten
    done = (
        many(checked.examples, "example"),
        many(checked.spellings, "other spelling"),
        many(checked.mutants, "mutant"),
    )
    missing = many(unwritten.total(), "spelling")
    lines.append(f"{', '.join(done)}; {missing} could not be written")
    if verbose:
        lines += [
            f"  {number} {words}: {one_line(reason)}"
            for (words, reason), number in sorted(unwritten.items())
        ]
    failed = len({failure.rule for failure in checked.failures})
    emit("".join(f"{line}\n" for line in lines))
    emit(f"{checked.rules - failed} passed, {failed} failed\n")
    return ExitCode.FINDINGS if checked.failures else ExitCode.OK


@app.command(
    "lint",
    short_help="Look for mistakes in rule files.",
    epilog="\b\nExamples:\n  kmsiac rules lint my-rules/\n"
    "  kmsiac rules lint -f json --rules my-rules/\n\n"
    "\b\nExit codes:\n  0 no error (there may be warnings), 2 errors",
)
def lint_rules(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="A folder of rules. Default: those that ship."),
    ] = None,
    format: o.OneFormat = "text",
    rules: o.Rules = None,
) -> int:
    """Look for mistakes that rules load with: terms that say nothing, examples that prove nothing."""
    from kmsiac.authoring.lint import lint  # noqa: PLC0415  # reads every rule file whole
    from kmsiac.authoring.problem import ERROR  # noqa: PLC0415
    from kmsiac.cli.rules_lint import as_json, as_text  # noqa: PLC0415

    wanted = only_stdout(format)
    folders = [*([folder] if folder is not None else []), *(rules or ())]
    linted = lint(folders or None)
    emit(as_json(linted) if wanted == "json" else as_text(linted))
    return ExitCode.USAGE if linted.count(ERROR) else ExitCode.OK


@app.command(
    "new",
    short_help="Write a rule to start from.",
    epilog="\b\nExamples:\n  kmsiac rules new ACME-01 my-rules/ --name deletion-by-anybody",
)
def write_rule(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="Its id, with a prefix of your own: ACME-01.")
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder it goes to.")
    ] = Path(),
    name: Annotated[str, typer.Option("--name", help="Its name. Default: made of its id.")] = "",
    category: Annotated[str, typer.Option("--category", help="Its category.")] = "",
) -> int:
    """Write a rule to start from: it loads, and its examples pass, before anything is changed."""
    from kmsiac.authoring.skeleton import new_rule  # noqa: PLC0415  # as above

    path = new_rule(id, name, category, folder, all_rules(None))
    emit(f"{path}\n")
    return ExitCode.OK


@app.command(
    "vocabulary",
    short_help="Show the words that a rule can use.",
    epilog="\b\nExamples:\n  kmsiac rules vocabulary\n  kmsiac rules vocabulary public\n"
    "  kmsiac rules vocabulary statement.effect\n  kmsiac rules vocabulary -f json condition",
)
def show_vocabulary(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORD]", help="A target, field, operator, format or table. Default: all."
        ),
    ] = None,
    format: o.OneFormat = "text",
) -> int:
    """Show the words that a rule can use, or what one of them means."""
    from kmsiac.cli.rules_vocabulary import vocabulary  # noqa: PLC0415  # loads every field

    wanted = only_stdout(format)
    emit(vocabulary(word, wanted == "json"))
    return ExitCode.OK
