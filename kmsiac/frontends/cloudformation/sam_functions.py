"""Functions, state machines and capacity providers of SAM, and the roles that they run with."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.frontends.cloudformation.sam_events import Events, function_events, state_machine_events
from kmsiac.frontends.cloudformation.sam_nodes import (
    arn_of,
    call,
    if_,
    is_no_value,
    made,
    managed_arn,
    mapping,
    plain_map,
    scalar,
    text_of,
    trust,
)
from kmsiac.frontends.cloudformation.sam_policies import role_policies
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_NETWORK = "service-role/AWSLambdaVPCAccessExecutionRole"
_LOGS = "service-role/AWSLambdaBasicExecutionRole"
_DURABLE = "service-role/AWSLambdaBasicDurableExecutionRolePolicy"
_ROLE = "AWS::IAM::Role"

Made = tuple[Mapping, list[Declared]]


def function(declared: Declared, properties: Mapping, template: Template) -> Made:
    """A Lambda function, the role `<Id>Role` where it names none, and what its events make."""
    position = declared.key.position
    events = function_events(declared, properties)
    resources: list[Declared] = []
    needed, condition, role = _role(declared, properties.get("Role"), template)
    if needed:
        whole = _function_role(declared, properties, events, template)
        resources.append(made(declared, f"{declared.logical_id}Role", _ROLE, whole, condition))
    lambda_ = without(
        properties, ("Policies", "AssumeRolePolicyDocument", "Events", "Role", "SourceKMSKeyArn")
    )
    entries = [*lambda_.entries, *mapping((("Role", role),), position).entries]
    source_key = properties.get("SourceKMSKeyArn")
    if source_key is not None:
        code = mapping((("SourceKMSKeyArn", source_key),), source_key.position)
        entries += mapping((("Code", code),), source_key.position).entries
    versions = _versions(declared, properties)
    return Mapping(entries, properties.position), [*resources, *events.resources, *versions]


def _versions(declared: Declared, properties: Mapping) -> list[Declared]:
    """The alias, the version and the URL of a function, which are only referred to.

    `Fn.Alias` and `Fn.Version` are how SAM lets a template name them.
    """
    position, name = declared.key.position, declared.logical_id
    nothing = Mapping([], position)
    found: list[Declared] = []
    alias = properties.get("AutoPublishAlias")
    if _is_given(alias):
        names = [f"{name}.Alias", *([f"{name}Alias{text_of(alias)}"] if text_of(alias) else [])]
        found += (made(declared, one, "AWS::Lambda::Alias", nothing) for one in names)
        found.append(made(declared, f"{name}.Version", "AWS::Lambda::Version", nothing))
    if _is_given(properties.get("FunctionUrlConfig")):
        found.append(made(declared, f"{name}Url", "AWS::Lambda::Url", nothing))
    return found


def _function_role(
    declared: Declared, properties: Mapping, events: Events, template: Template
) -> Mapping:
    position = declared.key.position
    name = f"{declared.logical_id}Role"
    given = role_policies(properties.get("Policies"), name, template)
    basic = _DURABLE if _is_given(properties.get("DurableConfig")) else _LOGS
    managed: list[Node] = [managed_arn(basic, position)]
    tracing = properties.get("Tracing")
    if _is_given(tracing) and not _is_disabled(tracing, template):
        managed.append(managed_arn(_tracing(template), position))
    if _is_given(properties.get("VpcConfig")):
        managed.append(managed_arn(_NETWORK, position))
    return _role_properties(
        properties,
        properties.get("AssumeRolePolicyDocument") or trust("lambda.amazonaws.com", position),
        [*managed, *given.managed, *events.managed],
        [*given.inline, *events.inline],
        position,
    )


def state_machine(declared: Declared, properties: Mapping, template: Template) -> Made:
    """A state machine, the role `<Id>Role` where it names none, and the roles of its events."""
    position = declared.key.position
    name = f"{declared.logical_id}Role"
    role = properties.get("Role")
    resources: list[Declared] = []
    if not _is_given(role):
        given = role_policies(properties.get("Policies"), name, template)
        managed = list(given.managed)
        tracing = plain_map(properties.get("Tracing"))
        if tracing is not None and text_of(tracing.get("Enabled")).lower() == "true":
            managed.append(managed_arn(_tracing(template), position))
        document = trust("states.amazonaws.com", position)
        whole = _role_properties(properties, document, managed, given.inline, position)
        resources.append(made(declared, name, _ROLE, whole))
        role = arn_of(name, position)
    events = state_machine_events(declared, properties)
    kept = without(properties, ("Policies", "Role", "Events"))
    entries = [*kept.entries, *mapping((("RoleArn", role),), position).entries]
    return Mapping(entries, properties.position), resources + events


def capacity_provider(declared: Declared, properties: Mapping, template: Template) -> Made:
    """A capacity provider, with the role of its operator where it names none."""
    del template
    if _is_given(properties.get("OperatorRole")):
        return properties, []
    position = declared.key.position
    managed: list[Node] = [managed_arn("AWSLambdaManagedEC2ResourceOperator", position)]
    whole = _role_properties(
        Mapping([], position), trust("lambda.amazonaws.com", position), managed, [], position
    )
    return properties, [made(declared, f"{declared.logical_id}OperatorRole", _ROLE, whole)]


def without(properties: Mapping, names: Iterable[str]) -> Mapping:
    """The properties but for some."""
    left_out = frozenset(names)
    entries = [
        (key, node)
        for key, node in properties.entries
        if not isinstance(key, Scalar) or key.text not in left_out
    ]
    return Mapping(entries, properties.position)


def _role_properties(
    properties: Mapping, document: Node, managed: list[Node], inline: list[Node], position: int
) -> Mapping:
    return mapping(
        (
            ("AssumeRolePolicyDocument", document),
            ("ManagedPolicyArns", Sequence(_once(managed), position)),
            ("Policies", Sequence(inline, position) if inline else None),
            ("Path", properties.get("RolePath")),
            ("PermissionsBoundary", properties.get("PermissionsBoundary")),
        ),
        position,
    )


def _once(arns: list[Node]) -> list[Node]:
    """The ARNs, each AWS managed policy of them once."""
    kept: dict[str, Node] = {}
    for node in arns:
        found = as_call(node)
        named = found.name == "Fn::Sub" if found is not None else True
        text = text_of(found.argument if found is not None else node) if named else ""
        kept.setdefault(text or f"@{len(kept)}", node)
    return list(kept.values())


def _role(
    declared: Declared, written: Node | None, template: Template
) -> tuple[bool, Node | None, Node]:
    """Whether a role is made for a function, under which condition of its own, and `Role`.

    `Role: !If [Own, !Ref Given, !Ref AWS::NoValue]` makes one for when there is no other.
    """
    position = declared.key.position
    own = arn_of(f"{declared.logical_id}Role", position)
    if written is None or not _is_given(written):
        return True, None, own
    found = as_call(written)
    argument = found.argument if found is not None and found.name == "Fn::If" else None
    parts = argument.items if isinstance(argument, Sequence) else []
    if len(parts) != 3 or not isinstance(parts[0], Scalar):
        return False, None, written
    condition, then, otherwise = parts[0], parts[1], parts[2]
    if is_no_value(then) and is_no_value(otherwise):
        return True, None, own
    if is_no_value(then):
        return True, condition, if_(condition, own, otherwise, position)
    if is_no_value(otherwise):
        name = scalar(f"NOT{condition.text}", condition.position)
        test = call("Condition", condition, condition.position)
        opposite = call("Fn::Not", Sequence([test], condition.position), condition.position)
        template.conditions.setdefault(name.text, (name, opposite))
        return True, name, if_(condition, then, own, position)
    return False, None, written


def _is_given(node: Node | None) -> bool:
    """Whether a property is written at all: not empty, and not `AWS::NoValue` in plain sight."""
    if node is None:
        return False
    if isinstance(node, Scalar) and not node.tag:
        return node.kind != "null" and node.text not in ("", "false")
    if isinstance(node, Mapping):
        return bool(node.entries)
    return not isinstance(node, Sequence) or bool(node.items)


def _tracing(template: Template) -> str:
    """The managed policy for tracing: another one in China and the US government's partition."""
    partition = template.provider.partition.literal
    return "AWSXrayWriteOnlyAccess" if partition in (None, "aws") else "AWSXRayDaemonWriteAccess"


def _is_disabled(node: Node | None, template: Template) -> bool:
    """Whether tracing is `Disabled`, also by the default of a parameter."""
    found = as_call(node) if node is not None else None
    if found is not None and found.name == "Ref" and isinstance(found.argument, Scalar):
        parameter = template.parameters.get(found.argument.text)
        body = plain_map(parameter[1]) if parameter is not None else None
        node = body.get("Default") if body is not None else None
    return text_of(node) == "Disabled"
