"""`kmsiac scan`."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from typing import Annotated

from kmsiac.cli import options as o
from kmsiac.cli.formats import Target, targets
from kmsiac.cli.group import new_app
from kmsiac.cli.outcome import exit_code
from kmsiac.cli.output import emit, is_terminal, say, write_file
from kmsiac.cli.progress import Progress
from kmsiac.cli.request import Deployment, listed, settings
from kmsiac.cli.standard_input import mention_unread
from kmsiac.config.resolve import Settings
from kmsiac.findings.finding import SEVERITIES, ScanResult
from kmsiac.reporters import reporter
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.terminal import use_color
from kmsiac.reporters.wording import summary_line

app = new_app()


@app.command(
    epilog="\b\nExamples:\n  kmsiac scan infra/\n"
    "  terraform show -json tfplan | kmsiac scan -\n"
    "  kmsiac scan --since origin/main\n"
    "  kmsiac scan --fail-on high -f text -f json=kmsiac.json infra/\n\n"
    "\b\nExit codes:\n  0 clean, 1 findings at or above --fail-on, 2 wrong use or a wrong rule,\n"
    "  3 something could not be read, 70 internal error"
)
def scan(  # noqa: PLR0913, PLR0917  # one argument is one option
    paths: o.Paths = None,
    format: o.Formats = None,
    fail_on: Annotated[
        o.FailOn | None,
        o.option(
            "--fail-on", help="Exit code 1 for findings from this severity on. Default: medium."
        ),
    ] = None,
    min_severity: Annotated[
        o.Level | None,
        o.option(
            "--min-severity",
            help="Leave out findings below this severity: they count for nothing. Default: info.",
        ),
    ] = None,
    select: o.Select = None,
    ignore: o.Ignore = None,
    pedantic: o.Pedantic = None,
    strict: Annotated[
        bool | None,
        o.option("--strict/--no-strict", help="Exit code 3 where anything could not be decided."),
    ] = None,
    rules: o.Rules = None,
    baseline: o.Baseline = None,
    since: o.Since = None,
    no_ignores: o.NoIgnores = None,
    now: o.Now = None,
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
    max_findings: o.MaxFindings = None,
    category: o.Category = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    color: o.ColorMode = None,
    quiet: o.Quiet = None,
    verbose: o.Verbose = None,
) -> int:
    """Find risky access to KMS keys in Terraform, plan JSON, CloudFormation and policies.

    PATHS are folders and files; several make one scan. What could not be read or decided is
    always said.
    """
    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        trusted_account, trusted_org, config, no_config, policy_kind, source_dir,
    )  # fmt: skip
    scanning = {
        "format": format,
        "fail_on": fail_on,
        "min_severity": min_severity,
        "select": listed(select),
        "ignored_rules": listed(ignore),
        "pedantic": pedantic,
        "strict": strict,
        "rules": rules,
        "baseline": baseline,
        "since": since,
        "no_ignores": no_ignores,
        "max_findings": max_findings,
        "category": category,
        "quiet": quiet,
        "verbose": verbose,
    }
    targets(format)  # what makes no sense is said before standard input is read
    wish = settings(paths, deployment, scanning, color, now)
    wanted = targets(wish.format)
    from kmsiac.scan import scan as run_scan  # noqa: PLC0415  # `--help` must not pay for the engine

    with Progress(wish.quiet) as progress:
        result = run_scan(wish.scan, progress)
    worth = SEVERITIES[: SEVERITIES.index(wish.min_severity) + 1]
    result.findings = [finding for finding in result.findings if finding.severity in worth]
    if wish.max_findings is not None:
        result.keep_worst(wish.max_findings)
    _report(result, wanted, wish)
    if not wish.quiet:
        mention_unread("scan", paths)
    return exit_code(result, wish.fail_on, wish.strict)


def _report(result: ScanResult, wanted: list[Target], wish: Settings) -> None:
    options = ReportOptions(verbose=wish.verbose, quiet=wish.quiet, category=wish.category)
    terminal = is_terminal(sys.stdout)
    for target in wanted:
        colored = target.file is None and use_color(wish.color, terminal, os.environ)
        how = replace(options, color=colored, links=colored and terminal)
        stream = io.StringIO()
        reporter(target.format)(result, stream, how)
        if target.file is None:
            emit(stream.getvalue())
        else:
            write_file(target.file, stream.getvalue())
    if not options.quiet and all(target.file is not None for target in wanted):
        say(f"kmsiac: {summary_line(result)}")
