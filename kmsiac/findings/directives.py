"""`kmsiac: ignore[KP-20] until=2027-01-31 -- reason` in comments of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kmsiac.errors import Span, nearest
from kmsiac.findings.claims import Claim
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.ignore_words import EXAMPLE, IgnoreWords
from kmsiac.findings.ignores import Ignore
from kmsiac.findings.scopes import Scopes
from kmsiac.reading.source import Comment, SourceFile, offset_of

_NAME = "kmsiac"
_DIRECTIVE = re.compile(r"[\s#/*]*+(kmsiac\s*+:)\s*+([\w-]*+)\s*+([^\n]*+)", re.IGNORECASE)
_WORD = re.compile(r"[^,\s][^,]*")
_SETTING = re.compile(r"([^\s=]++)(?:\s*+(=)\s*+(\S*+))?+")
_REASON = re.compile(r"--|\N{EM DASH}")
_WORDS_FOR_IGNORE = ("ignore", "ignores", "skip", "disable", "suppress", "allow")


class Directive(NamedTuple):
    """A comment's line that speaks to kmsiac: offsets of its start, of `verb` and of `rest`."""

    start: int
    verb: str
    verb_at: int
    rest: str
    rest_at: int


def claims_in(file: SourceFile, words: IgnoreWords) -> list[Claim]:
    """The ignores in the comments of a file; mistakes are noted in `words`."""
    scopes: Scopes | None = None
    claims = []
    for comment in file.comments:
        for directive in directives(file, comment):
            scopes = scopes or Scopes(file)
            claim = _Reader(file, directive, words).claim(scopes, comment)
            if claim is not None:
                claims.append(claim)
    return claims


def directives(file: SourceFile, comment: Comment) -> Iterator[Directive]:
    """The lines of a comment that begin with `kmsiac:`."""
    if _NAME not in comment.text.lower():
        return
    start, end = offset_of(comment.position), file.end(comment.position)
    while start < end:
        stop = file.text.find("\n", start, end)
        stop = stop if stop >= 0 else end
        found = _DIRECTIVE.match(file.text, start, stop)
        if found is not None:
            yield Directive(found.start(1), found[2], found.start(2), found[3], found.start(3))
        start = stop + 1


class _Reader:
    """Reads one directive."""

    def __init__(self, file: SourceFile, directive: Directive, words: IgnoreWords) -> None:
        self._file = file
        self._directive = directive
        self._words = words

    def claim(self, scopes: Scopes, comment: Comment) -> Claim | None:
        """The ignore; None where it is none, with its mistakes noted."""
        told = len(self._words.errors)
        listed = self._in_brackets()
        if listed is None:
            return None
        words, at = listed
        rest = self._directive.rest[at:]
        reason_mark = _REASON.search(rest)
        reason = rest[reason_mark.end() :].strip() if reason_mark else ""
        until = self._until(rest[: reason_mark.start()] if reason_mark else rest, at)
        if len(self._words.errors) > told:
            return None
        rules = tuple(dict.fromkeys(id for _, ids in words for id in ids))
        directive = self._directive
        end = directive.rest_at + len(directive.rest.rstrip())
        place = self._span(directive.start, end)
        ignore = Ignore(rules, "inline", "tree", place, one_line(reason), until)
        return Claim(ignore, self._file.id, scopes.of(comment), tuple(words))

    def _in_brackets(self) -> tuple[list[tuple[str, tuple[str, ...]]], int] | None:
        """What stands in the brackets with the ids it means, and the offset behind them."""
        directive = self._directive
        if directive.verb.lower() != "ignore":
            self._not_ignore()
            return None
        close = directive.rest.find("]")
        if not directive.rest.startswith("[") or close < 0:
            self._error("an ignore names its rules in brackets", 0, 1, EXAMPLE)
            return None
        listed = [
            (found[0].strip(), found.start() + 1)
            for found in _WORD.finditer(directive.rest[1:close])
        ]
        if not listed:
            self._error("this ignore names no rule", 0, close + 1, EXAMPLE)
        base = directive.rest_at
        words = [
            (
                one_line(word, 60),
                self._words.rules(word, self._span(base + at, base + at + len(word))),
            )
            for word, at in listed
        ]
        return words, close + 1

    def _not_ignore(self) -> None:
        directive = self._directive
        verb = one_line(directive.verb, 40)
        near = nearest(verb.lower(), _WORDS_FOR_IGNORE)
        hint = 'did you mean "ignore"?' if near else EXAMPLE
        told = f'"{verb}" is nothing that kmsiac does' if verb else "kmsiac is told nothing"
        end = directive.verb_at + max(1, len(directive.verb))
        self._words.error(told, self._span(directive.verb_at, end), hint)

    def _until(self, settings: str, at: int) -> date | None:
        until: date | None = None
        for found in _SETTING.finditer(settings):
            start, end = at + found.start(), at + found.end()
            if found[1].lower() == "until" and found[2]:
                base = self._directive.rest_at
                until = self._words.last_day(found[3] or "", self._span(base + start, base + end))
                continue
            near = found[2] and nearest(found[1].lower(), ("until",))
            hint = 'did you mean "until"?' if near else "a reason begins with --"
            self._error(f'"{one_line(found[0], 60)}" is no part of an ignore', start, end, hint)
            break
        return until

    def _error(self, message: str, start: int, end: int, hint: str) -> None:
        base = self._directive.rest_at
        self._words.error(message, self._span(base + start, base + end), hint)

    def _span(self, start: int, end: int) -> Span:
        """The place from one offset of the file to another."""
        line, column = self._file.line_column(start)
        end_line, end_column = self._file.line_column(end)
        return Span(self._file.path, line, column, end_line, end_column)
