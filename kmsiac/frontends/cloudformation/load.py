"""One template to one Stack: the resources that decide access to keys, evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac.aws.policy_sites import sink_attributes, sink_heads
from kmsiac.errors import SourceError, whole_file
from kmsiac.frontends.cloudformation.choices import as_map
from kmsiac.frontends.cloudformation.conditions import Conditions
from kmsiac.frontends.cloudformation.decisions import Test, paths
from kmsiac.frontends.cloudformation.parameters import read_parameters
from kmsiac.frontends.cloudformation.resolver import Resolver
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.json_reader import read_json
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.outline import yaml_outline
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.stack import CLOUDFORMATION, Provider, Remark, Resource, Stack
from kmsiac.values import Absent, Atom, Guard, Map, Owner, Text, Value, text

SINKS = frozenset(
    {
        "AWS::KMS::Key",
        "AWS::KMS::ReplicaKey",
        "AWS::KMS::Alias",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::Group",
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::UserToGroupAddition",
        "AWS::EC2::VPCEndpoint",
        "AWS::ODB::OdbNetwork",
    }
)
"""The resource types that are evaluated whole. Of one that uses a key or has a
policy beside them, the properties that say which; the others are only referred to."""

NAMES = {
    "account_id": "AWS::AccountId",
    "region": "AWS::Region",
    "partition": "AWS::Partition",
    "dns_suffix": "AWS::URLSuffix",
}
"""How templates spell the environment, by symbol type."""

_NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::CloudFormation::StackSet": "Template"}
_LIFECYCLE = ("DeletionPolicy", "UpdateReplacePolicy")


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack that a template describes.

    Raises `SourceError` for a file that cannot be read as a template at all; what is wrong in a
    part of it is in `Stack.errors`, what is not evaluated in `Stack.gaps` and Unknown values.
    """
    file = source.file or tree.read(source.path)
    root = read_template(file)
    if not isinstance(root, Mapping):
        raise SourceError("a template is a map of sections", whole_file(file.path))
    provider = Provider.symbolic(Owner(file.path), inputs.environment, NAMES)
    template = Template(root, file, provider)
    parameters = read_parameters(template, inputs.all_parameters)
    conditions = Conditions(template, Resolver(template, parameters, None, in_condition=True))
    by_default = Conditions(template, Resolver(template, parameters, None), at_once=False)
    resolver = Resolver(template, parameters, conditions, by_default)
    loader = _Loader(template, resolver, conditions)
    stack = Stack(file.path, CLOUDFORMATION, files={file.path})
    for declared in (*template.hidden, *template.resources.values()):
        resource = loader.resource(declared)
        if resource is not None:
            stack.resources.append(resource)
    stack.remarks = list(_remarks(root, template))
    stack.declared = frozenset(template.parameters)
    stack.gaps = template.gaps
    stack.errors = template.errors
    return stack


def _remarks(root: Mapping, template: Template) -> Iterator[Remark]:
    """The metadata of the template as a whole and of each resource."""
    whole = root.get("Metadata")
    if whole is not None:
        yield Remark(template.file.position(0), len(template.file.text), whole)
    for declared in template.resources.values():
        metadata = declared.body.get("Metadata")
        if metadata is not None:
            yield Remark(declared.key.position, template.end(declared.body), metadata)


def read_template(file: SourceFile) -> Node:
    """The document in a file: JSON where it begins like it, else YAML.

    YAML too may begin with a brace, so it is tried when a file is no JSON by name or content.
    """
    if file.text.lstrip().startswith("{"):
        try:
            return read_json(file)
        except SourceError:
            if file.path.endswith(".json"):
                raise
    file.outline = yaml_outline
    return read_yaml(file)


class _Loader:
    """Makes the Resources of one template."""

    def __init__(self, template: Template, resolver: Resolver, conditions: Conditions) -> None:
        self._template = template
        self._resolver = resolver
        self._conditions = conditions

    def resource(self, declared: Declared) -> Resource | None:
        """The evaluated resource; None if it is no sink, or its condition is false."""
        if declared.type not in SINKS and not _is_written(declared):
            self._note(declared)
            return None
        exists = self._exists(declared)
        if exists is None:
            return None
        condition = declared.body.get("Condition")
        if not isinstance(condition, Scalar):
            return self._evaluated(declared, exists)
        with self._resolver.under(condition.text, outcome=True):
            return self._evaluated(declared, exists)

    def _evaluated(self, declared: Declared, exists: tuple[tuple[Guard, Atom], ...]) -> Resource:
        body = declared.body
        properties = body.get("Properties")
        if declared.type not in SINKS:
            properties = _wanted(declared.type, properties)
        position = declared.key.position
        value: Value = Map((), position)
        if properties is not None:
            value = self._resolver.evaluate(properties)
        metadata = body.get("Metadata")
        return Resource(
            address=declared.logical_id,
            type=declared.type,
            attributes=as_map(value, position),
            provider=self._template.provider,
            position=position,
            end=self._template.end(body),
            depends_on=_texts(body.get("DependsOn")),
            lifecycle=self._lifecycle(body),
            metadata=None if metadata is None else self._resolver.evaluate(metadata),
            exists=(*declared.only, *exists) or None,
        )

    def _exists(self, declared: Declared) -> tuple[tuple[Guard, Atom], ...] | None:
        """The guards under which a resource exists: () for always, None for never."""
        node = declared.body.get("Condition")
        if node is None:
            return ()
        if not isinstance(node, Scalar) or node.tag:
            self._template.error("a resource's Condition is a name", node.position)
            return ((Guard(self._template.unit, f"{declared.logical_id}.Condition"), True),)
        decision = self._conditions.named(node.text, node.position)
        if not isinstance(decision, Test):
            return () if decision else None
        found = paths(decision, True)
        if len(found) == 1:
            return found[0]
        return ((Guard(self._template.unit, node.text), True),) if found else None

    def _lifecycle(self, body: Mapping) -> Map | None:
        entries: list[tuple[Text, Value]] = []
        for name in _LIFECYCLE:
            key, node = body.key(name), body.get(name)
            if key is not None and node is not None:
                value = self._resolver.evaluate(node)
                if not isinstance(value, Absent):
                    entries.append((text(name, key.position), value))
        return Map(entries, entries[0][0].position) if entries else None

    def _note(self, declared: Declared) -> None:
        """What is behind a resource that is not a sink but holds other resources."""
        name, position = declared.logical_id, declared.key.position
        if declared.type in _NESTED:
            reason = "nested stacks are not followed yet"
            self._template.gap(name, _NESTED[declared.type], reason, position)
        elif declared.type.endswith("::MODULE"):
            self._template.gap(name, "", "modules are not expanded", position)


def _is_written(declared: Declared) -> bool:
    """Whether a resource writes a property that may name a key or hold a policy."""
    heads, properties = sink_heads(declared.type), declared.body.get("Properties")
    return bool(heads) and isinstance(properties, Mapping) and any(map(properties.get, heads))


def _wanted(type: str, properties: Node | None) -> Node | None:
    """Of the properties of a resource, those that name a key or hold a policy."""
    if not isinstance(properties, Mapping) or properties.tag:
        return properties
    wanted = sink_attributes(type)
    kept: list[tuple[Node, Node]] = [
        (k, v) for k, v in properties.entries if isinstance(k, Scalar) and k.text in wanted
    ]
    return Mapping(kept, properties.position)


def _texts(node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        return (node.text,)
    if isinstance(node, Sequence):
        return tuple(item.text for item in node.items if isinstance(item, Scalar))
    return ()
