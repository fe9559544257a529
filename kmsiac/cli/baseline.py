"""`kmsiac baseline create` and `prune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.group import new_app
from kmsiac.cli.output import say, write_file
from kmsiac.cli.request import Deployment, listed, settings
from kmsiac.reporters.wording import many

if TYPE_CHECKING:
    from kmsiac.config import ScanOptions
    from kmsiac.findings.finding import Suppression
    from kmsiac.suppression import Judged

app = new_app(no_args_is_help=True)

_DEFAULT = ".kmsiac-baseline.json"

BaselineFile = Annotated[
    Path | None,
    o.option(
        "--baseline",
        metavar="FILE",
        help=f"The baseline. Default: that of the configuration, else {_DEFAULT}.",
    ),
]


@app.callback()
def _baseline() -> None:
    """Write down the findings of today, so that a scan shows only new ones."""


@app.command(
    "create",
    short_help="Write the findings of today to a baseline.",
    epilog="\b\nExamples:\n  kmsiac baseline create\n"
    "  kmsiac baseline create infra/ --baseline infra/known.json\n"
    "  kmsiac scan infra/ --baseline infra/known.json\n\n"
    "\b\nExit codes:\n  0 written, 2 wrong use, 3 written, but something could not be read",
)
def create(  # noqa: PLR0913, PLR0917  # one argument is one option
    paths: o.Paths = None,
    baseline: BaselineFile = None,
    select: o.Select = None,
    ignore: o.Ignore = None,
    pedantic: o.Pedantic = None,
    rules: o.Rules = None,
    account_id: o.Account = None,
    region: o.Region = None,
    partition: o.Partition = None,
    trusted_account: o.TrustedAccounts = None,
    trusted_org: o.TrustedOrganizations = None,
    var: o.Variables = None,
    var_file: o.VariableFiles = None,
    parameters: o.Parameters = None,
    policy_kind: o.PolicyKinds = None,
    source_dir: o.SourceFolder = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    now: o.Now = None,
) -> int:
    """Write the findings of today that no ignore covers to a baseline.

    Give the same PATHS and options as to the scans that will use it. A file that is there is
    written anew: its lines show in review what was added.
    """
    from kmsiac.findings.baseline import written  # noqa: PLC0415  # `--help` must not pay for it
    from kmsiac.findings.sightings import see  # noqa: PLC0415

    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        trusted_account, trusted_org, config, no_config, policy_kind, source_dir,
    )  # fmt: skip
    options = _options(paths, deployment, select, ignore, pedantic, rules, now)
    file = _file(baseline, options)
    judged, out = _judged(options)
    entries = [one.sighting for one in see(judged.matches, judged.tree.span, out)]
    write_file(file, written(entries))
    say(f"kmsiac: {many(len(entries), 'finding')} written to {file}")
    return _exit_code(judged)


@app.command(
    "prune",
    short_help="Take out of a baseline what no longer matches.",
    epilog="\b\nExamples:\n  kmsiac baseline prune\n"
    "  kmsiac baseline prune infra/ --baseline infra/known.json --follow-moves\n\n"
    "\b\nExit codes:\n  0 done, 2 wrong use or a broken baseline, 3 done, but something could not be read",
)
def prune(  # noqa: PLR0913, PLR0917  # one argument is one option
    paths: o.Paths = None,
    baseline: BaselineFile = None,
    follow_moves: Annotated[
        bool,
        o.option(
            "--follow-moves",
            help="Rewrite entries whose resource has another address now, where that is certain.",
        ),
    ] = False,
    select: o.Select = None,
    ignore: o.Ignore = None,
    pedantic: o.Pedantic = None,
    rules: o.Rules = None,
    account_id: o.Account = None,
    region: o.Region = None,
    partition: o.Partition = None,
    trusted_account: o.TrustedAccounts = None,
    trusted_org: o.TrustedOrganizations = None,
    var: o.Variables = None,
    var_file: o.VariableFiles = None,
    parameters: o.Parameters = None,
    policy_kind: o.PolicyKinds = None,
    source_dir: o.SourceFolder = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    now: o.Now = None,
) -> int:
    """Take out of a baseline the entries that match nothing any more. It never adds one.

    What was not scanned, by these PATHS and rules, stays in it.
    """
    from kmsiac.findings import baseline as known  # noqa: PLC0415  # `--help` must not pay for it
    from kmsiac.findings.sightings import see  # noqa: PLC0415
    from kmsiac.suppression import baseline_at  # noqa: PLC0415

    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        trusted_account, trusted_org, config, no_config, policy_kind, source_dir,
    )  # fmt: skip
    options = _options(paths, deployment, select, ignore, pedantic, rules, now)
    file = _file(baseline, options)
    judged, out = _judged(options)
    seen = see(judged.matches, judged.tree.span, out)
    before = baseline_at(judged, options, file).entries
    pruned = known.prune(before, seen, judged.judgement(), follow_moves)
    write_file(file, known.written(pruned.entries))
    moved = f", {pruned.moved} moved" if follow_moves else ""
    stay = many(len(pruned.entries), "entry", "entries")
    say(f"kmsiac: {pruned.dropped} dropped{moved}, {stay} in {file}")
    return _exit_code(judged)


def _options(  # one argument is one option
    paths: list[str] | None,
    deployment: Deployment,
    select: list[str] | None,
    ignore: list[str] | None,
    pedantic: bool | None,
    rules: list[Path] | None,
    now: str | None,
) -> ScanOptions:
    scanning = {
        "select": listed(select),
        "ignored_rules": listed(ignore),
        "pedantic": pedantic,
        "rules": rules,
    }
    return settings(paths, deployment, scanning, now=now).scan


def _file(given: Path | None, options: ScanOptions) -> Path:
    return given or options.baseline or Path(_DEFAULT)


def _judged(options: ScanOptions) -> tuple[Judged, dict[int, Suppression]]:
    """The matches of a scan, and those that ignores take out."""
    from kmsiac.scan import judge  # noqa: PLC0415  # `--help` must not pay for it
    from kmsiac.suppression import ignored  # noqa: PLC0415

    judged = judge(options)
    return judged, ignored(judged, options).of


def _exit_code(judged: Judged) -> int:
    """Incomplete where something was not read: what stands there is in no baseline."""
    if judged.unsure or not judged.units:
        for path in sorted(judged.unsure):
            say(f"kmsiac: not read, or not in full: {path}")
        if not judged.units and not judged.unsure:
            say("kmsiac: nothing to scan was found")
        return ExitCode.INCOMPLETE
    return ExitCode.OK
