"""Which rules run: `--select` and `--ignore` by id, alias, name or category, and the profile."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kmsiac.errors import UsageError
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
        near = difflib.get_close_matches(name.upper(), known, 1) or difflib.get_close_matches(
            name, known, 1
        )
        hint = f"did you mean {near[0]}?" if near else "`kmsiac rules list` shows them"
        raise UsageError(f"no rule or category is called {name!r}", hint=hint)
