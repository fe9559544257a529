"""One question in one world; of an account, everybody of it that is known."""

from __future__ import annotations

from kmsiac.access.place import Given, Who
from kmsiac.access.results import Ruling
from kmsiac.access.unit import UnitAccess
from kmsiac.aws.actions import KmsAction
from kmsiac.inventory.model import Key
from kmsiac.policy.matching import split_arn
from kmsiac.values import Text


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
