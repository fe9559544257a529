"""Representatives: one caller for each kind that a set of conditions and principals tells apart.

A question over all callers is asked about these. Who calls fixes several condition keys at once
(the ARN, the account, the organization), so callers are enumerated and these keys evaluated on
them; every other key is a space of classes (`spaces`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from kmsiac.access.instantiate import Instances
from kmsiac.access.persons import (
    ABOUT_PRINCIPAL,
    Known,
    Person,
    caller,
    in_organizations,
    person,
    service,
)
from kmsiac.access.place import Place
from kmsiac.access.principal_patterns import (
    ORGANIZATION,
    TWELVE,
    names_account,
    patterns_of,
    rows_of,
    tail,
    untaken,
)
from kmsiac.access.spaces import Term, exactly, literal_values, starting
from kmsiac.access.strings import Row, text_pieces

_MANY_ROWS = 200


IAM_KINDS = ("role", "user", "root", "federated")


class Circle(NamedTuple):
    """Which callers are meant.

    `accounts`: `own`, `foreign` (not own), `outside` (nor trusted), `stranger` (named nowhere), or one
    account id. `fresh`: only names that no document fixes. `organization`: one that the callers
    are in; None leaves it open, `untrusted` to those that the user does not trust. `kinds` of
    `service` stand for the services instead.
    """

    accounts: str
    kinds: tuple[str, ...] = IAM_KINDS
    fresh: bool = False
    organization: str | None = None
    untrusted: bool = False


STRANGERS = Circle("stranger")


_ABROAD = ("outside", "foreign")


OUTSIDE = Circle("outside", untrusted=True)


FOREIGN = Circle("foreign")


OWN = Circle("own")


LOCAL = Circle("own", ("role", "user", "federated"))


SERVICES = Circle("service", ("service",))


class People:
    """Makes the representatives of a circle under some conditions and named principals."""

    def __init__(self, known: Known, instances: Instances, place: Place) -> None:
        self.known = known
        self._instances = instances
        self.near = place.kind not in ("identity", "boundary", "endpoint")
        """Whether the key is in the own account: such policies cover others, too."""
        self._memo: dict[tuple[object, ...], tuple[list[Person], bool]] = {}

    def of(
        self,
        circle: Circle,
        terms: Sequence[Term],
        named: frozenset[str],
        free: Callable[[str], bool],
    ) -> tuple[list[Person], bool]:
        """One of each kind that makes a difference, and whether these are all.

        `named` are the principals that statements spell: ARNs, accounts, services. `free` says of
        a key whether the documents may fix its value (see `Ask`).
        """
        about = tuple(t for t in terms if t.key in ABOUT_PRINCIPAL)
        mentioned = frozenset(name for term in terms for name in (term.key, *term.names))
        asked = mentioned & _DECIDING
        owners = "aws:resourceorgid" in mentioned and free("aws:resourceorgid")
        unheld = free("aws:principalorgid")
        memo = (circle, frozenset(id(term) for term in about), asked, named, owners, unheld)
        found = self._memo.get(memo)
        if found is None:
            if circle.accounts == "service":
                found = self._services(named), True
            else:
                found = self._callers(circle, about, asked, named, owners, unheld)
            self._memo[memo] = found
        return found

    def _services(self, named: frozenset[str]) -> list[Person]:
        names = sorted(name for name in named if _is_service(name))
        return [service(name, self._instances) for name in [*names, "other-service.amazonaws.com"]]

    def _callers(
        self,
        circle: Circle,
        terms: Sequence[Term],
        asked: frozenset[str],
        named: frozenset[str],
        free_owner: bool,
        free_organization: bool,
    ) -> tuple[list[Person], bool]:
        known, instances = self.known, self._instances
        kinds = self._kinds(circle, asked, named)
        organizations, complete = self._organizations(circle, terms, asked, free_organization)
        owners: list[str | None] = [None]
        if "aws:resourceorgid" in asked:
            owners = [known.own_organization, None]
            owners += [] if free_owner else sorted(known.organizations - {known.own_organization})
        found: list[Person] = []
        for kind in kinds:
            arns, whole = self._arns(circle, kind, terms, named)
            complete &= whole
            for arn, organization, owner in product(arns, organizations, owners):
                at = owner
                if self.near and circle.accounts == "own" and "aws:resourceorgid" in asked:
                    if len(organizations) > 1 and organization != owner:
                        continue  # caller and key are in one account, so in one organization
                    at = owner
                one = person(kind, arn, organization, at, instances, known)
                # Of one outside it is only known that it is no spelt account: it may be one that
                # an unknown part stands for.
                found.append(replace(one, stranger=False) if circle.accounts in _ABROAD else one)
        found += self._sessions(circle, kinds, named, organizations)
        return found, complete

    def _kinds(
        self, circle: Circle, asked: frozenset[str], named: frozenset[str]
    ) -> tuple[str, ...]:
        """The kinds that the conditions or the principals can tell apart."""
        if asked & {"aws:principalarn", "aws:principaltype", "aws:username", "aws:userid"}:
            return circle.kinds
        wanted = {"role", *(kind for kind in IAM_KINDS if any(_of_kind(n, kind) for n in named))}
        if circle.accounts == "own" or any(name.isdigit() for name in named):
            wanted.add("root")  # a principal that is an account covers its root user
        return tuple(kind for kind in circle.kinds if kind in wanted) or circle.kinds[:1]

    def _organizations(
        self, circle: Circle, terms: Sequence[Term], asked: frozenset[str], free: bool
    ) -> tuple[list[str | None], bool]:
        known = self.known
        if circle.organization is not None:
            return [circle.organization], True
        if not asked & {"aws:principalorgid", "aws:principalorgpaths"}:
            return [None], True
        rows = list(patterns_of((t for t in terms if t.key == "aws:principalorgid"), {}))
        barred = known.organizations
        if not free and (circle.accounts in ("own", *_ABROAD) or circle.accounts.isdigit()):
            barred = known.trusted.organizations if circle.untrusted else frozenset()
            rows += [exactly(name) for name in sorted(known.organizations - barred)]
        found = untaken(ORGANIZATION, rows, lambda name: exactly(name) if name in barred else None)
        return [None, *found.texts], found.complete

    def _arns(
        self, circle: Circle, kind: str, terms: Sequence[Term], named: frozenset[str]
    ) -> tuple[list[str], bool]:
        """ARNs (of aws:PrincipalArn) that reach every class of account and name together."""
        known = self.known
        head = f"arn:{self._instances.partition}:{'sts' if kind == 'federated' else 'iam'}::"
        fixed = {"own": known.own_account}.get(circle.accounts, circle.accounts)
        fixed = fixed if fixed.isdigit() else ""
        account = text_pieces(fixed) if fixed else TWELVE
        rows, complete = rows_of(kind, terms, head)
        barred = known.accounts
        if circle.accounts == "foreign":
            barred = frozenset({known.own_account})
        if circle.accounts == "outside":
            barred = known.trusted.accounts | {known.own_account}
        if fixed:
            barred = frozenset()
        exact = [exactly(name) for name in sorted(named) if _of_kind(name, kind)]
        rows += exact
        rows += [starting(f"{head}{one}:") for one in sorted(named) if one.isdigit()]
        rows = [row for row in dict.fromkeys(rows) if not names_account(row, head, barred)]
        fixed_names = self._fixed_names(kind, terms, exact) if circle.fresh else ()

        def taken(arn: str) -> Row | None:
            if arn in fixed_names:
                return exactly(arn)
            owner = arn.split(":", 5)[4]
            return starting(f"{head}{owner}:") if owner in barred else None

        if len(rows) > _MANY_ROWS:
            rows, complete = rows[:_MANY_ROWS], False
        reached = untaken((*text_pieces(head), *account, *tail(kind)), rows, taken)
        return list(reached.texts), complete and reached.complete

    def _fixed_names(self, kind: str, terms: Sequence[Term], exact: Sequence[Row]) -> set[str]:
        """The ARNs that principals or conditions spell without a wildcard."""
        spelt = {value for term in terms for value in literal_values(term)}
        for row in exact:
            spelt.add("".join(next(iter(piece[0])) for piece in row.pieces if piece[0]))
        return {text for text in spelt if _of_kind(text, kind) and not _wild(text)}

    def _sessions(
        self,
        circle: Circle,
        kinds: Sequence[str],
        named: frozenset[str],
        organizations: Sequence[str | None],
    ) -> list[Person]:
        """The sessions of roles that a Principal element names."""
        found: list[Person] = []
        for name in sorted(named):
            parts = name.split(":", 5)
            if len(parts) < 6 or not parts[5].startswith("assumed-role/") or circle.fresh:
                continue
            if "role" not in kinds or not self._within(circle, parts[4]):
                continue
            one = caller(name, self._instances, self.known, named)
            if one is not None:
                found += in_organizations(one, {name for name in organizations if name})
        return found

    def _within(self, circle: Circle, account: str) -> bool:
        known = self.known
        if circle.accounts == "own":
            return account == known.own_account
        if circle.accounts == "foreign":
            return account != known.own_account
        if circle.accounts == "outside":
            return account != known.own_account and account not in known.trusted.accounts
        return circle.accounts == account


_DECIDING = frozenset(
    {
        "aws:principalarn",
        "aws:principaltype",
        "aws:username",
        "aws:userid",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
    }
)


def _is_service(name: str) -> bool:
    return name.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ":" not in name


def _of_kind(arn: str, kind: str) -> bool:
    tail = {"role": ":role/", "user": ":user/", "root": ":root", "federated": ":federated-user/"}
    return tail[kind] in arn


def _wild(value: str) -> bool:
    return "*" in value or "?" in value
