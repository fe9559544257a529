"""What the own account and Region may turn out to be, where they are symbols.

A symbol may be any of the accounts and Regions that documents spell, or none of these. A question
is asked under each guess; only where all agree there is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from kmsiac.access.instantiate import NO_GUESS, Guess
from kmsiac.access.trust import Trusted
from kmsiac.policy.document import PolicyDocument
from kmsiac.stack import Provider
from kmsiac.values import Text, walk

MOST = 6
"""More guesses than this are not tried; the first ones are those that documents spell first."""

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_KEY_ARN = re.compile(r":kms:([a-z0-9-]*):([0-9]{12})?")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
_OF_THE_KEY = frozenset({"aws:resourceaccount", "aws:requestedregion"})


def guesses(
    documents: Sequence[PolicyDocument],
    provider: Provider,
    trusted: Trusted,
    *,
    accounts: bool,
    texts: Iterable[str] = (),
) -> tuple[Guess, ...]:
    """The guesses to ask under, none of what is spelt first.

    `accounts`: every account that is spelt may be the own one; else only those of resources, where
    who calls makes no difference. `texts` are spelt beside the documents.
    """
    owners: list[str | None] = [None]
    regions: list[str | None] = [None]
    if provider.account.literal is not None and provider.region.literal is not None:
        return (NO_GUESS,)
    joined = "\n".join([*literals_of(documents), *texts])
    of_keys = [*_KEY_ARN.findall(joined), *_conditions(documents)]
    if provider.account.literal is None:
        spelt = _ACCOUNT.findall(joined) if accounts else [one for _, one in of_keys if one]
        owners += [one for one in dict.fromkeys(spelt) if one not in trusted.accounts]
    if provider.region.literal is None:
        regions += dict.fromkeys(one for one, _ in of_keys if _REGION.fullmatch(one))
    return tuple(Guess(owner, region) for owner, region in product(owners, regions))[:MOST]


def _conditions(documents: Iterable[PolicyDocument]) -> Iterator[tuple[str, str]]:
    """Regions and accounts that conditions on those of the key spell."""
    for document in documents:
        for statement in document:
            for condition in statement.conditions:
                if (condition.key.literal or "").lower() not in _OF_THE_KEY:
                    continue
                for value in condition.values:
                    literal = value.literal if isinstance(value, Text) else None
                    if literal is not None:
                        yield literal, literal if _ACCOUNT.fullmatch(literal) else ""


def literals_of(documents: Iterable[PolicyDocument]) -> Iterator[str]:
    """The literal stretches of all texts in documents."""
    for document in documents:
        for inner in walk(document.value):
            if isinstance(inner, Text):
                yield from (part for part in inner.parts if isinstance(part, str))
