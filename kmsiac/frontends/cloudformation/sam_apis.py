"""The APIs of SAM: their policies, and the roles that they write logs and call sources with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kmsiac.frontends.cloudformation.sam_events import events_of
from kmsiac.frontends.cloudformation.sam_nodes import (
    made,
    managed_arn,
    mapping,
    plain_map,
    scalar,
    text_of,
    trust,
)
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_POLICY = "x-amazon-apigateway-policy"
_IMPLICIT = {
    "Api": ("ServerlessRestApi", "RestApiId", "AWS::ApiGateway::RestApi"),
    "HttpApi": ("ServerlessHttpApi", "ApiId", "AWS::ApiGatewayV2::Api"),
}
_SOURCES = {"DynamoDb": "DynamoDB", "Lambda": "Lambda"}

Made = tuple[Mapping, list[Declared]]


def api(declared: Declared, properties: Mapping, template: Template) -> Made:
    """A REST API: the statements of `Auth.ResourcePolicy` stand in the policy of its body."""
    del declared, template
    auth = plain_map(properties.get("Auth"))
    written = plain_map(auth.get("ResourcePolicy")) if auth is not None else None
    statements = written.get("CustomStatements") if written is not None else None
    body = properties.get("DefinitionBody")
    if statements is not None:
        body = _with_statements(plain_map(body), statements)
    kept = [
        (key, node)
        for key, node in properties.entries
        if not isinstance(key, Scalar) or key.text not in ("DefinitionBody", "Auth")
    ]
    named = mapping((("Body", body),), properties.position)
    return Mapping([*kept, *named.entries], properties.position), []


def _with_statements(body: Mapping | None, more: Node) -> Mapping:
    position = more.position
    policy = plain_map(body.get(_POLICY)) if body is not None else None
    before = policy.get("Statement") if policy is not None else None
    added = more if isinstance(more, Sequence) and not more.tag else Sequence([more], position)
    items = [*_items(before), *added.items]
    version = policy.get("Version") if policy is not None else None
    whole = mapping(
        (
            ("Version", version or scalar("2012-10-17", position)),
            ("Statement", Sequence(items, position)),
        ),
        position,
    )
    kept = [
        (key, node)
        for key, node in (body.entries if body is not None else ())
        if not isinstance(key, Scalar) or key.text != _POLICY
    ]
    return Mapping([*kept, *mapping(((_POLICY, whole),), position).entries], position)


def _items(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return list(node.items) if isinstance(node, Sequence) and not node.tag else [node]


def implicit_apis(written: Iterable[Declared]) -> list[Declared]:
    """The APIs that SAM makes for events of functions that name none."""
    found: dict[str, Declared] = {}
    for declared in written:
        properties = plain_map(declared.body.get("Properties"))
        if declared.type != "AWS::Serverless::Function" or properties is None:
            continue
        for event in events_of(properties):
            name, given, type_ = _IMPLICIT.get(event.type, ("", "", ""))
            if name and event.properties.get(given) is None and name not in found:
                nothing = Mapping([], event.position)
                body = mapping(
                    (("Type", scalar(type_, event.position)), ("Properties", nothing)),
                    declared.body.position,
                )
                key = scalar(name, declared.key.position)
                found[name] = Declared(key, type_, body, (), declared.written)
    return list(found.values())


def graphql_api(declared: Declared, properties: Mapping, template: Template) -> Made:
    """An AppSync API, the role of its log and those of its data sources."""
    del template
    position = declared.key.position
    roles: list[Declared] = []
    logging = properties.get("Logging")
    own = plain_map(logging)
    names_one = own is not None and own.get("CloudWatchLogsRoleArn") is not None
    if text_of(logging) != "false" and not names_one:
        arn = managed_arn("service-role/AWSAppSyncPushToCloudWatchLogs", position)
        roles.append(_role(declared, f"{declared.logical_id}CloudWatchRole", [arn]))
    roles += (_role(declared, name, []) for name in _source_roles(declared, properties))
    return properties, roles


def _source_roles(declared: Declared, properties: Mapping) -> Iterator[str]:
    sources = plain_map(properties.get("DataSources"))
    for kind, shown in _SOURCES.items():
        named = plain_map(sources.get(kind)) if sources is not None else None
        for name, node in named.items() if named is not None else ():
            body = plain_map(node)
            if body is not None and body.get("ServiceRoleArn") is None:
                yield f"{declared.logical_id}{name}{shown}DataSourceRole"


def _role(declared: Declared, name: str, managed: list[Node]) -> Declared:
    position = declared.key.position
    properties = mapping(
        (
            ("AssumeRolePolicyDocument", trust("appsync.amazonaws.com", position)),
            ("ManagedPolicyArns", Sequence(managed, position) if managed else None),
        ),
        position,
    )
    return made(declared, name, "AWS::IAM::Role", properties)
