"""`rules lint`: what is wrong with rule files beyond what keeps them from loading.

Errors are mistakes; warnings, which only rules of users get, are what the shipped rules keep to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kmsiac.authoring.lint_prose import prose_faults
from kmsiac.authoring.lint_terms import term_faults
from kmsiac.authoring.problem import ERROR, Problem
from kmsiac.authoring.rule_file import RuleFile, rule_files
from kmsiac.errors import ErrorGroup, whole_file
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.rules.model import Rule
from kmsiac.rules.vocabulary import TARGETS

_MAX_TITLE = 80
_INSIDE_OTHERS = {"policy": 0, "statement": 1}
"""How deep the targets that hold others lie in a policy; the others lie side by side below."""


class Linted(NamedTuple):
    """How many rules were looked at, and what is wrong, in order of file and line."""

    rules: int
    problems: list[Problem]

    def count(self, level: str) -> int:
        """How many problems are of a level."""
        return sum(problem.level == level for problem in self.problems)


def lint(folders: Sequence[Path] | None = None) -> Linted:
    """Lint the rules of some folders; without any, those that ship."""
    shipped = builtin_rules_folder()
    chosen = [shipped] if folders is None else list(folders)
    problems = _loading([shipped, *(f for f in chosen if f.resolve() != shipped)])
    files = list(rule_files([folder for folder in chosen if folder.is_dir()]))
    rules = _rules_around(files)
    for file in files:
        if file.rule is not None:
            problems += _faults(file, file.rule, rules)
    problems += _same_names(files, rules)
    found = sorted(
        set(problems), key=lambda p: (p.span.path, p.span.line, p.span.column, p.message)
    )
    return Linted(len(files), found)


def _loading(folders: Sequence[Path]) -> list[Problem]:
    """What keeps the rules from loading."""
    try:
        load_rules(folders)
    except ErrorGroup as group:
        return [
            Problem(ERROR, error.span or whole_file(""), error.message, error.hint)
            for error in group.errors
        ]
    return []


def _rules_around(files: Sequence[RuleFile]) -> Mapping[str, Rule]:
    """The rules of the files, and those that ship, by id."""
    found = {file.rule.id: file.rule for file in files if file.rule is not None}
    if any(not file.builtin for file in files):
        try:
            found = {**load_rules().rules, **found}
        except ErrorGroup:
            # A shipped file is broken, which is told already.
            return found
    return found


def _faults(file: RuleFile, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    checks: tuple[Callable[[], Iterator[Problem]], ...] = (
        lambda: _names(file, rule),
        lambda: _order(file),
        lambda: _yields_to(file, rule, rules),
        lambda: term_faults(file, rule),
        lambda: prose_faults(file, rule),
    )
    for check in checks:
        yield from check()


def _names(file: RuleFile, rule: Rule) -> Iterator[Problem]:
    wanted = f"{rule.id}-{rule.name}.yaml"
    expected = f"{rule.category}/{wanted}" if file.builtin else wanted
    actual = file.relative if file.builtin else file.relative.rpartition("/")[2]
    if actual != expected:
        message = f'the file is called "{actual}"'
        yield file.lesser(file.key_span("id"), message, f'call it "{expected}"')
    if len(rule.title) > _MAX_TITLE:
        message = f"the title has {len(rule.title)} characters"
        hint = f"at most {_MAX_TITLE}: lists show it in one line"
        yield file.lesser(file.span(file.value("title")), message, hint)


def _order(file: RuleFile) -> Iterator[Problem]:
    """What a scan needs stands before prose: the loader reads no further than the first prose key."""
    from kmsiac.rules.schema import PROSE_KEYS  # noqa: PLC0415 - only here

    after = ""
    for name, node in file.written_keys():
        if name in PROSE_KEYS:
            after = name
        elif after and file.builtin:
            message = f'"{name}" stands after "{after}"'
            yield Problem(ERROR, file.span(node), message, "prose stands last")


def _yields_to(file: RuleFile, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    for id in sorted(rule.yields_to):
        other = rules.get(id)
        if other is not None and not can_nest(rule, other):
            message = f"{id} never speaks of the same element, or of one around or inside it"
            yield Problem(ERROR, file.span(file.value("yields_to")), message, _why(rule, other))


def can_nest(one: Rule, other: Rule) -> bool:
    """Whether the target of one rule can be that of the other, hold it or lie inside it."""
    if TARGETS[one.target].in_policy is not TARGETS[other.target].in_policy:
        return False
    if not TARGETS[one.target].in_policy:
        # A grantee belongs to its key.
        return one.target == other.target or {one.target, other.target} == {"key", "grantee"}
    if one.kinds is not None and other.kinds is not None and not one.kinds & other.kinds:
        return False
    return one.target == other.target or not _INSIDE_OTHERS.keys().isdisjoint(
        {one.target, other.target}
    )


def _why(rule: Rule, other: Rule) -> str:
    if rule.target != other.target:
        return f"its target is {other.target}, here it is {rule.target}"
    return "it is for other kinds of policy"


def _same_names(files: Sequence[RuleFile], rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """Names that two rules have: ignores and `--select` could mean either."""
    taken: dict[str, list[str]] = {}
    for rule in rules.values():
        taken.setdefault(rule.name, []).append(rule.id)
    for file in files:
        if file.rule is None:
            continue
        others = [id for id in taken.get(file.rule.name, ()) if id != file.rule.id]
        if others:
            message = f'the name "{file.rule.name}" is that of {others[0]}, too'
            yield Problem(ERROR, file.span(file.value("name")), message, "names are unique")
