"""`Metadata: {kmsiac: {ignore: [{rule, reason, until}]}}` of CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kmsiac.errors import Span, did_you_mean
from kmsiac.findings.claims import Claim
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.ignore_words import IgnoreWords
from kmsiac.findings.ignores import Ignore
from kmsiac.findings.scopes import Stretch
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.stack import Remark

_NAME = "kmsiac"
_KEYS = ("rule", "reason", "until")
_SHAPE = "write it like Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: ...}]}}"


def claims_of(remark: Remark, file: SourceFile, words: IgnoreWords) -> list[Claim]:
    """The ignores in one Metadata section, which count in all that it is about."""
    value = remark.metadata.get(_NAME) if isinstance(remark.metadata, Mapping) else None
    if value is None:
        return []
    return list(_Reader(remark, file, words).claims(value))


class _Reader:
    def __init__(self, remark: Remark, file: SourceFile, words: IgnoreWords) -> None:
        self._file = file
        self._words = words
        self._stretch = Stretch(offset_of(remark.start), remark.end)

    def claims(self, value: Node) -> Iterator[Claim]:
        """The ignores that the value of `kmsiac` holds."""
        entries = self._map(value, ("ignore",)).get("ignore")
        for entry in _listed(entries):
            told = len(self._words.errors)
            fields = self._map(entry, _KEYS)
            named = _listed(fields.get("rule"))
            if not named and len(self._words.errors) == told:
                self._error("this ignore names no rule", entry, _SHAPE)
            listed = [self._rules(node) for node in named]
            reason = self._text(fields["reason"]) if "reason" in fields else ""
            until = self._date(fields["until"]) if "until" in fields else None
            if len(self._words.errors) == told:
                rules = tuple(dict.fromkeys(id for _, ids in listed for id in ids))
                place = self._span(entry)
                ignore = Ignore(rules, "inline", "tree", place, one_line(reason), until)
                yield Claim(ignore, self._file.id, (self._stretch,), tuple(listed))

    def _map(self, node: Node, known: tuple[str, ...]) -> dict[str, Node]:
        if not isinstance(node, Mapping) or node.tag:
            self._error("this is no map of an ignore", node, _SHAPE)
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            name = key.text if isinstance(key, Scalar) else ""
            if name not in known:
                hint = did_you_mean(name[:80], known)
                self._error(f'an ignore has no "{one_line(name, 60)}"', key, hint)
            found[name] = value
        return found

    def _rules(self, node: Node) -> tuple[str, tuple[str, ...]]:
        word = self._text(node)
        return one_line(word, 60), self._words.rules(word, self._span(node)) if word else ()

    def _date(self, node: Node) -> date | None:
        word = self._text(node)
        return self._words.last_day(word, self._span(node)) if word else None

    def _text(self, node: Node) -> str:
        if isinstance(node, Scalar) and not node.tag and node.text.strip():
            return node.text.strip()
        self._error("a text was expected here, written plainly", node, _SHAPE)
        return ""

    def _error(self, message: str, node: Node, hint: str) -> None:
        self._words.error(message, self._span(node), hint)

    def _span(self, node: Node) -> Span:
        return self._file.span(node.position)


def _listed(node: Node | None) -> list[Node]:
    """The members of a list; a single value is a list of one."""
    if node is None:
        return []
    return node.items if isinstance(node, Sequence) and not node.tag else [node]
