"""A policy document down to principals, action and resource patterns, and conditions.

Built by `parse.parse_document` from a value whose Choices have been expanded. Nothing is judged or
dropped here: an element that could not be read is there as an Unknown, and whatever may hold more
than is known says so (`..._open`). Positions are those of the key token where the document spells
the element; the position of a value itself is where the value was written (a variable, say).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kmsiac.reading.source import NOWHERE
from kmsiac.values import Blame, Map, Part, Symbol, Text, Unknown, Value, walk

ELEMENT_NAMES = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
"""The elements of a statement (IAM User Guide, JSON policy elements). Names are case-sensitive."""


class Principal:
    """One principal of a Principal or NotPrincipal element.

    `type` is the key it stands under: `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` for
    the bare string form. `value` is a Text, or an Unknown that may be any principal.
    """

    __slots__ = ("kind", "negated", "position", "type", "value")

    def __init__(self, type: str, value: Text | Unknown, negated: bool, position: int) -> None:
        self.type = type
        self.value = value
        self.negated = negated
        self.position = position
        self.kind: tuple[str | None, frozenset[Blame]] | None = None
        """What `principals.kind_of` found: it is asked for each principal of each question."""


class Pattern:
    """One action or resource pattern; `negated` under NotAction or NotResource."""

    __slots__ = ("negated", "position", "value")

    def __init__(self, value: Text | Unknown, negated: bool, position: int) -> None:
        self.value = value
        self.negated = negated
        self.position = position


class Condition:
    """One operator with one key as written, and its values.

    `operator` and `key` are Texts as written, affixes included (`ForAnyValue:StringLikeIfExists`).
    `values` holds Texts (numbers and booleans as IAM reads them: as text) and Unknowns;
    `values_open` is the Unknown for further values. `position` is the key's token,
    `operator_position` the operator's.
    """

    __slots__ = ("key", "operator", "operator_position", "position", "values", "values_open")

    def __init__(
        self,
        operator: Text,
        key: Text,
        values: tuple[Text | Unknown, ...],
        position: int,
        operator_position: int,
        values_open: Unknown | None = None,
    ) -> None:
        self.operator = operator
        self.key = key
        self.values = values
        self.values_open = values_open
        self.position = position
        self.operator_position = operator_position


class Statement:
    """One statement of a policy document.

    `elements` maps each element written to its (key, value); an element with another name is in
    `unknown_elements`. `open` is the Unknown when the statement, or which elements it has, is not
    wholly known; `principals_open`, `actions_open`, `resources_open`, `conditions_open` likewise
    for one element. `effect` is the value as written, None where it is missing.
    `index` counts from 0. `position` is the statement's own, `value` what it was read from.
    """

    __slots__ = (
        "actions",
        "actions_open",
        "conditions",
        "conditions_open",
        "effect",
        "elements",
        "index",
        "open",
        "position",
        "principals",
        "principals_open",
        "resources",
        "resources_open",
        "sid",
        "unknown_elements",
        "value",
    )

    def __init__(self, index: int, position: int, value: Value) -> None:
        self.index = index
        self.position = position
        self.value = value
        self.sid: Text | None = None
        self.effect: Value | None = None
        self.elements: Mapping[str, tuple[Text, Value]] = {}
        self.unknown_elements: tuple[Text, ...] = ()
        self.principals: tuple[Principal, ...] = ()
        self.actions: tuple[Pattern, ...] = ()
        self.resources: tuple[Pattern, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.open: Unknown | None = None
        self.principals_open: Unknown | None = None
        self.actions_open: Unknown | None = None
        self.resources_open: Unknown | None = None
        self.conditions_open: Unknown | None = None

    def position_of(self, element: str) -> int:
        """The position of an element's key, or the statement's where the element is not written."""
        entry = self.elements.get(element)
        return entry[0].position if entry else self.position

    @property
    def label(self) -> str:
        """How people call it: its Sid, else `statement 2` (counted from 1)."""
        sid = str(self.sid) if self.sid is not None else ""
        return f'statement "{sid}"' if sid else f"statement {self.index + 1}"

    @property
    def effect_text(self) -> str | None:
        """`Allow` or `Deny` where the effect is known and one of them, else None."""
        literal = self.effect.literal if isinstance(self.effect, Text) else None
        return literal if literal in ("Allow", "Deny") else None


class PolicyDocument:
    """A policy document. `open` is the Unknown when there may be more statements than are listed."""

    __slots__ = (
        "_has_symbols", "_literals", "id", "open", "position", "statements", "unknown_elements", "value", "version",
    )  # fmt: skip

    def __init__(
        self,
        value: Map,
        statements: tuple[Statement, ...],
        version: Text | Unknown | None = None,
        id: Value | None = None,
        unknown_elements: tuple[Text, ...] = (),
        open: Unknown | None = None,
        position: int = NOWHERE,
    ) -> None:
        self.value = value
        self.statements = statements
        self.version = version
        self.id = id
        self.unknown_elements = unknown_elements
        self.open = open
        self.position = position
        self._literals: tuple[str, ...] | None = None
        self._has_symbols: bool | None = None

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    @property
    def literals(self) -> tuple[str, ...]:
        """The literal stretches of all texts in the document, each once, in order of writing."""
        if self._literals is None:
            parts = (part for part in self._parts() if isinstance(part, str))
            self._literals = tuple(dict.fromkeys(parts))
        return self._literals

    @property
    def has_symbols(self) -> bool:
        """Whether a symbol stands in any of its texts."""
        if self._has_symbols is None:
            self._has_symbols = any(isinstance(part, Symbol) for part in self._parts())
        return self._has_symbols

    def _parts(self) -> Iterator[Part]:
        for inner in walk(self.value):
            if isinstance(inner, Text):
                yield from inner.parts
