"""The kinds of values, and the symbols that stand in texts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from kmsiac.reading.source import NOWHERE
from kmsiac.values.unquoted import together


class Value:
    """Anything that an expression of a template can be before deployment."""

    __slots__ = ("position", "sensitive")

    def __init__(self, position: int = NOWHERE, sensitive: bool = False) -> None:
        self.position = position
        self.sensitive = sensitive


class Owner(NamedTuple):
    """Whose names a symbol lives among: the deployment unit and the provider configuration.

    `unit` is the id of a Terraform root module or a CloudFormation stack, `provider` the key of
    the provider configuration in it ("" is the default one).
    """

    unit: str
    provider: str = ""


class Symbol:
    """One definite thing whose text only the deployment knows. Never a wildcard.

    `type` says what kind of text: `account_id`, `partition`, `region`, `dns_suffix`, `role_arn`,
    `role_name`, `user_arn`, `key_arn`, `key_id`, `alias_arn`, ... (`<noun>_<attribute>`), or
    `text` where nothing is known. `reference` is the expression as the template spells it
    (`aws_iam_role.app.arn`, `AWS::AccountId`), with indexes. `origin` says what made it:
    `environment` (account, partition, Region: the same under every reference), `resource`
    (managed in this unit), `data` (looked up), `parameter` or `import`.

    `shape` is what is known of the text: for the ARN of a role
    `arn:{partition}:iam::{account}:role/app`. `address` is the resource (`aws_iam_role.app[0]`, a
    logical id) that it is an attribute of, or empty. `position` is where the reference stands.
    """

    __slots__ = ("address", "origin", "owner", "position", "reference", "shape", "type")

    def __init__(
        self,
        type: str,
        reference: str,
        owner: Owner,
        origin: str,
        shape: Text | None = None,
        position: int = NOWHERE,
        address: str = "",
    ) -> None:
        self.type = type
        self.address = address
        self.reference = reference
        self.owner = owner
        self.origin = origin
        self.shape = shape
        self.position = position

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal identities are the same thing. Environment symbols ignore the reference."""
        if self.origin == "environment":
            return (self.owner.unit, self.owner.provider, self.type)
        return (self.owner.unit, self.owner.provider, "", self.reference)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __repr__(self) -> str:
        return f"${{{self.reference}}}"


class Unknown(Value):
    """Something that could not be worked out: it may be any value at all, wildcards included.

    `expression` is the source text, `reason` says in a few words why ("variable has no default").
    Two Unknowns with the same unit and expression stand for the same value. An Unknown is also
    a part of a Text where it is interpolated.
    """

    __slots__ = ("expression", "reason", "unit")

    def __init__(
        self,
        expression: str,
        reason: str,
        position: int = NOWHERE,
        unit: str = "",
        sensitive: bool = False,
    ) -> None:
        super().__init__(position, sensitive)
        self.expression = expression
        self.reason = reason
        self.unit = unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and (self.unit, self.expression) == (
            other.unit,
            other.expression,
        )

    def __hash__(self) -> int:
        return hash((self.unit, self.expression))

    def __repr__(self) -> str:
        return f"Unknown({self.expression!r}: {self.reason})"


Part = str | Symbol | Unknown
"""A stretch of a Text. Neighbouring literal stretches are always joined."""


class Text(Value):
    """A string: literal stretches, symbols and unknown parts in order.

    `parts` never holds empty or neighbouring literals; the empty string has no parts.
    `origin` maps back to the source where the text was not written in one piece: breakpoints
    `(index, position)`, where `index` counts the characters of the literals and one for every
    other part. `document` is the value that `jsonencode` (or a policy given as a map) encoded. It
    carries marks of its own: a text is sensitive as a whole where one value of its document is.
    """

    __slots__ = ("document", "origin", "parts")

    def __init__(
        self,
        parts: Iterable[Part] = (),
        position: int = NOWHERE,
        sensitive: bool = False,
        origin: tuple[tuple[int, int], ...] = (),
        document: Value | None = None,
    ) -> None:
        super().__init__(position, sensitive)
        self.parts = _join_literals(parts)
        self.origin = origin
        self.document = document

    @property
    def literal(self) -> str | None:
        """The text if all of it is known, else None."""
        if not self.parts:
            return ""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        return None

    @property
    def prefix(self) -> str:
        """The literal stretch that the text starts with."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    @property
    def has_unknown(self) -> bool:
        """Whether a part could be anything."""
        return any(isinstance(part, Unknown) for part in self.parts)

    @property
    def symbol(self) -> Symbol | None:
        """The symbol, if the text is exactly one."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Symbol):
            return self.parts[0]
        return None

    def position_of(self, index: int) -> int:
        """Where the character at `index` was written (literals count their characters, others one)."""
        if not self.origin:
            return self.position
        at = bisect_right(self.origin, index, key=lambda point: point[0]) - 1
        if at < 0:
            return self.position
        start, position = self.origin[at]
        return position + (index - start) if position != NOWHERE else self.position

    def at(self, position: int) -> Text:
        """The same text written at another place."""
        return Text(self.parts, position, self.sensitive, (), self.document)

    def __str__(self) -> str:
        """How the text prints: `${reference}` for symbols, `(sensitive)` for secrets."""
        if self.sensitive:
            return "(sensitive)"
        return "".join(_print_part(part) for part in self.parts)

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"


def text(literal: str, position: int = NOWHERE) -> Text:
    """A Text that is wholly known."""
    return Text((literal,), position)


class Number(Value):
    """A number of a template: int, or Decimal where it has a fraction."""

    __slots__ = ("number",)

    def __init__(
        self, number: int | Decimal, position: int = NOWHERE, sensitive: bool = False
    ) -> None:
        super().__init__(position, sensitive)
        self.number = number

    def __str__(self) -> str:
        if self.sensitive:
            return "(sensitive)"
        if isinstance(self.number, int):
            return str(self.number)
        if abs(self.number.adjusted()) > 400:  # written out, it could fill the memory
            return str(self.number)
        plain = f"{self.number:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain

    def __repr__(self) -> str:
        return f"Number({self})"


class Bool(Value):
    """true or false."""

    __slots__ = ("value",)

    def __init__(self, value: bool, position: int = NOWHERE, sensitive: bool = False) -> None:
        super().__init__(position, sensitive)
        self.value = value

    def __str__(self) -> str:
        return "(sensitive)" if self.sensitive else str(self.value).lower()

    def __repr__(self) -> str:
        return f"Bool({self})"


class Null(Value):
    """An explicit null: to every consumer the same as an argument that is not written."""

    __slots__ = ()

    def __str__(self) -> str:
        return "null"

    def __repr__(self) -> str:
        return "Null()"


class Absent(Value):
    """What a branch of a Choice is when it leaves the member or property out (`AWS::NoValue`)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Absent()"


class List(Value):
    """A list. `open` holds the Unknown for members that are not known, if there may be more.

    A member that exists only under a guard is a Choice with an `Absent` branch.
    """

    __slots__ = ("items", "open")

    def __init__(
        self,
        items: Iterable[Value] = (),
        position: int = NOWHERE,
        open: Unknown | None = None,
        sensitive: bool = False,
    ) -> None:
        super().__init__(position, sensitive)
        self.items = tuple(items)
        self.open = open

    def __repr__(self) -> str:
        return f"List({list(self.items)!r}{', open' if self.open else ''})"


class Map(Value):
    """Members in the order written; keys are Texts (symbols may stand in them), a key may recur.

    `open` holds the Unknown for members that are not known, if there may be more.
    """

    __slots__ = ("entries", "open")

    def __init__(
        self,
        entries: Iterable[tuple[Text, Value]] = (),
        position: int = NOWHERE,
        open: Unknown | None = None,
        sensitive: bool = False,
    ) -> None:
        super().__init__(position, sensitive)
        self.entries = tuple(entries)
        self.open = open

    def get(self, name: str) -> Value | None:
        """The value under the literal key `name`, the last one if it recurs; None if not written.

        Whether it might still exist (`open`, or a symbolic key) is for the caller to ask.
        """
        for key, value in reversed(self.entries):
            if key.literal == name:
                return value
        return None

    def key(self, name: str) -> Text | None:
        """The key itself, for its position."""
        for key, _ in reversed(self.entries):
            if key.literal == name:
                return key
        return None

    def __repr__(self) -> str:
        inner = ", ".join(f"{key}: {value!r}" for key, value in self.entries)
        return f"Map({{{inner}}}{', open' if self.open else ''})"


Atom = str | int | bool
"""A value that a guard can have: a condition is true or false, a parameter is one of its values."""


class Guard(NamedTuple):
    """A question that only the deployment answers. Equal guards have equal answers.

    `name` is what people know it as: a condition's name, a parameter, or the source of a test.
    """

    unit: str
    name: str


class Choice(Value):
    """One of several values, depending on a guard: `var.x ? a : b`, `!If [IsProd, a, b]`.

    `branches` pairs each value of the guard with the value that holds then. Guards are atomic:
    a combination (`And`, `!x`) is made of nested Choices by whoever reads it.
    """

    __slots__ = ("branches", "guard")

    def __init__(
        self,
        guard: Guard,
        branches: Iterable[tuple[Atom, Value]],
        position: int = NOWHERE,
        sensitive: bool = False,
    ) -> None:
        super().__init__(position, sensitive)
        self.guard = guard
        self.branches = tuple(branches)

    def __repr__(self) -> str:
        inner = ", ".join(f"{atom}: {value!r}" for atom, value in self.branches)
        return f"Choice({self.guard.name}? {inner})"


def _join_literals(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Neighbouring literals in one piece, in linear time: a text may hold a million escapes."""
    parts = tuple(parts)
    if len(parts) == 1 and parts[0]:
        return parts
    joined: list[Part] = []
    run: list[str] = []
    for part in parts:
        if isinstance(part, str):
            run.append(part)
            continue
        if literal := together(run):
            joined.append(literal)
        run.clear()
        joined.append(part)
    if literal := together(run):
        joined.append(literal)
    return tuple(joined)


def _print_part(part: Part) -> str:
    if isinstance(part, str):
        return part
    return f"${{{part.expression if isinstance(part, Unknown) else part.reference}}}"
