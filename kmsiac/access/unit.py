"""Everything that one deployment unit says in one world, and the questions over all of it.

Used by the rules (through a Scope) and by `kmsiac can`, `who-can` and `principal-can`. Service and
resource control policies are not applied: which accounts an organization's policies reach is not
in a unit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, partial

from kmsiac.access.candidates import Candidate, candidates, reachable_keys
from kmsiac.access.grant_terms import GrantTerms, terms_of
from kmsiac.access.holding import held_by, is_said, judges_of, paths_of, unknown_holder
from kmsiac.access.joint import Joints, SharedViews, joints
from kmsiac.access.key_facts import Facts, facts_of
from kmsiac.access.likeness import Likes, Look, Own, Telling, alike, look_at
from kmsiac.access.own_side import own_actions, own_layers
from kmsiac.access.place import Given, Place, Who
from kmsiac.access.prepared import key_actions
from kmsiac.access.reaching import Reaching
from kmsiac.access.results import Holder, Ruling
from kmsiac.access.ruling import Judge
from kmsiac.access.sheets import ENDPOINT, GRANT, KEY, Layers, Reader, layers_for
from kmsiac.access.stated import stated_actions
from kmsiac.access.trust import Trusted
from kmsiac.access.ways import SIDES, Matter, Side
from kmsiac.aws.actions import kms_action
from kmsiac.aws.shapes import fold
from kmsiac.inventory.arns import arn_of, id_of, multi_region_of
from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Identity, Inventory, Key
from kmsiac.policy.actions import ActionSet, Covered
from kmsiac.values import NO, YES, Blame, Text, cannot_tell

_NOTHING = Given()
_ONE_OF_SEVERAL = "another resource sets this policy, too; which one is in force is not known"
_NOT_GIVEN = "another action: no key policy, IAM policy or grant gives it on a key"


class Memory:
    """What has been worked out for a unit: most worlds say the same about most keys.

    Everything is found by what it was made from, documents by identity: a joint keeps its own.
    `covered` may be shared with others who ask what statements cover.
    """

    def __init__(self, covered: Covered | None = None) -> None:
        self.joints: dict[Hashable, Joints] = {}
        self.views = SharedViews()
        self.rulings: dict[Hashable, Ruling] = {}
        self.holders: dict[Hashable, Holder | None] = {}
        self.own: dict[Hashable, ActionSet] = {}
        self.looks: dict[Hashable, Look] = {}
        self.kept: list[Layers] = []
        self.covered = covered or Covered()


class UnitAccess:
    """One unit in one world. Reading a document may raise `Undecided`: the caller splits worlds.

    `memory` is shared by the worlds of one unit.
    """

    def __init__(
        self, inventory: Inventory, world: World, trusted: Trusted, memory: Memory | None = None
    ) -> None:
        self.inventory = inventory
        self.reader = Reader(world)
        self._world = world
        self._trusted = trusted
        self._memory = memory or Memory()
        self.looked = 0
        """How many identities were looked at as candidates for keys."""

    @property
    def covered(self) -> Covered:
        """The actions that a statement covers or may cover."""
        return self._memory.covered

    def arn(self, entity: Key | Identity) -> Text:
        """The ARN of a key or an identity of the unit."""
        settings = entity.settings.pick(self._world)
        return arn_of(entity, self.inventory.framework, settings)

    def who(self, identity: Identity) -> Who:
        """An identity of the unit as the principal of a question."""
        kind = identity.kind if identity.kind in ("user", "group") else "role"
        return Who(kind, self.arn(identity), identity)  # type: ignore[arg-type]  # one of the kinds

    def can(
        self,
        who: Who | None,
        actions: Iterable[str],
        key: Key,
        given: Given = _NOTHING,
        *,
        side: str = "both",
        told: bool = True,
    ) -> Ruling:
        """Whether the principal can do at least one of the actions with the key.

        Without `who`: whether anybody in the account of the key can. `side` is `both`, `key` (the
        principal's own side is taken as given) or `identity` (the key's side is). Without `told` the
        ruling has its answer alone, not what decides, what it needs or what would mend it.
        """
        wanted = tuple(sorted({_named(action) for action in actions}))
        given = self._through(given)
        about, made = self._joint(who, key, given)
        facts = self._facts(key, made)
        memo = (about, wanted, _as_key(given), side, facts, told)
        rulings = self._memory.rulings
        found = rulings.get(memo)
        if found is None:
            matter = Matter(who, wanted, given, SIDES[side], facts)
            found = rulings[memo] = self._rule(matter, made, told)
        return found

    def _through(self, given: Given) -> Given:
        """What passes an endpoint carries its id."""
        keys = {fold(key) for key in given.context}
        if given.endpoint is None or "aws:sourcevpce" in keys:
            return given
        own = id_of(given.endpoint, self.inventory.framework)
        return replace(given, context={**given.context, "aws:SourceVpce": (own,)})

    def _rule(self, matter: Matter, made: Joints, told: bool) -> Ruling:
        if matter.actions == ("kms:RetireGrant",):
            return self._agreed([Judge(joint, matter).retire() for joint in made], made)
        usable = tuple(name for name in matter.actions if name in set(key_actions()))
        if not usable:
            return Ruling(NO, mend=_NOT_GIVEN if matter.actions else "")
        matter = replace(matter, actions=usable)
        return self._agreed([Judge(joint, matter).rule(told=told) for joint in made], made)

    def _agreed(self, found: Sequence[Ruling], made: Joints) -> Ruling:
        """The ruling that holds whatever symbols turn out to be."""
        first = found[0]
        if first.answer.is_open:
            return first
        verdict = first.answer.verdict
        pairs = zip(made, found, strict=True)
        others = [joint for joint, one in pairs if one.answer.verdict is not verdict]
        return Ruling(cannot_tell(*made.blame(others))) if others or made.cut else first

    def _joint(self, who: Who | None, key: Key, given: Given) -> tuple[Hashable, Joints]:
        """The joints of a question, and by what they are found again."""
        layers = layers_for(self.reader, who, key, given.endpoint)
        world = frozenset(self._world.items()) if layers.grants else None
        multi_region = multi_region_of(key)
        about = (_spelt(who), id(key), layers.made_of(), world, multi_region)
        found = self._memory.joints.get(about)
        if found is None:
            terms = self._grants(layers)
            provider, views = key.resource.provider, self._memory.views
            place = Place(KEY, provider, self._trusted, self.arn(key), multi_region)
            every = [joints(one, terms, place, who, views) for one in layers.in_force()]
            found = every[0] if len(every) == 1 else self._one_of(every, layers)
            self._memory.joints[about] = found
        return about, found

    def _one_of(self, every: Sequence[Joints], layers: Layers) -> Joints:
        """The joints with one of several policies that replace each other."""
        doubled = [layer for layer in (KEY, ENDPOINT) if len(layers.of(layer)) > 1]
        doubt = tuple(
            Blame(sheet.address, _ONE_OF_SEVERAL, sheet.document.position)
            for layer in doubled
            for sheet in layers.of(layer)
        )
        made = [joint for joints in every for joint in joints]
        cut = layers.cut or any(one.cut for one in every)
        return Joints(made, cut=cut, doubt=doubt)

    def _facts(self, key: Key, made: Joints) -> Facts:
        views = (view for views in made.first.views.values() for view in views)
        wanted = frozenset(term.key for view in views for term in view.terms)
        return facts_of(self.reader.settings(key), wanted)

    def _grants(self, layers: Layers) -> list[GrantTerms]:
        found: list[GrantTerms] = []
        for grant in layers.grants:
            settings = grant.settings.pick(self._world)
            if settings is None:
                continue
            terms, blame = terms_of(grant, settings)
            if blame:
                layers.blame(GRANT, blame)
            if terms is not None:
                found.append(terms)
        return found

    # -- everybody -----------------------------------------------------------------------------------

    def holders(
        self,
        actions: Iterable[str],
        key: Key,
        *,
        named_only: bool = False,
        written_only: bool = False,
    ) -> tuple[Holder, ...]:
        """Everybody known who can, or may be able to, do one of the actions with the key.

        `named_only`: whom the key policy or a grant names, not those whom only IAM policies give it.
        `written_only`: what the templates hold, not what a principal of our account that they do
        not make may have by policies elsewhere.
        """
        wanted = tuple(actions)
        found: list[Holder] = []
        for candidate in candidates(self, key, named_only=named_only):
            if candidate.implied and written_only:
                continue
            holder = self.holder(candidate, wanted, key, written_only=written_only)
            if holder is not None and not (candidate.implied and is_said(holder, found)):
                found.append(holder)
        return tuple(found)

    def holder(
        self, candidate: Candidate, actions: Iterable[str], key: Key, *, written_only: bool = False
    ) -> Holder | None:
        """What one candidate for a key holds of some actions, as `holders` has it; None: nothing."""
        usable = set(key_actions())
        wanted = tuple(sorted(name for name in actions if name in usable))
        side = SIDES["written" if written_only else "both"]
        named = candidate.who.kind == "account" and not candidate.implied
        asked = SIDES["named"] if named and not written_only else side
        return self._holder(candidate.who, wanted, key, candidate.position, asked)

    def stated(self, candidate: Candidate, key: Key) -> frozenset[str]:
        """A superset of what a candidate for a key may hold of it, found without a search."""
        layers = layers_for(self.reader, candidate.who, key)
        return stated_actions(layers, candidate.who, self.covered)

    def holdings(self, who: Who) -> tuple[Holder, ...]:
        """What a principal can do, one holder for each key of the unit that it reaches."""
        found = []
        for key in reachable_keys(self):
            holder = self._holder(who, key_actions(), key, key.position)
            if holder is not None:
                found.append(holder)
        return tuple(found)

    def _holder(
        self,
        who: Who,
        actions: Sequence[str],
        key: Key,
        position: int,
        side: Side = SIDES["both"],
    ) -> Holder | None:
        about, made = self._joint(who, key, _NOTHING)
        facts = self._facts(key, made)
        memo = (about, tuple(actions), position, side, facts)
        if memo not in self._memory.holders:
            matter = Matter(who, tuple(actions), _NOTHING, side, facts)
            self._memory.holders[memo] = self._held_by(matter, key, position, made)
        return self._memory.holders[memo]

    def _held_by(self, matter: Matter, key: Key, position: int, made: Joints) -> Holder | None:
        who, actions = matter.who, matter.actions
        assert who is not None
        judges = judges_of(made, matter)
        if not judges:
            return unknown_holder(matter, key, position, made)
        held, needs, ways = held_by(judges, actions, made)
        if not held.possible:
            return None
        answer = YES if held.certain else cannot_tell(*held.blame)
        deciding = judges[0].deciding(ways[0]) if ways else ()
        paths = partial(paths_of, made, matter, held, {way.path for way in ways})
        return Holder(str(who.text), who, key, answer, held, needs, deciding, position, paths)

    @cached_property
    def alike(self) -> list[Likes]:
        """The roles and users of the unit that exist, in groups of those that are alike."""
        every = enumerate(self.inventory.identities)
        found = ((at, one) for at, one in every if one.kind != "group" and self.reader.exists(one))
        owns = (Own(at, one, self.who(one), own_layers(self.reader, one)) for at, one in found)
        return alike(owns, self._look_at, self.covered)

    @cached_property
    def reaching(self) -> Reaching:
        """Which of them may reach which key."""
        return Reaching(self.inventory.unit, self.alike)

    def _look_at(self, own: Own) -> Look:
        memo = (_spelt(own.who), own.layers.made_of())
        found = self._memory.looks.get(memo)
        if found is None:
            found = self._memory.looks[memo] = look_at(own, self.covered)
            self._memory.kept.append(own.layers)
        return found

    def telling(self, key: Key) -> Telling:
        """Whom a key tells apart."""
        layers = layers_for(self.reader, None, key)
        documents = [sheet.document for sheet in layers.sheets]
        return Telling(documents, self.inventory, granted=bool(layers.grants))

    # -- the own side --------------------------------------------------------------------------------

    def allowed_actions(self, identity: Identity) -> ActionSet:
        """What the identity's own policies allow on some key: Denies and boundary applied."""
        layers = own_layers(self.reader, identity)
        memo = (id(identity), layers.made_of())
        found = self._memory.own.get(memo)
        if found is None:
            provider = identity.resource.provider
            found = own_actions(layers, identity, provider, self._trusted)
            self._memory.own[memo] = found
            self._memory.kept.append(layers)
        return found


def _named(action: str) -> str:
    """The action in AWS's spelling."""
    known = kms_action(action)
    return known.name if known is not None else action


def _spelt(who: Who | None) -> Hashable:
    if who is None:
        return None
    # Two symbols of one reference are equal, whatever name their shape has in a world.
    symbol = who.text.symbol
    shape = symbol.shape.parts if symbol is not None and symbol.shape is not None else ()
    return (who.kind, who.text.parts, shape, id(who.identity))


def _as_key(given: Given) -> Hashable:
    context = tuple(
        (key, tuple(value.parts for value in values)) for key, values in given.context.items()
    )
    return (context, given.absent, given.strict, id(given.endpoint))
