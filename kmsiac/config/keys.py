"""The keys of `.kmsiac.yaml`, declared once: the loader, the published schema and the page of the
documentation read this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from kmsiac.config.plain_values import OneOrMore, Parameters, Plain
from kmsiac.config.shapes import (
    AccountId,
    Count,
    Day,
    Format,
    ListOf,
    MapOf,
    Member,
    OneOf,
    Pattern,
    Place,
    Record,
    Shape,
    Words,
    YesNo,
)
from kmsiac.findings.finding import SEVERITIES
from kmsiac.policy import POLICY_KINDS
from kmsiac.reporters import COMING, MODULES

FILE_NAME = ".kmsiac.yaml"
IGNORE_FILE_NAME = ".kmsiacignore"
MISSPELT = (".kmsiac.yml", "kmsiac.yaml", "kmsiac.yml", ".kmsiac.json", ".kmsiac.toml")
"""Names that people give the file, and that are not read."""

FORMATS = (*MODULES, *COMING)
COLORS = ("auto", "always", "never")
RULE_ID = "[A-Z][A-Z0-9]*-[0-9]{2,4}"
ORGANIZATION = "o-[a-z0-9]{10,32}"
REGION = "[a-z]{2,8}(-[a-z]+)+-[0-9]{1,2}"
_RULE = Words("rule or category")
_NAME = Words("text")


@dataclass(frozen=True)
class Key:
    """One key. `option` is the option of the command line that sets the same, empty where there is
    none; `weakens`: what it says can remove, lower or hide a finding, so every report shows it.
    `any_command`: it counts for every command that scans, not only for `scan`.
    """

    name: str
    shape: Shape
    meaning: str
    option: str = ""
    weakens: bool = True
    any_command: bool = False


_IGNORE = Record(
    {
        "rule": Member(
            OneOrMore(_RULE), "The rules that do not count: ids or categories.", required=True
        ),
        "path": Member(
            Pattern(takes_back=False), "Only in these files, as `infra/*.tf` or `legacy/**`."
        ),
        "resource": Member(
            Words("glob"), "Only for these resources, as `module.legacy.*`: a glob over addresses."
        ),
        "reason": Member(_NAME, "Why. `require_reason` makes it a must."),
        "until": Member(Day(), "The last day on which it holds (UTC)."),
    }
)
_INPUT = Record(
    {
        "root": Member(
            Place("path"),
            "The root module's folder, or the template, relative to the configuration file.",
            required=True,
        ),
        "name": Member(_NAME, "What reports call these inputs. Default: those of its files."),
        "var_files": Member(
            ListOf(Place("path"), "list of paths"),
            "Variable files, relative to the root module, the last one wins.",
        ),
        "parameters": Member(
            Parameters(), "Parameters of the template; files are relative to its folder."
        ),
    }
)

_INPUTS = (
    Key(
        "account_id",
        AccountId(),
        "The account that is deployed to.",
        "--account-id",
        any_command=True,
    ),
    Key(
        "region",
        Words("Region", REGION, "eu-central-1"),
        "The Region that is deployed to.",
        "--region",
        any_command=True,
    ),
    Key(
        "partition",
        Words("partition", "aws(-[a-z]+)*", "aws-us-gov"),
        "The partition that is deployed to.",
        "--partition",
        any_command=True,
    ),
    Key(
        "var",
        MapOf("NAME", Plain("VALUE", nested=True), "[A-Za-z_][A-Za-z0-9_-]*", "environment"),
        "Terraform variables.",
        "--var",
        any_command=True,
    ),
    Key(
        "var_file",
        ListOf(Place("path"), "list of paths"),
        "Variable files for every root module, the last one wins.",
        "--var-file",
        any_command=True,
    ),
    Key(
        "parameters",
        Parameters(),
        "CloudFormation parameters for every template.",
        "--parameters",
        any_command=True,
    ),
    Key(
        "policy_kind",
        OneOf(*POLICY_KINDS),
        "What a bare policy document is.",
        "--policy-kind",
        any_command=True,
    ),
    Key(
        "inputs",
        ListOf(_INPUT, "list of entries"),
        "Inputs of single roots. A root with several entries is scanned once for each; what a "
        "finding needs of them is in its `when`. For its root an entry stands in place of `var`, "
        "`var_file` and `parameters` of this file.",
        any_command=True,
    ),
    Key(
        "trusted_accounts",
        ListOf(AccountId(), "list of account ids"),
        "Accounts of yours.",
        "--trusted-account",
        any_command=True,
    ),
    Key(
        "trusted_orgs",
        ListOf(Words("organization id", ORGANIZATION, "o-a1b2c3d4e5"), "list of organization ids"),
        "Organizations of yours.",
        "--trusted-org",
        any_command=True,
    ),
    Key(
        "exclude",
        ListOf(Pattern(), "list of globs"),
        "What a search does not find, as in .gitignore. What is named on the command line, or "
        "referred to by a template, is read all the same.",
        any_command=True,
    ),
)
_RULES = (
    Key(
        "select",
        ListOf(_RULE, "list of rules and categories"),
        "Only these rules or categories.",
        "--select",
    ),
    Key("pedantic", YesNo(), "Also rules that many find too strict.", "--pedantic", weakens=False),
    Key("rules", ListOf(Place("path"), "list of paths"), "Folders with more rules.", "--rules"),
    Key(
        "severity",
        MapOf("RULE", OneOf(*SEVERITIES), RULE_ID, "KP-20"),
        "The severity of a rule, in place of its own and of all its escalations.",
    ),
    Key(
        "params",
        MapOf(
            "RULE",
            MapOf("NAME", Plain("VALUE", nested=False), "[a-z][a-z0-9_]*", "max_days"),
            RULE_ID,
            "KP-20",
        ),
        "Values for the parameters that a rule has.",
    ),
    Key("ignore", ListOf(_IGNORE, "list of entries"), "Findings that do not count, and why."),
    Key("require_reason", YesNo(), "An ignore without a reason is an error.", weakens=False),
    Key(
        "no_ignores",
        YesNo(),
        "Ignores that stand in what is scanned do not count.",
        "--no-ignores",
        weakens=False,
    ),
    Key("baseline", Place("path"), "A file of findings that are known.", "--baseline"),
    Key("since", Words("Git revision"), "Findings of this revision do not count.", "--since"),
)
_REPORTS = (
    Key("format", Format(*FORMATS), "The report on standard output.", "--format", weakens=False),
    Key("fail_on", OneOf(*SEVERITIES, "never"), "Exit code 1 from this severity on.", "--fail-on"),
    Key("min_severity", OneOf(*SEVERITIES), "Leave out findings below this one.", "--min-severity"),
    Key("strict", YesNo(), "Exit code 3 where anything is open.", "--strict", weakens=False),
    Key("max_findings", Count(), "How many findings a report lists.", "--max-findings"),
    Key("category", _NAME, "Tells SARIF uploads of one commit apart.", "--category", weakens=False),
    Key(
        "color",
        OneOf(*COLORS),
        "When to colour the text report.",
        "--color",
        weakens=False,
        any_command=True,
    ),
    Key("quiet", YesNo(), "Say less: only findings and summary.", "--quiet"),
    Key("verbose", YesNo(), "Say more: all that stayed open.", "--verbose", weakens=False),
)

SECTIONS = (
    ("What is scanned", _INPUTS),
    ("Rules and what counts", _RULES),
    ("Reports and exit code", _REPORTS),
)
KEYS = {key.name: key for _, keys in SECTIONS for key in keys}

NOT_HERE = {
    "config": "it is given on the command line only",
    "no_config": "it is given on the command line only",
    "now": "it is given on the command line only",
    "source_dir": "it is given on the command line only",
}
"""Options that are no keys, and what to say about them."""
