"""What symbols may turn out to be: the own account and Region, and what else is compared.

A symbol may be any of the accounts and Regions that documents spell, or none of these; a parameter
or a data source may be the own account, too (see `equalities`). A question is asked under each
guess; only where all agree there is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import Generic, NamedTuple, Protocol, TypeVar

from kmsiac.access.equalities import Choice, choices
from kmsiac.access.instantiate import NO_GUESS, Guess
from kmsiac.access.trust import Trusted
from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.matching import outline
from kmsiac.stack import Provider
from kmsiac.values import Blame, Symbol, Text, Unknown, blame_on

MOST = 24
"""More guesses than this are not tried: then nothing is known but what the first one leaves open."""

_TRIED = 10 * MOST
_ACCOUNT = re.compile(r"(?<![0-9-])[0-9]{12}(?![0-9])")
_KEY_ARN = re.compile(r":kms:([a-z0-9-]*):([0-9]{12})?")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
_OF_THE_KEY = frozenset({"aws:resourceaccount", "aws:requestedregion"})


class Guesses(NamedTuple):
    """The guesses to ask under, none of what is spelt first; `cut` where there are more."""

    found: tuple[Guess, ...]
    cut: bool = False


class HasGuess(Protocol):
    """What is made under a guess."""

    @property
    def guess(self) -> Guess:
        """What symbols were taken to be."""


T = TypeVar("T", bound=HasGuess)


class Each(Generic[T]):
    """What was made under each guess, at least one.

    `cut`: there are more guesses than these, so that no answer under them is settled. `doubt`
    blames what else they differ by.
    """

    __slots__ = ("_made", "cut", "doubt")

    def __init__(self, made: Iterable[T], *, cut: bool, doubt: tuple[Blame, ...] = ()) -> None:
        self._made = tuple(made)
        self.cut = cut
        self.doubt = doubt

    def __iter__(self) -> Iterator[T]:
        return iter(self._made)

    @property
    def first(self) -> T:
        """The one under the guess that symbols are nothing that is spelt."""
        return self._made[0]

    @property
    def others(self) -> tuple[T, ...]:
        """Those under the further guesses."""
        return self._made[1:]

    def blame(self, apart: Iterable[T] = ()) -> tuple[Blame, ...]:
        """Blame for not knowing which guess holds: for what those apart take symbols to be."""
        found = (*self.doubt, *_doubt(one.guess for one in apart))
        return found or _doubt(one.guess for one in self._made)


def guesses(
    documents: Sequence[PolicyDocument],
    provider: Provider,
    trusted: Trusted,
    *,
    accounts: bool,
    texts: Sequence[Text] = (),
) -> Guesses:
    """The guesses to ask under.

    `accounts`: every account that is spelt may be the own one; else only those of resources, where
    who calls makes no difference. `texts` stand beside the documents.
    """
    joined = "\n".join([*literals_of(documents), *map(str, texts)])
    of_keys = [*_KEY_ARN.findall(joined), *_conditions(documents)]
    spelt = _ACCOUNT.findall(joined) if accounts else [one for _, one in of_keys if one]
    spelt = list(dict.fromkeys(spelt))
    possible = []
    if provider.account.symbol is not None:
        untrusted = tuple(Text((one,)) for one in spelt if one not in trusted.accounts)
        possible.append(Choice(provider.account.symbol, untrusted))
    if provider.region.symbol is not None:
        regions = dict.fromkeys(one for one, _ in of_keys if _REGION.fullmatch(one))
        possible.append(Choice(provider.region.symbol, tuple(Text((one,)) for one in regions)))
    others, cut = choices(documents, provider, spelt, texts, callers=accounts)
    possible = [one for one in (*possible, *others) if one.texts]
    found = _all_of(possible) if possible else Guesses((NO_GUESS,))
    return found._replace(cut=found.cut or cut)


def _all_of(possible: Sequence[Choice]) -> Guesses:
    """Every choice of each, those first that take least for granted."""
    found: dict[object, Guess] = {}
    tried = 0
    for guess in islice(_combined(possible), _TRIED + 1):
        tried += 1
        if len(found) > MOST or tried > _TRIED:
            break
        found.setdefault(_meaning(guess), guess)
    cut = len(found) > MOST or tried > _TRIED
    return Guesses(tuple(found.values())[:MOST], cut)


def _combined(possible: Sequence[Choice]) -> Iterator[Guess]:
    for size in range(len(possible) + 1):
        for chosen in combinations(possible, size):
            for texts in product(*(one.texts for one in chosen)):
                pairs = zip((one.symbol for one in chosen), texts, strict=True)
                yield Guess(tuple(pairs))


def _meaning(guess: Guess) -> object:
    """Equal for guesses that come to the same."""
    known = dict(guess.equal)
    return frozenset((symbol, _resolved(text, known).parts) for symbol, text in guess.equal)


def _resolved(text: Text, known: Mapping[Symbol, Text]) -> Text:
    """What a text comes to where it is a symbol that is taken to be something itself."""
    for _ in known:
        symbol = text.symbol
        if symbol is None or symbol not in known:
            break
        text = known[symbol]
    return text


def _doubt(taken: Iterable[Guess]) -> tuple[Blame, ...]:
    """Blame for what guesses take symbols to be."""
    found = dict.fromkeys(symbol for guess in taken for symbol, _ in guess.equal)
    return tuple(dict.fromkeys(blame for symbol in found for blame in _blame(symbol)))


def _blame(symbol: Symbol) -> list[Blame]:
    unknown = [p for p in outline(Text((symbol,))).parts if isinstance(p, Unknown)]
    return [blame_on(part) for part in unknown] or [blame_on(symbol)]


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
        yield from document.literals
