"""What decides the result of a scan: flags and environment, frozen.

`.kmsiac.yaml` will be read here too; nothing below this module knows where a setting came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kmsiac.findings.ignores import Ignore
from kmsiac.frontends.unit import Inputs


@dataclass(frozen=True)
class ScanOptions:
    """What to scan and with which rules: everything that decides the result of a scan.

    `paths` are folders and files (empty: the working directory); `stdin` are the bytes of
    standard input where `-` was given. `select` and `ignore` take rule ids and categories.
    """

    paths: tuple[Path, ...] = ()
    stdin: bytes | None = None
    working_directory: Path = Path()
    inputs: Inputs = field(default_factory=Inputs)
    trusted_accounts: tuple[str, ...] = ()
    trusted_organizations: tuple[str, ...] = ()
    rules_folders: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    pedantic: bool = False
    today: date | None = None
    """The date that `until` of an ignore is checked against; None: no ignore has run out."""
    use_ignores: bool = True
    """Whether ignores that stand in the scanned tree count (`--no-ignores` switches them off)."""
    ignores: tuple[Ignore, ...] = ()
    """Ignores of the configuration."""
    baseline: Path | None = None
    since: str | None = None
