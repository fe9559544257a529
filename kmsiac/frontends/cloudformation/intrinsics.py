"""The intrinsic functions, by name. Each takes a call and gives the value it stands for.

A call that makes no sense raises `BadCallError`; the resolver turns it into an Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.calls import (
    BadCallError,
    arguments_of,
    charged,
    name_in,
)
from kmsiac.frontends.cloudformation.choice_functions import if_
from kmsiac.frontends.cloudformation.choices import distribute, plain
from kmsiac.frontends.cloudformation.extensions import (
    computed_name,
    get_stack_output,
    length,
    to_json_string,
)
from kmsiac.frontends.cloudformation.include import what_it_does
from kmsiac.frontends.cloudformation.list_functions import cidr, get_azs, select, split
from kmsiac.frontends.cloudformation.mappings import find_in_map
from kmsiac.frontends.cloudformation.serverless_variables import VARIABLE, variable
from kmsiac.frontends.cloudformation.tags import Call
from kmsiac.frontends.cloudformation.text_functions import base64, import_value, join, sub
from kmsiac.reading.nodes import Scalar
from kmsiac.values import Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.resolver import Resolver


def _ref(resolver: Resolver, call: Call) -> Value:
    if isinstance(call.argument, Scalar):
        name = name_in(call.argument, "what Ref names")
        return charged(resolver, resolver.references.ref(name, call.position))
    names = computed_name(resolver, call.argument, "what Ref names", call)

    def build(values: Sequence[Value]) -> Value:
        name = plain(values[0]) or ""
        return charged(resolver, resolver.references.ref(name, call.position))

    return distribute([names], build, call.position)


def _get_att(resolver: Resolver, call: Call) -> Value:
    argument = call.argument
    if isinstance(argument, Scalar):
        name, _, attribute = argument.text.partition(".")
        return _attribute(resolver, name, attribute, call)
    first, second = arguments_of(call, 2, 2)
    operands = [
        computed_name(resolver, first, "the resource in Fn::GetAtt", call),
        resolver.evaluate(second),
    ]

    def build(values: Sequence[Value]) -> Value:
        attribute = plain(values[1])
        if attribute is None or values[1].sensitive:
            raise BadCallError("the attribute in Fn::GetAtt is not a known text")
        if values[1].sensitive:
            raise BadCallError("the attribute in Fn::GetAtt is a secret")
        return _attribute(resolver, plain(values[0]) or "", attribute, call)

    return distribute(operands, build, call.position)


def _attribute(resolver: Resolver, name: str, attribute: str, call: Call) -> Value:
    if not attribute:
        raise BadCallError("Fn::GetAtt names no attribute")
    return resolver.references.get_att(name, attribute, call.position)


def _transform(_: Resolver, call: Call) -> Value:
    raise BadCallError(what_it_does(call.argument)[0])


Function = Callable[["Resolver", Call], Value]

INTRINSICS: Mapping[str, Function] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": sub,
    "Fn::Join": join,
    "Fn::Split": split,
    "Fn::Select": select,
    "Fn::If": if_,
    "Fn::FindInMap": find_in_map,
    "Fn::ImportValue": import_value,
    "Fn::ToJsonString": to_json_string,
    "Fn::Length": length,
    "Fn::GetStackOutput": get_stack_output,
    "Fn::Transform": _transform,
    "Fn::Base64": base64,
    "Fn::Cidr": cidr,
    "Fn::GetAZs": get_azs,
    VARIABLE: variable,
}
"""What is evaluated. Any other function is an Unknown that says so."""
