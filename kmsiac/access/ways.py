"""The ways from a principal to a key: those of `authorize`, step 6 and 7, as conjunctions.

Named by the key policy, through the account and IAM, a grant, as an AWS service. Each is a
conjunction of statements, one a layer; what is not known may open further ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from kmsiac.access.deciding import Wanted
from kmsiac.access.joint import Joint
from kmsiac.access.key_facts import NO_FACTS, Facts
from kmsiac.access.people import OWN, STRANGERS, Circle
from kmsiac.access.persons import ABOUT_PRINCIPAL, Person, in_organizations
from kmsiac.access.place import Given, Who
from kmsiac.access.presence import Limits
from kmsiac.access.question import Part
from kmsiac.access.results import PathStep
from kmsiac.access.sheets import BOUNDARY, ENDPOINT, GRANT, IDENTITY, KEY
from kmsiac.access.views import View, names_strangers
from kmsiac.aws.shapes import fold
from kmsiac.policy.matching import same
from kmsiac.reading.source import NOWHERE
from kmsiac.values import Blame, Text

_OUT_OF_SCAN = "its own policies are not in the scanned templates"
"""Why it is open whether a principal of our account that no template makes has more by IAM."""
_OTHERS_OUT_OF_SCAN = "the policies of its other principals are not in the scanned templates"
_PATH = "a session does not show the path of its role"
_NOT_DOCUMENTED = "whether boundaries and session policies limit `*` is not documented"
_GRANT_ABROAD = "whether a grant to another account needs its IAM policy too is not documented"
_PATHS: dict[str, PathStep] = {"account": "delegation"}


class Side(NamedTuple):
    """Which sides are looked at; the other one is taken to allow everything.

    Without `beyond`, principals of the own account that are not in the templates have no policies.
    Without `everybody`, a statement for everybody is not one for the key's own account.
    """

    key: bool = True
    identity: bool = True
    beyond: bool = True
    everybody: bool = True


SIDES = {
    "both": Side(),
    "key": Side(identity=False),
    "identity": Side(key=False),
    "written": Side(beyond=False),
    "named": Side(everybody=False),
}


@dataclass(frozen=True)
class Matter:
    """One question: who, by which actions, under what is given, on which side."""

    who: Who | None
    actions: tuple[str, ...]
    given: Given
    side: Side
    facts: Facts = NO_FACTS


class Ways:
    """The callers that a matter means, and the ways from them to the key, in one joint."""

    def __init__(self, joint: Joint, matter: Matter) -> None:
        self.joint = joint
        self.matter = matter
        who = matter.who
        alone = who is not None and who.kind not in ("account", "anyone", "organization")
        self.person = joint.person(who) if who is not None and alone else None
        self.circles = self._meant(who)
        self.persons = tuple(self._variants()) if self.person is not None else ()
        self.possible = bool(self.persons or self.circles)
        self.contradicted = self._contradicted()
        self.limits = self._given()
        self.denies = tuple(self._deny_parts())
        self._known: dict[bool, list[Wanted]] = {}

    # -- who is meant ------------------------------------------------------------------------------

    def _meant(self, who: Who | None) -> tuple[Circle, ...]:
        if who is None:
            return (OWN,)
        if self.person is not None:
            return ()
        text = self.joint.who or ""
        if who.kind == "anyone":
            return (STRANGERS,)
        if who.kind == "organization":
            return (Circle("stranger", organization=text),)
        account = text.split(":")[4] if text.count(":") >= 5 else text
        return (Circle(account, fresh=True),) if who.kind == "account" and account.isdigit() else ()

    def _variants(self) -> Iterator[Person]:
        """The caller with what is given of it, in each organization that may be its own."""
        assert self.person is not None
        given = {fold(k): v for k, v in self.context().items() if fold(k) in ABOUT_PRINCIPAL}
        one = replace(self.person, context={**self.person.context, **given}, stranger=False)
        for each in self._in_organizations(one, given):
            yield from self._with_owner(each, given)

    def _in_organizations(
        self, one: Person, given: Mapping[str, tuple[str, ...]]
    ) -> Iterator[Person]:
        if "aws:principalorgid" in given:
            yield replace(one, organization=given["aws:principalorgid"][0])
        elif self.matter.given.strict or one.kind == "service":
            yield one
        else:
            yield from in_organizations(one, self.joint.known.organizations)

    def _with_owner(self, one: Person, given: Mapping[str, tuple[str, ...]]) -> Iterator[Person]:
        """The caller with each organization that the key's account may be in: for a caller of that
        account its own.
        """
        strict = self.matter.given.strict
        if strict or "aws:resourceorgid" in given or not self._asks_for("aws:resourceorgid"):
            yield one
            return
        local = one.account in ("", self.joint.account) and one.kind != "service"
        names = [one.organization] if local else [None, *sorted(self.joint.known.organizations)]
        for name in names:
            owner = {} if name is None else {"aws:resourceorgid": (name,)}
            yield replace(one, context={**one.context, **owner})

    def _asks_for(self, key: str) -> bool:
        terms = (term for views in self.joint.views.values() for v in views for term in v.terms)
        return any(key == term.key or key in term.names for term in terms)

    def _contradicted(self) -> str:
        """A key about the caller that is given another value than the caller has."""
        if self.person is None:
            return ""
        own = self.person.context
        for key, values in self.context().items():
            if not fold(key).startswith(("aws:principal", "kms:calleraccount", "aws:username")):
                continue  # the account and Region of a key may be symbols
            known = own.get(fold(key)) if fold(key) not in self.person.untold else None
            if known is not None and known != values:
                return key
        return ""

    def context(self) -> dict[str, tuple[str, ...]]:
        """What is given of the request, concrete."""
        return {
            key: tuple(str(self.joint.instances.text(value)) for value in values)
            for key, values in self.matter.given.context.items()
        }

    def _given(self) -> Limits:
        given = self.matter.given
        known = {fold(k): v for k, v in self.context().items() if fold(k) not in ABOUT_PRINCIPAL}
        limits = Limits(
            given=tuple(sorted(known.items())),
            absent=frozenset(fold(key) for key in given.absent),
            strict=given.strict,
            facts=self.matter.facts.known,
            untold=frozenset(key for key, _ in self.matter.facts.untold),
        )
        return replace(limits, modes=("endpoint",)) if given.endpoint is not None else limits

    @property
    def _abroad(self) -> bool:
        """Whether the caller is in another account than the key."""
        person = self.person
        return person is not None and person.account not in ("", self.joint.account)

    # -- the ways ------------------------------------------------------------------------------------

    def all(self, *, sure: bool) -> list[Wanted]:
        """The conjunctions that allow: the certain ones, or those that may be there too."""
        found = self._known.get(sure)
        if found is None:
            found = self._known[sure] = self._all(sure=sure)
        return found

    def _all(self, *, sure: bool) -> list[Wanted]:
        side = self.matter.side
        if not side.key:
            return list(self._identity_only(sure))
        found = [*self._key_ways(sure), *self._grant_ways(sure)]
        if not sure:
            found += self._unknown_ways()
        whole = [each for way in found for each in self._through_endpoint(way, sure)]
        return whole if sure else [each for way in whole for each in self._doubted(way)]

    def _doubted(self, way: Wanted) -> Iterator[Wanted]:
        """A way, blamed on what may not exist: its own statements, or Denies that stop it."""
        origins = self.joint.origins
        absent = {origins[id(part.view)].absent for part in way.inside if id(part.view) in origins}
        asked = {t.key for part in (*way.inside, *way.outside) for t in part.view.terms}
        untold = {blame for key, blame in self.matter.facts.untold if key in asked}
        caller = self.person
        if caller is not None and caller.kind == "role" and caller.untold & asked:
            untold.add(Blame(self.name(), _PATH, NOWHERE))
        doubt = tuple(sorted({one for one in absent if one is not None} | untold))
        yield way._replace(blame=(*way.blame, *doubt)) if doubt else way
        stopping = {origins[id(part.view)].absent for part in way.outside}
        maybe = tuple(sorted(one for one in stopping if one is not None))
        if maybe:
            left = tuple(p for p in way.outside if origins[id(p.view)].absent is None)
            yield way._replace(outside=left, blame=(*way.blame, *doubt, *maybe))

    def _key_ways(self, sure: bool) -> Iterator[Wanted]:
        for view in self._views(KEY, sure):
            if self._all_of_own(view, sure):
                if self.matter.side.everybody:
                    yield Wanted((Part(view),), self.denies, "key-policy")
                continue
            for path in self._paths_of(view):
                step: PathStep = _PATHS.get(path, "key-policy")
                who = self.matter.who
                if who is not None and who.kind == "service":
                    step = "service"
                elif who is not None and who.kind == "root" and not self._abroad:
                    step = "key-policy"  # it has no IAM policies to be left to
                elif who is not None and who.kind == "account" and self._owns(who):
                    step = "delegation"
                part = Part(view, path=path)
                for rest, blame in self._own_side(path, sure):
                    yield Wanted((part, *rest), self.denies, step, blame)

    def _all_of_own(self, view: View, sure: bool) -> bool:
        """Whether a statement for everybody is asked about the key's own account: whoever of it
        meets the conditions needs no IAM policy.
        """
        who = self.matter.who
        if who is None or not self._owns(who):
            return False
        everybody = names_strangers(view.statement)
        return everybody.is_yes or (not sure and not everybody.is_no)

    def _views(self, layer: str, sure: bool) -> Iterator[View]:
        """The Allows of a layer; surely only those whose document is in force for sure."""
        for view in self.joint.views[layer]:
            if view.may_allow and (not sure or self.joint.origins[id(view)].absent is None):
                yield view

    def _owns(self, who: Who) -> bool:
        """Whether an account is that of the key."""
        text = self.joint.who or ""
        account = text.split(":")[4] if text.count(":") >= 5 else text
        return account == self.joint.account and who.kind == "account"

    def _paths_of(self, view: View) -> list[str]:
        if self.person is None:
            return [""]
        return list(dict.fromkeys(path for path, _ in view.ways(self.person, deny=False)))

    def _own_side(
        self, path: str, sure: bool
    ) -> Iterator[tuple[tuple[Part, ...], tuple[Blame, ...]]]:
        """What the caller's own side must allow beside, and what keeps that open."""
        person, who, side = self.person, self.matter.who, self.matter.side
        if person is None and who is not None and who.kind in ("account", "organization"):
            if not sure:
                yield (), (Blame(self.name(), _OTHERS_OUT_OF_SCAN, NOWHERE),)
            return
        if not side.identity or person is None or person.kind in ("service", "root"):
            yield (), ()
            return
        direct = path in ("named", "arn-condition") and not self._abroad
        if direct:
            yield (), ()
            return
        needs_identity = path == "account" or self._abroad
        if needs_identity and not self.joint.layers.known_identity:
            if not sure and (side.beyond or self._abroad):
                yield (), (Blame(self.name(), _OUT_OF_SCAN, NOWHERE),)
            return
        yield from self._allowed_parts(needs_identity, sure)
        if not sure and path in ("anyone", "not-listed") and self.joint.layers.bounded:
            yield (), (Blame(self.name(), _NOT_DOCUMENTED, NOWHERE),)

    def _allowed_parts(
        self, needs_identity: bool, sure: bool
    ) -> Iterator[tuple[tuple[Part, ...], tuple[Blame, ...]]]:
        for bound, bound_blame in self._layer(BOUNDARY, self.joint.layers.bounded, sure):
            for own, own_blame in self._layer(IDENTITY, needs_identity, sure):
                yield (*own, *bound), (*own_blame, *bound_blame)

    def _layer(
        self, layer: str, needed: bool, sure: bool
    ) -> Iterator[tuple[tuple[Part, ...], tuple[Blame, ...]]]:
        """Each Allow of a layer; unknown policies in it may allow, too."""
        if not needed:
            yield (), ()
            return
        for view in self._views(layer, sure):
            yield (Part(view),), ()
        rest = self.joint.layers.open.get(layer)
        if rest and not sure:
            yield (), tuple(sorted(rest))

    def _grant_ways(self, sure: bool) -> Iterator[Wanted]:
        for view in self._views(GRANT, sure):
            if self._abroad:
                if not sure:
                    blame = (Blame(self.name(), _GRANT_ABROAD, view.statement.position),)
                    yield Wanted((Part(view),), self.denies, "grant", blame)
                continue
            yield Wanted((Part(view),), self.denies, "grant")
        rest = self.joint.layers.open.get(GRANT)
        if rest and not sure:
            yield Wanted((), self.denies, "grant", tuple(sorted(rest)))

    def _unknown_ways(self) -> Iterator[Wanted]:
        rest = self.joint.layers.open.get(KEY)
        if rest:
            yield Wanted((), self.denies, "key-policy", tuple(sorted(rest)))
        for view in self.joint.views[KEY]:
            doubt = self._may_name(view)
            if doubt and view.may_allow:
                yield Wanted((Part(view.for_anybody()),), self.denies, "key-policy", doubt)

    def _may_name(self, view: View) -> tuple[Blame, ...]:
        """Principals of a statement that may turn out to be the caller: a data source, say."""
        who = self.matter.who
        if who is None:
            return ()
        blame: set[Blame] = set()
        for principal in self._written(view):
            answer = same(principal, who.text)
            if answer.is_open:
                blame |= answer.blame or {Blame(str(principal), "may be it", principal.position)}
        return tuple(sorted(blame))

    def _written(self, view: View) -> Iterator[Text]:
        """The principals of a statement as the template spells them, where they are symbols."""
        for statement in self.joint.written_at(view.layer, view.statement.position):
            for principal in statement.principals:
                value = principal.value
                if isinstance(value, Text) and value.literal is None and not value.has_unknown:
                    yield value

    def _identity_only(self, sure: bool) -> Iterator[Wanted]:
        if self.matter.who is not None and not self.joint.layers.known_identity:
            if not sure:
                blame = (Blame(self.name(), _OUT_OF_SCAN, NOWHERE),)
                yield Wanted((), self.denies, "delegation", blame)
            return
        for parts, doubt in self._allowed_parts(True, sure):
            yield Wanted(parts, self.denies, "delegation", doubt)

    def _through_endpoint(self, way: Wanted, sure: bool) -> Iterator[Wanted]:
        if self.matter.given.endpoint is None:
            yield way
            return
        for parts, blame in self._layer(ENDPOINT, True, sure):
            yield way._replace(inside=(*way.inside, *parts), blame=(*way.blame, *blame))

    def _deny_parts(self) -> Iterator[Part]:
        side = self.matter.side
        layers = [KEY, GRANT, ENDPOINT] if side.key else []
        if side.identity and self.person is not None and self.person.kind != "service":
            layers += [IDENTITY, BOUNDARY]
        for layer in layers:
            for view in self.joint.views[layer]:
                if view.may_deny:
                    yield Part(view, "Deny")

    def name(self) -> str:
        """How the principal prints."""
        return str(self.matter.who.text) if self.matter.who is not None else "anybody"
