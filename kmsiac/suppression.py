"""What takes findings out of a scan, in order: ignores, the baseline file, an earlier commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kmsiac.config import ScanOptions
from kmsiac.errors import Span, whole_file
from kmsiac.findings.baseline import Baseline, Judgement, read_baseline
from kmsiac.findings.finding import Note, Setting, Suppression
from kmsiac.findings.peers import peer_note
from kmsiac.findings.sightings import Sighting, cover, see
from kmsiac.findings.suppress import (
    Scanned,
    Suppressed,
    Wishes,
    apply_ignores,
    partly_suppressed,
)
from kmsiac.findings.twins import Twins, follow
from kmsiac.reading.tree import RECORDED_MODULES, SourceTree, present
from kmsiac.reporters.wording import many
from kmsiac.rules.match import Match
from kmsiac.rules.selection import RuleNames
from kmsiac.since import earlier
from kmsiac.stack import Remark


@dataclass(frozen=True)
class Judged:
    """The matches of a scan before anything is taken out, and what they came from.

    `units` are all that were found, `complete` those of which every finding is among the matches.
    `unsure` are the paths of what was not read in full. With `only` the findings of other files
    were left out. `running` are the ids of the rules that ran, `names` the names of all rules.
    `twins` are the matches of plans that the code beside them has, too.
    """

    tree: SourceTree
    matches: list[Match]
    remarks: list[Remark]
    units: frozenset[str]
    complete: frozenset[str]
    unsure: frozenset[str]
    only: frozenset[str]
    running: frozenset[str]
    names: RuleNames
    twins: Twins = field(default_factory=dict)

    def judgement(self) -> Judgement:
        """Which baseline entries this scan could have matched."""
        tree = self.tree
        return Judgement(self.complete, self.running, lambda unit: present(tree.base / unit))


def suppress(
    judged: Judged,
    options: ScanOptions,
    judge: Callable[[ScanOptions], Judged],
    environment: Mapping[str, str],
) -> Suppressed:
    """What the options take out. `judge` scans an earlier commit for `options.since`.

    Raises `ConfigError`s for wrong ignores and baselines, `UsageError` for a commit that is not there.
    """
    result = ignored(judged, options)
    if options.baseline is not None:
        _take_baseline(judged, options, result)
    if options.since is not None:
        _take_earlier(judged, options, result, judge, environment)
    follow(result.of, judged.twins)
    result.notes += partly_suppressed(judged.matches, result.of, judged.tree.span)
    note = peer_note(judged.tree.files, judged.remarks, judged.matches, result.of)
    notes = [*result.notes, *([note] if note else []), *_of_recorded_modules(judged.tree)]
    return Suppressed(result.of, _merged(options.settings, result.settings), notes)


def _of_recorded_modules(tree: SourceTree) -> list[Note]:
    """Where a file of the tree says which folders stand for modules of registries: who writes the
    tree can write that, too.
    """
    told = "modules that are not in the tree were looked for where this file says"
    return [
        Note(told, whole_file(path))
        for path in sorted({file.path for file in tree.files})
        if path.endswith(RECORDED_MODULES)
    ]


def _merged(named: Sequence[Setting], acted: list[Setting]) -> list[Setting]:
    """All settings; of what is named and did something only what it did, where it is named."""
    doing = {setting.key: setting for setting in acted if setting.key != "ignore"}
    placed = {s.key: replace(doing[s.key], location=s.location) for s in named if s.key in doing}
    others = [setting for setting in named if setting.key not in doing]
    return [*others, *(placed.get(setting.key, setting) for setting in acted)]


def ignored(judged: Judged, options: ScanOptions, *, lenient: bool = False) -> Suppressed:
    """What ignores take out. With `lenient` one that is wrong is none."""
    scanned = Scanned(judged.tree.files, judged.remarks, judged.unsure, judged.only)
    wishes = Wishes(
        judged.names,
        judged.running,
        options.ignores,
        options.today,
        options.use_ignores,
        options.require_reason,
    )
    result = apply_ignores(judged.matches, scanned, wishes, lenient=lenient)
    follow(result.of, judged.twins)
    return result


def baseline_at(judged: Judged, options: ScanOptions, file: Path) -> Baseline:
    """The baseline in a file. Raises `ConfigError`s."""
    path = options.working_directory.resolve() / file
    return read_baseline(path, judged.tree.report_path(path))


def _take_baseline(judged: Judged, options: ScanOptions, result: Suppressed) -> None:
    assert options.baseline is not None
    baseline = baseline_at(judged, options, options.baseline)
    path = options.working_directory.resolve() / options.baseline
    inside = path.resolve().is_relative_to(judged.tree.root)
    seen = see(judged.matches, judged.tree.span, result.of)
    covered = cover(baseline.entries, seen, judged.units)
    for index in covered.seen:
        for match in seen[index].matches:
            result.of[match] = Suppression("baseline")
    name = judged.tree.report_path(path)
    if covered.seen:
        value = f"{name}: {many(len(covered.seen), 'finding')}"
        result.settings.append(Setting("baseline", value, "tree" if inside else "trusted"))
    judgement = judged.judgement()
    stale = [n for n in sorted(covered.idle) if judgement.is_stale(baseline.entries[n])]
    if stale:
        entries = "1 entry matches" if len(stale) == 1 else f"{len(stale)} entries match"
        told = f"{entries} nothing any more; kmsiac baseline prune takes out what is done"
        result.notes.append(Note(told, baseline.places[stale[0]]))


def _take_earlier(
    judged: Judged,
    options: ScanOptions,
    result: Suppressed,
    judge: Callable[[ScanOptions], Judged],
    environment: Mapping[str, str],
) -> None:
    before: list[Sighting] = []
    with earlier(options, judged.tree.root, environment) as (then, notes):
        if then is not None:
            before = _standing(then, judge, notes)
    seen = see(judged.matches, judged.tree.span, result.of)
    covered = cover(before, seen, judged.units)
    for index in covered.seen:
        for match in seen[index].matches:
            result.of[match] = Suppression("baseline", f"present at {options.since}")
    if covered.seen:
        value = f"{options.since}: {many(len(covered.seen), 'finding')}"
        asked = next((s.origin for s in options.settings if s.key == "since"), "flag")
        result.settings.append(Setting("since", value, asked))
    result.notes += notes


def _standing(
    then: ScanOptions, judge: Callable[[ScanOptions], Judged], notes: list[Note]
) -> list[Sighting]:
    """The findings that counted at an earlier commit."""
    judged = judge(then)
    result = ignored(judged, then, lenient=True)
    if then.baseline is not None:
        _take_baseline(judged, then, result)
    if judged.unsure:
        told = f"at that commit {len(judged.unsure)} files were not read in full: what stands there"
        notes.append(Note(f"{told} counts as new", Span(min(judged.unsure), 0, 0, 0, 0)))
    return [one.sighting for one in see(judged.matches, judged.tree.span, result.of)]
