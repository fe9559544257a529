"""Guards that have to do with one another."""

from __future__ import annotations

from typing import Self

from kmsiac.values.kinds import Guard

ANOTHER = "(another key)"
"""The value of a guard that is none of those that are told apart."""


class Equality(Guard):
    """The question whether something is a certain text: what is one text is no other.

    `subject` is the question what it is, whether anybody asks that or not; `positive` is the answer
    that means that it is that text. An Equality is equal to any other Guard of its unit and name.
    """

    subject: Guard
    literal: str
    positive: bool

    def __new__(
        cls,
        unit: str,
        name: str,
        subject: Guard | None = None,
        literal: str = "",
        positive: bool = True,
    ) -> Self:
        """The question `name`: whether what `subject` asks for is `literal` (or, not `positive`,
        whether it is not).
        """
        made = super().__new__(cls, unit, name)
        made.subject = subject or Guard(unit, name)
        made.literal = literal
        made.positive = positive
        return made
