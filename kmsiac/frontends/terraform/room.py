"""How many resources and documents of one unit are judged, and what is said of the others."""

from __future__ import annotations

from kmsiac.reading.source import NOWHERE
from kmsiac.stack import Gap

MAX_RESOURCES = 10_000
"""Resources and policy documents of one unit that are judged. A plan of 128 MB and 45,000 resources
has 5,000 that have to do with keys.
"""
_SHOWN = 5


class Room:
    """Counts what a unit has; what is over the limit is left out, and told in one entry."""

    def __init__(self, most: int = MAX_RESOURCES) -> None:
        self._most = most
        self._left = most
        self._out: dict[str, int] = {}

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken."""
        return self._left <= 0

    def take(self, address: str, position: int) -> bool:
        """Whether there is room for one more; what there is none for is noted."""
        if self._left <= 0:
            self.leave_out(address, position)
            return False
        self._left -= 1
        return True

    def leave_out(self, address: str, position: int) -> None:
        """Note a resource, or a block with all its instances, that is not judged."""
        self._out.setdefault(address, position)

    def gaps(self) -> list[Gap]:
        """What was left out, in one entry."""
        if not self._out:
            return []
        names = list(self._out)
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        reason = (
            f"more than {self._most:,} resources in one unit: the others are not judged: "
            f"{', '.join(names[:_SHOWN])}{more}"
        )
        return [Gap(names[0], "", reason, self._out.get(names[0], NOWHERE))]
