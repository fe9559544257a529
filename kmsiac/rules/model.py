"""A rule as the engine runs it, and a set of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kmsiac.rules.expression import Node


@dataclass(frozen=True)
class Escalation:
    """A higher severity for when more holds, and its own message if it has one."""

    when: Node
    severity: str
    message: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule, compiled.

    `kinds` are the kinds of policy that the target is or lies in; None where the rule does not
    say (any that a scan reads but boundary and session policies). `flag`: a cannot-tell counts.
    `source_only`: a plan can never show what it asks.
    """

    id: str
    name: str
    title: str
    severity: str
    category: str
    target: str
    when: Node
    message: str
    point_at: str
    profile: str = "default"
    kinds: frozenset[str] | None = None
    flag: bool = False
    escalate: tuple[Escalation, ...] = ()
    yields_to: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    source_only: bool = False
    builtin: bool = True
    path: str = ""


Prose = Mapping[str, object]


def _no_prose(_rule: str) -> Prose:
    return {}


@dataclass(frozen=True)
class RuleSet:
    """Rules by id, in order of id.

    `prose_of` reads what the loader left unread; `recompile` makes a rule with other parameters.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    prose_of: Callable[[str], Prose] = _no_prose
    recompile: Callable[[str, Mapping[str, object]], Rule] | None = None

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)

    def get(self, id: str) -> Rule | None:
        """The rule with that id or alias."""
        found = self.rules.get(id)
        if found is not None:
            return found
        return next((rule for rule in self if id in rule.aliases), None)

    def only(self, wanted: Callable[[Rule], bool]) -> RuleSet:
        """The rules that are wanted; one that is left out silences nobody."""
        chosen = {id: rule for id, rule in self.rules.items() if wanted(rule)}
        return RuleSet(chosen, self.prose_of, self.recompile)

    def with_parameters(self, parameters: Mapping[str, Mapping[str, object]]) -> RuleSet:
        """The rules with values of configuration for their parameters, by rule id.

        Ids that are not in the set are passed over. Raises `RuleError` for a parameter that a rule
        does not have, or a value that does not fit.
        """
        if self.recompile is None:
            return self
        rules = dict(self.rules)
        for id, values in parameters.items():
            if id in rules and values:
                rules[id] = self.recompile(id, values)
        return RuleSet(rules, self.prose_of, self.recompile)

    def with_severities(self, severities: Mapping[str, str]) -> RuleSet:
        """The rules with other severities, by rule id: in place of their own and of escalations.

        Ids that are not in the set are passed over.
        """
        rules = dict(self.rules)
        for id, severity in severities.items():
            if id in rules:
                rule = rules[id]
                escalate = tuple(replace(each, severity=severity) for each in rule.escalate)
                rules[id] = replace(rule, severity=severity, escalate=escalate)
        return RuleSet(rules, self.prose_of, self.recompile)

    def prose(self, id: str) -> Prose:
        """rationale, remediation, false_positives, references, examples of a rule, as plain data.

        Raises `RuleError` where the file can no longer be read.
        """
        return self.prose_of(id)
