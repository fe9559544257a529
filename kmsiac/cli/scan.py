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
from kmsiac.cli.request import Deployment, scan_options
from kmsiac.cli.standard_input import mention_unread
from kmsiac.findings.finding import SEVERITIES, ScanResult
from kmsiac.reporters import reporter
from kmsiac.reporters.base import ReportOptions
from kmsiac.reporters.terminal import use_color
from kmsiac.reporters.wording import summary_line

app = new_app()


@app.command(
    epilog="\b\nExamples:\n  kmsiac scan infra/\n"
    "  terraform show -json tfplan | kmsiac scan -\n"
    "  kmsiac scan --fail-on high -f text -f json=kmsiac.json infra/\n\n"
    "\b\nExit codes:\n  0 clean, 1 findings at or above --fail-on, 2 wrong use or a wrong rule,\n"
    "  3 something could not be read, 70 internal error"
)
def scan(  # noqa: PLR0913, PLR0917  # one argument is one option
    paths: o.Paths = None,
    format: o.Formats = None,
    fail_on: Annotated[
        o.FailOn,
        o.option("--fail-on", help="Exit code 1 for findings from this severity on."),
    ] = o.FailOn.MEDIUM,
    min_severity: Annotated[
        o.Level,
        o.option(
            "--min-severity", help="Leave out findings below this severity: they count for nothing."
        ),
    ] = o.Level.INFO,
    select: o.Select = None,
    ignore: o.Ignore = None,
    pedantic: o.Pedantic = False,
    strict: Annotated[
        bool, o.option("--strict", help="Exit code 3 where anything could not be decided.")
    ] = False,
    rules: o.Rules = None,
    account_id: o.Account = None,
    region: o.Region = None,
    partition: o.Partition = None,
    trusted_account: o.TrustedAccounts = None,
    trusted_org: o.TrustedOrganizations = None,
    var: o.Variables = None,
    parameters: o.Parameters = None,
    max_findings: o.MaxFindings = None,
    category: o.Category = "",
    policy_kind: o.PolicyKinds = None,
    color: o.ColorMode = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> int:
    """Find risky access to KMS keys in Terraform, plan JSON, CloudFormation and policies.

    PATHS are folders and files; several make one scan. What could not be read or decided is
    always said.
    """
    wanted = targets(format)
    deployment = Deployment(account_id, region, partition, var, parameters, policy_kind)
    options = scan_options(
        paths, deployment, trusted_account, trusted_org, rules, select, ignore, pedantic
    )
    from kmsiac.scan import scan as run_scan  # noqa: PLC0415  # `--help` must not pay for the engine

    with Progress(quiet) as progress:
        result = run_scan(options, progress)
    worth = SEVERITIES[: SEVERITIES.index(min_severity) + 1]
    result.findings = [finding for finding in result.findings if finding.severity in worth]
    if max_findings is not None:
        result.keep_worst(max_findings)
    how = ReportOptions(verbose=verbose, quiet=quiet, category=category)
    _report(result, wanted, color, how)
    if not quiet:
        mention_unread("scan", paths)
    return exit_code(result, fail_on, strict)


def _report(
    result: ScanResult, wanted: list[Target], color: o.Color, options: ReportOptions
) -> None:
    terminal = is_terminal(sys.stdout)
    for target in wanted:
        colored = target.file is None and use_color(color, terminal, os.environ)
        how = replace(options, color=colored, links=colored and terminal)
        stream = io.StringIO()
        reporter(target.format)(result, stream, how)
        if target.file is None:
            emit(stream.getvalue())
        else:
            write_file(target.file, stream.getvalue())
    if not options.quiet and all(target.file is not None for target in wanted):
        say(f"kmsiac: {summary_line(result)}")
