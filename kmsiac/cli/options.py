"""The options that commands share; each can be set by `KMSIAC_*` too.

Only declarations: `kmsiac rules list` pays for this module.
"""

from __future__ import annotations

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


def option(
    *names: str,
    help: str,
    metavar: str | None = None,
    minimum: int | None = None,
    complete: Callable[[str], list[str] | list[tuple[str, str]]] | None = None,
) -> typer.models.OptionInfo:
    """An option that `KMSIAC_<LONG NAME>` sets too; a number may have a `minimum`. `complete` says
    what a shell offers for it.
    """
    long = next(name for name in names if name.startswith("--"))
    variable = "KMSIAC_" + long.removeprefix("--").replace("-", "_").upper()
    option: typer.models.OptionInfo = typer.Option(
        *names,
        help=help,
        metavar=metavar,
        min=minimum,
        envvar=variable,
        show_envvar=False,
        autocompletion=complete,
    )
    return option


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATHS|-", help="Folders and files; - is standard input. Default: ."),
]
Rules = Annotated[
    list[Path] | None,
    option("--rules", metavar="DIR", help="A folder with more rules. Repeatable."),
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
    option("--trusted-account", metavar="ID", help="An account of yours. Repeatable."),
]
TrustedOrganizations = Annotated[
    list[str] | None,
    option("--trusted-org", metavar="ID", help="An organization of yours (o-...). Repeatable."),
]
Variables = Annotated[
    list[str] | None,
    option("--var", metavar="NAME=VALUE", help="A Terraform variable. Repeatable."),
]
Parameters = Annotated[
    list[str] | None,
    option("--parameters", metavar="NAME=VALUE", help="A CloudFormation parameter. Repeatable."),
]
PolicyKinds = Annotated[
    PolicyKind | None,
    option(
        "--policy-kind", metavar="KIND", complete=completion.policy_kinds,
        help="What a bare policy is: key, identity, trust, boundary, session, endpoint, scp, rcp, "
        "resource, unknown. Default: what its elements show.",
    ),
]  # fmt: skip
Formats = Annotated[
    list[str] | None,
    option(
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
    option(
        "--select", metavar="RULE", complete=completion.rules_and_categories,
        help="Only these rules or categories. Repeatable; a,b.",
    ),
]  # fmt: skip
Ignore = Annotated[
    list[str] | None,
    option(
        "--ignore", metavar="RULE", complete=completion.rules_and_categories,
        help="Not these rules or categories. Repeatable; a,b.",
    ),
]  # fmt: skip
Pedantic = Annotated[bool, option("--pedantic", help="Also rules that many find too strict.")]
MaxFindings = Annotated[
    int | None,
    option("--max-findings", metavar="N", minimum=1, help="List the N worst; all of them count."),
]
Category = Annotated[
    str,
    option("--category", metavar="NAME", help="Tells SARIF uploads of one commit apart."),
]
ColorMode = Annotated[Color, option("--color", help="When to colour the text report.")]
Quiet = Annotated[bool, option("-q", "--quiet", help="Say less: only findings and summary.")]
Verbose = Annotated[
    bool, option("-v", "--verbose", help="Say more: all that stayed open, evidence, links.")
]
