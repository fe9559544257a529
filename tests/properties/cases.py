"""One random case: policies, requests and what unknown parts turn out to be; and how to replay it."""

from __future__ import annotations

import json
from typing import NamedTuple

from kmsiac.access import Trusted
from kmsiac.access.authorize import authorize
from kmsiac.access.model import Environment, Request
from kmsiac.access.place import Place
from kmsiac.access.statements import (
    applies,
    caller_of,
    folded_context,
    principal_path,
    variables_of,
)
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.stack import Provider
from kmsiac.values import NO, Answer, any_of, text
from tests.properties.documents import (
    ACCOUNT,
    KNOWN,
    OWN,
    REGION,
    Policy,
    as_document,
    filled,
    places_of,
)
from tests.properties.grammar import FRESH, OTHER, USUAL, Choices, Style, one, policy
from tests.properties.requests import ACTIONS, Draft, key_arn, request, service_request

UNKNOWN_TEXTS = ("x", "*", "y", "", "203.0.113.0/24", f"arn:aws:iam::{OTHER}:root", "true")
PARTNER = "555566667777"
"""What an account that only a parameter names turns out to be."""

NOBODY = Trusted()
FRIENDS = Trusted(frozenset({OTHER}), frozenset({"o-abcdefghij"}))
STRANGERS = FRESH
OUTSIDERS = (*FRESH[:1], OTHER, OTHER, PARTNER)
ANYONE = ("<me>", "<me>", "<me>", OTHER, FRESH[0], PARTNER)


class Case(NamedTuple):
    """Policies over the same account, requests to replay, and texts for what is unknown.

    `salt` decides how a policy is spelt anew.
    """

    policies: tuple[Policy, ...]
    drafts: tuple[Draft, ...]
    texts: tuple[str, ...]
    salt: int = 0

    @property
    def provider(self) -> Provider:
        """The provider that the policies are written for."""
        return OWN if "<own>" in json.dumps(self.policies) else KNOWN

    @property
    def trusted(self) -> Trusted:
        """Whom the user trusts: nobody, or the accounts and the organization that policies name."""
        return FRIENDS if self.salt % 4 == 0 else NOBODY

    @property
    def place(self) -> Place:
        """The policies as those of a key, in some cases of one that is looked up."""
        looked_up = self.provider is KNOWN and self.salt % 3 == 0
        arn = text(key_arn(ACCOUNT)) if looked_up else None
        return Place("key", self.provider, self.trusted, arn)

    def documents(self) -> list[PolicyDocument]:
        """As the engine sees them: with symbols and unknown parts."""
        return [as_document(one, self.provider) for one in self.policies]

    def deployed(self) -> list[PolicyDocument]:
        """As they may turn out to be in the account of the requests."""
        return [as_document(one) for one in self.deployed_policies()]

    def deployed_policies(self) -> list[Policy]:
        """The same, as plain dicts."""
        named = places_of({"policies": self.policies})
        unknown = [name for name in named if name.startswith("any:")]
        texts = dict(zip(unknown, self.texts * len(unknown), strict=False))
        return [filled(one, _own(ACCOUNT, REGION, PARTNER) | texts) for one in self.policies]

    def requests(self) -> list[Request]:
        """The requests, for the key of the deployed policies."""
        return [draft.of(ACCOUNT, key_arn(ACCOUNT)) for draft in self.drafts]

    def told(self) -> str:
        """The case as it is reported."""
        body = [json.dumps(one) for one in self.policies]
        return "\n".join(["", *body, f"unknown: {self.texts}"])


def _own(account: str, region: str, partner: str) -> dict[str, str]:
    roles = {f"role:{name}": f"arn:aws:iam::{account}:role/{name}" for name in ("app", "web")}
    own = {"own": account, "region": region, "partition": "aws", "account:p": partner}
    return own | roles


def draw_case(
    choices: Choices,
    style: Style = USUAL,
    *,
    policies: int = 1,
    accounts: tuple[str, ...] = ANYONE,
    services: bool = True,
    requests: int = 12,
    most: int = 4,
    actions: tuple[str, ...] = ACTIONS,
) -> Case:
    """A case of so many policies, of `most` statements, and requests; one in six is a service's."""
    drafts = [
        service_request(choices, actions)
        if services and at % 6 == 5
        else request(choices, accounts, actions)
        for at in range(requests)
    ]
    found = [policy(choices, style, most) for _ in range(policies)]
    if policies > 1:  # all for one account, spelt alike
        spelt = one(choices, ("<own>", ACCOUNT)) if style.symbols else ACCOUNT
        bodies = [json.dumps(each).replace("<own>", spelt) for each in found]
        found = [json.loads(body.replace(ACCOUNT, spelt)) for body in bodies]
    texts = tuple(one(choices, UNKNOWN_TEXTS) for _ in range(2))
    return Case(tuple(found), tuple(drafts), texts, choices.below(1 << 16))


# -- replaying --------------------------------------------------------------------------------

_EVERYTHING = as_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def decide(document: PolicyDocument, asked: Request) -> Answer:
    """What the concrete procedure says; the caller has every permission on its own side."""
    owner = asked.resource.split(":")[4]
    policies = Environment(document, (_EVERYTHING,), resource_account=owner)
    return authorize(asked, policies).answer


def replay(spelt: Policy, asked: Request) -> Answer:
    """The same for a witness: in the account, and for the partner, that the engine made up."""
    return any_of(replays(spelt, asked))


def replays(spelt: Policy, asked: Request) -> list[Answer]:
    """One answer for each account that the partner may be: some other one, or the caller's."""
    parts = asked.resource.split(":")
    partners = (PARTNER, account_of(asked) or PARTNER)
    return [
        decide(as_document(filled(spelt, _own(parts[4], parts[3], partner))), asked)
        for partner in partners
        if partner != parts[4]
    ]


def only(spelt: Policy, index: int) -> Policy:
    """The policy with one Allow left, and all that may deny."""
    body = spelt["Statement"]
    kept = [one for at, one in enumerate(body) if at == index or one.get("Effect") != "Allow"]
    return spelt | {"Statement": kept}


def without(spelt: Policy, index: int) -> Policy:
    """The policy without one statement."""
    body = [one for at, one in enumerate(spelt["Statement"]) if at != index]
    return spelt | {"Statement": body}


def covers(document: PolicyDocument, statement: Statement, asked: Request) -> Answer:
    """Whether a statement applies to a request: principal, action, resource and conditions."""
    caller = caller_of(asked)
    if caller is None:
        return NO
    denies = statement.effect_text == "Deny"
    named = any_of(answer for _, answer in principal_path(statement, caller, deny=denies))
    if named.is_no:
        return NO
    fits = applies(statement, asked, folded_context(asked), variables_of(document))
    return fits if named.is_yes else named if not fits.is_no else NO


def account_of(asked: Request) -> str:
    """The account of the caller, empty for a service."""
    parts = asked.principal.split(":")
    return parts[4] if len(parts) > 5 else ""
