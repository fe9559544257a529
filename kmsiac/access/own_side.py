"""What an identity's own policies allow, whatever key policies say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from kmsiac.access.deciding import Wanted, alike, decide
from kmsiac.access.guesses import Each, Guesses, guesses, literals_of
from kmsiac.access.instantiate import NO_GUESS, Guess, Instances
from kmsiac.access.people import Circle, People
from kmsiac.access.persons import known_names
from kmsiac.access.place import Place
from kmsiac.access.prepared import all_action_names
from kmsiac.access.presence import NO_LIMITS
from kmsiac.access.question import Part, Reach
from kmsiac.access.resources import Resources
from kmsiac.access.search import Search
from kmsiac.access.sheets import BOUNDARY, IDENTITY, Layers, Reader, only_allows, own_side
from kmsiac.access.statements import variables_of
from kmsiac.access.trust import Trusted
from kmsiac.access.views import Standing, View
from kmsiac.inventory.model import Identity
from kmsiac.policy.actions import ActionSet
from kmsiac.stack import Provider
from kmsiac.values import NO, Answer, Blame, Symbol, Text, cannot_tell, walk

_MOST = 8
"""More guesses than this are not tried: then nothing is held for certain."""


def own_layers(reader: Reader, identity: Identity) -> Layers:
    """The documents of an identity's own side."""
    layers = Layers()
    own_side(reader, layers, identity)
    return layers


def own_actions(
    layers: Layers, identity: Identity, provider: Provider, trusted: Trusted
) -> ActionSet:
    """The KMS actions that the identity's policies allow on some resource: Denies and boundary
    applied. For certain only where no policy that is not known may deny it; AWS managed ones do not.
    """
    if not layers.sheets and not layers.open:
        return ActionSet(frozenset(), frozenset(), frozenset())
    kinds = ("role",) if identity.kind == "role" else ("user", "federated")
    sides = _sides(layers, provider, trusted, Circle("own", kinds))
    certain: set[str] = set()
    possible: set[str] = set()
    blame: set[Blame] = set()
    for actions in alike(sides.first.all_views, lambda _: True, all_action_names()):
        answer = _agreed(sides, actions[0])
        if answer.is_no:
            continue
        possible |= set(actions)
        blame |= answer.blame
        if answer.is_yes:
            certain |= set(actions)
    return ActionSet(frozenset(certain), frozenset(possible), frozenset(blame))


def _agreed(sides: Each[_Side], action: str) -> Answer:
    """The answer that holds whatever the own account and Region turn out to be."""
    first = sides.first.allows(action)
    if first.is_open:
        return first
    apart = [side for side in sides.others if side.allows(action).verdict is not first.verdict]
    return cannot_tell(*sides.blame(apart)) if apart or sides.cut else first


def _sides(layers: Layers, provider: Provider, trusted: Trusted, circle: Circle) -> Each[_Side]:
    """The own side under each guess at the own account and Region: the only one where no document
    has a symbol or a variable, as resources stand for those of every account and Region anyway.
    """
    found, cut = Guesses((NO_GUESS,))
    if _has_symbols(layers):
        documents = [sheet.document for sheet in layers.sheets]
        found, cut = guesses(documents, provider, trusted, accounts=True)
    made = [_Side(layers, provider, trusted, circle, guess) for guess in islice(found, _MOST)]
    return Each(made, cut=cut or len(found) > _MOST)


def _has_symbols(layers: Layers) -> bool:
    return any(
        isinstance(part, Symbol) or (isinstance(part, str) and "${" in part)
        for sheet in layers.sheets
        for value in walk(sheet.document.value)
        if isinstance(value, Text)
        for part in value.parts
    )


class _Side:
    """The identity's own side, concrete, under one guess."""

    def __init__(
        self, layers: Layers, provider: Provider, trusted: Trusted, circle: Circle, guess: Guess
    ) -> None:
        documents = [sheet.document for sheet in layers.sheets]
        avoid = trusted.accounts | trusted.organizations
        instances = Instances(provider, literals_of(documents), avoid, guess)
        concrete = [instances.document(document) for document in documents]
        known = known_names(literals_of(concrete), instances, trusted)
        people = People(known, instances, Place(IDENTITY, provider, trusted))
        self.guess = guess
        self.search = Search(people, lambda _: True)
        self._circle = circle
        self._spelt = instances.spelt
        self._layers = layers
        self._views: dict[str, list[View]] = {IDENTITY: [], BOUNDARY: []}
        self._certain: set[int] = set()
        for sheet, document in zip(layers.sheets, concrete, strict=True):
            standing = Standing(sheet.layer, has_principal=False)
            made = [View(one, variables_of(document), standing) for one in document]
            self._views[sheet.layer] += made
            self._certain |= {id(view) for view in made if sheet.certain}
        self.all_views = [*self._views[IDENTITY], *self._views[BOUNDARY]]
        self._resources = Resources(self.all_views, instances, known.accounts, regional=False)

    def allows(self, action: str) -> Answer:
        """Whether the own side allows an action on some resource."""
        views = [view for view in self._views[IDENTITY] if view.may_allow]
        views = [view for view in views if not view.covers_action(action).is_no]
        if IDENTITY in self._layers.open:
            views = []  # what is not known may be about any resource
        elif not views:
            return NO
        arns, regions, complete = self._resources.of(views, (action,), NO_LIMITS)
        reach = Reach((self._circle,), (action,), arns, regions=regions, complete=complete)
        sure = list(self._wanted(sure=True))
        perhaps = list(self._wanted(sure=False))
        answer = decide(self, sure, perhaps, reach, None, self._further()).answer
        if not answer.is_open:
            return answer
        told = (one._replace(expression=self._spelt(one.expression)) for one in answer.blame)
        return cannot_tell(*told)

    def _further(self) -> Sequence[Blame]:
        """Policies that are not known, and may deny."""
        rest = self._layers.open.get(IDENTITY, set()) | self._layers.open.get(BOUNDARY, set())
        return sorted(one for one in rest if not only_allows(one))

    def _wanted(self, *, sure: bool) -> Iterator[Wanted]:
        """Allowed by an identity policy, and by the boundary where there is one, and not denied."""
        denies = tuple(
            Part(view, "Deny")
            for view in self.all_views
            if view.may_deny and (sure or self._holds(view))
        )
        for bound, doubt in self._layer(BOUNDARY, self._layers.bounded, sure):
            for own, rest in self._layer(IDENTITY, True, sure):
                yield Wanted((*own, *bound), denies, blame=(*rest, *doubt))

    def _layer(
        self, layer: str, needed: bool, sure: bool
    ) -> Iterator[tuple[tuple[Part, ...], tuple[Blame, ...]]]:
        """Each Allow of a layer; policies that are not known may allow, too."""
        if not needed:
            yield (), ()
            return
        for view in self._views[layer]:
            if view.may_allow and (not sure or self._holds(view)):
                yield (Part(view),), ()
        rest = self._layers.open.get(layer)
        if rest and not sure:
            yield (), tuple(sorted(rest))

    def _holds(self, view: View) -> bool:
        """Whether its policy is there for sure."""
        return id(view) in self._certain
