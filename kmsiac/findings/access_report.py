"""Answers to who can do what with a key: all that the reporters of `can` and its kin read.

Everything here is plain data with places already worked out (`Span`). Answers are spelt `yes`,
`no` and `cannot-tell`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kmsiac.errors import KmsiacError, Span
from kmsiac.findings.finding import BlamedExpression, Unresolved
from kmsiac.values import Atom

CAPABILITIES = ("administer", "grant", "use", "view")
"""What a principal can do with a key, as groups of actions: change the key, its policy or its
state; make and end grants; cryptographic operations; read and list."""

When = tuple[tuple[tuple[str, Atom], ...], ...]
"""Conjunctions of guards by name, any of which suffices; empty: in every case."""


@dataclass(frozen=True)
class NeededContext:
    """A condition on the request, as an Allow writes it, or the opposite of a Deny's condition.

    Where any of several will do, `others` are the rest of them.
    """

    key: str
    operator: str
    values: tuple[str, ...]
    others: tuple[NeededContext, ...] = ()


@dataclass(frozen=True)
class DecidingStatement:
    """A statement that decided: its layer (`key policy`), its Sid or ordinal, where it is written."""

    layer: str
    statement: str
    resource: str
    location: Span | None


@dataclass(frozen=True)
class Verdict:
    """One answer with what stands behind it.

    `witness` is a request that a yes lets through. A no names the first layer in the way
    (`blocked_by`), what would mend it, and the place where that would be written. `when` says in
    which cases of the deployment it is the answer.
    """

    answer: str
    deciding: tuple[DecidingStatement, ...] = ()
    blocked_by: str | None = None
    mend: str = ""
    mend_at: Span | None = None
    needs: tuple[NeededContext, ...] = ()
    paths: tuple[str, ...] = ()
    witness: Mapping[str, object] | None = None
    blame: tuple[BlamedExpression, ...] = ()
    when: When = ()


@dataclass(frozen=True)
class Surroundings:
    """What else there is to know about an answer: what was not read, and what to keep in mind."""

    unresolved: tuple[Unresolved, ...] = ()
    errors: tuple[KmsiacError, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CanReport:
    """Whether a principal can call an action on a key.

    `principal` and `key` are named as reports name them (an address, an ARN, a service). Where the
    answer depends on the deployment, `verdict` is cannot tell and `cases` has each answer; `cases`
    is also filled where one answer has different reasons.
    """

    principal: str
    action: str
    key: str
    key_location: Span | None
    verdict: Verdict
    cases: tuple[Verdict, ...] = ()
    surroundings: Surroundings = Surroundings()


@dataclass(frozen=True)
class Holding:
    """What one principal can do with one key, in one way.

    `principal` is an ARN with `${reference}` for what is not known yet, the name of a service, an
    account or organization id, or anyone; `resource` the address of the role or user where it is in
    the scan. `kind` is role, user, group, root, account, service, session, organization or anyone.
    `actions` are those of one capability that it holds under the same conditions; `all_of_capability` says
    that they are all that were asked about.
    """

    key: str
    principal: str
    kind: str
    capability: str
    actions: tuple[str, ...]
    answer: str
    paths: tuple[str, ...] = ()
    needs: tuple[NeededContext, ...] = ()
    location: Span | None = None
    deciding: tuple[DecidingStatement, ...] = ()
    blame: tuple[BlamedExpression, ...] = ()
    when: When = ()
    all_of_capability: bool = False
    resource: str = ""


@dataclass(frozen=True)
class WhoCanReport:
    """Everybody known who can do something with a key. `action` is as it was asked (`kms:*`)."""

    action: str
    key: str
    key_location: Span | None
    holdings: tuple[Holding, ...]
    surroundings: Surroundings = Surroundings()


@dataclass(frozen=True)
class PrincipalCanReport:
    """What a principal can do with the keys of the scan, of which there are `keys`."""

    principal: str
    keys: int
    holdings: tuple[Holding, ...]
    surroundings: Surroundings = Surroundings()
