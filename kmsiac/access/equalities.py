"""Which symbols of documents may turn out to be the same as another text that they are compared with.

Two managed resources of a unit differ, and a resource differs from what a stranger is called. But a
parameter, a data source, an import, the account of another provider configuration may be the own
account, another such symbol, or a text that is spelt; so may a resource whose name is not wholly
known. What is compared with what: accounts with accounts, principals with values on
aws:PrincipalArn, values of one condition key with each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from kmsiac.access.patterns_met import STEPS, met
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.matching import Arn, outline, same, split_arn
from kmsiac.stack import Provider
from kmsiac.values import Part, Symbol, Text, Unknown, walk

_FOREIGN = frozenset({"data", "parameter", "import"})
_ACCOUNT_TYPES = frozenset({"account_id", "member_account_id", "management_account_id"})
_ACCOUNT_KEYS = frozenset(
    {"aws:principalaccount", "kms:calleraccount", "aws:resourceaccount", "aws:sourceaccount"}
)
_REGION_KEY = "aws:requestedregion"
_OF_RESOURCE = frozenset({"resource", "aws:resourceaccount", _REGION_KEY})
_PRINCIPALS = "aws:principalarn"
_IAM_ARN = re.compile(r"(role|user|group)_arn")
_ALL = frozenset({"*", "role/*", "user/*", "assumed-role/*", "root"})
_MOST_PAIRS = 2_000


class Choice(NamedTuple):
    """A symbol, and the texts that it may turn out to be, its own apart."""

    symbol: Symbol
    texts: tuple[Text, ...]


class _Written(NamedTuple):
    """A text of a statement: in which element, and what it is compared with."""

    element: object
    slot: str
    text: Text


def choices(
    documents: Sequence[PolicyDocument],
    provider: Provider,
    spelt: Sequence[str],
    texts: Iterable[Text] = (),
    *,
    callers: bool,
) -> tuple[list[Choice], bool]:
    """What symbols beside the own account and Region may be; and whether there is more.

    `spelt` are the accounts that the documents spell, `texts` stand beside them. Without `callers`
    only what is said of the resource counts.
    """
    if not callers and not any(_has_foreign(document) for document in documents):
        return [], False
    written = [*_of_documents(documents), *(_Written("who", _PRINCIPALS, t) for t in texts)]
    if not callers:
        written = [one for one in written if one.slot in _OF_RESOURCE]
    accounts = dict.fromkeys(s for one in written for s in _accounts_in(one, provider))
    regions = dict.fromkeys(s for one in written for s in _regions_in(one))
    literals = [Text((one,)) for one in spelt if one != provider.account.literal]
    found = list(_simple([*accounts], provider.account, literals if callers else []))
    found += _simple([*regions], provider.region, [])
    if not callers:
        return found, False
    others, cut = _compared(written, {*accounts, *regions})
    return [*found, *others], cut


def _simple(symbols: Sequence[Symbol], own: Text, literals: Sequence[Text]) -> Iterator[Choice]:
    """Each may be the own one, any that is spelt, or one that comes before it."""
    for at, symbol in enumerate(symbols):
        earlier = [Text((one,)) for one in symbols[:at]]
        yield Choice(symbol, (own, *literals, *earlier))


def _has_foreign(document: PolicyDocument) -> bool:
    return any(
        isinstance(part, Symbol) and part.origin in _FOREIGN
        for inner in walk(document.value)
        if isinstance(inner, Text)
        for part in inner.parts
    )


def _of_documents(documents: Sequence[PolicyDocument]) -> Iterator[_Written]:
    for document in documents:
        for statement in document:
            for principal in statement.principals:
                if isinstance(principal.value, Text) and principal.type == "AWS":
                    yield _Written((id(statement), "Principal"), _PRINCIPALS, principal.value)
            for pattern in statement.resources:
                if isinstance(pattern.value, Text):
                    yield _Written((id(statement), "Resource"), "resource", pattern.value)
            for condition in statement.conditions:
                key = (condition.key.literal or "").lower()
                for value in condition.values:
                    if isinstance(value, Text) and key:
                        yield _Written(id(condition), key, value)


# -- accounts and Regions --------------------------------------------------------------------------


def _accounts_in(written: _Written, provider: Provider) -> Iterator[Symbol]:
    own = provider.account.symbol
    text = written.text
    if text.symbol is not None and text.symbol.origin in _FOREIGN and written.slot in _ACCOUNT_KEYS:
        yield text.symbol
    arn = split_arn(text) if any(isinstance(part, Symbol) for part in text.parts) else None
    if arn is None:
        found = [*outline(text).parts]
    else:
        named = arn.account.symbol
        if named is not None and named.origin in _FOREIGN:
            yield named
        found = [*arn.account.parts]
    for part in found:
        known = not isinstance(part, Symbol) or part == own or part.origin == "resource"
        if isinstance(part, Symbol) and not known and part.type in _ACCOUNT_TYPES:
            yield part


def _regions_in(written: _Written) -> Iterator[Symbol]:
    text = written.text
    symbol = text.symbol if written.slot == _REGION_KEY else None
    if symbol is None and written.slot == "resource":
        arn = split_arn(text)
        symbol = arn.region.symbol if arn is not None else None
    if symbol is not None and symbol.origin in _FOREIGN:
        yield symbol


# -- other texts -----------------------------------------------------------------------------------


def _compared(written: Sequence[_Written], done: set[Symbol]) -> tuple[list[Choice], bool]:
    """What other symbols may be, by what stands in another element of the same slot; and whether
    there was too much to look through.
    """
    found: dict[Symbol, dict[tuple[Part, ...], Text]] = {}
    pairs = 0
    for many in _by_slot(written):
        lefts = [one for one in many if _is_bindable(one.text)]
        longest = max((_length(one.text) for one in many), default=0) if lefts else 0
        for left in lefts:
            pairs += len(many)
            if pairs > _MOST_PAIRS or longest * _length(left.text) > STEPS:
                return _choices(found), True
            for right in many:
                if left is right or len(left.elements | right.elements) == 1:
                    continue
                bound = _unified(left.text, right.text)
                if bound is not None and bound[0] not in done:
                    found.setdefault(bound[0], {}).setdefault(bound[1].parts, bound[1])
    return _choices(found), False


class _Told(NamedTuple):
    """A text, and all elements that it stands in."""

    text: Text
    elements: set[object]


def _by_slot(written: Iterable[_Written]) -> Iterator[list[_Told]]:
    """The different texts that are compared with each other."""
    slots: dict[str, dict[tuple[Part, ...], _Told]] = {}
    for one in written:
        if one.slot != "resource" and one.slot not in _ACCOUNT_KEYS:
            told = slots.setdefault(one.slot, {}).setdefault(one.text.parts, _Told(one.text, set()))
            told.elements.add(one.element)
    for many in slots.values():
        yield list(many.values())


def _choices(found: dict[Symbol, dict[tuple[Part, ...], Text]]) -> list[Choice]:
    return [Choice(symbol, tuple(texts.values())) for symbol, texts in found.items()]


def _is_bindable(text: Text) -> bool:
    """Whether a symbol in it may be something else: not what the unit makes under a known name."""
    if text.literal is not None or text.has_unknown:
        return False
    return any(
        isinstance(part, Unknown) or (isinstance(part, Symbol) and part.origin != "environment")
        for part in outline(text).parts
    )


def _unified(left: Text, right: Text) -> tuple[Symbol, Text] | None:
    """A symbol of `left`, and what it must be for the two to be equal (or match); None for none."""
    spelt, other = outline(left), outline(right)
    if right.has_unknown:
        return None
    if other.has_unknown:  # a resource under a name that is not wholly known
        symbol = left.symbol
        foreign = symbol is not None and symbol.origin in _FOREIGN and same(left, right).is_open
        return (symbol, right) if symbol is not None and foreign else None
    mine, theirs = split_arn(spelt), split_arn(other)
    if mine is None or theirs is None:
        return None if _is_pattern(right) else _whole(left, right)
    if not all(_may_meet(a, b) for a, b in zip(mine[:4], theirs[:4], strict=True)):
        return None
    plain = theirs.resource.literal
    if plain in _ALL:
        return None
    if spelt.has_unknown:
        return _of_unknown_name(left, mine, plain)
    if _is_pattern(theirs.resource):
        name = _name(mine.resource, plain) if plain is not None else None
        return _bound(mine.resource, Text((name,)), {*_FOREIGN, "resource"}) if name else None
    return _bound(mine.resource, theirs.resource) if same(left, right).is_open else None


def _whole(left: Text, right: Text) -> tuple[Symbol, Text] | None:
    symbol = left.symbol
    if symbol is None or right.has_unknown:
        return _bound(left, right) if same(left, right).is_open else None
    noun = _IAM_ARN.fullmatch(symbol.type)
    arn = split_arn(right)
    if noun is not None and (arn is None or not arn.resource.prefix.startswith(noun[1] + "/")):
        return None
    return _bound(left, right) if same(left, right).is_open else None


def _may_meet(left: Text, right: Text) -> bool:
    """Whether a field of an ARN may be what the other one is, or matches."""
    if left.literal is not None and right.literal is not None:
        return met(left.literal, right.literal) is not None
    return not (left.literal == "" or right.literal == "")


def _of_unknown_name(left: Text, mine: Arn, wanted: str | None) -> tuple[Symbol, Text] | None:
    """A resource whose name has an unknown part, as the literal or pattern that it may match."""
    symbol = left.symbol
    name = _name(mine.resource, wanted) if wanted is not None else None
    if symbol is None or name is None:
        return None
    parts: list[Part] = ["arn"]
    for field in mine[:4]:
        parts += [":", *field.parts]
    return symbol, Text([*parts, ":", name])


def _name(resource: Text, wanted: str) -> str | None:
    """What a resource whose name is open is called where it matches a literal or a pattern.

    A name has no slash in it. The path of what is looked up is not known, though, nor one that
    follows the kind without a slash.
    """
    glob = _glob(resource)
    found = met(glob, wanted)
    looked_up = any(isinstance(part, Symbol) and part.origin in _FOREIGN for part in resource.parts)
    pathless = looked_up or "/" not in resource.prefix
    if found is None or (found.count("/") > glob.count("/") and not pathless):
        return None
    return found


def _glob(text: Text) -> str:
    """The text as a glob: anything for what is not literal."""
    return "".join(part if isinstance(part, str) else "*" for part in text.parts)


def _length(text: Text) -> int:
    return sum(len(part) if isinstance(part, str) else 1 for part in outline(text).parts)


def _is_pattern(text: Text) -> bool:
    return any(isinstance(part, str) and ("*" in part or "?" in part) for part in text.parts)


def _bound(
    left: Text, right: Text, origins: Collection[str] = _FOREIGN
) -> tuple[Symbol, Text] | None:
    """The one symbol in which `left` differs from `right`, and what stands there in `right`."""
    mine, theirs = _pieces(left), _pieces(right)
    while mine and theirs and mine[0] == theirs[0]:
        mine, theirs = mine[1:], theirs[1:]
    while mine and theirs and mine[-1] == theirs[-1]:
        mine, theirs = mine[:-1], theirs[:-1]
    if len(mine) != 1 or not theirs or mine[0] in theirs:
        return None
    (symbol,) = mine
    fits = isinstance(symbol, Symbol) and symbol.origin in origins
    return (symbol, Text(theirs)) if isinstance(symbol, Symbol) and fits else None


def _pieces(text: Text) -> list[Part]:
    """Its parts, literals letter by letter."""
    return [piece for part in text.parts for piece in (part if isinstance(part, str) else (part,))]
