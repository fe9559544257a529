"""What a name stands for: pseudo parameters, parameters, and the return values of resources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from kmsiac.frontends.cloudformation.attributes import (
    ANYTHING,
    NESTED,
    REF,
    RETURNS,
    Attribute,
    attribute_of,
    ref_of,
)
from kmsiac.frontends.cloudformation.expansion import EXTENSIONS, INCLUDE
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.series import Series
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Node, Scalar
from kmsiac.values import Absent, Choice, Part, Symbol, Text, Unknown, Value

_LONGEST_CHAIN = 20
"""How many properties may depend on one another in a row."""

_HOLE = re.compile(r"\{(\w+)\}")


class References:
    """Resolves the names of one template.

    `evaluate` works out the node of a property where a resource's name or path depends on it.
    """

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Parameter],
        evaluate: Callable[[Node], Value],
        in_condition: bool,
    ) -> None:
        self.template = template
        self.parameters = parameters
        self._evaluate = evaluate
        self._in_condition = in_condition
        self.open: Counter[str] = Counter()
        """Parameters whose default cannot be the value where we are (see `defaults.py`)."""
        self.all_open = 0
        self.equal: Mapping[str, Scalar] = {}
        """Parameters that must be a certain text where we are."""
        self.outputs: Callable[[Declared, str, int], Value] | None = None
        self.imported: Callable[[Text, str, int], Value | None] | None = None
        """What the export of a name is, referred to by an expression at a position; None where no
        scanned template exports it."""
        """What an output of a nested stack is, referred to at a position."""
        self._active: set[tuple[str, str]] = set()
        self._shapes: dict[tuple[str, str], Text | None] = {}
        self._values: dict[str, Value] = {}

    def ref(self, name: str, position: int) -> Value:
        """What `Ref` of a name is, referred to at `position`."""
        if name.startswith("AWS::"):
            return self._pseudo(name, position)
        parameter = self.parameters.get(name)
        if parameter is not None:
            return self._parameter(parameter, position)
        stand_in = self.template.expansion.stand_ins.get(name)
        if stand_in is not None:
            return stand_in
        declared = self.template.resources.get(name)
        if declared is None:
            reason = f"there is no parameter or resource {name[:80]}"
            return self.unknown(name, reason + self._maybe_generated(), position)
        return self._ref_resource(declared, position)

    def get_att(self, name: str, attribute: str, position: int) -> Value:
        """What `Fn::GetAtt` of a resource's attribute is, referred to at `position`."""
        reference = f"{name}.{attribute}"
        declared = self.template.resources.get(name)
        if declared is None:
            reason = f"there is no resource {name[:80]}" + self._maybe_generated()
            return self.unknown(reference, reason, position)
        if ANYTHING.match(declared.type):
            return self.unknown(reference, f"decided by the code behind {declared.type}", position)
        if declared.type in NESTED and attribute.startswith("Outputs.") and self.outputs:
            return self.outputs(declared, attribute.removeprefix("Outputs."), position)
        if declared.type == "AWS::SSM::Parameter" and attribute == "Value":
            value = self._property(declared, "Value")
            return value or self.unknown(reference, "the parameter has no Value", position)
        known = attribute_of(declared.type, attribute)
        if known is REF:
            return self._ref_resource(declared, position)
        return self._symbol(declared, known, reference, position)

    def unknown(self, expression: str, reason: str, position: int) -> Unknown:
        """An Unknown of this template."""
        return Unknown(expression, reason, position, self.template.unit)

    def _maybe_generated(self) -> str:
        made = [name for name in self.template.transforms if name not in (EXTENSIONS, INCLUDE)]
        if made:
            return f"; {made[0]} may make it, and is not expanded"
        return f"; {self.template.may_be_more} may make it" if self.template.may_be_more else ""

    # -- pseudo parameters and parameters ----------------------------------------------------------

    def _pseudo(self, name: str, position: int) -> Value:
        provider = self.template.provider
        known = {
            "AWS::AccountId": provider.account,
            "AWS::Region": provider.region,
            "AWS::Partition": provider.partition,
            "AWS::URLSuffix": provider.dns_suffix,
        }.get(name)
        if known is not None:
            return Text(_placed(known.parts, position), position)
        if name == "AWS::NoValue":
            return Absent(position)
        if name == "AWS::StackName" and self.template.stack_name:
            return Text((self.template.stack_name,), position)
        if name == "AWS::StackName":
            return Text((self._named("stack_name", name, position),), position)
        if name == "AWS::StackId":
            shape = self._fill(
                "arn:{partition}:cloudformation:{region}:{account}:stack/",
                None,
                self._named("stack_name", "AWS::StackName", position),
                "/",
                self._named("stack_id", "AWS::StackId.Id", position),
            )
            return Text((self._named("stack_id", name, position, shape),), position)
        if name == "AWS::NotificationARNs":
            reason = "the topics of a stack are named at deployment"
            topic = self._named("topic_arn", name, position)
            return Series(topic, self.unknown(name, reason, position), position)
        return self.unknown(name, "there is no such pseudo parameter", position)

    def _named(self, type: str, name: str, position: int, shape: Text | None = None) -> Symbol:
        reference = self.template.named(name)
        return Symbol(type, reference, self.template.owner, "parameter", shape, position)

    def _parameter(self, parameter: Parameter, position: int) -> Value:
        if parameter.name in self.equal:
            equal = parameter.equal_to(self.equal[parameter.name])
            if equal is not None:
                return equal
        # A default may be long: it is made once and shared.
        if self.all_open or self.open[parameter.name] > 0:
            return parameter.without_default(position)
        known = self._values.get(parameter.name)
        if known is None:
            known = parameter.value(position, self._in_condition)
            if parameter.supplied is None and not _has_place(known):
                self._values[parameter.name] = known
        if isinstance(known, Choice):
            return Choice(known.guard, known.branches, position, known.sensitive)
        return known

    # -- resources ---------------------------------------------------------------------------------

    def _ref_resource(self, declared: Declared, position: int) -> Value:
        name = declared.logical_id
        if ANYTHING.match(declared.type):
            return self.unknown(name, f"decided by the code behind {declared.type}", position)
        if declared.type == "AWS::KMS::Alias":
            alias = self._property(declared, "AliasName")
            if alias is not None:
                return alias
        return self._symbol(declared, ref_of(declared.type), name, position)

    def _symbol(
        self, declared: Declared, attribute: Attribute, reference: str, position: int
    ) -> Text:
        symbol = Symbol(
            attribute.type,
            self.template.named(reference),
            self.template.owner,
            "resource",
            self._shape(declared, attribute, reference),
            position,
            self.template.named(declared.logical_id),
        )
        return Text((symbol,), position)

    def _shape(self, declared: Declared, attribute: Attribute, reference: str) -> Text | None:
        key = (declared.logical_id, reference)
        if key not in self._shapes:
            self._shapes[key] = None
            if attribute.shape:
                self._shapes[key] = self._fill(attribute.shape, declared)
            else:
                known = RETURNS.get(declared.type)
                if known is not None and known.name and reference == declared.logical_id:
                    name = self._definite(declared, known.name)
                    self._shapes[key] = Text(name) if name else None
        return self._shapes[key]

    def _fill(self, shape: str, declared: Declared | None, *rest: Part) -> Text:
        return Text((*self._holes(shape, declared), *rest))

    def _holes(self, shape: str, declared: Declared | None) -> Iterator[Part]:
        provider = self.template.provider
        end = 0
        for found in _HOLE.finditer(shape):
            yield shape[end : found.start()]
            end = found.end()
            hole = found[1]
            if hole in ("account", "region", "partition"):
                yield from getattr(provider, hole).parts
            elif declared is not None:
                yield from self._property_parts(declared, hole)
        yield shape[end:]

    def _property_parts(self, declared: Declared, name: str) -> tuple[Part, ...]:
        """The text of a property, or a symbol that stands for it."""
        position = declared.key.position
        logical_id = declared.logical_id
        if name == "Ref":
            known = RETURNS[declared.type]
            definite = self._definite(declared, known.name) if known.name else None
            return definite or self._symbol(declared, known.ref, logical_id, position).parts
        if name == "Path" and declared.body.get("Properties") is None:
            return ("/",)
        definite = self._definite(declared, name)
        if definite is not None:
            return definite
        if name == "Path" and declared.property("Path") is None:
            return ("/",)
        symbol_type = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        if symbol_type == "managed_policy_name":
            symbol_type = "policy_name"
        owner = self.template.owner
        address = self.template.named(logical_id)
        reference = f"{address}.{name}"
        return (Symbol(symbol_type, reference, owner, "resource", None, position, address),)

    def _definite(self, declared: Declared, name: str) -> tuple[Part, ...] | None:
        """The parts of a property that is one text without unknown parts."""
        value = self._property(declared, name)
        if isinstance(value, Text) and value.parts and not value.has_unknown:
            return value.parts if not value.sensitive else None
        return None

    def _property(self, declared: Declared, name: str) -> Value | None:
        """The value of a property of a resource; None if it is not written, or `AWS::NoValue`."""
        node = declared.property(name)
        if node is None:
            return None
        key = (declared.logical_id, name)
        if key in self._active:
            expression = f"{declared.logical_id}.{name}"
            return self.unknown(expression, "refers to itself", node.position)
        if len(self._active) >= _LONGEST_CHAIN:
            expression = f"{declared.logical_id}.{name}"
            reason = f"more than {_LONGEST_CHAIN} references deep"
            return self.unknown(expression, reason, node.position)
        self._active.add(key)
        try:
            value = self._evaluate(node)
        finally:
            self._active.discard(key)
        return None if isinstance(value, Absent) else value


def _placed(parts: tuple[Part, ...], position: int) -> Iterator[Part]:
    """The parts, each symbol standing at `position`."""
    for part in parts:
        if isinstance(part, Symbol):
            yield Symbol(part.type, part.reference, part.owner, part.origin, part.shape, position)
        else:
            yield part


def _has_place(value: Value) -> bool:
    """Whether the value holds symbols or unknowns, which stand where they are referred to."""
    return isinstance(value, Unknown) or (
        isinstance(value, Text) and any(not isinstance(part, str) for part in value.parts)
    )
