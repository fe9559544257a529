"""All documents about one principal and one key made concrete together, with their views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from kmsiac.access.grant_terms import GrantTerms
from kmsiac.access.guesses import Each, guesses, literals_of
from kmsiac.access.instantiate import Guess, Instances
from kmsiac.access.model import Environment
from kmsiac.access.model import Grant as ConcreteGrant
from kmsiac.access.people import People
from kmsiac.access.persons import Person, caller, known_names, service
from kmsiac.access.place import Place, Who, has_known_id
from kmsiac.access.prepared import (
    hidden_keys,
    secrets_of,
    usable_from_outside,
)
from kmsiac.access.search import Search
from kmsiac.access.sheets import BOUNDARY, ENDPOINT, GRANT, IDENTITY, KEY, Layers
from kmsiac.access.statements import variables_of
from kmsiac.access.views import Standing, View
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.values import Blame, Text

_PRINCIPAL_LAYERS = frozenset({KEY, ENDPOINT, GRANT})


class Placed(NamedTuple):
    """A concrete document in its layer; `address` is where it is written."""

    layer: str
    document: PolicyDocument
    address: str
    absent: Blame | None = None


class SharedViews:
    """The views of documents without symbols, which are the same in every joint: what they cover
    and whom they name is worked out once, however many principals are asked about.
    """

    def __init__(self) -> None:
        self._made: dict[
            tuple[int, str, str | None, bool], tuple[PolicyDocument, tuple[View, ...]]
        ] = {}

    def of(
        self, placed: Placed, own_key: str | None, instances: Instances, *, bounded: bool
    ) -> tuple[View, ...]:
        """The views of a document in its layer, asked about a key (see `Standing`)."""
        document = placed.document
        about = (id(document), placed.layer, own_key, bounded)
        found = self._made.get(about)
        if found is None:
            # The document is kept, so that its id stays its own.
            made = tuple(_views(placed, own_key, instances, bounded=bounded))
            found = self._made[about] = (document, made)
        return found[1]


class Joint:
    """The documents of a question over a unit, concrete, for one guess at the own account."""

    def __init__(
        self,
        layers: Layers,
        grants: Sequence[GrantTerms],
        key: Place,
        who: Who | None,
        guess: Guess,
        shared: SharedViews,
    ) -> None:
        assert key.key_arn is not None
        key_arn, provider, trusted = key.key_arn, key.provider, key.trusted
        documents = [sheet.document for sheet in layers.sheets]
        documents += [grant.document for grant in grants]
        beside = [key_arn, *([who.text] if who is not None else [])]
        spelt = [part for text in beside for part in text.parts if isinstance(part, str)]
        spelt += literals_of(documents)
        avoid = trusted.accounts | trusted.organizations
        self.guess = guess
        self.instances = instances = Instances(provider, spelt, avoid, guess)
        instances.name_key(key_arn, multi_region=key.multi_region)
        self.key_arn = instances.of(key_arn) or instances.fresh("arn:aws:kms:x:1:key/{}")
        own_key = None if has_known_id(key_arn) else self.key_arn
        self.who = instances.of(who.text) if who is not None else None
        self.layers = layers
        self._written = documents
        sheets = [*layers.sheets]
        self.placed = [
            Placed(sheet.layer, instances.document(sheet.document), sheet.address, sheet.absent)
            for sheet in sheets
        ]
        self.placed += [
            Placed(GRANT, instances.document(g.document), g.address, g.absent) for g in grants
        ]
        self.grants = [self._grant(grant) for grant in grants]
        concrete = [placed.document for placed in self.placed]
        known = known_names([*literals_of(concrete), self.who or ""], instances, trusted)
        self.known = known
        people = People(known, instances, Place(KEY, provider, trusted))
        self.search = Search(people, usable_from_outside)
        self.views: dict[str, list[View]] = {
            layer: [] for layer in (KEY, IDENTITY, BOUNDARY, ENDPOINT, GRANT)
        }
        self.origins: dict[int, Placed] = {}
        """The document of each view, by the view's id."""
        for placed in self.placed:
            as_written = any(placed.document is document for document in documents)
            of = shared.of if as_written else _views
            for view in of(placed, own_key, instances, bounded=layers.bounded):
                self.views[placed.layer].append(view)
                self.origins[id(view)] = placed

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The condition keys that a sensitive value stands in or under, in lower case."""
        return hidden_keys(self._written, self.instances)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The literal texts that must not be printed."""
        return secrets_of(self._written, self.instances)

    def written_at(self, layer: str, position: int) -> Sequence[Statement]:
        """The statements at a position as the template spells them."""
        return self._statements.get((layer, position), ())

    @cached_property
    def _statements(self) -> dict[tuple[str, int], list[Statement]]:
        found: dict[tuple[str, int], list[Statement]] = {}
        for sheet in self.layers.sheets:
            for statement in sheet.document:
                found.setdefault((sheet.layer, statement.position), []).append(statement)
        return found

    @property
    def account(self) -> str:
        """The account of the key."""
        return self.key_arn.split(":")[4]

    def person(self, who: Who) -> Person | None:
        """The concrete caller; None for what does not call (a group, an organization)."""
        if self.who is None:
            return None
        if who.kind == "service":
            return service(self.who, self.instances)
        views = (view for views in self.views.values() for view in views)
        spelt = sorted(frozenset[str]().union(*(view.named for view in views)))
        return caller(self.who, self.instances, self.known, spelt)

    def environment(self, *, side: str) -> Environment:
        """The concrete documents as `authorize` takes them."""
        of = {
            layer: tuple(p.document for p in self.placed if p.layer == layer)
            for layer in self.views
        }
        return Environment(
            key_policy=merged(of[KEY]),
            identity=of[IDENTITY],
            boundary=merged(of[BOUNDARY]) if side != "key" else None,
            endpoint=merged(of[ENDPOINT]),
            grants=tuple(self.grants),
            resource_account=self.account,
        )

    def address_of(self, layer: str, position: int) -> str:
        """Where a deciding statement is written."""
        for placed in self.placed:
            if placed.layer == layer and any(s.position == position for s in placed.document):
                return placed.address
        return ""

    def _grant(self, grant: GrantTerms) -> ConcreteGrant:
        def pairs(of: dict[str, Text]) -> dict[str, str]:
            return {key: str(self.instances.text(value)) for key, value in of.items()}

        return ConcreteGrant(
            grantee=str(self.instances.text(grant.grantee)),
            operations=grant.operations,
            subset=pairs(grant.subset),
            equals=pairs(grant.equals) if grant.equals else None,
            retiring=frozenset(str(self.instances.text(one)) for one in grant.retiring),
            position=grant.document.position,
        )


Joints = Each[Joint]
"""The documents of a question over a unit, once for each guess at what their symbols are."""


def joints(
    layers: Layers,
    grants: Sequence[GrantTerms],
    key: Place,
    who: Who | None,
    shared: SharedViews,
) -> Joints:
    """One joint for each thing that symbols may turn out to be. `key`: which key is asked about."""
    documents = [sheet.document for sheet in layers.sheets]
    documents += [grant.document for grant in grants]
    texts = [who.text] if who is not None else []
    possible = guesses(documents, key.provider, key.trusted, accounts=True, texts=texts)
    made = (Joint(layers, grants, key, who, guess, shared) for guess in possible.found)
    return Each(made, cut=possible.cut)


def _views(
    placed: Placed, own_key: str | None, instances: Instances, *, bounded: bool
) -> Iterator[View]:
    document = placed.document
    standing = Standing(
        placed.layer,
        placed.layer in _PRINCIPAL_LAYERS,
        own_key,
        lambda text: not instances.made_from_symbols(text),
        bounded,
    )
    for statement in document:
        yield View(statement, variables_of(document), standing)


def merged(documents: Sequence[PolicyDocument]) -> PolicyDocument | None:
    """Several documents of one layer as one; None for none.

    Policy variables are read as the newest of their versions has them.
    """
    if len(documents) <= 1:
        return documents[0] if documents else None
    first = max(documents, key=lambda one: str(one.version or ""))
    statements = tuple(statement for one in documents for statement in one.statements)
    rest = next((one.open for one in documents if one.open is not None), None)
    return PolicyDocument(
        first.value, statements, first.version, open=rest, position=first.position
    )
