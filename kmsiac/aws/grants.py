"""What a KMS grant can give."""

from __future__ import annotations

from functools import cache
from typing import cast

from kmsiac.aws.dataset import read


@cache
def grant_operations() -> frozenset[str]:
    """The operations that CreateGrant takes, in its spelling: `Decrypt`, `ReEncryptFrom`."""
    return frozenset(cast("list[str]", read("grant_operations.json")["grant_operations"]))
