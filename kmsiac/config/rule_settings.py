"""What a configuration says about rules: severities, parameters, ignores, and that they exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from kmsiac.config.file import ConfigValues
from kmsiac.config.find import Located
from kmsiac.config.plain_values import as_data
from kmsiac.config.problems import Placed, Problems
from kmsiac.errors import ErrorGroup, KmsiacError, Span, did_you_mean
from kmsiac.findings.ignores import Ignore
from kmsiac.reading.globs import literally
from kmsiac.rules.loader import builtin_rules_folder, load_rules
from kmsiac.rules.model import RuleSet
from kmsiac.rules.selection import RuleNames

_KEYS = ("severity", "params", "ignore", "select")
"""The keys that name rules."""


@dataclass
class RuleSettings:
    """What was said about rules. `rules` is None where nothing was, and they are not loaded yet."""

    rules: RuleSet | None = None
    severity: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict[str, object]] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()


def rule_settings(
    file: ConfigValues, folders: Sequence[Path], located: Located, prefix: str
) -> RuleSettings:
    """The settings; names that no rule has are mistakes of the file.

    `folders` are those with further rules; `prefix` leads from the folder that reports name paths
    from to the one that the configuration's patterns count from.
    """
    if not any(name in file.values for name in _KEYS):
        return RuleSettings()
    try:
        rules = load_rules([builtin_rules_folder(), *folders])
    except ErrorGroup as group:
        file.problems.errors += group.errors
        return RuleSettings()
    return _Reader(rules, file, located, prefix).read()


class _Reader:
    def __init__(self, rules: RuleSet, file: ConfigValues, located: Located, prefix: str) -> None:
        self._rules = rules
        self._values: Any = file.values
        self._problems: Problems = file.problems
        self._origin = located.origin
        self._prefix = prefix
        self._names = RuleNames(rules)

    def read(self) -> RuleSettings:
        settings = RuleSettings(self._rules)
        for name, level in self._values.get("severity", ()):
            for id in self._one(name):
                settings.severity[id] = level.value
        for name, pairs in self._values.get("params", ()):
            for id in self._one(name):
                given = self._parameters(id, name.span, pairs)
                settings.parameters[id] = {**settings.parameters.get(id, {}), **given}
        for name in self._values.get("select", ()):
            self._any(name)
        ignores = [self._ignore(entry) for entry in self._values.get("ignore", ())]
        settings.ignores = tuple(ignore for ignore in ignores if ignore is not None)
        return settings

    def _one(self, name: Placed[str]) -> list[str]:
        """The id of the rule that an id or alias means, in a list; empty for none."""
        rule = self._rules.get(name.value)
        if rule is None:
            hint = did_you_mean(name.value, [rule.id for rule in self._rules])
            self._unknown(name, "there is no rule", hint)
        return [] if rule is None else [rule.id]

    def _any(self, name: Placed[str]) -> tuple[str, ...]:
        """The ids of the rules that an id, a name, an alias or a category means."""
        found = self._names.ids(name.value)
        if not found:
            hint = self._names.hint(name.value)
            self._unknown(name, "no rule or category is called", hint)
        return found

    def _unknown(self, name: Placed[str], message: str, hint: str) -> None:
        hint = hint or "`kmsiac rules list` shows them"
        self._problems.at(name.span, f'{message} "{name.value}"', hint)

    def _parameters(
        self, id: str, span: Span, pairs: Iterable[tuple[Placed[str], Placed[Any]]]
    ) -> dict[str, object]:
        known = self._rules.rules[id].params
        given: dict[str, object] = {}
        for name, value in pairs:
            if name.value not in known:
                hint = did_you_mean(name.value, known) or "it has no parameters"
                self._problems.at(name.span, f'{id} has no parameter "{name.value}"', hint)
            else:
                given[name.value] = as_data(value.value)
        try:
            self._rules.with_parameters({id: given})
        except KmsiacError as error:
            self._problems.at(span, error.message, error.hint)
            return {}
        return given

    def _ignore(self, entry: dict[str, Any]) -> Ignore | None:
        rules = [id for name in entry["rule"] for id in self._any(name)]
        if not rules:
            return None
        until: date | None = entry["until"].value if "until" in entry else None
        return Ignore(
            rules=tuple(dict.fromkeys(rules)),
            by="config",
            origin=self._origin,
            location=entry[""],
            reason=_text(entry, "reason"),
            until=until,
            path=self._rooted(_text(entry, "path")),
            resource=_text(entry, "resource"),
        )

    def _rooted(self, pattern: str) -> str:
        """A pattern that counts from the configuration's folder, from where reports name paths."""
        if not pattern or not self._prefix:
            return pattern
        anchored = "/" in pattern.rstrip("/")
        return f"{literally(self._prefix)}/{'' if anchored else '**/'}{pattern.lstrip('/')}"


def _text(entry: dict[str, Any], name: str) -> str:
    return str(entry[name].value) if name in entry else ""
