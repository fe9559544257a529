"""Which identities' own policies can be about a key at all: looked up, not asked one by one.

In a plan of what is deployed each role spells the ARNs of its own keys. Who spells keys only is
asked about these, so that the work grows with what is written, not with keys times roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from kmsiac.access.likeness import Likes
from kmsiac.access.sheets import IDENTITY
from kmsiac.inventory.arns import known_id
from kmsiac.inventory.model import Key
from kmsiac.policy.document import Pattern, Statement
from kmsiac.values import Text

_ID = "an id"


class Reaching:
    """The identities of a unit, in groups of those that are alike, by the keys that they spell."""

    def __init__(self, unit: str, every: Sequence[Likes]) -> None:
        self._unit = unit
        self._every = every
        self._anywhere: list[int] = []
        self._by_id: list[int] = []
        self._at: defaultdict[Hashable, list[int]] = defaultdict(list)
        for at, likes in enumerate(every):
            spelt = None if likes.layers.open.get(IDENTITY) else self._keys(likes.allows)
            if spelt is None:
                self._anywhere.append(at)
                continue
            for key in spelt:
                self._at[key].append(at)
            if any(kind == _ID for kind, _ in spelt):
                self._by_id.append(at)

    def of(self, key: Key) -> Sequence[Likes]:
        """Those who may reach a key, in their order: a superset, cheaply found."""
        if key.resource.provider.owner.unit != self._unit:
            return self._every
        known = known_id(key)
        # A text may be the ARN of a key whose id is not known.
        spelt = self._by_id if known is None else self._at.get((_ID, known), [])
        found = {*self._anywhere, *spelt, *self._at.get(("", key.address), [])}
        return [self._every[at] for at in sorted(found)]

    def _keys(self, statements: Sequence[Statement]) -> set[tuple[str, str]] | None:
        """The keys that statements spell, by id or address; None where they may be about others."""
        found: set[tuple[str, str]] = set()
        for statement in statements:
            unsure = statement.open is not None or statement.resources_open is not None
            if unsure or "Resource" not in statement.elements:
                return None
            for pattern in statement.resources:
                spelt = None if pattern.negated else list(self._spelt(pattern))
                if spelt is None or None in spelt:
                    return None
                found.update(one for one in spelt if one is not None)
        return found

    def _spelt(self, pattern: Pattern) -> Iterator[tuple[str, str] | None]:
        """The key that a pattern is about, if any; None for what may be about any key."""
        value = pattern.value
        literal = value.literal if isinstance(value, Text) else None
        symbol = value.symbol if isinstance(value, Text) else None
        if literal is not None and not set(literal) & {"*", "?", "$"}:
            head, _, id = literal.rpartition(":key/")
            if head:
                yield _ID, id
        elif symbol is None or symbol.origin != "resource" or symbol.owner.unit != self._unit:
            yield None
        elif symbol.type == "key_arn":
            yield "", symbol.address
