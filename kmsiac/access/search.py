"""Is there a request that some statements cover and others do not? One that shows it, or none.

The caller, the way of the call, the action and the resource are enumerated as representatives;
every other condition key is a space of classes. What a statement covers is a box (a set of classes
per key). A request must lie in the boxes of some statements and outside those of others.

Statements to stay outside of come in only when a request that was found meets them. Leaving some
out makes more requests possible, so "none" is right at any time; and most never matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from kmsiac.access.boxes import Budget, Masks, leave
from kmsiac.access.people import People
from kmsiac.access.persons import ABOUT_PRINCIPAL, Person
from kmsiac.access.presence import modes_of, presence, shape_of
from kmsiac.access.question import Found, Part, Question, Reach, Scene
from kmsiac.access.scenes import (
    Case,
    acts_on,
    box_of,
    carries,
    covers,
    fits,
    follows,
    held,
    in_one_organization,
    key_blame,
    made_into_request,
    mask_of,
    may_cover,
)
from kmsiac.access.spaces import Shape, Space, Term, build, tabulate
from kmsiac.access.views import View
from kmsiac.aws.condition_keys import actions_carrying
from kmsiac.values import NO, Answer, Blame, Verdict, all_of, cannot_tell

_COMBINATIONS = 64
_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:resourceorgid"})
_MOST_UNKNOWN = 2
_A_STEP = 4
"""How many evaluations of a condition take about as long as a step."""


class Search:
    """Searches over one set of documents made concrete; remembers representatives and spaces.

    `reaches` says of an action whether callers of other accounts can do it at all.
    """

    def __init__(self, people: People, reaches: Callable[[str], bool]) -> None:
        self._people = people
        self._reaches = reaches
        self._spaces: dict[tuple[object, ...], Space] = {}
        self._elsewhere: dict[tuple[int, str, str], tuple[Person, Person]] = {}

    def find(
        self,
        inside: Sequence[Part],
        outside: Sequence[Part],
        reach: Reach,
        question: Question,
        budget: Budget,
    ) -> Found | None:
        """A request that all of `inside` cover and none of `outside`, read as the question says.

        None also where the representatives were not complete: then `budget.incomplete` is set.
        Raises `TooComplex`.
        """
        active: list[Part] = []
        start = 0
        if not reach.complete and any(may_cover(inside, action) for action in reach.actions):
            budget.incomplete = True
        while True:
            case = Case(inside, active, reach, question, budget)
            budget.spend(1 + len(case.terms) // _A_STEP)
            found = self._attempt(case, reach.resources[start:])
            if found is None:
                return None
            # With more to stay outside of, nothing turns up on the resources before either.
            start = reach.resources.index(found.scene.resource)
            budget.spend(len(outside))
            known = {id(part.view) for part in active}
            more = [
                part
                for part in outside
                if id(part.view) not in known and not self._meets(part, found, reach).is_no
            ]
            if not more:
                return found
            active += more

    # -- one attempt ------------------------------------------------------------------------------

    def _attempt(self, case: Case, resources: Sequence[str]) -> Found | None:
        for resource in resources:
            for action in self._actions(case, resource):
                for scene, outside in self._scenes(case, action, resource):
                    case.budget.spend()
                    found = self._solve(case, scene, outside)
                    if found is not None:
                        return found
        return None

    def _actions(self, case: Case, resource: str) -> Iterator[str]:
        """An action on the resource for each set of statements that fit it, and of keys that its
        requests carry.
        """
        seen: set[tuple[object, ...]] = set()
        asked = [key for key in case.names if actions_carrying(key) is not None]
        for action in case.reach.actions:
            if not acts_on(action, resource):
                continue
            inside = [p.view.covers_action(action).verdict for p in case.inside]
            if any(verdict is Verdict.NO for verdict in inside):
                continue
            if any(not fits(v, case.question.inside) for v in inside):
                continue
            outside = tuple(p.view.covers_action(action).verdict for p in case.outside)
            carried = tuple(action in (actions_carrying(key) or ()) for key in asked)
            signature = (tuple(inside), outside, carried, self._reaches(action))
            if signature not in seen:
                seen.add(signature)
                yield action
        case.budget.spend()

    def _scenes(
        self, case: Case, action: str, resource: str
    ) -> Iterator[tuple[Scene, tuple[Part, ...]]]:
        """Each caller by each way that makes a difference, with the statements to stay outside of."""
        seen: set[tuple[object, ...]] = set()
        limits, question = case.reach.limits, case.question
        for person in self._callers(case, resource):
            if person.account not in ("", self._people.known.own_account) and not self._reaches(
                action
            ):
                continue
            if held(person, case.terms, case.reach.limits):
                continue
            if not all(
                fits(covers(part, person, action, resource).verdict, question.inside)
                for part in case.inside
            ):
                continue
            outside = tuple(
                part
                for part in case.outside
                if fits(covers(part, person, action, resource).verdict, question.outside)
            )
            flags = tuple(id(part.view) for part in outside)
            about = tuple(person.context.get(name, ()) for name in case.names)
            for mode in modes_of(person, limits):
                rest = tuple(
                    (
                        presence(name, mode, person, action, limits),
                        self._shape(name, mode, person, case),
                    )
                    for name in case.names
                    if name not in person.context or name in person.untold
                )
                signature = (about, rest, flags)
                if signature in seen:
                    continue
                seen.add(signature)
                scene = Scene(person, mode, action, resource, {})
                for assigned in self._assignments(case, scene):
                    yield scene._replace(assigned=assigned), outside

    def _callers(self, case: Case, resource: str) -> Iterator[Person]:
        fields = resource.split(":", 5)
        owner = fields[4] if len(fields) == 6 else ""
        regions = (fields[3],) if owner else case.reach.regions
        united = not self._people.near and _ORGANIZATIONS.issubset(case.names)
        for person in self._everybody(case):
            if united and owner and owner == person.account and not in_one_organization(person):
                continue  # caller and key are in one account, so in one organization
            for region in regions:
                yield self._placed(person, owner, region)
            if not regions:
                yield person

    def _placed(self, person: Person, owner: str, region: str) -> Person:
        """The caller with the keys that follow from the resource it calls: its account and Region."""
        place = {"aws:requestedregion": (region,)}
        if owner:
            place["aws:resourceaccount"] = (owner,)
        if place.items() <= person.context.items():
            return person
        memo = (id(person), owner, region)
        found = self._elsewhere.get(memo)
        if found is None or found[0] is not person:
            # The person is kept beside, so that its id stays its own.
            placed = replace(person, context={**person.context, **place})
            found = self._elsewhere[memo] = (person, placed)
        return found[1]

    def _everybody(self, case: Case) -> Iterator[Person]:
        yield from case.reach.persons
        named = frozenset[str]().union(*(part.view.named for part in (*case.inside, *case.outside)))
        for circle in case.reach.circles:
            people, complete = self._people.of(circle, case.terms, named, case.reach.limits.is_free)
            if not complete:
                case.budget.incomplete = True
            case.budget.spend(1 + (len(named) + len(people)) // _A_STEP)
            yield from people

    def _shape(self, key: str, mode: str, person: Person, case: Case) -> Shape:
        terms = case.by_key.get(key, ())
        return shape_of(key, mode, person, self._people.known, terms, case.reach.limits)

    def _assignments(self, case: Case, scene: Scene) -> Iterator[Mapping[str, tuple[str, ...]]]:
        """Values for the keys that policy variables name; none where they are left open."""
        names = {n for term in case.terms for n in term.names if n not in ABOUT_PRINCIPAL}
        if not names or not case.question.strict:
            yield {}
            return
        combinations: list[dict[str, tuple[str, ...]]] = [{}]
        for name in sorted(names):
            given = presence(name, scene.mode, scene.person, scene.action, case.reach.limits)
            values: list[tuple[str, ...]] = [] if given == "yes" else [()]
            if given in ("yes", "sometimes"):
                values += self._values_of(name, case, scene)
            combinations = [{**one, name: value} for one in combinations for value in values][
                :_COMBINATIONS
            ]
        yield from combinations

    def _values_of(self, name: str, case: Case, scene: Scene) -> list[tuple[str, ...]]:
        shape = self._shape(name, scene.mode, scene.person, case)
        context = scene.person.context
        terms = case.by_key.get(name, ())
        found = build(terms, name, shape, context).values[1:]
        if shape == Shape():
            others = {term.key for term in case.terms if name in term.names}
            fixed = [context[key] for key in sorted(others) if key in context]
            found = [*fixed, ("own-value",), *found]
        return found

    # -- one scene --------------------------------------------------------------------------------

    def _solve(self, case: Case, scene: Scene, outside: Sequence[Part]) -> Found | None:
        terms = [t for part in case.inside for t in part.view.terms]
        terms += [t for part in outside for t in part.view.terms]
        keys = list(dict.fromkeys(term.key for term in terms))
        spaces = {key: self._space(case, scene, key) for key in keys}
        masks = {key: self._domain(case, scene, key, spaces[key]) for key in keys}
        found = self._in_boxes(case, scene, outside, spaces, masks)
        if found is not None or not case.question.strict:
            return found
        return self._whichever(case, scene, outside, spaces, masks)

    def _whichever(
        self,
        case: Case,
        scene: Scene,
        outside: Sequence[Part],
        spaces: dict[str, Space],
        masks: Masks,
    ) -> Found | None:
        """A request whether or not requests carry the keys of which that is not documented: one
        for either case, of which the first is given.
        """
        unknown = [
            key
            for key, mask in masks.items()
            if mask == spaces[key].open
            and key not in scene.person.untold | case.reach.limits.untold
            and spaces[key].complete
        ]
        if not 0 < len(unknown) <= _MOST_UNKNOWN:
            return None
        first: Found | None = None
        for there in product((False, True), repeat=len(unknown)):
            tried = dict(masks)
            for key, present in zip(unknown, there, strict=True):
                tried[key] = spaces[key].present if present else spaces[key].absent
            found = self._in_boxes(case, scene, outside, spaces, tried)
            if found is None:
                return None
            first = first or found
        return first

    def _in_boxes(
        self,
        case: Case,
        scene: Scene,
        outside: Sequence[Part],
        spaces: dict[str, Space],
        domains: Masks,
    ) -> Found | None:
        question, masks = case.question, dict(domains)
        for part in case.inside:
            for term in part.view.terms:
                masks[term.key] &= mask_of(term, spaces[term.key], question.inside, question)
        if not all(masks.values()):
            return None
        boxes = [box_of(part.view, spaces, question) for part in outside]
        left = leave(masks, boxes, case.budget)
        return None if left is None else made_into_request(scene, left, spaces)

    def _space(self, case: Case, scene: Scene, key: str) -> Space:
        terms = case.by_key.get(key, ())
        names = {name for term in terms for name in term.names}
        around = {**scene.person.context, **scene.assigned}
        context = {name: around[name] for name in sorted(names) if name in around}
        which = tuple(id(term) for term in terms)
        if follows(key, scene):
            given = around.get(key, ())
            memo: tuple[object, ...] = (key, which, given, tuple(context.items()))
            if memo not in self._spaces:
                values = [given] if given else []
                self._spaces[memo] = tabulate(terms, key, values, True, context)
            return self._spaces[memo]
        shape = self._shape(key, scene.mode, scene.person, case)
        memo = (key, which, shape, tuple(context.items()))
        space = self._spaces.get(memo)
        if space is None:
            space = self._spaces[memo] = build(terms, key, shape, context)
        # Charged whether it was at hand or not: what was asked before must not change an answer.
        case.budget.spend(len(space.values) * len(terms) // _A_STEP)
        return space

    def _domain(self, case: Case, scene: Scene, key: str, space: Space) -> int:
        """The classes that the caller's request can have."""
        limits = case.reach.limits
        given = presence(key, scene.mode, scene.person, scene.action, limits)
        if given == "never":
            return 0
        if follows(key, scene):
            around = {**scene.person.context, **scene.assigned}
            has = bool(around.get(key)) and carries(key, scene.action)
            if has and key in limits.lacking:
                return 0
            if key in limits.absent or (
                key in limits.values and around.get(key) != limits.values[key]
            ):
                return 0 if has else space.absent
            return space.present if has else space.absent
        if given == "no":
            return space.absent
        classes = space.present | (0 if given == "yes" else space.absent)
        if given == "unknown" and case.question.strict:
            return space.open
        if not space.complete:
            case.budget.incomplete = True
            if case.question.generous:
                classes |= space.open
        return classes

    # -- a request that was found -------------------------------------------------------------------

    def _meets(self, part: Part, found: Found, reach: Reach) -> Answer:
        """Whether a statement may cover a request; what the request leaves open is cannot tell."""
        scene = found.scene
        covered = covers(part, scene.person, scene.action, scene.resource)
        if covered.is_no:
            return NO
        context = {key.lower(): values for key, values in found.request.context.items()}
        return all_of(
            [covered, *(self._holds(term, context, found, reach) for term in part.view.terms)]
        )

    def _holds(
        self, term: Term, context: Mapping[str, tuple[str, ...]], found: Found, reach: Reach
    ) -> Answer:
        scene = found.scene
        for key in (term.key, *term.names):
            if key in found.open_keys:
                return cannot_tell()
            if key in context or key in found.keys or key in ABOUT_PRINCIPAL:
                continue
            given = presence(key, scene.mode, scene.person, scene.action, reach.limits)
            if given in ("yes", "unknown"):
                return cannot_tell()
        return term.holds(context)

    # -- why a question stays open ------------------------------------------------------------------

    def blame(self, view: View) -> set[Blame]:
        """What is open about the conditions of a statement, as far as it has been looked at."""
        found: set[Blame] = set()
        for term in view.terms:
            spaces = [
                space
                for key, space in self._spaces.items()
                if key[0] == term.key and id(term) in space.masks
            ]
            for space in spaces:
                found |= space.blame[id(term)]
            if not term.key:
                continue  # blamed already: the key itself is not known
            found |= set(key_blame(term, any(not space.complete for space in spaces)))
        return found
