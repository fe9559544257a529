"""One question in one world; of an account, everybody of it that is known."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.access.place import Given, Who
from kmsiac.access.results import Ruling
from kmsiac.access.unit import UnitAccess
from kmsiac.aws.actions import KmsAction
from kmsiac.aws.shapes import fold
from kmsiac.inventory.arns import id_of
from kmsiac.inventory.model import Key
from kmsiac.policy.matching import split_arn
from kmsiac.values import Blame, Text, cannot_tell


def through_its_endpoint(
    access: UnitAccess, who: Who, action: KmsAction, key: Key, given: Given, ruling: Ruling
) -> Ruling:
    """A yes that needs a VPC endpoint of the unit: the policy of that endpoint counts, too."""
    if given.endpoint is not None or not ruling.answer.is_yes:
        return ruling
    for need in ruling.needs:
        if fold(need.key) != "aws:sourcevpce" or need.others or need.operator not in _EQUAL:
            continue
        for endpoint in access.inventory.endpoints:
            if need.values != (str(id_of(endpoint, access.inventory.framework)),):
                continue
            inside = ruling_on(access, who, action, key, replace(given, endpoint=endpoint))
            if inside.answer.is_yes:
                return replace(inside, needs=(need, *inside.needs))
            told = f"{_DOOR}; ask with --context aws:SourceVpce={endpoint.address}"
            return Ruling(cannot_tell(Blame(endpoint.address, told, endpoint.position)))
    return ruling


_EQUAL = ("StringEquals", "StringEqualsIfExists", "StringLike", "StringLikeIfExists")
_DOOR = "what allows it needs a request through it, and its policy does not allow that"


def ruling_on(access: UnitAccess, who: Who, action: KmsAction, key: Key, given: Given) -> Ruling:
    """Whether the principal can call the action on the key.

    An account can where anybody in it can: those of it whom a policy or a grant names are asked,
    too.
    """
    found = [access.can(who, [action.name], key, given)]
    if who.kind == "account":
        account = _account(who.text)
        found += [
            access.can(holder.who, [action.name], key, given)
            for holder in access.holders([action.name], key)
            if holder.who.kind in ("role", "user", "session")
            and _account(holder.who.text) == account
        ]
    return min(found, key=_order)


def _order(ruling: Ruling) -> tuple[bool, bool, int]:
    """The answer that counts first, and of several the one that asks least of a request."""
    return not ruling.answer.is_yes, not ruling.answer.is_open, len(ruling.needs)


def _account(value: Text) -> str | None:
    """The account of an ARN, or the id itself; None where it is not known."""
    arn = split_arn(value)
    return value.literal if arn is None else arn.account.literal
