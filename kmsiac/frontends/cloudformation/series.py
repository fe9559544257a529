"""Lists that are not known in full, and yet more than nothing is known of their members."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.values import List, Symbol, Text, Unknown, Value


class Series(List):
    """A list of unknown length in which each member is one definite thing: VPC ids, say."""

    __slots__ = ("_of",)

    def __init__(
        self, of: Symbol, rest: Unknown, position: int = 0, sensitive: bool = False
    ) -> None:
        super().__init__((), position, rest, sensitive)
        self._of = of

    def member(self, index: int, position: int) -> Text:
        """The member at an index (from 0), as a symbol."""
        of = self._of
        reference = f"{of.reference}[{index}]"
        symbol = Symbol(of.type, reference, of.owner, of.origin, None, position, of.address)
        return Text((symbol,), position, self.sensitive)


class Subset(List):
    """Some of several values, in an order that is not known: each stands there or is Absent."""

    __slots__ = ()

    def __init__(self, items: Iterable[Value], position: int = 0, sensitive: bool = False) -> None:
        super().__init__(items, position, None, sensitive)
