"""One template to one Stack: the resources that decide access to keys, evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac.frontends.cloudformation.assembly import origin_of
from kmsiac.frontends.cloudformation.choices import as_map
from kmsiac.frontends.cloudformation.exports import Exports
from kmsiac.frontends.cloudformation.locating import LOCATIONS
from kmsiac.frontends.cloudformation.root_scope import root_scope
from kmsiac.frontends.cloudformation.scope import Scope, together
from kmsiac.frontends.cloudformation.shapes import Search
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.frontends.recursion import deep_recursion
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import CLOUDFORMATION, Origin, Remark, Resource, Stack
from kmsiac.values import Absent, Atom, Guard, Map, Text, Value, text

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
policy beside them, the properties that say which (see `shapes.py`); the others are only referred to."""

_DOCUMENTS = frozenset({"KeyPolicy", "PolicyDocument"})
"""The properties of these types that hold a policy about keys, at any depth."""
_LIFECYCLE = ("DeletionPolicy", "UpdateReplacePolicy")
_RECURSION = 5_000
"""Python frames for templates that nest each other and refer to each other; `MAX_DEPTH` bounds them."""


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack that a template describes.

    Raises `SourceError` for a file that cannot be read as a template at all; what is wrong in a
    part of it is in `Stack.errors`, what is not evaluated in `Stack.gaps` and Unknown values.
    """
    exports = None
    if inputs.exporters is not None:
        exports = inputs.exporters.shared(lambda known: Exports(known, tree))
    with deep_recursion(_RECURSION):
        scope = root_scope(source, tree, inputs, exports)
        template, templates = scope.template, scope.templates
        stack = Stack(template.file.path, CLOUDFORMATION)
        _collect(scope, stack)
    stack.declared = frozenset(template.parameters)
    stack.errors += templates.errors
    stack.files = set(templates.files)
    return stack


def _collect(first: Scope, stack: Stack) -> None:
    """The resources of a template and of all that it nests, and what is to be said of them."""
    scopes: list[Scope] = []
    waiting = [first]
    while waiting:
        scope = waiting.pop()
        scopes.append(scope)
        template, loader = scope.template, _Loader(scope)
        inner = [_nested(scope, d) for d in template.resources.values() if d.type in LOCATIONS]
        for declared in (*template.hidden, *template.resources.values()):
            resource = loader.resource(declared)
            if resource is not None:
                stack.resources.append(resource)
        waiting.extend(nested for nested in reversed(inner) if nested is not None)
    remarked: set[int] = set()
    # At the end: what is evaluated for a nested stack may still be wrong in its parent.
    for scope in scopes:
        if id(scope.template.root) not in remarked:
            remarked.add(id(scope.template.root))
            stack.remarks += _remarks(scope.template)
        stack.gaps += scope.template.gaps
        stack.errors += scope.template.errors
        stack.strays += scope.template.strays


def _nested(scope: Scope, declared: Declared) -> Scope | None:
    """The scope of a nested stack; None, and a gap, where it cannot be followed."""
    nested = scope.nested(declared)
    if nested.scope is None and not nested.quiet:
        scope.template.gap(declared.logical_id, nested.attribute, nested.reason, nested.position)
    return nested.scope


def _remarks(template: Template) -> Iterator[Remark]:
    """The metadata of the template as a whole and of each resource."""
    whole = template.root.get("Metadata")
    if whole is not None:
        yield Remark(template.file.position(0), len(template.file.text), whole)
    for declared in template.resources.values():
        metadata = declared.body.get("Metadata")
        if metadata is not None:
            yield Remark(declared.key.position, template.end(declared.written), metadata)


class _Loader:
    """Makes the Resources of one template."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._template = scope.template
        self._resolver = scope.resolver
        self._search = Search(scope.template)

    def resource(self, declared: Declared) -> Resource | None:
        """The evaluated resource; None if it is no sink, or its condition is false."""
        properties = declared.body.get("Properties")
        if declared.type not in SINKS:
            properties = self._search.wanted(declared)
            if properties is None:
                self._note(declared)
                return None
        own = self._scope.exists_of(declared)
        exists = None if own is None else together(self._scope.exists, own)
        if exists is None:
            return None
        condition = declared.body.get("Condition")
        if not isinstance(condition, Scalar):
            return self._evaluated(declared, properties, exists)
        with self._resolver.under(condition.text, outcome=True):
            return self._evaluated(declared, properties, exists)

    def _evaluated(
        self, declared: Declared, properties: Node | None, exists: tuple[tuple[Guard, Atom], ...]
    ) -> Resource:
        body = declared.body
        position = declared.key.position
        value: Value = Map((), position)
        if properties is not None:
            self._resolver.documents = _DOCUMENTS if declared.type in SINKS else frozenset()
            value = self._resolver.evaluate(properties)
        metadata = body.get("Metadata")
        return Resource(
            address=self._template.named(declared.logical_id),
            type=declared.type,
            attributes=as_map(value, position),
            provider=self._template.provider,
            position=position,
            end=self._template.end(declared.written),
            depends_on=tuple(map(self._template.named, _texts(body.get("DependsOn")))),
            lifecycle=self._lifecycle(body),
            metadata=None if metadata is None else self._resolver.evaluate(metadata),
            exists=(*declared.only, *exists) or None,
            call_chain=self._scope.call_chain,
            absent=self._template.expansion.absent.get(declared.logical_id),
            origin=self._origin(declared),
        )

    def _origin(self, declared: Declared) -> Origin | None:
        """The construct behind a resource; the template of a stack set is nobody's."""
        of, file = self._scope.templates, self._template.file
        return origin_of(of.assembly, of.artifact, file, declared.body, declared.key)

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
        if declared.type.endswith("::MODULE"):
            self._template.gap(name, "", "modules are not expanded", position)


def _texts(node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        return (node.text,)
    if isinstance(node, Sequence):
        return tuple(item.text for item in node.items if isinstance(item, Scalar))
    return ()
