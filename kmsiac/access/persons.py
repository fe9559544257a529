"""One caller with the condition keys that follow from who it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kmsiac.access.instantiate import Instances
from kmsiac.access.trust import Trusted

ABOUT_PRINCIPAL = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "kms:calleraccount",
        "aws:principaltype",
        "aws:username",
        "aws:principalorgid",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:requestedregion",
    }
)
"""Keys that follow from who calls, and which key is called."""


UNTOLD_OF_SERVICES = frozenset(
    {"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype"}
)
"""Of these it is not documented whether service principals carry them, or with which value."""


SESSIONS_UNTOLD = frozenset({"aws:principalarn"})
"""The ARN of a session does not show the path of its role, which aws:PrincipalArn has."""


_ACCOUNT = re.compile(r"(?<![0-9-])[0-9]{12}(?![0-9])")


_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")


_TYPES = {"role": "AssumedRole", "user": "User", "root": "Account", "federated": "FederatedUser"}


@dataclass(frozen=True)
class Person:
    """One representative: how it calls itself, and the keys that follow from it.

    `kind`: role (a session of one), user, root, federated, service. A `stranger` is in an account
    that nothing names: no principal element but one for everybody covers it. `unpinned`: keys that
    identify callers have no value that a document fixes. `untold` are keys that follow from the
    caller, but with a value that is not known.
    """

    kind: str
    principal: str
    account: str
    organization: str | None
    context: Mapping[str, tuple[str, ...]]
    stranger: bool = False
    unpinned: bool = False
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What the documents and the user name, so that no stranger has it."""

    accounts: frozenset[str]
    organizations: frozenset[str]
    unique_ids: frozenset[str]
    own_account: str
    own_organization: str
    trusted: Trusted


def known_names(literals: Iterable[str], instances: Instances, trusted: Trusted) -> Known:
    """Every account, organization and unique id that the texts hold, or the user trusts."""
    joined = "\n".join(literals)
    own = instances.fresh("o-own{:07d}")
    return Known(
        frozenset(_ACCOUNT.findall(joined)) | trusted.accounts | {instances.account},
        frozenset(_ORGANIZATION.findall(joined)) | trusted.organizations | {own},
        frozenset(_UNIQUE_ID.findall(joined)),
        instances.account,
        own,
        trusted,
    )


def person(
    kind: str,
    arn: str,
    organization: str | None,
    owner: str | None,
    instances: Instances,
    known: Known,
) -> Person:
    """The representative with that aws:PrincipalArn; of a role, a session of it.

    `owner` is the organization of the key's account.
    """
    parts = arn.split(":", 5)
    account, resource = parts[4], parts[5]
    name = resource.rpartition("/")[2]
    principal = arn
    if kind == "role":
        principal = f"arn:{parts[1]}:sts::{account}:assumed-role/{name}/session"
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account,),
        "kms:calleraccount": (account,),
        "aws:principaltype": (_TYPES[kind],),
        "aws:principalisawsservice": ("false",),
        "aws:resourceaccount": (instances.account,),
        "aws:requestedregion": (instances.region,),
    }
    if kind == "user":
        context["aws:username"] = (name,)
    if organization is not None:
        context["aws:principalorgid"] = (organization,)
    if owner is not None:
        context["aws:resourceorgid"] = (owner,)
    stranger = account not in known.accounts
    return Person(kind, principal, account, organization, context, stranger, stranger)


def caller(
    arn: str, instances: Instances, known: Known, spelt: Iterable[str] = ()
) -> Person | None:
    """The representative that an ARN names; of a role, a session of it. None for no such form.

    The ARN of a session does not show its role's path; where `spelt` holds a role of its name and
    account, it is that role: their names are unique.
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    head, _, rest = parts[5].partition("/")
    if head == "assumed-role" and rest:
        head, name = f"arn:{parts[1]}:iam::{parts[4]}:role/", rest.split("/")[0]
        roles = [one for one in spelt if one.startswith(head) and one.endswith("/" + name)]
        made = person("role", roles[0] if roles else head + name, None, None, instances, known)
        return replace(made, principal=arn, untold=frozenset() if roles else SESSIONS_UNTOLD)
    kinds = {"role": "role", "user": "user", "root": "root", "federated-user": "federated"}
    kind = kinds.get(head)
    return person(kind, arn, None, None, instances, known) if kind is not None else None


def in_organizations(one: Person, names: Iterable[str]) -> Iterator[Person]:
    """A caller in no organization, and in each of some."""
    yield one
    for name in sorted(names):
        context = {**one.context, "aws:principalorgid": (name,)}
        yield replace(one, organization=name, context=context)


def service(name: str, instances: Instances) -> Person:
    """An AWS service that calls under its own service principal."""
    context: dict[str, tuple[str, ...]] = {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (name,),
        "aws:resourceaccount": (instances.account,),
        "aws:requestedregion": (instances.region,),
    }
    return Person("service", name, "", None, context, untold=UNTOLD_OF_SERVICES)
