"""AWS SAM: the resources that the Serverless transform makes of `AWS::Serverless::*`.

What it makes is what decides access to keys or is referred to: the resource itself under the type
it has in CloudFormation, the roles, what names a key. Deployments, permissions, event rules and
the managed policies of connectors, which grant no action of KMS, are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kmsiac.aws.sam import TRANSFORM
from kmsiac.frontends.cloudformation.sam_apis import api, graphql_api, implicit_apis
from kmsiac.frontends.cloudformation.sam_functions import capacity_provider, function, state_machine
from kmsiac.frontends.cloudformation.sam_globals import Globals
from kmsiac.frontends.cloudformation.sam_nodes import mapping, plain_map, scalar
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Mapping, Scalar

PREFIX = "AWS::Serverless::"

_Expand = Callable[[Declared, Mapping, Template], tuple[Mapping, list[Declared]]]
"""Of a resource and its properties: those that it has in CloudFormation, and what is made with it."""


def _as_it_is(
    declared: Declared, properties: Mapping, template: Template
) -> tuple[Mapping, list[Declared]]:
    del declared, template
    return properties, []


_KINDS: dict[str, tuple[str, _Expand]] = {
    "Function": ("AWS::Lambda::Function", function),
    "StateMachine": ("AWS::StepFunctions::StateMachine", state_machine),
    "Api": ("AWS::ApiGateway::RestApi", api),
    "HttpApi": ("AWS::ApiGatewayV2::Api", _as_it_is),
    "WebSocketApi": ("AWS::ApiGatewayV2::Api", _as_it_is),
    "SimpleTable": ("AWS::DynamoDB::Table", _as_it_is),
    "LayerVersion": ("AWS::Lambda::LayerVersion", _as_it_is),
    "Application": ("AWS::Serverless::Application", _as_it_is),
    "GraphQLApi": ("AWS::AppSync::GraphQLApi", graphql_api),
    "CapacityProvider": ("AWS::Lambda::CapacityProvider", capacity_provider),
    "Connector": ("AWS::Serverless::Connector", _as_it_is),
}
"""The type that each becomes. A connector becomes nothing that touches a key; an application is a
nested stack, which is followed as one."""

_DROPPED = frozenset({"Type", "Properties", "Connectors", "IgnoreGlobals"})


def expand(template: Template) -> None:
    """Put what the transform makes in the place of the `AWS::Serverless::*` resources.

    They are expanded where the template does not ask for the transform, too, and that is reported:
    CloudFormation has no such types.
    """
    written = list(template.resources.values())
    if not any(declared.type.startswith(PREFIX) for declared in (*written, *template.hidden)):
        return
    _ask_for_transform(template, (*written, *template.hidden))
    globals_ = Globals(template)
    resources: dict[str, Declared] = {}
    made: list[Declared] = []
    for declared in written:
        own, *more = _expanded(declared, template, globals_)
        resources[declared.logical_id] = own
        made += more
    made += implicit_apis(written)
    for declared in made:
        name = declared.logical_id
        if name in template.resources:
            reason = "SAM makes a resource of this name, too"
            template.gap(name, "", reason, template.resources[name].key.position)
        resources.setdefault(name, declared)
    template.resources = resources
    template.hidden = [
        one for declared in template.hidden for one in _expanded(declared, template, globals_)
    ]


def _ask_for_transform(template: Template, written: Iterable[Declared]) -> None:
    """Report the first resource that CloudFormation would not know without the transform."""
    if TRANSFORM in template.transforms:
        return
    declared = next(one for one in written if one.type.startswith(PREFIX))
    node = declared.body.get("Type") or declared.key
    message = f"{declared.type[:80]} needs the transform {TRANSFORM}"
    template.error(message, node.position, f"add Transform: {TRANSFORM} to the template")


def _expanded(declared: Declared, template: Template, globals_: Globals) -> Iterator[Declared]:
    name, position = declared.logical_id, declared.key.position
    if not declared.type.startswith(PREFIX):
        yield declared
        return
    kind = declared.type.removeprefix(PREFIX)
    if kind not in _KINDS:
        template.gap(name, "", f"{declared.type[:80]} is not expanded", position)
        yield declared
        return
    written = declared.body.get("Properties")
    own = Mapping([], position) if written is None else plain_map(written)
    if own is None:
        template.gap(name, "Properties", "SAM reads no properties that are not a map", position)
        yield declared
        return
    type_, make = _KINDS[kind]
    merged = globals_.properties(kind, declared, own)
    properties, made = make(declared, merged, template)
    kept = [
        (key, node)
        for key, node in declared.body.entries
        if not isinstance(key, Scalar) or key.text not in _DROPPED
    ]
    head = mapping(
        (("Type", scalar(type_, position)), ("Properties", properties)), declared.body.position
    )
    body = Mapping([*head.entries, *kept], declared.body.position)
    yield Declared(declared.key, type_, body, declared.only, declared.written)
    yield from made
