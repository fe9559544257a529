"""What the options of the command line ask of a scan, checked, over what is configured."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kmsiac.aws.partitions import DNS_SUFFIXES
from kmsiac.cli.standard_input import divided
from kmsiac.config.keys import ORGANIZATION, REGION
from kmsiac.config.resolve import Request, Settings, resolve
from kmsiac.errors import UsageError


@dataclass(frozen=True)
class Deployment:
    """What the options say about where and how the templates are deployed, as it was given, and
    where the configuration is. None, or an empty list: not given.
    """

    account_id: str | None = None
    region: str | None = None
    partition: str | None = None
    variables: Sequence[str] | None = None
    variable_files: Sequence[Path] | None = None
    parameters: Sequence[str] | None = None
    trusted_accounts: Sequence[str] | None = None
    trusted_organizations: Sequence[str] | None = None
    config: Path | None = None
    no_config: bool = False
    policy_kind: str | None = None
    source_folder: Path | None = None

    def flags(self) -> dict[str, Any]:
        """The options by key of the configuration. Raises `UsageError` for what makes no sense."""
        accounts = listed(self.trusted_accounts)
        for account in accounts:
            _account("--trusted-account", account)
        organizations = listed(self.trusted_organizations)
        for organization in organizations:
            _checked("--trusted-org", organization, ORGANIZATION, "o-a1b2c3d4e5")
        return {
            "account_id": _account("--account-id", self.account_id),
            "region": _region(self.region),
            "partition": _partition(self.partition),
            "var": _pairs("--var", self.variables) or None,
            "var_file": tuple(self.variable_files or ()),
            "parameters": tuple(self.parameters or ()),
            "trusted_accounts": accounts,
            "trusted_orgs": organizations,
            "source_dir": self.source_folder,
            "policy_kind": str(self.policy_kind) if self.policy_kind else None,
        }


def settings(
    paths: Sequence[str] | None,
    deployment: Deployment,
    scanning: dict[str, Any] | None = None,
    color: str | None = None,
    now: str | None = None,
) -> Settings:
    """What decides a run; reads standard input where `-` is given.

    `scanning` are the options that only `scan` has, by key of the configuration; without them the
    keys that only concern `scan` do not count. `now` is the day that it is (None: today).
    Raises `UsageError` for what makes no sense, and what `resolve` raises for the configuration.
    """
    if deployment.config is not None and deployment.no_config:
        raise UsageError("--config and --no-config exclude each other")
    flags = deployment.flags()
    named, piped = divided(paths or ())
    return resolve(
        Request(
            paths=tuple(Path(path) for path in named),
            stdin=piped,
            working_directory=Path.cwd(),
            flags={**flags, "color": color, **(scanning or {})},
            process_environment={
                name: value
                for name, value in os.environ.items()
                if name.startswith("TF_VAR_") or name == "TF_WORKSPACE"
            },
            config=deployment.config,
            use_config=not deployment.no_config,
            today=_date(now),
            every_key=scanning is not None,
        )
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


def listed(values: Sequence[str] | None) -> tuple[str, ...]:
    """Repeated options and comma lists as one list."""
    parts = [part.strip() for value in values or () for part in value.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _checked(option: str, value: str, pattern: str, example: str) -> str:
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise UsageError(f'{option} does not take "{value}"', hint=f"like {example}")
    return value


def _date(now: str | None) -> date:
    if now is None:
        return datetime.now(UTC).date()
    checked = _checked("--now", now, r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "2027-01-31")
    try:
        return date.fromisoformat(checked)
    except ValueError:
        raise UsageError(f'--now does not take "{now}"', hint="there is no such day") from None


def _account(option: str, value: str | None) -> str | None:
    return None if value is None else _checked(option, value, r"[0-9]{12}", "111122223333")


def _region(value: str | None) -> str | None:
    return None if value is None else _checked("--region", value, REGION, "eu-central-1")


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
