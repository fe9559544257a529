"""Parameters: what was supplied, what a default says, and what stays open until deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from decimal import Decimal, InvalidOperation

from kmsiac.errors import UsageError
from kmsiac.frontends.cloudformation.binding import Bound, as_declared
from kmsiac.frontends.cloudformation.choices import choose
from kmsiac.frontends.cloudformation.decisions import MAX_ALTERNATIVES
from kmsiac.frontends.cloudformation.patterns import forbids_wildcards, is_account_id
from kmsiac.frontends.cloudformation.series import Series, Subset
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.frontends.cloudformation.texts import (
    number,
    plain_scalar,
    text_value,
    whole_value,
)
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.values import Absent, Atom, Choice, Guard, List, Symbol, Text, Unknown, Value

_MOST_ALLOWED = 10
_LONGEST_SHOWN = 80
_MOST_MEMBERS = 6
"""The most allowed values of a list whose subsets are cases (2 ** 6 is the cap on cases)."""
_ID = re.compile(r"AWS::(?:\w+)::(\w+)::(Id|Name)\b")
_SYMBOL_TYPES = {
    "VPC": "vpc_id",
    "Subnet": "subnet_id",
    "SecurityGroup": "security_group_id",
}


class Parameter:
    """One parameter of a template and the text that was supplied for it, if any."""

    def __init__(
        self, name: str, key: Scalar, body: Node, template: Template, supplied: str | None
    ) -> None:
        self.name = name
        self.template = template
        self.position = key.position
        self.supplied = supplied
        self.bound: Bound | None = None
        """What the parent of a nested stack gives."""
        declared = body if isinstance(body, Mapping) else Mapping([], key.position)
        template.check_keys(declared)
        type_ = declared.get("Type")
        self.type = type_.text if isinstance(type_, Scalar) else "String"
        self.no_echo = any(map(_is_set, declared.items()))
        self.default = self._default(declared.get("Default"))
        allowed = declared.get("AllowedValues")
        items = allowed.items if isinstance(allowed, Sequence) else []
        self.allowed = [item for item in items if isinstance(item, Scalar)]
        pattern = declared.get("AllowedPattern")
        self.pattern = pattern.text if isinstance(pattern, Scalar) else ""

    def _default(self, node: Node | None) -> Scalar | None:
        """The default; CloudFormation takes nothing but a text, a number or a boolean for one."""
        if node is None:
            return None
        if isinstance(node, Scalar) and node.kind != "null" and not node.tag:
            return node
        self.template.error(
            f"the default of parameter {_short(self.name)} is no text",
            node.position,
            "write lists as one text with commas",
        )
        return None

    @property
    def is_list(self) -> bool:
        """Whether the value is a list of texts."""
        return self.type == "CommaDelimitedList" or "List<" in self.type

    @property
    def guard(self) -> Guard:
        """The question what the parameter's value is."""
        taken = self.name in self.template.conditions
        return self.template.guard(f"parameter {self.name}" if taken else self.name)

    def value(self, position: int, in_condition: bool) -> Value:
        """What a reference at `position` stands for.

        In a condition a parameter that was not supplied is open even if it has a default.
        """
        if self.type.startswith("AWS::SSM::Parameter::Value<"):
            # What is supplied, and the default, is the name under which the value is stored.
            return self._stored(position)
        if self.bound is not None:
            value = self.bound.in_condition() if in_condition else self.bound.value()
            return self._narrowed(value, position)
        if self.supplied is not None:
            return self._typed(self.supplied, position)
        if self.allowed and not self.is_list:
            return self._choice(position)
        if in_condition:
            return self._one_symbol("text", position)
        if 0 < len(self.allowed) <= _MOST_MEMBERS:
            return self._subset(position)
        if self.default is not None:
            return self._typed(plain_scalar(self.default), self.default.position)
        return self._open(position, "parameter has no default")

    def without_default(self, position: int) -> Value:
        """The value where a condition rules the default out."""
        stored = self.type.startswith("AWS::SSM::Parameter::Value<")
        if self.bound is not None and not stored:
            return self._narrowed(self.bound.without_defaults(), position)
        if self.default is None or self.supplied is not None or stored:
            return self.value(position, in_condition=False)
        if self.allowed and (not self.is_list or len(self.allowed) <= _MOST_MEMBERS):
            return self.value(position, in_condition=False)
        return self._open(position, "the default does not hold under this condition")

    def equal_to(self, literal: Scalar) -> Value | None:
        """The value where a condition has found it equal to a text; None where that says nothing:
        what stands in Parameter Store is not what is compared, and what is supplied or allowed, or
        is the default, is known as such.
        """
        told = self.supplied is not None or self.is_list or bool(self.allowed)
        if told or self.type.startswith("AWS::SSM::Parameter::Value<"):
            return None
        written = plain_scalar(literal)
        if self.default is not None and plain_scalar(self.default) == written:
            return None
        return self._typed(written, literal.position)

    def pieces(self, written: str) -> list[str]:
        """The members of a list as it is written (of an empty text: one), or the one value."""
        if not self.is_list:
            return [written]
        return [item.strip() for item in written.split(",")]

    def _narrowed(self, given: Value, position: int) -> Value:
        """What a parent gives, as the type has it; of the unknown what the template demands of it."""
        value = as_declared(given, self.type, self.is_list, self.template.unit, self.no_echo)
        if not isinstance(value, Unknown):
            return value
        if self.allowed and not self.is_list:
            return self._choice(position)
        narrowed = self._open(position, value.reason)
        return value if isinstance(narrowed, Unknown) else narrowed

    def _typed(self, written: str, position: int) -> Value:
        if self.is_list:
            texts = [self._text(item, position) for item in self.pieces(written)]
            return List(texts, position, sensitive=self.no_echo)
        if self.type == "Number" and not self.no_echo:
            return number(written, position)
        return self._text(written, position)

    def _text(self, written: str, position: int) -> Value:
        plain = text_value(written, self.template.owner, position)
        return whole_value(Text(plain.parts, position, sensitive=self.no_echo))

    def _choice(self, position: int) -> Value:
        if len(self.allowed) > MAX_ALTERNATIVES:
            reason = f"parameter has {len(self.allowed)} allowed values; give --parameters"
            return self._unknown(f"{reason} {self.name}=...", position)
        branches: dict[Atom, Value] = {}
        for ordinal, item in enumerate(self.allowed, 1):
            # Reports print the cases that a finding holds in.
            written = plain_scalar(item)
            atom = f"allowed value {ordinal}" if self.no_echo else written
            branches.setdefault(atom, self._typed(written, item.position))
        return choose(self.guard, list(branches.items()), position)

    def _subset(self, position: int) -> Value:
        """A list of which each member is one of the allowed values."""
        members: list[Value] = []
        allowed = {plain_scalar(item): item.position for item in self.allowed}
        for ordinal, (written, place) in enumerate(allowed.items(), 1):
            told = f"allowed value {ordinal}" if self.no_echo else written
            guard = Guard(self.guard.unit, f"{self.guard.name} has {told}")
            held = self._text(written, place)
            members.append(Choice(guard, ((True, held), (False, Absent(place))), position))
        return Subset(members, position, sensitive=self.no_echo)

    def _open(self, position: int, reason: str) -> Value:
        """The value where there is neither a supplied one nor a default that holds."""
        type = self._definite_type()
        reason = f"{reason}; give --parameters {self.name}=..."
        if type and self.is_list:
            return self._series(type, reason, position)
        return self._one_symbol(type, position) if type else self._unknown(reason, position)

    def _definite_type(self) -> str:
        """The type of symbol that the value is, or each of its members; empty where it may hold
        a wildcard.
        """
        found = _ID.search(self.type)
        if found is not None:
            return _SYMBOL_TYPES.get(found[1], "text")
        if self.type in ("Number", "List<Number>"):
            return "text"
        if is_account_id(self.pattern):
            return "account_id"
        return "text" if forbids_wildcards(self.pattern) else ""

    def _stored(self, position: int) -> Value:
        """What stands in Parameter Store: one definite text, or a list of them."""
        found = _ID.search(self.type)
        type = _SYMBOL_TYPES.get(found[1], "text") if found is not None else "text"
        if self.is_list:
            return self._series(type, "the list is held in SSM Parameter Store", position)
        return self._one_symbol(type, position)

    def _series(self, type: str, reason: str, position: int) -> Value:
        rest = Unknown(self.name, reason, position, self.template.unit, self.no_echo)
        first = Symbol(type, self.name, self.template.owner, "parameter", None, position)
        return Series(first, rest, position, self.no_echo)

    def _one_symbol(self, type: str, position: int) -> Text:
        symbol = Symbol(
            type, self.template.named(self.name), self.template.owner, "parameter", None, position
        )
        return Text((symbol,), position, sensitive=self.no_echo)

    def _unknown(self, reason: str, position: int) -> Value:
        unknown = Unknown(self.name, reason, position, self.template.unit, self.no_echo)
        return List((), position, unknown, self.no_echo) if self.is_list else unknown


def read_parameters(template: Template, supplied: MappingType[str, str]) -> dict[str, Parameter]:
    """The parameters of a template by name.

    Raises `UsageError` for a supplied value that is none of a parameter's allowed values.
    """
    parameters = {
        name: Parameter(name, key, body, template, supplied.get(name))
        for name, (key, body) in template.parameters.items()
    }
    for parameter in parameters.values():
        _check(parameter)
    return parameters


def _check(parameter: Parameter) -> None:
    """CloudFormation deploys nothing with a value that is not allowed."""
    if parameter.supplied is None or not parameter.allowed:
        return
    allowed = [plain_scalar(item) for item in parameter.allowed]
    for value in parameter.pieces(parameter.supplied):
        if value in allowed or (parameter.type == "Number" and _same_number(value, allowed)):
            continue
        told = "the value" if parameter.no_echo else f'"{_short(value)}"'
        shown = "" if parameter.no_echo else f"its allowed values are {_listed(allowed)}"
        path = parameter.template.file.path
        raise UsageError(f"--parameters {parameter.name}: {path} does not allow {told}", hint=shown)


def _same_number(value: str, allowed: list[str]) -> bool:
    try:
        return Decimal(value) in [Decimal(one) for one in allowed]
    except InvalidOperation:
        return False


def _short(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= _LONGEST_SHOWN else f"{flat[: _LONGEST_SHOWN - 1]}…"


def _listed(allowed: list[str]) -> str:
    shown = ", ".join(_short(value) for value in allowed[:_MOST_ALLOWED])
    more = len(allowed) - _MOST_ALLOWED
    return f"{shown} and {more} more" if more > 0 else shown


def _is_set(member: tuple[str, Node]) -> bool:
    """Whether a member of a declaration is NoEcho and not surely off: what is hidden once too often
    does less harm than what is shown.
    """
    name, value = member
    off = (
        isinstance(value, Scalar) and not value.tag and value.text.lower() in ("false", "no", "off")
    )
    return name == "NoEcho" and not off
