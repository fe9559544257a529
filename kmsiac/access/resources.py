"""Resources that stand for all that statements cover: one of each kind that statements tell apart.

Keys and aliases are split by the patterns of Resource and NotResource, and by what conditions say
of their Region and account. An identity reaches every Region; an endpoint is in one.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from kmsiac.access.patterns import ONE, RUN, Tokens, any_tokens, arn_fields, matches, variable_names
from kmsiac.access.presence import Limits
from kmsiac.access.principal_patterns import DIGITS, LOWER, TWELVE, patterns_of
from kmsiac.access.scenes import acts_on
from kmsiac.access.spaces import Term, exactly
from kmsiac.access.strings import Pieces, Row, classes, glob_pieces, text_pieces
from kmsiac.access.views import View
from kmsiac.aws.shapes import ANY, MANY
from kmsiac.policy.document import Pattern
from kmsiac.values import Text

MOST = 64
"""More kinds of resources than this are not tried."""

_MANY_PLACES = 6
_MANY_SPELT = 200

REGION, OWNER = "aws:requestedregion", "aws:resourceaccount"
_ORGANIZATION = "aws:resourceorgid"
_CALLER = frozenset({"aws:principalaccount", "kms:calleraccount"})
_ID = "00000000-0000-4000-a000-000000000001"
_LETTERS = frozenset(string.ascii_lowercase)
_NAMES = frozenset(string.ascii_letters + string.digits + "-_")
_REGIONS: Pieces = (
    (_LETTERS, 2, 4),
    *text_pieces("-"),
    (_LETTERS | {"-"}, 1, MANY),
    *text_pieces("-"),
    (DIGITS, 1, 2),
)
_ANY_REGION: Pieces = ((LOWER | {"-"}, 1, MANY),)
_NOUNS: Mapping[str, Pieces] = {
    "key": (*text_pieces("key/"), (_NAMES, 1, MANY)),
    "alias": (*text_pieces("alias/"), (_NAMES | {"/"}, 1, MANY)),
}
_OF_STRANGERS = "999999999999"
"""The account that callers named nowhere are mostly given: no key of theirs unless that is asked."""


class Own(Protocol):
    """The own partition, Region and account."""

    partition: str
    region: str
    account: str


class Sampled(NamedTuple):
    """The ARNs to ask about, and `*` for actions without a resource, which have the `regions`.

    Not `complete` where there are more kinds of resources.
    """

    arns: tuple[str, ...]
    regions: tuple[str, ...]
    complete: bool


class Resources:
    """The resources that the statements of some documents tell apart.

    `regional`: only the own Region counts. `known` are the accounts that callers may be in.
    """

    def __init__(
        self, views: Iterable[View], own: Own, known: frozenset[str], *, regional: bool
    ) -> None:
        self._views = tuple(views)
        self._own = own
        self._known = known
        self._regional = regional
        self._complete = True
        self._terms = {key: self._terms_on(key) for key in (REGION, OWNER)}
        self._wild: dict[Tokens, None] = {}
        self._exact: dict[str, None] = {}
        self._named: set[str] = set()
        self._read()
        self._kinds: dict[str, object] = {}
        self._owners, owners = self._values(OWNER, TWELVE, own.account, 4)
        self._regions, regions = self._values(REGION, _REGIONS, own.region, 3)
        if regional:
            self._regions, regions = [own.region, *self._spelt_regions()], True
        self._complete &= owners and regions
        self._all = tuple(dict.fromkeys(self._made()))

    def of(self, views: Sequence[View], actions: Iterable[str], limits: Limits) -> Sampled:
        """Those that one of the statements covers, and one of its actions acts on."""
        actions = [
            a for a in actions if not views or any(not v.covers_action(a).is_no for v in views)
        ]
        nouns = {noun for noun, one in _ONE.items() if any(acts_on(a, one) for a in actions)}
        free = limits.is_free(OWNER) or limits.is_free(_ORGANIZATION)
        covered = [
            arn
            for arn in self._spelt(views)
            if _noun(arn) in nouns
            and not (free and self._pins(arn, views))
            and (not views or self._covered(arn, views))
        ]
        arns = self._one_of_each(covered) if len(covered) > 1 else covered
        complete = self._complete and len(arns) <= MOST
        return Sampled(tuple(arns[:MOST]), self._calls(), complete)

    def _one_of_each(self, arns: Sequence[str]) -> list[str]:
        found: dict[object, str] = {}
        for arn in arns:
            found.setdefault(self._kind(arn), arn)
            if len(found) > MOST:
                break
        return list(found.values())

    def _spelt(self, views: Sequence[View]) -> Iterable[str]:
        """Those that statements can cover: of all, where they do not spell each."""
        arns: dict[str, None] = {}
        for view in views:
            for pattern in view.statement.resources:
                literal = pattern.value.literal if isinstance(pattern.value, Text) else None
                if pattern.negated or literal is None or any(sign in literal for sign in "*?$"):
                    return self._all
                arns[literal] = None
            if not view.statement.resources or view.statement.resources_open is not None:
                return self._all
        return arns if views else self._all

    def _covered(self, arn: str, views: Sequence[View]) -> bool:
        context = self._context(arn)
        return any(not view.covers_resource(arn, context).is_no for view in views)

    # -- what the statements say -------------------------------------------------------------------

    def _terms_on(self, key: str) -> list[Term]:
        return [term for view in self._views for term in view.terms if term.key == key]

    def _read(self) -> None:
        for view in self._views:
            self._named |= {name for term in view.terms for name in term.names}
            for pattern in view.statement.resources:
                self._read_pattern(pattern, variables=view.variables is not False)

    def _read_pattern(self, pattern: Pattern, *, variables: bool) -> None:
        literal = pattern.value.literal if isinstance(pattern.value, Text) else None
        if literal is None:
            return
        if variables:
            self._named |= set(variable_names(literal))
        wanted = any_tokens(literal, variables=variables)
        if RUN in wanted or ONE in wanted:
            self._wild[wanted] = None
        else:
            self._exact["".join(wanted)] = None

    def _fields(self, at: int) -> Iterator[Tokens]:
        """What patterns say of one field of an ARN, as far as it can be told from the others."""
        for wanted in self._wild:
            fields = arn_fields(wanted)
            if fields is not None:
                yield fields[at]

    def _loose(self) -> list[Tokens]:
        """The patterns of which a wildcard may stand for several fields."""
        return [w for w in self._wild if w != (RUN,) and arn_fields(w) is None]

    def _spelt_regions(self) -> list[str]:
        return ["".join(f) for f in self._fields(3) if RUN not in f and ONE not in f]

    def _values(self, key: str, form: Pieces, own: str, at: int) -> tuple[list[str], bool]:
        """A value of each kind that conditions on the key and patterns of the field tell apart."""
        fields = list(dict.fromkeys(self._fields(at)))
        rows = [*patterns_of(self._terms[key], {}), *(Row(glob_pieces(f)) for f in fields)]
        reached = classes(form, list(dict.fromkeys(rows)))
        values = [own, *reached.texts]
        if key == OWNER and self._regional and self._compared(OWNER):
            values += [*sorted(self._known), _OF_STRANGERS]
        kinds: dict[object, str] = {}
        for value in values:
            told = self._truths(key, value), tuple(matches(field, value) for field in fields)
            kinds.setdefault((told, value if self._compared(key) else ""), value)
        return list(kinds.values()), reached.complete

    def _compared(self, key: str) -> bool:
        """Whether a policy variable names the key, or is what the key is compared with."""
        return key in self._named or any(term.names for term in self._terms[key])

    def _truths(self, key: str, value: str) -> tuple[object, ...]:
        return tuple(term.holds({key: (value,)}).verdict for term in self._terms[key])

    def _calls(self) -> tuple[str, ...]:
        """The Regions of calls without a resource."""
        if self._regional:
            return (self._own.region,)
        kinds: dict[object, str] = {}
        for region in self._regions:
            told = self._truths(REGION, region), region if self._compared(REGION) else ""
            kinds.setdefault(told, region)
        return tuple(kinds.values())

    # -- making them -------------------------------------------------------------------------------

    def _made(self) -> Iterator[str]:
        own = f"arn:{self._own.partition}:kms:{self._own.region}:{self._own.account}:"
        yield from (f"{own}key/{_ID}", f"{own}alias/x", "*")
        yield from (arn for arn in self._exact if arn.count(":") == 5)
        regions: list[str | None] = [None]
        if self._regional:
            regions = [*self._regions]
        places = [(one, region) for one in self._partitions() for region in regions]
        self._complete &= len(places) <= _MANY_PLACES
        for partition, region in places[:_MANY_PLACES]:
            for form in _NOUNS.values():
                yield from self._split(f"arn:{partition}:kms:", region, form)
        if not self._complete:
            yield from self._filled()

    def _partitions(self) -> list[str]:
        spelt = ["".join(f) for f in self._fields(1) if RUN not in f and ONE not in f]
        return list(dict.fromkeys([self._own.partition, *spelt]))

    def _split(self, head: str, region: str | None, form: Pieces) -> Sequence[str]:
        """An ARN of each kind: the wildcards, Regions and accounts it may match side by side."""
        rows = [Row(glob_pieces(wanted)) for wanted in self._wild if wanted != (RUN,)]
        rows += [_with_owner(head, exactly(owner)) for owner in self._owners]
        if region is None:
            rows += [_with_region(head, exactly(one)) for one in self._regions]
        if self._loose():
            rows += [_with_owner(head, row) for row in patterns_of(self._terms[OWNER], {})]
            if region is None:
                rows += [_with_region(head, row) for row in patterns_of(self._terms[REGION], {})]
        where = _REGIONS if region is None else text_pieces(region)
        whole = (*text_pieces(head), *where, *text_pieces(":"), *TWELVE, *text_pieces(":"), *form)
        excluded = []
        if self._regional and _OF_STRANGERS not in self._owners:
            excluded = [_with_owner(head, exactly(_OF_STRANGERS))]
        found = classes(whole, rows, excluded)
        if not self._exact.keys().isdisjoint(found.texts):
            # One that is spelt is a kind of its own: it does not stand for what it was found for.
            spelt = [exactly(arn) for arn in self._exact if arn.startswith(head)]
            self._complete &= len(spelt) <= _MANY_SPELT
            found = classes(whole, rows, [*excluded, *spelt[:_MANY_SPELT]])
        self._complete &= found.complete
        return found.texts

    def _filled(self) -> Iterator[str]:
        """Something that each pattern matches, where they could not be split wholly."""
        for wanted in self._wild:
            fields = arn_fields(wanted)
            own = (self._own.region, self._own.account, f"key/{_ID}")
            if fields is not None:
                each = zip(fields[3:], own, strict=True)
                filled = [whole if field == (RUN,) else _text(field) for field, whole in each]
                yield ":".join([f"arn:{self._own.partition}:kms", *filled])

    # -- telling them apart ------------------------------------------------------------------------

    def _context(self, arn: str) -> Mapping[str, tuple[str, ...]]:
        """What a request on a resource carries; its caller is of the own account, of an identity."""
        fields = arn.split(":", 5)
        context = {}
        if len(fields) == 6:
            context = {REGION: (fields[3],), OWNER: (fields[4],)}
        if not self._regional:
            context |= dict.fromkeys(_CALLER, (self._own.account,))
        return context

    def _kind(self, arn: str) -> object:
        """Equal for resources that no statement tells apart."""
        found = self._kinds.get(arn)
        if found is None:
            found = self._kinds[arn] = self._told(arn)
        return found

    def _told(self, arn: str) -> object:
        context = self._context(arn)
        covered = tuple(view.covers_resource(arn, context).verdict for view in self._views)
        if arn == "*":
            return "*", covered
        fields = arn.split(":", 5)
        where = [(REGION, fields[3]), (OWNER, fields[4])]
        told = tuple(
            (self._truths(key, value), value if self._compared(key) else "") for key, value in where
        )
        return _noun(arn), covered, told, fields[4] == self._own.account and self._owned()

    def _owned(self) -> bool:
        """Whether conditions ask for the organization of the resource, that of the own account."""
        return any(term.key == _ORGANIZATION for view in self._views for term in view.terms)

    def _pins(self, arn: str, views: Sequence[View]) -> bool:
        """Whether its account is fixed by more than the Resource of the statements in question."""
        if arn == "*":
            return False
        owner = arn.split(":", 5)[4] if arn.count(":") >= 5 else ""
        if owner != self._own.account and not (self._compared(OWNER) and owner in self._known):
            return False
        patterns = [p for view in views for p in view.statement.resources if not p.negated]
        return all(str(p.value).split(":", 5)[4:5] != [owner] for p in patterns)


_ONE = {
    "key": "arn:aws:kms:x:1:key/x",
    "alias": "arn:aws:kms:x:1:alias/x",
    "*": "*",
}


def _noun(arn: str) -> str:
    """Whether an ARN is that of a key or an alias; empty for another."""
    if arn == "*":
        return arn
    fields = arn.split(":", 5)
    noun = fields[5].split("/", 1)[0] if len(fields) == 6 else ""
    return noun if noun in _NOUNS and fields[2] == "kms" else ""


def _with_region(head: str, row: Row) -> Row:
    """A pattern of a Region as one of whole ARNs."""
    return Row((*text_pieces(head), *row.pieces, *text_pieces(":"), (ANY, 0, MANY)))


def _with_owner(head: str, row: Row) -> Row:
    """A pattern of an account as one of whole ARNs."""
    start = (*text_pieces(head), *_ANY_REGION, *text_pieces(":"))
    return Row((*start, *row.pieces, *text_pieces(":"), (ANY, 0, MANY)))


def _text(pattern: Tokens) -> str:
    return "".join("x" if piece in (RUN, ONE) else piece for piece in pattern)
