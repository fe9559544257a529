"""`kmsiac can`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kmsiac.cli import access_options as a
from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.formats import targets
from kmsiac.cli.group import new_app
from kmsiac.cli.request import Deployment, context_pairs, settings
from kmsiac.cli.standard_input import mention_unread


class Expected(StrEnum):
    """An answer."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"


app = new_app()


@app.command(
    epilog="\b\nExamples:\n  kmsiac can aws_iam_role.app kms:Decrypt aws_kms_key.data infra/\n"
    "  kmsiac can arn:aws:iam::111122223333:role/ci Encrypt alias/app infra/\n"
    "  kmsiac can AppRole kms:Decrypt DataKey template.yaml"
    " --context kms:ViaService=s3.eu-west-1.amazonaws.com\n"
    "  kmsiac can aws_iam_role.app kms:Decrypt aws_kms_key.data infra/"
    " --context aws:SourceVpce=aws_vpc_endpoint.kms\n"
    "  kmsiac can '*' kms:Decrypt aws_kms_key.data infra/ --expect no\n\n"
    "\b\nExit codes:\n  0 yes (or the expected answer), 1 another answer, 2 wrong use or an unknown"
    " name,\n  3 something could not be read, 70 internal error"
)
def can(  # noqa: PLR0913, PLR0917  # one argument is one option
    principal: a.Principal,
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION", show_default=False, help="A KMS action: kms:Decrypt, or Decrypt."
        ),
    ],
    key: a.Key,
    paths: o.Paths = None,
    context: Annotated[
        list[str] | None,
        o.repeatable(
            "--context", metavar="KEY=VALUE", commas=False,
            help="A condition key that the request carries. Repeatable, for one key too.",
        ),
    ] = None,
    strict_context: Annotated[
        bool,
        o.option("--strict-context", help="Keys that --context does not give are absent."),
    ] = False,
    expect: Annotated[
        Expected, o.option("--expect", help="The answer that gives exit code 0.")
    ] = Expected.YES,
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
) -> int:  # fmt: skip
    """Say whether a principal can call an action on a key, and why or why not.

    Counts key policies, IAM policies, boundaries, grants and VPC endpoint policies. What --context
    does not give is free: yes means that some request is allowed, and says what it must carry.
    """
    wanted = targets(format)
    pairs = context_pairs(context)
    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        trusted_account, trusted_org, config, no_config, policy_kind, source_dir,
    )  # fmt: skip
    wish = settings(paths, deployment, color=color)
    from kmsiac import asking  # noqa: PLC0415  # `--help` must not pay for the engine

    report = a.answered(
        lambda: asking.can(
            wish.scan, principal, action, key, context=pairs, strict_context=strict_context
        )
    )
    if report is None:
        return ExitCode.INCOMPLETE
    a.tell(report, wanted, wish.color, quiet, verbose)
    if not quiet:
        mention_unread("can PRINCIPAL ACTION KEY", paths)
    return a.code_of(report, expected=report.verdict.answer == expect)
