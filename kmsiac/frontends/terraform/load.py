"""A root module's folder to a Stack: every sink evaluated, in the root and in every called module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kmsiac.aws.policy_sites import sink_attributes
from kmsiac.frontends.recursion import deep_recursion
from kmsiac.frontends.terraform.attributes import SINKS, not_covered
from kmsiac.frontends.terraform.blocks import body_map, guarded
from kmsiac.frontends.terraform.calls import Calls, is_sink
from kmsiac.frontends.terraform.conversion import Undetermined
from kmsiac.frontends.terraform.finish import finish
from kmsiac.frontends.terraform.grammar_cache import keep_out_of
from kmsiac.frontends.terraform.groups import Group, Member
from kmsiac.frontends.terraform.instances import Instance, ModuleInstance
from kmsiac.frontends.terraform.json_split import remarks
from kmsiac.frontends.terraform.nodes import Tuple
from kmsiac.frontends.terraform.parse import parse_attribute
from kmsiac.frontends.terraform.providers import configured, default_provider
from kmsiac.frontends.terraform.scope import Context, Scope
from kmsiac.frontends.terraform.split import Block
from kmsiac.frontends.terraform.state_keys import state_keys
from kmsiac.frontends.terraform.symbolic import OverBudget
from kmsiac.frontends.terraform.variables import root_inputs
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import TERRAFORM, DataDocument, Gap, Resource, Stack
from kmsiac.values import Atom, Guard, List, Map, Text, Value, text

MAX_MODULES = 3000
"""Module instances that one unit may have."""
_RECURSION = 20_000
"""Python frames for expressions that refer to each other; MAX_NESTING bounds them."""
Exists = tuple[tuple[Guard, Atom], ...] | None


Variables = Callable[[Context], Callable[[str], Value | None]]
"""What the root's variables are given, by name; None where nothing is."""


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack of a root module. What cannot be read or worked out is among its errors and gaps."""
    return load_given(source, tree, inputs)


def load_given(
    source: UnitSource,
    tree: SourceTree,
    inputs: Inputs,
    unit: str = "",
    variables: Variables | None = None,
) -> Stack:
    """The same for the code behind a plan: in the unit of the plan, with the plan's variables."""
    keep_out_of(tree.root)
    folder = source.path if source.path.is_absolute() else tree.root / source.path
    folder = folder.resolve()
    stack = Stack(unit or tree.report_path(folder), TERRAFORM)
    context = Context(tree, stack, folder, inputs)
    with deep_recursion(_RECURSION):
        providers = {"aws": default_provider(stack.unit, inputs.environment)}
        given = variables(context) if variables is not None else root_inputs(context, folder)
        root = Scope(context, folder, "", providers, given)
        providers.update(configured(root))
        stack.resources.extend(state_keys(root))
        _collect_all(root, stack)
    stack.declared = frozenset(root.files.variables)
    for files in context.folders.values():
        stack.errors.extend(files.all_errors)
        stack.remarks.extend(remark for file in files.files for remark in remarks(file))
    stack.errors.sort(key=lambda error: (str(error.span or ""), error.message))
    return stack


class _Found(NamedTuple):
    """What one module instance gives. `path` says where it stands among the others."""

    path: tuple[int, ...]
    resources: list[Resource]
    documents: list[DataDocument]


def _collect_all(root: Scope, stack: Stack) -> None:
    """Everything of the root and of what it calls, in the order in which the calls are written."""
    calls = Calls(root.context)
    found = [_collect(root, (), stack)]
    calls.add(root, ())
    while (call := calls.next()) is not None:
        members = _members(call.scope.group("module", "", call.name, call.block), stack)
        for at, child in enumerate(_children(call.scope, members, stack)):
            if len(found) >= MAX_MODULES:
                reason = f"more than {MAX_MODULES} module instances: the others are not looked at"
                stack.gaps.append(Gap(child.address, "", reason, child.files_position()))
                calls.clear()
                break
            path = (*call.path, at)
            found.append(_collect(child, path, stack))
            calls.add(child, path)
    stack.gaps.extend(root.context.room.gaps())
    for one in sorted(found, key=lambda one: one.path):
        stack.resources.extend(one.resources)
        stack.documents.extend(one.documents)


def _collect(scope: Scope, path: tuple[int, ...], stack: Stack) -> _Found:
    """The resources and documents of one module instance."""
    found = _Found(path, [], [])
    for key, block in scope.files.resources.items():
        type_, _, name = key.partition(".")
        if is_sink(type_, block):
            if _is_full(scope, "resource", type_, name, block):
                continue
            only = None if type_ in SINKS else sink_attributes(type_) | {"region"}
            group = scope.group("resource", type_, name, block)
            found.resources.extend(_resources(scope, group, stack, only))
        elif reason := not_covered(type_):
            members = _members(scope.group("resource", type_, name, block), stack)
            gaps = (Gap(each.instance.address, "", reason, block.position) for each in members)
            stack.gaps.extend(gaps)
    for key, block in scope.files.data.items():
        type_, _, name = key.partition(".")
        if type_ == "aws_iam_policy_document":
            if _is_full(scope, "data", type_, name, block):
                continue
            group = scope.group("data", type_, name, block)
            found.documents.extend(_documents(scope, group, stack))
        elif is_sink(f"data.{type_}", block):
            if _is_full(scope, "data", type_, name, block):
                continue
            only = sink_attributes(f"data.{type_}") | {"region"}
            group = scope.group("data", type_, name, block)
            found.resources.extend(_resources(scope, group, stack, only))
    return found


def _is_full(scope: Scope, kind: str, type: str, name: str, block: Block) -> bool:
    """Whether there is no room for what a block declares: it is not even expanded then."""
    room = scope.context.room
    if room.is_full:
        address = f"data.{type}.{name}" if kind == "data" else f"{type}.{name}"
        room.leave_out(scope.qualify(address), block.position)
    return room.is_full


def _children(scope: Scope, members: list[Member], stack: Stack) -> Iterator[Scope]:
    for member in members:
        instance = member.instance
        try:
            child = instance.child() if isinstance(instance, ModuleInstance) else None
        except (OverBudget, RecursionError):
            position = instance.position
            stack.gaps.append(Gap(instance.address, "", "too complex to evaluate", position))
            return
        if child is not None:
            child.exists = _joined(scope.exists, member.exists)
            child.absent = member.absent or scope.absent
            yield child


def _members(group: Group, stack: Stack) -> list[Member]:
    try:
        with group.scope.context.budget.portion():
            return list(group.members())
    except (OverBudget, RecursionError):
        reason = "too complex to evaluate"
    except Undetermined as problem:
        reason = problem.reason
    stack.gaps.append(Gap(group.scope.qualify(group.reference), "", reason, group.block.position))
    return []


def _resources(
    scope: Scope, group: Group, stack: Stack, only: frozenset[str] | None = None
) -> Iterator[Resource]:
    """The instances of a block, whole, or those attributes that say which key they use."""
    block = group.block
    for member in _members(group, stack):
        instance = member.instance
        assert isinstance(instance, Instance)
        if not scope.context.room.take(instance.address, block.position):
            continue
        with scope.context.budget.portion():
            attributes = finish(instance.attributes_map(only), instance.address, scope.context)
            lifecycle = _lifecycle(block, instance)
        assert isinstance(attributes, Map)
        yield Resource(
            instance.address,
            f"data.{group.type}" if group.kind == "data" else group.type,
            attributes,
            instance.provider,
            block.position,
            block.end,
            _depends_on(block, instance),
            lifecycle,
            None,
            _joined(scope.exists, member.exists),
            member.absent or scope.absent,
            scope.call_chain,
        )


def _joined(one: Exists, other: Exists) -> Exists:
    """Both conditions: those of the module call and the resource's own."""
    return (one or ()) + (other or ()) or None


def _documents(scope: Scope, group: Group, stack: Stack) -> Iterator[DataDocument]:
    for member in _members(group, stack):
        instance = member.instance
        assert isinstance(instance, Instance)
        name = f"{instance.address}.json"
        if not scope.context.room.take(instance.address, group.block.position):
            continue
        with scope.context.budget.portion():
            value = guarded(instance.document, name, group.block.position, scope.frame)
            document = finish(value, name, scope.context)
        yield DataDocument(instance.address, document, group.block.position)


def _depends_on(block: Block, instance: Instance) -> tuple[str, ...]:
    attribute = block.body.attributes.get("depends_on")
    node = parse_attribute(attribute) if attribute is not None else None
    if not isinstance(node, Tuple):
        return ()
    scope = instance.group.scope
    return tuple(scope.qualify(instance.frame.source(item)) for item in node.items)


def _lifecycle(block: Block, instance: Instance) -> Map | None:
    inner = next((each for each in block.body.blocks if each.type == "lifecycle"), None)
    if inner is None:
        return None
    names = frozenset({"ignore_changes", "replace_triggered_by"})
    blocks = frozenset({"precondition", "postcondition"})
    plain = body_map(inner.body, inner.position, instance.frame, names | blocks)
    entries = list(plain.entries)
    for name in sorted(names & set(inner.body.attributes)):
        attribute = inner.body.attributes[name]
        words = re.findall(r"[\w.\[\]-]*\w[\w.\[\]-]*", attribute.source)
        items = [text(word.strip("[]"), attribute.position) for word in words]
        entries.append(
            (
                Text((name,), attribute.position),
                List([item for item in items if item.literal], attribute.position),
            )
        )
    finished = finish(Map(entries, inner.position), instance.address, instance.frame.context)
    return finished if isinstance(finished, Map) else None
