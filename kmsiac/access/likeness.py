"""Identities that no question about a key tells apart, so that one of them speaks for all.

A large unit has hundreds of keys and roles, and most roles say the same of keys: nothing, or all of
them. Two identities are alike where what their own sides say of KMS is the same and they are called
alike but for their names. What is asked of a key is the same for both where the key's own policies
tell nobody by name but those whom they name (`tells_apart`). In doubt they are not alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from kmsiac.access.candidates import Candidate
from kmsiac.access.place import Who
from kmsiac.access.sheets import IDENTITY, Layers, Sheet, only_allows
from kmsiac.inventory.model import Identity, Inventory
from kmsiac.inventory.named import identity_named
from kmsiac.policy.actions import Covered, covered_actions
from kmsiac.policy.document import PolicyDocument, Principal, Statement
from kmsiac.policy.matching import has_wildcard, outline
from kmsiac.policy.principals import kind_of
from kmsiac.values import List, Map, Part, Symbol, Text, Unknown, Value, walk

_MOST_BLAME = 6
"""With more than this, which of it an answer names is a matter of how it is spelt."""
_KEYS = re.compile(r":kms:[a-z0-9-]*")
"""In which Regions keys are spelt: each may be the own one, too."""
_FOREIGN = frozenset({"data", "parameter", "import"})
_OF_NOBODY = frozenset({"anyone", "account", "service", "canonical"})
_NAMES = re.compile(
    r"aws:(?:user(?!agent)|princip(?!al(?:account|orgid|orgpaths|type|isawsservice|servicename)))",
    re.IGNORECASE,
)
"""A condition key or a policy variable that tells the principals of an account apart."""
_WORD = re.compile(r"[\w+=,.@-]+")
"""What may be the name of a role or user."""
_SPELT = re.compile(r"(?<![0-9-])[0-9]{12}(?![0-9])|o-[a-z0-9]{10,32}|A[A-Z0-9]{15,}")
"""Accounts, organizations and unique ids: what symbols are guessed to be, and strangers are not."""


class Own(NamedTuple):
    """An identity with its own side; `order` says where it stands in the inventory."""

    order: int
    identity: Identity
    who: Who
    layers: Layers


class Likes:
    """Identities that are alike: `candidates` with their order in the inventory.

    `names` are theirs in lower case. `looks`: what their own sides say of other things than keys;
    where a key compares with it, it counts too. `layers` and `allows`, their own side and the
    statements that may allow something on keys, are those of the first. `unhindered`: these allow
    it whatever else is asked, as nothing denies, limits or asks for conditions.
    """

    def __init__(self, first: Own, covered: Covered) -> None:
        self.layers = first.layers
        self.first = first.identity
        self.candidates: list[tuple[int, Candidate]] = []
        self.names: list[str] = []
        self.looks: list[Hashable] = []
        self.allowed: bool | None = None
        """Whether they are allowed anything on some key; None where nobody has asked."""
        self.allows = [
            statement
            for sheet in first.layers.sheets
            if sheet.layer == IDENTITY
            for statement in sheet.document
            if statement.effect_text != "Deny" and covered(statement)
        ]
        self.unhindered = not first.layers.bounded and all(
            statement.effect_text == "Allow"
            and not statement.conditions
            and statement.conditions_open is None
            and statement.open is None
            for sheet in first.layers.sheets
            for statement in sheet.document
            if statement.effect_text != "Allow" or statement in self.allows
        )


class Look(NamedTuple):
    """What is seen of an identity: `mark` is equal for those that are alike, `beside` what the mark
    leaves out, `name` its own in lower case.
    """

    mark: Hashable
    beside: Hashable
    name: str


def alike(identities: Iterable[Own], look: Callable[[Own], Look], covered: Covered) -> list[Likes]:
    """All identities in groups of those that are alike."""
    found: dict[Hashable, Likes] = {}
    for own in identities:
        seen = look(own)
        made = found.get(seen.mark)
        if made is None:
            made = found[seen.mark] = Likes(own, covered)
        made.candidates.append((own.order, Candidate(own.who, own.identity.position)))
        made.names.append(seen.name)
        made.looks.append(seen.beside)
    return list(found.values())


def look_at(own: Own, covered: Covered) -> Look:
    """What is seen of an identity in questions about keys."""
    look = _Look(own, covered)
    return Look(look.mark(), look.beside(), look.name.lower())


# -- an identity -----------------------------------------------------------------------------------


class _Look:
    """Works out what is seen of an identity."""

    def __init__(self, own: Own, covered: Covered) -> None:
        self._own = own
        self._covered = covered
        self._beside: dict[tuple[int, str], bool] = {}
        self.name, self._called = self._spelt(own.who.text)

    def mark(self) -> Hashable:
        """Equal for identities that are alike; for one that tells by name, its own."""
        layers = self._own.layers
        blame = [one for every in layers.open.values() for one in every]
        if len(blame) > _MOST_BLAME or any(_NAMES.search(text) for text in self._literals):
            return id(self._own.identity)
        return (
            self._own.identity.kind,
            self._own.who.kind,
            self._called,
            self._own.identity.resource.provider.owner,
            tuple(_open(layers)),
            layers.bounded,
            tuple(self._sheet(sheet) for sheet in layers.sheets if self._counts(sheet)),
            frozenset(found for text in self._all_literals() for found in _SPELT.findall(text)),
            frozenset(found for text in self._literals for found in _KEYS.findall(text)),
            frozenset(self._condition_keys()),
        )

    def beside(self) -> Hashable:
        """What the mark leaves out: statements about other things than keys."""
        sheets = self._own.layers.sheets
        left = (one for s in sheets for one in s.document if self._is_beside(one, s))
        return tuple(self._value(one.value) for one in left)

    @cached_property
    def _literals(self) -> tuple[str, ...]:
        return tuple(t for sheet in self._own.layers.sheets for t in sheet.document.literals)

    def _all_literals(self) -> Iterator[str]:
        yield from self._literals
        yield from (part for part in outline(self._own.who.text).parts if isinstance(part, str))

    def _condition_keys(self) -> Iterator[Hashable]:
        for sheet in self._own.layers.sheets:
            for statement in sheet.document:
                for condition in statement.conditions:
                    yield self._value(condition.key)

    def _counts(self, sheet: Sheet) -> bool:
        whole = sheet.document.open is None and sheet.certain
        return not whole or any(not self._is_beside(one, sheet) for one in sheet.document)

    def _sheet(self, sheet: Sheet) -> Hashable:
        document = sheet.document
        said = [self._value(one.value) for one in document if not self._is_beside(one, sheet)]
        version = document.version
        return (
            sheet.layer,
            sheet.certain,
            self._value(version) if version is not None else None,
            document.open is not None,
            tuple(said),
        )

    def _is_beside(self, statement: Statement, sheet: Sheet) -> bool:
        """Whether a statement says nothing of keys, or nothing that a wider one does not say, and
        all of it is known.
        """
        key = (id(statement), sheet.layer)
        found = self._beside.get(key)
        if found is None:
            found = self._beside[key] = self._says_nothing(statement, sheet.layer)
        return found

    def _says_nothing(self, statement: Statement, layer: str) -> bool:
        covered = self._covered(statement)
        if statement.open is not None or not _is_literal(statement.value):
            return False
        if not covered:
            return not any("kms" in text.lower() for text in _texts(statement.value))
        if statement.effect_text != "Allow" or layer != IDENTITY:
            return False
        return any(one is not statement and covered <= wide for one, wide in self._wide)

    @cached_property
    def _wide(self) -> list[tuple[Statement, frozenset[str]]]:
        """The Allows of the identity for all keys, with nothing that stands against them, and what
        they cover: the first of those that cover the same.
        """
        found: dict[frozenset[str], Statement] = {}
        for sheet in self._own.layers.sheets:
            if sheet.layer != IDENTITY or not sheet.certain:
                continue
            for one in sheet.document:
                if _allows_all_keys(one):
                    found.setdefault(covered_actions(one).certain, one)
        return [(one, covered) for covered, one in found.items()]

    def _spelt(self, text: Text) -> tuple[str, Hashable]:
        """The name (empty where it is not told), and what it is called beside it."""
        symbol = text.symbol
        parts = (
            symbol.shape.parts if symbol is not None and symbol.shape is not None else text.parts
        )
        last = parts[-1] if parts else ""
        kept: Hashable = ()
        if symbol is not None:
            kept = (symbol.type, symbol.origin, symbol.owner)
        if not isinstance(last, str) or "/" not in last:
            return "", (kept, tuple(self._part(part) for part in parts))
        head, _, name = last.rpartition("/")
        if not name or set(name) & {"*", "?", "$"}:
            return "", (kept, tuple(self._part(part) for part in parts))
        return name, (kept, tuple(self._part(part) for part in (*parts[:-1], head)))

    def _part(self, part: Part) -> Hashable:
        """A part of a text, where it is no one's in particular as it is."""
        address = self._own.identity.address
        if isinstance(part, Symbol) and part.address == address and part.origin == "resource":
            rest = part.reference.removeprefix(address)
            inner = part.shape.parts if part.shape is not None and part.shape.parts else ()
            return ("own", part.type, rest, tuple(map(self._part, inner)))
        if isinstance(part, Unknown):
            return ("unknown", part.unit, part.expression)
        return part

    def _value(self, value: Value) -> Hashable:
        """Equal for values that are written alike, wherever that is."""
        if isinstance(value, Text):
            return ("text", value.sensitive, tuple(map(self._part, value.parts)))
        if isinstance(value, List):
            return ("list", value.open, tuple(map(self._value, value.items)))
        if isinstance(value, Map):
            entries = ((self._value(key), self._value(inner)) for key, inner in value.entries)
            return ("map", value.open, tuple(entries))
        if isinstance(value, Unknown):
            return ("unknown", value.unit, value.expression)
        return (type(value).__name__, str(value), value.sensitive)


def _is_literal(value: Value) -> bool:
    """Whether all of a value is known: lists, maps and texts without symbols."""
    return all(
        inner.literal is not None
        if isinstance(inner, Text)
        else isinstance(inner, List | Map) and inner.open is None
        for inner in walk(value)
    )


def _texts(value: Value) -> Iterator[str]:
    for inner in walk(value):
        if isinstance(inner, Text):
            yield inner.literal or ""


def _allows_all_keys(statement: Statement) -> bool:
    """Whether it is an Allow on `*` under no condition."""
    resources = [one.value for one in statement.resources]
    return (
        statement.effect_text == "Allow"
        and not statement.conditions
        and statement.conditions_open is None
        and statement.open is None
        and "NotResource" not in statement.elements
        and any(isinstance(one, Text) and one.literal == "*" for one in resources)
        and not {"Principal", "NotPrincipal"} & statement.elements.keys()
    )


def _open(layers: Layers) -> Iterator[Hashable]:
    """What may stand beside the documents: how much of it, and of which kind, but not where."""
    for layer, blame in sorted(layers.open.items()):
        yield layer, tuple(sorted(map(only_allows, blame)))


# -- a key -----------------------------------------------------------------------------------------


class Telling:
    """Whom the documents of a key tell apart; its grants may tell anybody.

    `everybody`: it may be anybody. `compares`: they hold symbols that may be anything else that is
    written, so that what identities say of other things counts, too.
    """

    def __init__(
        self, documents: Sequence[PolicyDocument], inventory: Inventory, *, granted: bool
    ) -> None:
        self._inventory = inventory
        spelt = "\n".join(text for one in documents for text in one.literals).lower()
        self._words = frozenset(_WORD.findall(spelt))
        symbols = [symbol for document in documents for symbol in _symbols(document.value)]
        self._addresses = {symbol.address for symbol in symbols}
        self.compares = any(symbol.origin in _FOREIGN for symbol in symbols)
        lost = any(symbol.origin == "resource" and not symbol.address for symbol in symbols)
        self.everybody = (
            granted
            or lost
            or _NAMES.search(spelt) is not None
            or not all(self._is_plain(one) for document in documents for one in document)
        )

    def knows(self, identity: Identity, name: str) -> bool:
        """Whether an identity is named, or may be, by its symbols or its name in lower case."""
        if self.everybody:
            return True
        return identity.address in self._addresses or name in self._words

    def _is_plain(self, statement: Statement) -> bool:
        """Whether it is plain whom a statement names."""
        resources = (one.value for one in statement.resources)
        foreign = any(
            isinstance(part, Unknown) or (isinstance(part, Symbol) and part.origin in _FOREIGN)
            for value in resources
            for part in (value.parts if isinstance(value, Text) else (value,))
        )
        return not foreign and all(self._names(one) for one in statement.principals)

    def _names(self, principal: Principal) -> bool:
        """Whether a principal is no identity of the unit, or a known one."""
        value = principal.value
        if isinstance(value, Unknown):
            return True  # the same for everybody
        kind, _ = kind_of(principal)
        if kind in _OF_NOBODY:
            return True
        if value.literal is not None:
            return has_wildcard(value).is_no
        named = identity_named(self._inventory, value)
        return len(named.items) == 1 and not named.maybe


def _symbols(value: Value) -> Iterator[Symbol]:
    """The symbols in a value, and those that they are made of."""
    parts = [part for inner in walk(value) if isinstance(inner, Text) for part in inner.parts]
    while parts:
        part = parts.pop()
        if isinstance(part, Symbol):
            yield part
            parts += part.shape.parts if part.shape is not None else ()
