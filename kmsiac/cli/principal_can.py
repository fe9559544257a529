"""`kmsiac principal-can`."""

from __future__ import annotations

from kmsiac.cli import access_options as a
from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.formats import targets
from kmsiac.cli.group import new_app
from kmsiac.cli.request import Deployment, settings
from kmsiac.cli.standard_input import mention_unread

app = new_app()


@app.command(
    epilog="\b\nExamples:\n  kmsiac principal-can aws_iam_role.app infra/\n"
    "  kmsiac principal-can arn:aws:iam::111122223333:role/ci infra/ -f json\n"
    "  kmsiac principal-can s3.amazonaws.com template.yaml\n\n"
    "\b\nExit codes:\n  0 answered, 2 wrong use or an unknown name, 3 something could not be read,"
    "\n  70 internal error"
)
def principal_can(  # noqa: PLR0913, PLR0917  # one argument is one option
    principal: a.Principal,
    paths: o.Paths = None,
    format: o.Formats = None,
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
    color: o.ColorMode = None,
    quiet: a.Quiet = False,
    verbose: a.Verbose = False,
) -> int:
    """List what a principal can do with each key, in which way and under which conditions."""
    wanted = targets(format)
    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        trusted_account, trusted_org, config, no_config, policy_kind, source_dir,
    )  # fmt: skip
    wish = settings(paths, deployment, color=color)
    from kmsiac import asking  # noqa: PLC0415  # `--help` must not pay for the engine

    report = a.answered(lambda: asking.principal_can(wish.scan, principal))
    if report is None:
        return ExitCode.INCOMPLETE
    a.tell(report, wanted, wish.color, quiet, verbose)
    if not quiet:
        mention_unread("principal-can PRINCIPAL", paths)
    return a.code_of(report)
