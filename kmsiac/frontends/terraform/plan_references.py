"""What an expression of a plan's `configuration` refers to, followed as far as a plan tells.

Configuration lists references flat and without functions: `{"references": ["aws_iam_role.a.arn",
"aws_iam_role.a"]}` may be the ARN itself or a text made with it. So a reference says what a value
depends on; that it *is* that value is a conclusion only some attributes allow.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from kmsiac.frontends.terraform.plan_model import (
    Change,
    JsonMap,
    join,
    mapping,
    module_names,
    sequence,
)

MAX_HOPS = 20
"""How many variables and outputs a reference is followed through."""

MAX_ORIGINS = 200
"""How many references of one expression are looked at."""

_STEP = re.compile(r"\.?([A-Za-z_*][\w-]*)|(\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\])")
_ALWAYS_KNOWN = frozenset({"each.key", "count.index", "path", "terraform"})

Modules = dict[tuple[str, ...], JsonMap]


class State(enum.Enum):
    """What the plan knows about the value that a reference means."""

    KNOWN = "known"
    ABSENT = "absent"
    """The resource has no instance in this plan."""
    UNKNOWN = "unknown"
    """Known only after the apply."""
    OPEN = "open"
    """The plan does not show it (a local value, `each.value`)."""


class Origin(NamedTuple):
    """One thing that an expression depends on.

    `change` is the resource instance where there is exactly one that is meant; `attribute` is what
    of it (empty: the reference names only the resource). `text` is the reference as spelled.
    `filled`: its value is certainly neither null nor empty.
    """

    state: State
    text: str
    change: Change | None = None
    attribute: str = ""
    filled: bool = False


class Reference(NamedTuple):
    """A reference in steps: `aws_iam_role.a[0].arn` has the names and the indexes after them."""

    names: tuple[str, ...]
    indexes: tuple[str, ...]


def parse_reference(text: str) -> Reference:
    """Split a reference into names, each with the index behind it (`[0]`, or empty)."""
    names: list[str] = []
    indexes: list[str] = []
    for match in _STEP.finditer(text):
        if match[1]:
            names.append(match[1])
            indexes.append("")
        elif names:
            indexes[-1] += match[2]
    return Reference(tuple(names), tuple(indexes))


def chains(expression: object) -> list[str]:
    """The longest references of an expression, each once, in order (their prefixes left out)."""
    if not isinstance(expression, dict):
        return []
    references = expression.get("references")
    texts = (
        [text for text in references if isinstance(text, str)]
        if isinstance(references, list)
        else []
    )
    found: list[str] = []
    previous = ""
    for text in texts:
        # Terraform prints every reference from longest to shortest: x.y.z, x.y.
        if not (previous.startswith(text) and previous[len(text) :][:1] in {".", "["}):
            found.append(text)
        previous = text
    return list(dict.fromkeys(found))


def is_constant(expression: object) -> bool:
    """Whether an expression is written out. In JSON syntax a template stands there as its text
    (`"${var.x}"`), with what it refers to beside it.
    """
    return (
        isinstance(expression, dict)
        and "constant_value" in expression
        and not expression.get("references")
    )


def is_filled(expression: object) -> bool:
    """Whether an expression is written out, and neither null nor empty."""
    return is_constant(expression) and bool(expression["constant_value"])  # type: ignore[index]


def constant_text(expression: object) -> str | None:
    """The text that an expression is, where it is one and no template of JSON syntax."""
    constant = expression["constant_value"] if is_constant(expression) else None  # type: ignore[index]
    return constant if isinstance(constant, str) and "${" not in constant else None


class Configuration:
    """The `configuration` of a plan with what the plan knows about each reference in it."""

    def __init__(self, plan: JsonMap) -> None:
        where = "configuration"
        self._root = mapping(plan.get("configuration"), where)
        self._variables = mapping(plan.get("variables"), "variables")
        self._modules: Modules = {
            (): mapping(self._root.get("root_module"), f"{where}.root_module")
        }
        self._resources: dict[tuple[str, ...], dict[str, JsonMap]] = {}
        self._instances: dict[tuple[str, str], dict[str, Change]] = {}
        self.known_data: dict[str, JsonMap] = {}
        """The values of data sources read before the plan, by address."""
        self._known_bases: set[str] = set()

    @property
    def provider_configurations(self) -> JsonMap:
        """`provider_config`: provider configurations by key."""
        return mapping(self._root.get("provider_config"), "configuration.provider_config")

    def add_instance(self, change: Change) -> None:
        """Make a resource instance of the plan known to `origins`."""
        self._instances.setdefault((change.module, change.base), {})[change.index] = change

    def add_known_data(self, change: Change) -> None:
        """Make a data source known that was read before the plan."""
        self.known_data[change.address] = change.after
        self._known_bases.add(join(change.module, change.base))

    def module(self, names: tuple[str, ...]) -> JsonMap:
        """The configuration of a module by its calls, empty where the plan does not show it."""
        known = self._modules.get(names)
        if known is None:
            call = self._call(names)
            known = mapping(call.get("module"), f"module {'.'.join(names)}")
            self._modules[names] = known
        return known

    def _call(self, names: tuple[str, ...]) -> JsonMap:
        calls = mapping(self.module(names[:-1]).get("module_calls"), "module_calls")
        return mapping(calls.get(names[-1]), f"module_calls.{names[-1]}")

    def resource(self, change: Change) -> JsonMap | None:
        """The configuration of a resource; None where the plan does not show it."""
        names = module_names(change.module)
        if names not in self._resources:
            entries = sequence(self.module(names).get("resources"), "configuration resources")
            maps = [entry for entry in entries if isinstance(entry, dict)]
            self._resources[names] = {str(entry.get("address")): entry for entry in maps}
        return self._resources[names].get(change.base)

    # -- following ----------------------------------------------------------------------------------

    def origins(self, module: str, expression: object, index: str = "") -> list[Origin]:
        """Everything that an expression in the module instance `module` depends on.

        `index` is that of the resource it stands in: it chooses among the instances of what is
        referred to by `count.index` or `each.key`. Variables and outputs are followed.
        """
        found: list[Origin] = []
        waiting = [(module, text, 0) for text in reversed(chains(expression))]
        while waiting:
            at, text, hops = waiting.pop()
            if len(found) + len(waiting) > MAX_ORIGINS:
                return [*found, Origin(State.OPEN, text)]
            further = self._through(at, text) if hops < MAX_HOPS else None
            if further is None:
                found.append(self._origin(at, text, index))
                continue
            inner, behind = further
            names = chains(behind)
            if not names:
                found.append(_constant(behind, text))
            waiting.extend((inner, name, hops + 1) for name in reversed(names))
        return found

    def _through(self, module: str, text: str) -> tuple[str, object] | None:
        """The expression behind a variable of a module or an output, with where it stands."""
        names, indexes = parse_reference(text)
        if len(names) < 2:
            return None
        if names[0] == "var" and module and len(names) == 2 and not indexes[1]:
            calls = module_names(module)
            arguments = mapping(self._call(calls).get("expressions"), "module expressions")
            parent = module[: module.rindex("module.")].rstrip(".")
            # An argument that is not passed takes its default, which is always a constant.
            return parent, arguments.get(names[1], {"constant_value": None})
        if names[0] == "module" and len(names) == 3 and not indexes[2]:
            inner = join(module, f"module.{names[1]}{indexes[1]}")
            outputs = mapping(self.module(module_names(inner)).get("outputs"), "outputs")
            output = mapping(outputs.get(names[2]), f"outputs.{names[2]}")
            return (inner, output["expression"]) if "expression" in output else None
        return None

    def _origin(self, module: str, text: str, index: str) -> Origin:
        names, indexes = parse_reference(text)
        if not names:
            return Origin(State.OPEN, text)
        if names[0] in _ALWAYS_KNOWN or ".".join(names[:2]) in _ALWAYS_KNOWN:
            return Origin(State.KNOWN, text)
        if names[0] == "var" and not module and len(names) > 1:
            value = self._variables.get(names[1])
            filled = len(names) == 2 and isinstance(value, dict) and bool(value.get("value"))
            known = State.KNOWN if names[1] in self._variables else State.OPEN
            return Origin(known, text, filled=filled)
        if names[0] in {"var", "local", "module", "each", "self", "count"}:
            return Origin(State.OPEN, text)
        start = 1 if names[0] == "data" else 0
        if len(names) < start + 2:
            return Origin(State.OPEN, text)
        base = ".".join(names[: start + 2])
        attribute = ".".join(names[start + 2 :])
        return self._instance(module, base, indexes[start + 1] or index, attribute, text)

    def _instance(self, module: str, base: str, index: str, attribute: str, text: str) -> Origin:
        instances = self._instances.get((module, base), {})
        if not instances:
            known = join(module, base) in self._known_bases
            filled = known and base.startswith("data.aws_iam_policy_document.")
            return Origin(State.KNOWN if known else State.ABSENT, text, filled=filled)
        change = instances.get(index)
        if change is None and len(instances) == 1:
            change = next(iter(instances.values()))
        if change is None:
            return Origin(State.OPEN, text)
        first, _, _ = attribute.partition(".")
        known = bool(first) and not change.is_unknown(first)
        state = State.KNOWN if known else State.UNKNOWN
        return Origin(state, text, change, attribute, known and bool(change.after.get(attribute)))


def _constant(expression: object, text: str) -> Origin:
    # `{}` is a function of constants: known, unless it is one like timestamp().
    state = State.KNOWN if is_constant(expression) else State.OPEN
    return Origin(state, text, filled=is_filled(expression))
