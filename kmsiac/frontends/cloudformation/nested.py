"""Nested stacks and stack sets: the template behind a resource, with what it is given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.frontends.cloudformation.binding import Bound
from kmsiac.frontends.cloudformation.choices import as_map
from kmsiac.frontends.cloudformation.embedded import embedded
from kmsiac.frontends.cloudformation.locating import locate
from kmsiac.frontends.cloudformation.names import NAMES
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.frontends.cloudformation.templates import MOST_DEEP, MOST_NESTED
from kmsiac.frontends.cloudformation.transforms import transformed
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile
from kmsiac.stack import Call, Environment, Provider
from kmsiac.values import Absent, Owner, Unknown, Value

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.scope import Scope

STACK_SET = "AWS::CloudFormation::StackSet"
_MOST_SHOWN = 6


class Nested(NamedTuple):
    """The scope of a nested stack; None with the reason where it cannot be followed.

    `quiet` where nothing is to be said: there is no such stack, or it was said before.
    """

    scope: Scope | None
    reason: str
    attribute: str = ""
    position: int = 0
    quiet: bool = False


def follow(scope: Scope, declared: Declared) -> Nested:
    """The stack that a resource of `scope` deploys."""
    from kmsiac.frontends.cloudformation.scope import Scope, together  # noqa: PLC0415 - mutual

    own = scope.exists_of(declared)
    exists = None if own is None else together(scope.exists, own)
    if exists is None:
        return Nested(None, "it is never deployed: its condition is false", quiet=True)
    if scope.templates.nested >= MOST_NESTED:
        reason = f"more than {MOST_NESTED:,} nested stacks: this one and what follows is not read"
        quiet, scope.templates.is_told = scope.templates.is_told, True
        return Nested(None, reason, "", declared.key.position, quiet)
    file, root, reason, attribute, position = _template(scope, declared)
    if reason or file is None or root is None:
        return Nested(None, reason, attribute, position)
    scope.templates.nested += 1
    prefix = scope.template.named(f"{declared.logical_id}/")
    given = _Given(scope, declared)
    provider = _provider(scope, declared, prefix)
    template = transformed(root, file, provider, scope.templates, given.parameters, prefix)
    call = Call(prefix.rstrip("/"), declared.key.position)
    given.check(template)
    return Nested(
        Scope(template, given.parameters(template), scope.templates, scope, call, exists), ""
    )


class _Found(NamedTuple):
    file: SourceFile | None
    root: Mapping | None
    reason: str
    attribute: str
    position: int


def _template(scope: Scope, declared: Declared) -> _Found:
    """The template that a resource deploys, read."""
    templates, source = scope.templates, scope.template.file
    body = declared.property("TemplateBody") if declared.type == STACK_SET else None
    if body is not None:
        inner = embedded(body, source, templates)
        return _Found(inner.file, inner.root, inner.reason, "TemplateBody", body.position)
    place = locate(declared.body, declared.key, declared.type, source, templates.tree)
    attribute = "Location" if declared.type == "AWS::Serverless::Application" else "TemplateURL"
    file = place.file
    reason = place.reason or (_endless(scope, file, place.position) if file else "")
    if reason or file is None:
        return _Found(None, None, reason, attribute, place.position)
    root = templates.root_or_error(file)
    reason = "" if root is not None else f"its template {file.path} cannot be read"
    if root is not None and root.get("Resources") is None and root.get("Fn::Transform") is None:
        reason = f"there are no Resources in {file.path}"
    return _Found(file, root, reason, attribute, place.position)


def _endless(scope: Scope, file: SourceFile, position: int) -> str:
    """What is wrong with a nested stack that leads back to where it came from, or ever deeper."""
    way = scope.way
    if file.path in way:
        circle = [*way[way.index(file.path) :], file.path]
        shown = circle if len(circle) <= _MOST_SHOWN else [*circle[:3], "...", circle[-1]]
        reason = f"nested stacks lead in a circle: {' > '.join(shown)}"
        if len(circle) == 2:
            reason = "the stack nests itself"
        scope.template.error(reason, position, "break it")
        return reason
    return f"stacks nested over {MOST_DEEP} deep" if len(way) > MOST_DEEP else ""


def _provider(scope: Scope, declared: Declared, prefix: str) -> Provider:
    """Where a nested stack is deployed: with its parent, a stack set in other accounts."""
    here = scope.template.provider
    if declared.type != STACK_SET:
        return here
    environment = Environment(partition=here.partition.literal)
    return Provider.symbolic(Owner(here.owner.unit, prefix.rstrip("/")), environment, NAMES)


class _Given:
    """What a parent gives the parameters of a nested stack."""

    def __init__(self, scope: Scope, declared: Declared) -> None:
        self._scope = scope
        self._declared = declared
        self._node = declared.property("Parameters")
        self._nodes: dict[str, tuple[Node, Node]] | None = _by_name(self._node)

    def parameters(self, template: Template) -> dict[str, Parameter]:
        """The parameters of the nested stack."""
        return {
            name: self.parameter(name, key, body, template)
            for name, (key, body) in template.parameters.items()
        }

    def parameter(self, name: str, key: Scalar, body: Node, template: Template) -> Parameter:
        """A parameter of the nested stack, bound to what it is given, else to its default."""
        parameter = Parameter(name, key, body, template, None)
        node = (self._nodes or {}).get(name)
        if node is not None:
            parameter.bound = self._bound(node[1])
        elif self._nodes is None:
            parameter.bound = Bound(partial(self._member, name))
        elif parameter.default is not None:
            # Nobody else gives a nested stack anything: the default is the value.
            parameter.supplied = parameter.default.text
        else:
            reason = "the stack around this one gives no value for it"
            value = Unknown(template.named(name), reason, key.position, template.unit)
            parameter.bound = Bound(lambda: value)
        return parameter

    def check(self, template: Template) -> None:
        """CloudFormation deploys no nested stack that is given what it does not declare."""
        for name, (key, _) in (self._nodes or {}).items():
            if name not in template.parameters and not template.transforms:
                message = f"{template.file.path} has no parameter {name[:80]}"
                self._scope.template.error(message, key.position)

    def _bound(self, node: Node) -> Bound:
        scope = self._scope

        def without_defaults() -> Value:
            scope.resolver.references.all_open += 1
            try:
                return scope.evaluate_in(self._declared, node)
            finally:
                scope.resolver.references.all_open -= 1

        return Bound(
            lambda: scope.evaluate_in(self._declared, node),
            lambda: scope.open.evaluate(node),
            without_defaults,
        )

    def _member(self, name: str) -> Value:
        """A parameter of a map that is an expression as a whole."""
        template = self._scope.template
        position = self._declared.key.position
        if self._node is None:
            return Unknown(name, "the properties of the stack are an expression", position)
        value = self._scope.evaluate_in(self._declared, self._node)
        member = as_map(value, self._node.position).get(name)
        if member is None or isinstance(member, Absent):
            reason = "what the stack is given cannot be worked out"
            return Unknown(template.named(name), reason, self._node.position, template.unit)
        return member


def _by_name(node: Node | None) -> dict[str, tuple[Node, Node]] | None:
    """The parameters as a map, or as a stack set lists them; None for an expression."""
    if node is None:
        return {}
    if as_call(node) is not None:
        return None
    if isinstance(node, Mapping):
        return {key.text: (key, value) for key, value in node.entries if isinstance(key, Scalar)}
    found: dict[str, tuple[Node, Node]] = {}
    for item in node.items if isinstance(node, Sequence) else ():
        name = item.get("ParameterKey") if isinstance(item, Mapping) else None
        value = item.get("ParameterValue") if isinstance(item, Mapping) else None
        if not isinstance(name, Scalar) or value is None:
            return None
        found[name.text] = (name, value)
    return found
