"""Finding a request that one Allow lets through and no Deny stops, or that there is none.

The principal, the way of the call and the action are enumerated as representatives; every other key
is a space of classes. What an Allow accepts is a box (a set of classes per key); each Deny that
applies must be left in one of its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kmsiac.access.model import Request
from kmsiac.access.spaces import Shape, Space, Term, build, tabulate
from kmsiac.access.strangers import ABOUT_PRINCIPAL, MODES, Known, Stranger, presence, shape_of
from kmsiac.access.views import View
from kmsiac.aws.condition_keys import actions_carrying, condition_key
from kmsiac.values import Blame, Verdict

STEPS = 20_000
"""What one question may cost before it is too complex."""

_COMBINATIONS = 64


class TooComplex(Exception):  # noqa: N818 - not an error: the answer is "cannot tell"
    """The budget of steps ran out."""


class Budget:
    """A count of steps; the same input always takes the same number."""

    def __init__(self, steps: int = STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps off; raises `TooComplex` where none are left."""
        self._left -= steps
        if self._left < 0:
            raise TooComplex


class Sense(Enum):
    """What to do with what is not known: take it as false, or as true."""

    CERTAIN = 0
    POSSIBLE = 1


@dataclass(frozen=True)
class Question:
    """How to read what is open, on the side of the Allow and on that of the Denies."""

    allow: Sense
    deny: Sense

    @property
    def generous(self) -> bool:
        """Whether everything open is read in favour of access."""
        return self.allow is Sense.POSSIBLE and self.deny is Sense.CERTAIN

    @property
    def strict(self) -> bool:
        """Whether everything open is read against access."""
        return self.allow is Sense.CERTAIN and self.deny is Sense.POSSIBLE


SURELY = Question(Sense.CERTAIN, Sense.POSSIBLE)
PERHAPS = Question(Sense.POSSIBLE, Sense.CERTAIN)

Masks = dict[str, int]
Box = tuple[tuple[str, int], ...]


class Search:
    """The requests of strangers to one key, under the statements of its policy."""

    def __init__(
        self,
        views: Sequence[View],
        people: Sequence[Stranger],
        known: Known,
        key_arn: str,
        actions: Sequence[str],
    ) -> None:
        self._views = views
        self._people = people
        self._known = known
        self._key_arn = key_arn
        self._actions = actions
        self._terms: dict[str, list[Term]] = {}
        for view in views:
            for term in view.terms:
                self._terms.setdefault(term.key, []).append(term)
        self._denies: dict[tuple[str, Sense], tuple[View, ...]] = {}
        self._spaces: dict[tuple[object, ...], Space] = {}

    def find(self, view: View, question: Question, budget: Budget) -> Request | None:
        """A request that passes by this Allow; what is open is read as the question says."""
        for action, denies in self._action_classes(view, question):
            budget.spend(1 + len(denies))
            terms = [*view.terms, *(term for deny in denies for term in deny.terms)]
            keys = list(dict.fromkeys(term.key for term in terms))
            names = list(dict.fromkeys([*keys, *(n for term in terms for n in term.names)]))
            for stranger, mode in self._callers(names, action):
                budget.spend()
                for assigned in self._assignments(terms, stranger, mode, action, question):
                    found = self._solve(
                        _Case(stranger, mode, action, assigned),
                        view,
                        denies,
                        keys,
                        question,
                        budget,
                    )
                    if found is not None:
                        return found
        return None

    def compares(self, term: Term) -> bool:
        """Whether its values name keys that a caller chooses, through policy variables."""
        return any(name not in ABOUT_PRINCIPAL for name in term.names)

    def blame(self, view: View) -> set[Blame]:
        """What is open about the conditions of a statement, as far as it has been looked at."""
        found: set[Blame] = set()
        for term in view.terms:
            spaces = [s for key, s in self._spaces.items() if key[0] == term.key]
            for space in spaces:
                found |= space.blame[id(term)]
            if not term.key:
                continue  # blamed already: the key itself is not known
            key, position = str(term.condition.key), term.condition.position
            info = condition_key(term.key)
            if info is None:
                found.add(Blame(key, "not a condition key whose meaning is known", position))
            elif "unknown" in (
                info.present_direct,
                info.present_endpoint,
                info.present_via_service,
            ):
                found.add(Blame(key, "which requests carry it is not documented", position))
            if any(not space.complete for space in spaces):
                found.add(Blame(key, "its conditions are too complex to decide", position))
        return found

    def _action_classes(
        self, view: View, question: Question
    ) -> Iterator[tuple[str, tuple[View, ...]]]:
        """An action for each set of Denies and of keys that the requests carry."""
        seen: set[tuple[object, ...]] = set()
        for action in self._actions:
            if not _fits(view.allows(action).verdict, question.allow):
                continue
            denies = tuple(
                other for other in self._denying(action, question.deny) if other is not view
            )
            keys = {term.key for other in (view, *denies) for term in other.terms}
            carried = frozenset(key for key in keys if _carries(key, action))
            signature = (tuple(id(deny) for deny in denies), carried)
            if signature not in seen:
                seen.add(signature)
                yield action, denies

    def _denying(self, action: str, sense: Sense) -> tuple[View, ...]:
        """The statements that deny the action, or may."""
        memo = (action, sense)
        if memo not in self._denies:
            self._denies[memo] = tuple(
                view for view in self._views if _fits(view.denies(action).verdict, sense)
            )
        return self._denies[memo]

    def _callers(self, names: Sequence[str], action: str) -> Iterator[tuple[Stranger, str]]:
        """Each stranger, by each way that makes a difference to the keys in question."""
        seen: set[tuple[object, ...]] = set()
        for mode in MODES:
            for stranger in self._people:
                about = tuple(stranger.context.get(name, ()) for name in names)
                rest = tuple(
                    (presence(name, mode, stranger, action), self._shape(name, mode, stranger))
                    for name in names
                    if name not in ABOUT_PRINCIPAL
                )
                if (about, rest) not in seen:
                    seen.add((about, rest))
                    yield stranger, mode

    def _shape(self, key: str, mode: str, stranger: Stranger) -> Shape:
        return shape_of(key, mode, stranger, self._known, self._terms.get(key, ()))

    def _assignments(
        self, terms: Sequence[Term], stranger: Stranger, mode: str, action: str, question: Question
    ) -> Iterator[Mapping[str, tuple[str, ...]]]:
        """Values for the keys that policy variables name; none where they are left open."""
        names = {n for term in terms for n in term.names if n not in ABOUT_PRINCIPAL}
        if not names or not question.strict:
            yield {}
            return
        combinations: list[dict[str, tuple[str, ...]]] = [{}]
        for name in sorted(names):
            given = presence(name, mode, stranger, action)
            values: list[tuple[str, ...]] = [] if given == "yes" else [()]
            if given in ("yes", "sometimes"):
                values += self._values_of(name, terms, stranger, mode)
            combinations = [{**one, name: value} for one in combinations for value in values][
                :_COMBINATIONS
            ]
        yield from combinations

    def _values_of(
        self, name: str, terms: Sequence[Term], stranger: Stranger, mode: str
    ) -> list[tuple[str, ...]]:
        shape = self._shape(name, mode, stranger)
        found = build(self._terms.get(name, []), name, shape, stranger.context).values[1:]
        if shape == Shape():
            others = {term.key for term in terms if name in term.names}
            fixed = [stranger.context[key] for key in sorted(others) if key in stranger.context]
            found = [*fixed, ("own-value",), *found]
        return found

    def _solve(
        self,
        case: _Case,
        view: View,
        denies: Sequence[View],
        keys: Sequence[str],
        question: Question,
        budget: Budget,
    ) -> Request | None:
        spaces = {key: self._space(case, key) for key in keys}
        masks = {key: self._domain(case, key, spaces[key], question) for key in keys}
        for term in view.terms:
            masks[term.key] &= _mask(term, spaces[term.key], question.allow, question)
        if not all(masks.values()):
            return None
        boxes = [_box(deny, spaces, question) for deny in denies]
        left = leave(masks, boxes, budget)
        return None if left is None else self._request(case, left, spaces)

    def _space(self, case: _Case, key: str) -> Space:
        terms = self._terms[key]
        names = {name for term in terms for name in term.names}
        around = {**case.stranger.context, **case.assigned}
        context = {name: around[name] for name in sorted(names) if name in around}
        if key in ABOUT_PRINCIPAL or key in case.assigned:
            given = around.get(key, ())
            memo: tuple[object, ...] = (key, given, tuple(context.items()))
            if memo not in self._spaces:
                values = [given] if given else []
                self._spaces[memo] = tabulate(terms, key, values, True, context)
            return self._spaces[memo]
        shape = self._shape(key, case.mode, case.stranger)
        memo = (key, shape, tuple(context.items()))
        if memo not in self._spaces:
            self._spaces[memo] = build(terms, key, shape, context)
        return self._spaces[memo]

    def _domain(self, case: _Case, key: str, space: Space, question: Question) -> int:
        """The classes that the stranger's request can have."""
        if key in ABOUT_PRINCIPAL or key in case.assigned:
            around = {**case.stranger.context, **case.assigned}
            has = bool(around.get(key)) and _carries(key, case.action)
            return space.present if has else space.absent
        given = presence(key, case.mode, case.stranger, case.action)
        if given == "no":
            return space.absent
        classes = space.present | (0 if given == "yes" else space.absent)
        if given == "unknown" and question.strict:
            return space.open
        if question.generous and not space.complete:
            classes |= space.open
        return classes

    def _request(self, case: _Case, masks: Masks, spaces: Mapping[str, Space]) -> Request:
        context: dict[str, tuple[str, ...]] = dict(case.stranger.context)
        context["aws:viaawsservice"] = ("true" if case.mode == "service" else "false",)
        context |= case.assigned
        for key, mask in masks.items():
            index = (mask & -mask).bit_length() - 1
            space = spaces[key]
            value = space.values[index] if index < len(space.values) else ()
            context[key] = value
        carried = {key: value for key, value in context.items() if value}
        return Request(case.stranger.principal, case.action, self._key_arn, carried)


@dataclass(frozen=True)
class _Case:
    stranger: Stranger
    mode: str
    action: str
    assigned: Mapping[str, tuple[str, ...]]


def leave(masks: Masks, boxes: Sequence[Box | None], budget: Budget) -> Masks | None:
    """The classes left when every box is left by one key; None if that cannot be.

    A box of no keys covers everything; None in place of a box covers nothing.
    """
    stack: list[tuple[Masks, list[Box]]] = [(masks, [box for box in boxes if box is not None])]
    while stack:
        current, pending = stack.pop()
        narrowed = _narrow(dict(current), pending, budget)
        if narrowed is None:
            continue
        current, rest = narrowed
        if not rest:
            return current
        for key, bad in reversed(rest[0]):
            good = current[key] & ~bad
            if good:
                stack.append(({**current, key: good}, rest[1:]))
    return None


def _narrow(masks: Masks, pending: list[Box], budget: Budget) -> tuple[Masks, list[Box]] | None:
    """Boxes that are left already fall away; where one key only can leave a box, it must."""
    changed = True
    while changed:
        changed = False
        rest: list[Box] = []
        for box in pending:
            budget.spend()
            if any(not masks[key] & bad for key, bad in box):
                continue
            ways = [(key, masks[key] & ~bad) for key, bad in box if masks[key] & ~bad]
            if not ways:
                return None
            if len(ways) == 1:
                masks[ways[0][0]] = ways[0][1]
                changed = True
            else:
                rest.append(box)
        pending = rest
    return masks, pending


def _box(deny: View, spaces: Mapping[str, Space], question: Question) -> Box | None:
    """What a Deny stops; None where it is not certain to stop anything and that must not count."""
    if question.deny is Sense.CERTAIN and deny.conditions_open:
        return None
    box: Masks = {}
    for term in deny.terms:
        mask = _mask(term, spaces[term.key], question.deny, question)
        box[term.key] = box.get(term.key, -1) & mask
    return tuple(box.items())


def _mask(term: Term, space: Space, sense: Sense, question: Question) -> int:
    yes, maybe = space.masks[id(term)]
    if not question.strict and any(name not in ABOUT_PRINCIPAL for name in term.names):
        yes, maybe = yes & space.absent, maybe | space.present | space.open
    return yes if sense is Sense.CERTAIN else maybe


def _fits(verdict: Verdict, sense: Sense) -> bool:
    return verdict is Verdict.YES or (verdict is Verdict.CANNOT_TELL and sense is Sense.POSSIBLE)


def _carries(key: str, action: str) -> bool:
    carrying: Iterable[str] | None = actions_carrying(key)
    return carrying is None or action in carrying
