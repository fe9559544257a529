"""Whom the user trusts beyond the account that a key is in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trusted:
    """Accounts (twelve digits) and organizations (`o-…`) that are not strangers."""

    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()


NOBODY = Trusted()
"""Trust in nobody beyond the own account."""
