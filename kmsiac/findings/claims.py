"""An ignore of the scanned tree, and where it counts."""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.findings.ignores import Ignore
from kmsiac.findings.scopes import Stretch


class Claim(NamedTuple):
    """An ignore that stands in a file: where it counts, and each word that names rules with the ids
    that it stands for.
    """

    ignore: Ignore
    file: int
    stretches: tuple[Stretch, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
