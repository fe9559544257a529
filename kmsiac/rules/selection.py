"""Which rules run: `--select` and `--ignore` by id, alias, name or category, and the profile."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.errors import UsageError, nearest
from kmsiac.rules.model import Rule, RuleSet


def selected(
    rules: RuleSet,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    pedantic: bool = False,
) -> RuleSet:
    """The rules to run. What is selected by id or name runs in any profile.

    Raises `UsageError` for a name that is neither a rule nor a category.
    """
    wanted, unwanted = {_spelt(rules, n) for n in select}, {_spelt(rules, n) for n in ignore}
    _check(rules, wanted | unwanted)

    def runs(rule: Rule) -> bool:
        names = {rule.id, rule.name, *rule.aliases}
        if names & unwanted or rule.category in unwanted:
            return False
        if names & wanted:
            return True
        if wanted and rule.category not in wanted:
            return False
        return pedantic or rule.profile == "default"

    return rules.only(runs)


def _spelt(rules: RuleSet, name: str) -> str:
    """An id in any case as the rules spell it."""
    return name.upper() if rules.get(name.upper()) is not None else name


def _check(rules: RuleSet, names: set[str]) -> None:
    known = {name for rule in rules for name in (rule.id, rule.name, rule.category, *rule.aliases)}
    for name in sorted(names - known):
        hint = RuleNames(rules).hint(name)
        raise UsageError(f'no rule or category is called "{name}"', hint=hint)


class RuleNames:
    """Every name that a rule or several go by: ids, aliases, names, categories, in any case."""

    def __init__(self, rules: RuleSet) -> None:
        found: dict[str, tuple[str, ...]] = {}
        self._spelt: dict[str, str] = {}
        for rule in rules:
            for name in (rule.id, rule.name, *rule.aliases):
                found.setdefault(name.lower(), (rule.id,))
                self._spelt.setdefault(name.lower(), name)
        for rule in rules:
            if self._spelt.setdefault(rule.category.lower(), rule.category) == rule.category:
                found[rule.category.lower()] = (*found.get(rule.category.lower(), ()), rule.id)
        self._ids = found

    def ids(self, word: str) -> tuple[str, ...]:
        """The ids of the rules that a word names; none where it names nothing."""
        return self._ids.get(word.strip().lower(), ())

    def hint(self, word: str) -> str:
        """What may have been meant by a word that names nothing."""
        near = nearest(word.strip().lower(), self._ids)
        return f'did you mean "{self._spelt[near]}"?' if near else "`kmsiac rules list` shows them"
