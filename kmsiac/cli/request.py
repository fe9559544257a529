"""What the options of the command line ask of a scan, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmsiac.aws.partitions import DNS_SUFFIXES
from kmsiac.cli.standard_input import divided
from kmsiac.config import ScanOptions
from kmsiac.errors import UsageError
from kmsiac.frontends.unit import Inputs
from kmsiac.stack import Environment


@dataclass(frozen=True)
class Deployment:
    """What the options say about where and how the templates are deployed, as it was given."""

    account_id: str | None = None
    region: str | None = None
    partition: str | None = None
    variables: Sequence[str] | None = None
    parameters: Sequence[str] | None = None
    policy_kind: str | None = None


def scan_options(
    paths: Sequence[str] | None,
    deployment: Deployment,
    trusted_accounts: Sequence[str] | None = None,
    trusted_organizations: Sequence[str] | None = None,
    rules: Sequence[Path] | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    pedantic: bool = False,
) -> ScanOptions:
    """Options of the command line to those of a scan; reads standard input where `-` is given.

    Raises `UsageError` for what makes no sense.
    """
    environment = Environment(
        account_id=_account("--account-id", deployment.account_id),
        region=_region(deployment.region),
        partition=_partition(deployment.partition),
    )
    inputs = Inputs(
        environment=environment,
        variables=_pairs("--var", deployment.variables),
        parameters=_pairs("--parameters", deployment.parameters),
        policy_kind=str(deployment.policy_kind) if deployment.policy_kind else None,
        process_environment={k: v for k, v in os.environ.items() if k.startswith("TF_VAR_")},
    )
    accounts = _listed(trusted_accounts)
    for account in accounts:
        _account("--trusted-account", account)
    organizations = _listed(trusted_organizations)
    for organization in organizations:
        _checked("--trusted-org", organization, r"o-[a-z0-9]{10,32}", "o-a1b2c3d4e5")
    named, piped = divided(paths or ())
    return ScanOptions(
        paths=tuple(Path(path) for path in named),
        stdin=piped,
        working_directory=Path.cwd(),
        inputs=inputs,
        trusted_accounts=accounts,
        trusted_organizations=organizations,
        rules_folders=tuple(rules or ()),
        select=_listed(select),
        ignore=_listed(ignore),
        pedantic=pedantic,
    )


def context_pairs(values: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """`--context`: condition keys with their values, in the order given; a key may recur."""
    pairs = []
    for value in values or ():
        name, equals, text = value.partition("=")
        if not name or not equals:
            hint = "give KEY=VALUE, like aws:SourceIp=203.0.113.9"
            raise UsageError(f'--context does not take "{value}"', hint=hint)
        pairs.append((name, text))
    return tuple(pairs)


def _listed(values: Sequence[str] | None) -> tuple[str, ...]:
    """Repeated options and comma lists as one list."""
    parts = [part.strip() for value in values or () for part in value.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _checked(option: str, value: str, pattern: str, example: str) -> str:
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise UsageError(f'{option} does not take "{value}"', hint=f"like {example}")
    return value


def _account(option: str, value: str | None) -> str | None:
    return None if value is None else _checked(option, value, r"[0-9]{12}", "111122223333")


def _region(value: str | None) -> str | None:
    pattern = r"[a-z]{2,8}(-[a-z]+)+-[0-9]{1,2}"
    return None if value is None else _checked("--region", value, pattern, "eu-central-1")


def _partition(value: str | None) -> str | None:
    if value is not None and value not in DNS_SUFFIXES:
        known = ", ".join(sorted(DNS_SUFFIXES))
        raise UsageError(f'--partition does not take "{value}"', hint=f"one of {known}")
    return value


def _pairs(option: str, values: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values or ():
        name, equals, text = value.partition("=")
        if not name or not equals:
            raise UsageError(f'{option} does not take "{value}"', hint="give NAME=VALUE")
        pairs[name] = text
    return pairs
