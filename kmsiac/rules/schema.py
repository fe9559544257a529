"""The keys of a rule file, and what each may hold, but for `when`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kmsiac.errors import KmsiacError, did_you_mean
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node as YamlNode
from kmsiac.reading.nodes import Scalar, Sequence
from kmsiac.rules.compiler import Compiler
from kmsiac.rules.expression import All, Node
from kmsiac.rules.messages import check_message
from kmsiac.rules.model import Escalation, Rule
from kmsiac.rules.points import points_of
from kmsiac.rules.problems import Broken, Problems
from kmsiac.rules.vocabulary import CATEGORIES, POLICY_KINDS, SEVERITIES, TARGETS

PROSE_KEYS = ("rationale", "remediation", "false_positives", "references", "examples")
"""What a scan does not need; these stand last."""
SCAN_KEYS = (
    "id",
    "name",
    "title",
    "severity",
    "category",
    "profile",
    "target",
    "in",
    "when",
    "on_unknown",
    "escalate",
    "yields_to",
    "params",
    "aliases",
    "point_at",
    "message",
)
_REQUIRED = ("id", "name", "title", "severity", "category", "target", "when", "message")
BUILTIN_PREFIXES = frozenset(
    "KP KEY IAM VPCE COND NITRO XACC PERM GRANT ABAC MRK SVC ORG SLR TPL".split()  # noqa: SIM905
)
"""Prefixes of the ids of shipped rules: rules of users take others."""
RULE_ID = re.compile(r"([A-Z][A-Z0-9]*)-[0-9]{2,4}")
RULE_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class RuleReader:
    """Reads one rule from the nodes of its file; mistakes go into `problems`."""

    def __init__(self, problems: Problems, root: YamlNode, builtin: bool) -> None:
        self.problems = problems
        self.root = root
        self.builtin = builtin
        self.nodes: dict[str, YamlNode] = {}
        self.keys: dict[str, YamlNode] = {}

    def read(self, params: Mapping[str, YamlNode] | None = None) -> Rule | None:
        """The rule, None if anything is wrong with it. `params` replace the defaults of the file."""
        if not self._collect():
            return None
        before = len(self.problems.errors)
        target = self._target()
        fields = {
            "id": self._matching("id", RULE_ID, "write it as KP-20"),
            "name": self._matching("name", RULE_NAME, "write it as public-key-policy"),
            "title": self._text("title"),
            "severity": self._one_of("severity", SEVERITIES),
            "category": self._one_of("category", CATEGORIES),
            "profile": self._one_of("profile", ("default", "pedantic"), "default"),
            "message": self._text("message"),
        }
        unknown = self._one_of("on_unknown", ("note", "flag"), "note")
        self._check_id(fields["id"])
        if not target:
            return None
        kinds = self._kinds(target)
        point = self._one_of("point_at", sorted(points_of(target)), target)
        defaults = self._mapping("params")
        compiler = Compiler(self.problems, target, {**defaults, **(params or {})})
        when = self._when(compiler)
        escalate = self._escalations(compiler, fields["severity"], target, when)
        self._check_params(compiler, defaults)
        yields_to, aliases = self._words("yields_to"), self._words("aliases")
        if when is not None and "message" in self.nodes:
            check_message(self.problems, self.nodes["message"], target, when)
        if len(self.problems.errors) > before or when is None:
            return None
        return Rule(
            target=target,
            when=when,
            point_at=point,
            kinds=kinds,
            flag=unknown == "flag",
            escalate=escalate,
            yields_to=frozenset(yields_to),
            aliases=tuple(aliases),
            params=tuple(defaults),
            source_only=compiler.source_only,
            builtin=self.builtin,
            path=self.problems.file.path,
            **fields,
        )

    def _collect(self) -> bool:
        if not isinstance(self.root, MappingNode):
            self.problems.add(self.root, "a rule file is a mapping")
            return False
        known = (*SCAN_KEYS, *PROSE_KEYS)
        for key, value in self.root.entries:
            name = key.text if isinstance(key, Scalar) else ""
            if name not in known:
                self.problems.add(key, f'unknown key "{name}"', did_you_mean(name, known))
            elif name in self.nodes:
                self.problems.add(key, f'"{name}" stands here twice')
            else:
                self.nodes[name] = value
                self.keys[name] = key
        for name in _REQUIRED:
            if name not in self.nodes:
                self.problems.add(self.root, f'the rule has no "{name}"')
        return True

    # -- single keys ------------------------------------------------------------------------------

    def _text(self, name: str, default: str = "") -> str:
        node = self.nodes.get(name)
        if node is None:
            return default
        if isinstance(node, Scalar) and node.kind == "text" and node.text.strip():
            return node.text.strip()
        self.problems.add(node, f'"{name}" must be text')
        return default

    def _one_of(self, name: str, options: tuple[str, ...] | list[str], default: str = "") -> str:
        text = self._text(name, default)
        if text and text not in options:
            node = self.nodes[name]
            self.problems.add(node, f'unknown {name} "{text}"', did_you_mean(text, options))
        return text

    def _matching(self, name: str, form: re.Pattern[str], hint: str) -> str:
        text = self._text(name)
        if text and not form.fullmatch(text):
            self.problems.add(self.nodes[name], f'"{text}" is no {name} of a rule', hint)
        return text

    def _words(self, name: str) -> list[str]:
        node = self.nodes.get(name)
        if node is None:
            return []
        if not isinstance(node, Sequence):
            self.problems.add(node, f'"{name}" must be a list')
            return []
        words = [i.text for i in node.items if isinstance(i, Scalar) and i.kind == "text"]
        if len(words) < len(node.items):
            self.problems.add(node, f'"{name}" must be a list of text')
        return words

    def _mapping(self, name: str) -> dict[str, YamlNode]:
        node = self.nodes.get(name)
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self.problems.add(node, f'"{name}" must be a mapping')
            return {}
        return dict(node.items())

    def _check_id(self, id: str) -> None:
        prefix = id.partition("-")[0]
        if id and not self.builtin and prefix in BUILTIN_PREFIXES:
            hint = "choose a prefix of your own"
            self.problems.add(
                self.nodes["id"], f"the prefix {prefix}- belongs to the shipped rules", hint
            )

    def _target(self) -> str:
        target = self._text("target")
        if target and target not in TARGETS:
            hint = did_you_mean(target, TARGETS)
            self.problems.add(self.nodes["target"], f'unknown target "{target}"', hint)
            return ""
        return target

    def _kinds(self, target: str) -> frozenset[str] | None:
        node = self.nodes.get("in")
        if node is None:
            return None
        if not TARGETS[target].in_policy:
            self.problems.add(self.keys["in"], f"`in` has no sense for the target {target}")
            return None
        kinds: set[str] = set()
        items = node.items if isinstance(node, Sequence) else [node]
        for item in items:
            word = item.text if isinstance(item, Scalar) else ""
            if word not in POLICY_KINDS:
                hint = did_you_mean(word, POLICY_KINDS)
                self.problems.add(item, f'unknown kind of policy "{word}"', hint)
            kinds |= POLICY_KINDS.get(word, frozenset())
        return frozenset(kinds)

    # -- terms ------------------------------------------------------------------------------------

    def _when(self, compiler: Compiler) -> Node | None:
        node = self.nodes.get("when")
        if node is None:
            return None
        try:
            return compiler.when(node)
        except Broken:
            return None

    def _escalations(
        self, compiler: Compiler, severity: str, target: str, base: Node | None
    ) -> tuple[Escalation, ...]:
        node = self.nodes.get("escalate")
        items = node.items if isinstance(node, Sequence) else []
        if node is not None and not isinstance(node, Sequence):
            self.problems.add(node, '"escalate" must be a list')
        found: list[Escalation] = []
        for item in items:
            when = item.get("when") if isinstance(item, MappingNode) else None
            level = item.get("severity") if isinstance(item, MappingNode) else None
            if when is None or not isinstance(level, Scalar):
                self.problems.add(item, "an escalation has `when` and `severity`")
                continue
            if level.text not in SEVERITIES:
                hint = did_you_mean(level.text, SEVERITIES)
                self.problems.add(level, f'unknown severity "{level.text}"', hint)
            elif severity in SEVERITIES and SEVERITIES.index(level.text) <= SEVERITIES.index(
                severity
            ):
                self.problems.add(level, f"an escalation goes upward from {severity}")
            try:
                term = compiler.when(when)
            except Broken:
                continue
            message = self._message_of(item, target, All([base, term]) if base else term)
            found.append(Escalation(term, level.text, message))
        return tuple(found)

    def _message_of(self, item: YamlNode, target: str, when: Node) -> str:
        """The message of an escalation; empty where it has none of its own."""
        node = item.get("message") if isinstance(item, MappingNode) else None
        if node is None:
            return ""
        if not isinstance(node, Scalar) or node.kind != "text" or not node.text.strip():
            self.problems.add(node, '"message" must be text')
            return ""
        check_message(self.problems, node, target, when)
        return node.text.strip()

    def _check_params(self, compiler: Compiler, defaults: Mapping[str, YamlNode]) -> None:
        for name in defaults:
            if name not in compiler.used_params:
                self.problems.add(self.keys["params"], f'the parameter "{name}" is not used')


def problems_in(errors: list[KmsiacError]) -> list[KmsiacError]:
    """Errors in the order of file, line and column."""
    return sorted(errors, key=lambda e: tuple(e.span or ())[:3] if e.span else ("",))
