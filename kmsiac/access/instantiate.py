"""A document with symbols as a concrete one: each symbol gets a text of its own.

Equal symbols get equal texts, different ones different texts that stand nowhere else in the
document, so the concrete document answers as every deployment does in which different names are
different things. Unknown parts stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kmsiac.policy.document import PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Provider
from kmsiac.values import List, Map, Part, Symbol, Text, Value, walk

_IAM = frozenset({"role", "user", "group", "policy", "instance_profile"})
_DEEPEST = 8
_TELLING = 8
"""Shorter texts (`aws`) stand in others by chance."""


class Guess(NamedTuple):
    """What the own account and Region, where they are symbols, may turn out to be."""

    account: str | None = None
    region: str | None = None


NO_GUESS = Guess()
"""None of the accounts and Regions that a document spells."""


class Instances:
    """The texts that stand for symbols; the same symbol always gets the same text."""

    def __init__(
        self,
        provider: Provider,
        values: Iterable[Value],
        avoid: Iterable[str],
        guess: Guess = NO_GUESS,
    ) -> None:
        """`guess`: what the provider's symbols are taken to be."""
        self._taken = "\n".join([*_literals(values), *avoid])
        self._texts: dict[Symbol, str] = {}
        self._key_ids: set[str] = set()
        self._spellings: list[tuple[str, str]] | None = None
        self._count = 0
        self._provider = provider
        for own, taken in ((provider.account, guess.account), (provider.region, guess.region)):
            if taken is not None and own.symbol is not None:
                self._texts[own.symbol] = taken
        self.partition = self.of(provider.partition) or "aws"
        self.region = self.of(provider.region) or "us-east-1"
        self.account = self.of(provider.account) or self._account()

    def made_from_symbols(self, text: str) -> bool:
        """Whether a concrete text holds the id of a key that a symbol stands for."""
        return any(made in text for made in self._key_ids)

    def spelt(self, text: str) -> str:
        """A concrete text with the references of symbols in place of what stands for them."""
        if self._spellings is None or len(self._spellings) != len(self._texts):
            longest = sorted(self._texts.items(), key=lambda item: (-len(item[1]), item[1]))
            self._spellings = [(made, f"${{{symbol.reference}}}") for symbol, made in longest]
        for made, reference in self._spellings:
            if len(made) >= _TELLING and made in text:
                text = text.replace(made, reference)
        return text

    def of(self, text: Text) -> str | None:
        """The concrete text, None where a part of it is unknown."""
        return self.text(text).literal

    def text(self, text: Text) -> Text:
        """The text with every symbol replaced; unknown parts stay."""
        parts = [self._part(part, 0) for part in text.parts]
        return Text(parts, text.position, text.sensitive)

    def value(self, value: Value) -> Value:
        """The value with every symbol in its texts replaced."""
        if isinstance(value, Text):
            return self.text(value) if any(isinstance(p, Symbol) for p in value.parts) else value
        if isinstance(value, List):
            items = [self.value(item) for item in value.items]
            return List(items, value.position, value.open, value.sensitive)
        if isinstance(value, Map):
            entries = [(self.text(key), self.value(inner)) for key, inner in value.entries]
            return Map(entries, value.position, value.open, value.sensitive)
        return value

    def document(self, document: PolicyDocument) -> PolicyDocument:
        """The document with every symbol replaced; statements keep index and position."""
        symbols = any(
            isinstance(part, Symbol)
            for inner in walk(document.value)
            if isinstance(inner, Text)
            for part in inner.parts
        )
        if not symbols:
            return document
        concrete = parse_document(self.value(document.value))
        assert isinstance(concrete, PolicyDocument)
        return concrete

    def fresh(self, form: str) -> str:
        """A text of the form (`{}` is a number) that stands nowhere in the document."""
        while True:
            self._count += 1
            text = form.format(self._count)
            if text not in self._taken:
                return text

    def _part(self, part: Part, depth: int) -> Part:
        if not isinstance(part, Symbol):
            return part
        known = self._texts.get(part)
        if known is not None:
            return known
        text: str | None = None
        if part.shape is not None and depth < _DEEPEST:
            inner = Text([self._part(piece, depth + 1) for piece in part.shape.parts])
            text = inner.literal
            if text is None:
                return part  # its shape has an unknown part: what it is stays open
        if text is None:
            text = self._of_type(part)
        self._texts[part] = text
        if part.type in ("key_id", "key_arn"):
            self._key_ids.add(text.rpartition("/")[2])
        return text

    def _account(self) -> str:
        return self.fresh("1{:011d}")

    def _of_type(self, symbol: Symbol) -> str:
        kind = symbol.type
        if kind in _FORMS:
            return self.fresh(_FORMS[kind])
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == "account_id":
            return self._account()
        if kind.endswith("_arn"):
            return self._arn(kind.removesuffix("_arn"), symbol)
        if kind.endswith("_id"):
            return self.fresh(kind.removesuffix("_id").replace("_", "-") + "-{:017x}")
        return self.fresh("text-{}")

    def _arn(self, noun: str, symbol: Symbol) -> str:
        own = symbol.origin in ("resource", "environment")
        provider = self._provider
        account = self.of(provider.account) if own else None
        account = account or self._account()
        partition = self.of(provider.partition) or "aws"
        if noun in _IAM:
            return self.fresh(f"arn:{partition}:iam::{account}:{noun}/{noun}-{{}}")
        region = self.of(provider.region) or "us-east-1"
        service, slash = ("kms", "/") if noun in ("key", "alias") else (noun.partition("_")[0], ":")
        return self.fresh(f"arn:{partition}:{service}:{region}:{account}:{noun}{slash}{noun}-{{}}")


_FORMS = {
    "organization_id": "o-{:010d}",
    "endpoint_id": "vpce-{:017x}",
    "vpc_id": "vpc-{:017x}",
    "key_id": "00000000-0000-4000-8000-{:012x}",
    "unique_id": "AROA{:017d}",
    "region": "xx-own-{}",
    "role_name": "role-{}",
    "user_name": "user-{}",
    "alias_name": "alias/alias-{}",
}
_CONSTANTS = {"partition": "aws", "dns_suffix": "amazonaws.com"}


def _literals(values: Iterable[Value]) -> Iterable[str]:
    for value in values:
        for inner in walk(value):
            if isinstance(inner, Text):
                yield from (part for part in inner.parts if isinstance(part, str))
