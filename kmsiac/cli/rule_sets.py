"""The rules that a command is about: those that ship and those of `--rules` folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kmsiac.errors import UsageError, did_you_mean
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.rules.model import Rule, RuleSet


def all_rules(folders: Sequence[Path] | None) -> RuleSet:
    """The rules that ship, and those of further folders."""
    return load_rules((builtin_rules_folder(), *(folders or ())))


_OWN = "give --rules DIR if it is in a rule set of your own"


def rule_named(rules: RuleSet, word: str, folders: Sequence[Path] | None) -> Rule:
    """The rule with this id, alias or name, in any case. Raises `UsageError` with a suggestion.

    `folders` are those that were given beside the rules that ship.
    """
    found = rules.get(word) or rules.get(word.upper())
    if found is None:
        found = next((rule for rule in rules if rule.name == word.lower()), None)
    if found is None:
        hint = did_you_mean(word.upper(), [rule.id for rule in rules])
        near_name = did_you_mean(word.lower(), [rule.name for rule in rules])
        best = hint if hint.startswith("did") else near_name if near_name.startswith("did") else ""
        prefixes = {rule.id.partition("-")[0] for rule in rules}
        ours = bool(folders) or word.upper().partition("-")[0] in prefixes
        told = best or "see kmsiac rules list;"
        hint = told.removesuffix(";") if ours else f"{told} {_OWN}"
        raise UsageError(f'there is no rule "{word}"', hint=hint)
    return found
