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
from kmsiac.values import List, Map, Part, Symbol, Text, Value

_IAM = frozenset({"role", "user", "group", "policy", "instance_profile"})
_DEEPEST = 8
_TELLING = 8
"""Shorter texts (`aws`) stand in others by chance."""


class Guess(NamedTuple):
    """What symbols are taken to be: the own account and Region, and what may be equal to others.

    A text may hold symbols that stand before in the same guess.
    """

    equal: tuple[tuple[Symbol, Text], ...] = ()


NO_GUESS = Guess()
"""Every symbol is something that no document spells."""


class Instances:
    """The texts that stand for symbols; the same symbol always gets the same text."""

    def __init__(
        self,
        provider: Provider,
        spelt: Iterable[str],
        avoid: Iterable[str],
        guess: Guess = NO_GUESS,
    ) -> None:
        """`spelt`: the literal texts of what symbols stand in. `guess`: what symbols are taken to be; each other one gets a text of its own."""
        self._taken = "\n".join([*spelt, *avoid])
        self._texts: dict[Symbol, str] = {}
        self._key_ids: set[str] = set()
        self._spellings: list[tuple[str, str]] | None = None
        self._count = 0
        self._provider = provider
        self._equal = dict(guess.equal)
        self.partition = self.of(provider.partition) or "aws"
        self.region = self.of(provider.region) or "us-east-1"
        self.account = self.of(provider.account) or self._account()

    def name_key(self, key_arn: Text, *, multi_region: bool | None) -> None:
        """Give the key of that ARN its id; where that is not known, one of its kind, None where it
        is not known of which.
        """
        symbol = key_arn.symbol
        shape = symbol.shape if symbol is not None else None
        for part in (shape or key_arn).parts:
            if not isinstance(part, Symbol) or part.type != "key_id" or part in self._texts:
                continue
            known = part.shape.literal if part.shape is not None else None
            self._texts[part] = made = known or self.key_id(multi_region=multi_region)
            self._key_ids.add(made)
            if known is not None:
                self.of(key_arn)  # wherever its symbol stands without what is known, it is this

    def key_id(self, *, multi_region: bool | None = False) -> str:
        """A fresh id, of letters that no pattern for ids matches by chance.

        Only that of a multi-Region key starts with `mrk-`; where it is not known which of the two
        the key is, the id has the form of neither.
        """
        self._count += 1
        number = f"{self._count:012d}".translate(_LETTERS)
        if multi_region is None:
            return f"either-{number}"
        return f"mrk-{'k' * 20}{number}" if multi_region else f"kkkkkkkk-kkkk-kkkk-kkkk-{number}"

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
        if not document.has_symbols:
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
        meant = self._equal.get(part)
        if meant is not None and depth < _DEEPEST:
            text = Text([self._part(piece, depth + 1) for piece in meant.parts]).literal
        if text is None and part.shape is not None and depth < _DEEPEST:
            inner = Text([self._part(piece, depth + 1) for piece in part.shape.parts])
            text = inner.literal
            if text is None and part.origin == "resource":
                text = self._filled(inner)
            if text is None:
                return part  # its shape has an unknown part: what it is stays open
        if text is None:
            text = self._of_type(part)
        self._texts[part] = text
        if part.type in ("key_id", "key_arn"):
            self._key_ids.add(text.rpartition("/")[2])
        return text

    def _filled(self, text: Text) -> str | None:
        """The text of a resource with something in place of the unknown parts of its name.

        It is one definite thing, whatever its name. What of it might be another text is guessed.
        """
        made = ""
        for part in text.parts:
            if isinstance(part, Symbol):
                return None
            if isinstance(part, str):
                made += part
                continue
            fields = made.split(":", 5)
            if fields[0] == "arn" and len(fields) < 6:
                return None  # not of its name, but of where it is
            is_path = fields[0] == "arn" and fields[5].isalpha()  # `:role` and its path
            made += self.fresh("/unknown-{}/" if is_path else "unknown-{}")
        return made

    def _account(self) -> str:
        return self.fresh("1{:011d}")

    def _of_type(self, symbol: Symbol) -> str:
        kind = symbol.type
        if kind == "key_id":
            return self.key_id()
        if kind in _FORMS:
            return self.fresh(_FORMS[kind])
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind.endswith("account_id"):
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
    "unique_id": "AROA{:017d}",
    "role_id": "AROA{:017d}",
    "role_unique_id": "AROA{:017d}",
    "user_unique_id": "AIDA{:017d}",
    "region": "xx-own-{}",
    "role_name": "role-{}",
    "user_name": "user-{}",
    "alias_name": "alias/alias-{}",
}
_LETTERS = str.maketrans("0123456789", "klnopqstuv")
_CONSTANTS = {"partition": "aws", "dns_suffix": "amazonaws.com"}
