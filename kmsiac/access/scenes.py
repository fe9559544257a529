"""What a search asks of one scene: what a statement covers there, and the boxes it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from kmsiac.access.boxes import Box, Budget, Masks
from kmsiac.access.model import Request
from kmsiac.access.persons import ABOUT_PRINCIPAL, Person
from kmsiac.access.presence import Limits
from kmsiac.access.question import Found, Part, Question, Reach, Scene, Sense
from kmsiac.access.spaces import Space, Term, literal_values
from kmsiac.access.views import View
from kmsiac.aws.actions import kms_action
from kmsiac.aws.condition_keys import actions_carrying, condition_key
from kmsiac.values import NO, Answer, Blame, Verdict, all_of, any_of


@dataclass
class Case:
    """One search for requests: what must and must not cover them, over which reach."""

    inside: Sequence[Part]
    outside: Sequence[Part]
    reach: Reach
    question: Question
    budget: Budget
    terms: list[Term] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    by_key: dict[str, tuple[Term, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = [*self.inside, *self.outside]
        self.terms = [term for part in parts for term in part.view.terms]
        keys = [term.key for term in self.terms]
        self.names = list(dict.fromkeys([*keys, *(n for t in self.terms for n in t.names)]))
        by_key: dict[str, list[Term]] = {}
        for term in self.terms:
            by_key.setdefault(term.key, []).append(term)
        self.by_key = {key: tuple(terms) for key, terms in by_key.items()}


def held(person: Person, terms: Sequence[Term], limits: Limits) -> bool:
    """Whether a key that must not pin the request, and that follows from the caller, is fixed."""
    if not limits.free:
        return False
    return any(
        term.key in ABOUT_PRINCIPAL
        and limits.is_free(term.key)
        and any(value in literal_values(term) for value in person.context.get(term.key, ()))
        for term in terms
    )


def follows(key: str, scene: Scene) -> bool:
    """Whether the scene says what value the key has, or that it has none."""
    if key in scene.assigned:
        return True
    return key in ABOUT_PRINCIPAL and key not in scene.person.untold


def compares(term: Term) -> bool:
    """Whether its values name keys that a caller chooses, through policy variables."""
    return any(name not in ABOUT_PRINCIPAL for name in term.names)


def key_blame(term: Term, incomplete: bool) -> Iterable[Blame]:
    """What is not known about the key of a condition, or was too much to split."""
    key, position = str(term.condition.key), term.condition.position
    info = condition_key(term.key)
    if info is None:
        yield Blame(key, "not a condition key whose meaning is known", position)
    elif info.klass not in ("request", "resource") and "unknown" in (
        info.present_direct,
        info.present_endpoint,
        info.present_via_service,
    ):
        yield Blame(key, "which requests carry it is not documented", position)
    if incomplete:
        reason = "its conditions are too complex to decide"
        if info is not None and info.pins_stranger in ("sometimes", "unknown"):
            reason = "whether its values tell callers apart is not documented"
        yield Blame(key, reason, position)


@lru_cache(maxsize=1024)
def acts_on(action: str, resource: str) -> bool:
    """Whether requests for an action name such a resource: a key, an alias, or none (`*`)."""
    found = kms_action(action)
    if found is None or found.needs_star or resource == "*":
        return found is not None and found.needs_star and resource == "*"
    noun = resource.rsplit(":", 1)[-1].split("/", 1)[0]
    return ":kms:" in resource and noun in found.on


def covers(part: Part, person: Person, action: str, resource: str) -> Answer:
    """Whether a statement covers a caller's action, conditions apart, as the part wants it."""
    view = part.view
    answer = view.meets(part.effect, person, action, resource)
    if answer.is_no:
        return NO
    if part.path:
        # What is not known may name the caller in any way.
        ways = [
            way
            for path, way in view.ways(person, deny=False)
            if path == part.path or (way.is_open and path != "account")
        ]
        return all_of([answer, any_of(ways)]) if ways else NO
    if part.like is not None and view.rank(person) < part.like.rank(person):
        return NO
    return answer


def made_into_request(scene: Scene, masks: Masks, spaces: Mapping[str, Space]) -> Found:
    """A request of the scene with a value out of the first class that each key has left."""
    context: dict[str, tuple[str, ...]] = dict(scene.person.context)
    context["aws:viaawsservice"] = ("true" if scene.mode == "service" else "false",)
    context |= scene.assigned
    still_open: set[str] = set()
    for key, mask in masks.items():
        index = (mask & -mask).bit_length() - 1
        space = spaces[key]
        if index >= len(space.values):
            still_open.add(key)
            if key not in scene.person.untold:  # else any form of it will do
                context.pop(key, None)
        else:
            context[key] = space.values[index]
    carried = {key: value for key, value in context.items() if value}
    request = Request(scene.person.principal, scene.action, scene.resource, carried)
    return Found(request, scene, frozenset(still_open), frozenset(masks))


def box_of(view: View, spaces: Mapping[str, Space], question: Question) -> Box | None:
    """What a statement covers; None where that it covers anything is not certain enough to count."""
    if question.outside is Sense.CERTAIN and view.conditions_open:
        return None
    box: Masks = {}
    for term in view.terms:
        mask = mask_of(term, spaces[term.key], question.outside, question)
        box[term.key] = box.get(term.key, -1) & mask
    return tuple(box.items())


def mask_of(term: Term, space: Space, sense: Sense, question: Question) -> int:
    """The classes for which a condition is true, what is open read as the sense says."""
    yes, maybe = space.masks[id(term)]
    if not question.strict and compares(term):
        yes, maybe = yes & space.absent, maybe | space.present | space.open
    return yes if sense is Sense.CERTAIN else maybe


def fits(verdict: Verdict, sense: Sense) -> bool:
    """Whether an answer counts as yes, what is open read as the sense says."""
    return verdict is Verdict.YES or (verdict is Verdict.CANNOT_TELL and sense is Sense.POSSIBLE)


def carries(key: str, action: str) -> bool:
    """Whether requests of an action can carry a key at all."""
    carrying: Iterable[str] | None = actions_carrying(key)
    return carrying is None or action in carrying


def may_cover(parts: Sequence[Part], action: str) -> bool:
    """Whether all statements may cover an action."""
    return all(part.view.may_cover(action) for part in parts)


def in_one_organization(person: Person) -> bool:
    """Whether the caller's organization is that of the key's account."""
    return person.context.get("aws:principalorgid") == person.context.get("aws:resourceorgid")
