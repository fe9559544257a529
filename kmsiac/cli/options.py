"""The options that commands share; each can be set by `KMSIAC_*` too.

Only declarations: `kmsiac rules list` pays for this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kmsiac.cli import completion


class Level(StrEnum):
    """A severity."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class FailOn(StrEnum):
    """From which severity findings make exit code 1."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"


class PolicyKind(StrEnum):
    """What a policy document is."""

    KEY = "key"
    IDENTITY = "identity"
    TRUST = "trust"
    BOUNDARY = "boundary"
    SESSION = "session"
    ENDPOINT = "endpoint"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    UNKNOWN = "unknown"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Complete = Callable[[str], list[str] | list[tuple[str, str]]]
"""What a shell offers for the beginning of a value, with or without a word on each."""


def variable(long: str) -> str:
    """The variable of the environment that stands for an option: `KMSIAC_FAIL_ON`."""
    return "KMSIAC_" + long.removeprefix("--").partition("/")[0].replace("-", "_").upper()


def option(
    *names: str,
    help: str,
    metavar: str | None = None,
    minimum: int | None = None,
    complete: Complete | None = None,
) -> typer.models.OptionInfo:
    """An option that `KMSIAC_<LONG NAME>` sets too; a number may have a `minimum`. `complete` says
    what a shell offers for it.
    """
    long = next(name for name in names if name.startswith("--"))
    option: typer.models.OptionInfo = typer.Option(
        *names,
        help=help,
        metavar=metavar,
        min=minimum,
        envvar=variable(long),
        show_envvar=False,
        autocompletion=complete,
    )
    return option


def repeatable(
    *names: str,
    help: str,
    metavar: str,
    commas: bool = True,
    of: type[str | Path] = str,
    complete: Complete | None = None,
) -> typer.models.OptionInfo:
    """An option that may be given several times; in `KMSIAC_<LONG NAME>` its values stand on lines
    of their own, or between commas (not with `commas=False`: values that may hold some).
    """
    long = next(name for name in names if name.startswith("--"))

    def or_environment(value: list[str | Path] | None) -> list[str | Path] | None:
        # Click itself would split at blanks.
        return value or [of(v) for v in _values(os.environ.get(variable(long), ""), commas)] or None

    option: typer.models.OptionInfo = typer.Option(
        *names, help=help, metavar=metavar, callback=or_environment, autocompletion=complete
    )
    return option


def _values(text: str, commas: bool) -> list[str]:
    parts = text.replace(",", "\n").splitlines() if commas else text.splitlines()
    return [part.strip() for part in parts if part.strip()]


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATHS|-", help="Folders and files; - is standard input. Default: ."),
]
Rules = Annotated[
    list[Path] | None,
    repeatable("--rules", metavar="DIR", of=Path, help="A folder with more rules. Repeatable."),
]
Account = Annotated[
    str | None,
    option("--account-id", metavar="ID", help="The account that is deployed to (12 digits)."),
]
Region = Annotated[
    str | None, option("--region", metavar="REGION", help="The Region that is deployed to.")
]
Partition = Annotated[
    str | None,
    option("--partition", metavar="NAME", help="The partition: aws, aws-cn, aws-us-gov, ..."),
]
TrustedAccounts = Annotated[
    list[str] | None,
    repeatable("--trusted-account", metavar="ID", help="An account of yours. Repeatable."),
]
TrustedOrganizations = Annotated[
    list[str] | None,
    repeatable("--trusted-org", metavar="ID", help="An organization of yours (o-...). Repeatable."),
]
Variables = Annotated[
    list[str] | None,
    repeatable(
        "--var", metavar="NAME=VALUE", commas=False, help="A Terraform variable. Repeatable."
    ),
]
VariableFiles = Annotated[
    list[Path] | None,
    repeatable(
        "--var-file", metavar="FILE", of=Path, help="A file of Terraform variables. Repeatable."
    ),
]
Parameters = Annotated[
    list[str] | None,
    repeatable(
        "--parameters", metavar="FILE|NAME=VALUE", commas=False,
        help="A CloudFormation parameter, or a file of them. Repeatable.",
    ),
]  # fmt: skip
PolicyKinds = Annotated[
    PolicyKind | None,
    option(
        "--policy-kind", metavar="KIND", complete=completion.policy_kinds,
        help="What a bare policy is: key, identity, trust, boundary, session, endpoint, scp, rcp, "
        "resource, unknown. Default: what its elements show.",
    ),
]  # fmt: skip
SourceFolder = Annotated[
    Path | None,
    option("--source-dir", metavar="DIR", help="The Terraform code that a plan was made of."),
]
ConfigFile = Annotated[
    Path | None,
    option("--config", metavar="FILE", help="The configuration, in place of .kmsiac.yaml."),
]
NoConfig = Annotated[bool, option("--no-config", help="Read no .kmsiac.yaml and no .kmsiacignore.")]
Formats = Annotated[
    list[str] | None,
    repeatable(
        "-f", "--format", metavar="FORMAT[=FILE]", complete=completion.formats,
        help="text, concise, json, sarif, github, markdown, junit, gitlab; with =FILE into a file."
        " Repeatable. Default: text.",
    ),
]  # fmt: skip
OneFormat = Annotated[
    str,
    option(
        "-f", "--format", metavar="FORMAT", complete=completion.text_or_json, help="text or json."
    ),
]
Select = Annotated[
    list[str] | None,
    repeatable(
        "--select", metavar="RULE", complete=completion.rules_and_categories,
        help="Only these rules or categories. Repeatable; a,b.",
    ),
]  # fmt: skip
Ignore = Annotated[
    list[str] | None,
    repeatable(
        "--ignore", metavar="RULE", complete=completion.rules_and_categories,
        help="Not these rules or categories. Repeatable; a,b.",
    ),
]  # fmt: skip
Pedantic = Annotated[
    bool | None,
    option("--pedantic/--no-pedantic", help="Also rules that many find too strict."),
]
MaxFindings = Annotated[
    int | None,
    option("--max-findings", metavar="N", minimum=1, help="List the N worst; all of them count."),
]
Category = Annotated[
    str | None,
    option("--category", metavar="NAME", help="Tells SARIF uploads of one commit apart."),
]
Now = Annotated[
    str | None,
    option("--now", metavar="DATE", help="The date for `until` of ignores. Default: today (UTC)."),
]
Baseline = Annotated[
    Path | None,
    option(
        "--baseline", metavar="FILE", help="Findings in this file are known: they do not count."
    ),
]
Since = Annotated[
    str | None,
    option("--since", metavar="REF", help="Findings that this commit has do not count."),
]
NoIgnores = Annotated[
    bool | None,
    option("--no-ignores", help="Ignores in the scanned tree do not count."),
]
ColorMode = Annotated[
    Color | None, option("--color", help="When to colour the text report. Default: auto.")
]
Quiet = Annotated[bool | None, option("-q", "--quiet", help="Say less: only findings and summary.")]
Verbose = Annotated[
    bool | None, option("-v", "--verbose", help="Say more: all that stayed open, evidence, links.")
]
