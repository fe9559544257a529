"""What an identity's own policies allow, whatever key policies say."""

from __future__ import annotations

from collections.abc import Sequence

from kmsiac.access.deciding import Wanted, alike, decide
from kmsiac.access.guesses import literals_of
from kmsiac.access.instantiate import Instances
from kmsiac.access.people import LOCAL, People, known_names
from kmsiac.access.place import Place
from kmsiac.access.prepared import all_action_names
from kmsiac.access.question import Part, Reach
from kmsiac.access.search import Search
from kmsiac.access.sheets import BOUNDARY, IDENTITY, Layers, Reader, own_side
from kmsiac.access.statements import variables_of
from kmsiac.access.trust import Trusted
from kmsiac.access.views import Standing, View
from kmsiac.inventory.model import Identity
from kmsiac.policy.actions import ActionSet
from kmsiac.stack import Provider
from kmsiac.values import Answer, Blame, Text

_ID = "00000000-0000-4000-a000-000000000001"


def own_actions(
    reader: Reader, identity: Identity, provider: Provider, trusted: Trusted
) -> ActionSet:
    """The KMS actions that the identity's policies allow on some resource: Denies and boundary
    applied. Policies that are not known may allow more.
    """
    layers = Layers()
    own_side(reader, layers, identity)
    side = _Side(layers, provider, trusted)
    certain: set[str] = set()
    possible: set[str] = set()
    blame: set[Blame] = set()
    views = [*side.views[IDENTITY], *side.views[BOUNDARY]]
    rest = sorted(layers.open.get(IDENTITY, set()) | layers.open.get(BOUNDARY, set()))
    for group in alike(views, lambda _: True, all_action_names()):
        answer = side.decide(group[0], rest)
        if answer.is_no:
            continue
        possible |= set(group)
        blame |= answer.blame
        if answer.is_yes:
            certain |= set(group)
    return ActionSet(frozenset(certain), frozenset(possible), frozenset(blame))


class _Side:
    def __init__(self, layers: Layers, provider: Provider, trusted: Trusted) -> None:
        documents = [sheet.document for sheet in layers.sheets]
        avoid = trusted.accounts | trusted.organizations
        self._instances = Instances(provider, [d.value for d in documents], avoid)
        concrete = [self._instances.document(document) for document in documents]
        known = known_names(literals_of(concrete), self._instances, trusted)
        people = People(known, self._instances, Place(IDENTITY, provider, trusted))
        self.search = Search(people, lambda _: True)
        self._layers = layers
        self.views: dict[str, list[View]] = {IDENTITY: [], BOUNDARY: []}
        for sheet, document in zip(layers.sheets, concrete, strict=True):
            for statement in document:
                made = View(
                    statement, variables_of(document), Standing(sheet.layer, has_principal=False)
                )
                self.views[sheet.layer].append(made)
        self._resources = self._sampled()

    def _sampled(self) -> tuple[str, ...]:
        """The resources to ask about: those named, one of each kind, and none."""
        head = f"arn:{self._instances.partition}:kms:{self._instances.region}"
        found = [f"{head}:{self._instances.account}:key/{_ID}", "*"]
        for views in self.views.values():
            for view in views:
                for pattern in view.statement.resources:
                    literal = pattern.value.literal if isinstance(pattern.value, Text) else None
                    if literal is not None and ":kms:" in literal:
                        found.append(self._filled(literal))
        found.append(f"{head}:{self._instances.account}:alias/x")
        return tuple(dict.fromkeys(found))[:24]

    def _filled(self, pattern: str) -> str:
        fields = pattern.split(":", 5)
        if len(fields) < 6:
            return pattern
        place = self._instances
        wanted = ("arn", place.partition, "kms", place.region, place.account, f"key/{_ID}")
        filled = [
            w if f == "*" else f.replace("*", "x") for f, w in zip(fields, wanted, strict=True)
        ]
        if fields[5] == "key/*":
            filled[5] = f"key/{_ID}"
        return ":".join(filled)

    def decide(self, action: str, rest: Sequence[Blame]) -> Answer:
        """Whether the own side allows an action on some resource."""
        reach = Reach((LOCAL,), (action,), self._resources)
        denies = tuple(
            Part(view, "Deny")
            for views in self.views.values()
            for view in views
            if not view.effect.is_yes
        )
        sure = [Wanted(parts, denies) for parts in self._ways()]
        perhaps = list(sure)
        if rest:
            perhaps.append(Wanted((), denies, blame=tuple(rest)))
        return decide(self, sure, perhaps, reach, None).answer

    def _ways(self) -> list[tuple[Part, ...]]:
        allows = [view for view in self.views[IDENTITY] if not view.effect.is_no]
        bounds = [view for view in self.views[BOUNDARY] if not view.effect.is_no]
        if self._layers.bounded:
            return [(Part(own), Part(bound)) for own in allows for bound in bounds]
        return [(Part(own),) for own in allows]
