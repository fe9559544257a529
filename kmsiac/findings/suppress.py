"""Ignores applied to the matches of a scan: what they suppress, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kmsiac.errors import ConfigError, Span
from kmsiac.findings.build import Locate
from kmsiac.findings.claims import Claim
from kmsiac.findings.config_ignores import ConfigIgnores
from kmsiac.findings.covering import groups_over
from kmsiac.findings.directives import claims_in, directives
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Note, Setting, Suppression
from kmsiac.findings.ignore_words import IgnoreWords, raise_all
from kmsiac.findings.ignores import Ignore
from kmsiac.findings.metadata import claims_of
from kmsiac.findings.verdicts import is_finding
from kmsiac.reading.source import SourceFile, file_of
from kmsiac.rules.match import Match
from kmsiac.rules.selection import RuleNames
from kmsiac.stack import Remark

_MAX_NOTES = 100


@dataclass(frozen=True)
class Wishes:
    """What is asked for about ignores: see the fields of the same names of `ScanOptions`.

    `names` are those of all rules, `running` the ids of the rules that ran.
    """

    names: RuleNames
    running: frozenset[str]
    ignores: tuple[Ignore, ...] = ()
    today: date | None = None
    use_ignores: bool = True
    require_reason: bool = False


@dataclass(frozen=True)
class Scanned:
    """What was scanned: the files with their comments, and the metadata of templates.

    `unsure` are the paths of files that were not read in full; with `only` the findings of other
    files are not among the matches.
    """

    files: Sequence[SourceFile]
    remarks: Sequence[Remark]
    unsure: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()

    def file(self, position: int) -> SourceFile:
        """The file that a position lies in."""
        return self.files[file_of(position) - 1]


@dataclass
class Suppressed:
    """What the ignores have done: the suppression of matches by index, and what to say."""

    of: dict[int, Suppression] = field(default_factory=dict)
    settings: list[Setting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def apply_ignores(
    matches: Sequence[Match], scanned: Scanned, wishes: Wishes, *, lenient: bool = False
) -> Suppressed:
    """Suppress the matches that ignores of the tree and of the configuration cover.

    Raises `ConfigError` or an `ErrorGroup` of them for ignores that are wrong; with `lenient` such
    an ignore is none.
    """
    words = IgnoreWords(wishes.names)
    if not wishes.use_ignores:
        return _passed_over(matches, scanned, wishes, words)
    claims = [claim for file in scanned.files if file.comments for claim in claims_in(file, words)]
    claims += [c for r in scanned.remarks for c in claims_of(r, scanned.file(r.start), words)]
    if wishes.require_reason:
        for ignore in (*(claim.ignore for claim in claims), *wishes.ignores):
            if not ignore.reason:
                message = "this ignore gives no reason, and the configuration asks for one"
                words.errors.append(ConfigError(message, ignore.location, "add -- and the reason"))
    if not lenient:
        raise_all(words.errors)
    return _Applied(matches, scanned, wishes, claims, wishes.ignores).result()


def _passed_over(
    matches: Sequence[Match], scanned: Scanned, wishes: Wishes, words: IgnoreWords
) -> Suppressed:
    """Only ignores that do not come from the tree; how many did is said."""
    trusted = tuple(ignore for ignore in wishes.ignores if ignore.origin != "tree")
    count = len(wishes.ignores) - len(trusted)
    for file in scanned.files:
        count += sum(1 for comment in file.comments for _ in directives(file, comment))
    for remark in scanned.remarks:
        count += len(claims_of(remark, scanned.file(remark.start), words))
    result = _Applied(matches, scanned, wishes, [], trusted).result()
    if count:
        told = "1 ignore" if count == 1 else f"{count} ignores"
        note = f"--no-ignores: {told} of the scanned tree passed over"
        result.notes.insert(0, Note(note))
    return result


class _Applied:
    def __init__(
        self,
        matches: Sequence[Match],
        scanned: Scanned,
        wishes: Wishes,
        claims: list[Claim],
        configured: Sequence[Ignore],
    ) -> None:
        self._matches = matches
        self._scanned = scanned
        self._wishes = wishes
        self._claims = claims
        self._configured = configured
        self._did: dict[int, set[str]] = {}
        """By claim: the rules of which it suppressed something."""
        self._met: dict[int, set[str]] = {}
        """By claim: the rules of which it covers something, be it open or out of date."""
        self._result = Suppressed()

    def result(self) -> Suppressed:
        if self._claims:
            self._apply_claims()
        if self._configured:
            self._apply_configured()
        settings = self._result.settings
        settings.sort(key=lambda setting: (setting.location or Span("", 0, 0, 0, 0), setting.value))
        notes = self._result.notes
        notes.sort(key=lambda note: (note.location or Span("", 0, 0, 0, 0), note.message))
        if len(notes) > _MAX_NOTES:
            notes[_MAX_NOTES:] = [
                Note(f"{len(notes) - _MAX_NOTES} more ignores are over or unused")
            ]
        return self._result

    def _apply_claims(self) -> None:
        around = groups_over(self._claims, self._matches, range(len(self._matches)))
        for index, groups in around.items():
            match = self._matches[index]
            chosen: Ignore | None = None
            for group in groups:
                for claim in group.by_rule[match.rule]:
                    self._met.setdefault(claim, set()).add(match.rule)
                    ignore = self._claims[claim].ignore
                    if is_finding(match) and not self._is_over(ignore):
                        self._did.setdefault(claim, set()).add(match.rule)
                        chosen = chosen or ignore
            if chosen is not None:
                self._result.of[index] = suppression(chosen)
        for number, each in enumerate(self._claims):
            self._say_of_claim(number, each)

    def _say_of_claim(self, number: int, claim: Claim) -> None:
        ignore = claim.ignore
        if number in self._did:
            self._result.settings.append(_setting(ignore, self._did[number]))
        met = self._met.get(number, set())
        if met and self._is_over(ignore):
            self._note(ignore, f"{_over(ignore)}: {', '.join(sorted(met))} counts again")
        if not self._may_judge(ignore):
            return
        idle = [
            word
            for word, ids in claim.words
            if not met.intersection(ids) and self._wishes.running.intersection(ids)
        ]
        if idle:
            where = "" if claim.stretches else ": it stands above nothing and in no block"
            self._note(ignore, f"the ignore of {', '.join(idle)} covers no finding{where}")

    def _may_judge(self, ignore: Ignore) -> bool:
        path = ignore.location.path
        only = self._scanned.only
        return path not in self._scanned.unsure and (not only or path in only)

    def _apply_configured(self) -> None:
        book = ConfigIgnores(self._configured)
        did: dict[int, set[str]] = {}
        met: dict[int, set[str]] = {}
        for index, match in enumerate(self._matches):
            if not book.names(match.rule):
                continue
            for number in book.covering(match, self._paths_of(match)):
                met.setdefault(number, set()).add(match.rule)
                ignore = self._configured[number]
                if is_finding(match) and not self._is_over(ignore):
                    did.setdefault(number, set()).add(match.rule)
                    self._result.of.setdefault(index, suppression(ignore))
        for number, ignore in enumerate(self._configured):
            if number in did:
                self._result.settings.append(_setting(ignore, did[number]))
            elif number in met and self._is_over(ignore):
                rules = ", ".join(sorted(met[number]))
                self._note(ignore, f"{_over(ignore)}: {rules} counts again")
            elif number not in met and self._concerns(book, number):
                self._note(ignore, f"the ignore of {_named(ignore.rules)} covers no finding")

    def _paths_of(self, match: Match) -> Iterator[str]:
        calls = (call.position for call in match.call_chain)
        for position in dict.fromkeys((match.position, *match.places, *calls)):
            if file_of(position):
                yield self._scanned.file(position).path

    def _concerns(self, book: ConfigIgnores, number: int) -> bool:
        """Whether this scan could have shown that an entry covers something."""
        if self._scanned.only or self._scanned.unsure:
            return False
        if not self._wishes.running.intersection(self._configured[number].rules):
            return False
        return any(book.takes_path(number, file.path) for file in self._scanned.files)

    def _is_over(self, ignore: Ignore) -> bool:
        today = self._wishes.today
        return ignore.until is not None and today is not None and ignore.until < today

    def _note(self, ignore: Ignore, message: str) -> None:
        self._result.notes.append(Note(message, ignore.location))


def partly_suppressed(
    matches: Sequence[Match], suppressed: Mapping[int, Suppression], locate: Locate
) -> list[Note]:
    """Findings of which some resources are suppressed and others count, a note for each."""
    counts: dict[tuple[str, int], dict[str, bool]] = {}
    for index, match in enumerate(matches) if suppressed else ():
        if is_finding(match) and file_of(match.position):
            resources = counts.setdefault((match.rule, match.position), {})
            before = resources.get(match.resource, True)
            resources[match.resource] = before and index in suppressed
    notes = []
    for (rule, position), resources in counts.items():
        out = sum(resources.values())
        if 0 < out < len(resources):
            told = f"{rule} is suppressed for {out} of {len(resources)} resources that stand here"
            notes.append(Note(told, locate(position)))
    return sorted(notes, key=lambda note: (note.location or Span("", 0, 0, 0, 0), note.message))


def suppression(ignore: Ignore) -> Suppression:
    """What a finding says of the ignore that suppresses it."""
    until = ignore.until.isoformat() if ignore.until else None
    return Suppression(ignore.by, one_line(ignore.reason), until)


def _setting(ignore: Ignore, rules: Iterable[str]) -> Setting:
    until = f" until {ignore.until.isoformat()}" if ignore.until else ""
    reason = f": {one_line(ignore.reason)}" if ignore.reason else ""
    return Setting(
        "ignore", f"{_named(sorted(rules))}{until}{reason}", ignore.origin, ignore.location
    )


def _named(rules: Sequence[str]) -> str:
    shown = ", ".join(rules[:5])
    return f"{shown} and {len(rules) - 5} more" if len(rules) > 5 else shown


def _over(ignore: Ignore) -> str:
    return f"this ignore ended on {ignore.until}"
