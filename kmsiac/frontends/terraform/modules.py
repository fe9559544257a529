"""Module calls: where the source is, and the scope of the called module."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.blocks import guarded
from kmsiac.frontends.terraform.providers import configured, passed_providers
from kmsiac.frontends.terraform.split import Attribute, Block
from kmsiac.reading.tree import SourceTree, relative
from kmsiac.stack import Call
from kmsiac.values import Text, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.instances import ModuleInstance
    from kmsiac.frontends.terraform.scope import Scope

MAX_CALLS_DEEP = 30
_MAX_INPUTS = 6
_TELLING = re.compile(
    r"kms|cmk|polic|principal|grant|encrypt|assume_role|^key_(?!name|pair)|statement"
)
"""Arguments of a module that decide about keys or who may use them."""


def child_scope(instance: ModuleInstance) -> Scope | None:
    """The scope of a called module; None, and a gap, if its source is not in the tree."""
    from kmsiac.frontends.terraform.scope import Scope  # noqa: PLC0415 - mutual

    group, caller = instance.group, instance.group.scope
    context = caller.context
    folder = _folder(instance)
    block = group.block
    problem = _not_found(block) if folder is None else _endless(caller, folder)
    if problem or folder is None:
        source = block.body.attributes.get("source")
        position = source.position if source else block.position
        context.call_gap(instance.address, problem, position)
        return None

    def given(name: str) -> Value | None:
        attribute = block.body.attributes.get(name)
        if attribute is None:
            return None
        return guarded(
            lambda: instance.frame.attribute(attribute), name, attribute.position, instance.frame
        )

    scope = Scope(
        context,
        folder,
        instance.address,
        passed_providers(instance.frame, block),
        given,
        (*caller.call_chain, Call(instance.address, block.position)),
        (*caller.ancestors, caller.folder),
    )
    scope.call_names = (*caller.call_names, group.name)
    files = scope.files
    if not (files.files or files.errors or files.one_sided):
        context.call_gap(instance.address, _nothing_in(block), block.position)
    if files.providers:
        scope.providers.update(configured(scope))
    return scope


def _not_found(block: Block) -> str:
    """What to say of a module that is not there: its source, what to do, what goes into it."""
    source = block.body.attributes.get("source")
    if source is None:
        return "the module call has no source"
    written = " ".join(source.source.split())[:200]
    problem = f"module source {written} is not in the scanned tree"
    where = literal_source(source)
    if where is None or not is_local(where):
        problem += ": run `terraform init` before the scan"
    inputs = [name for name in block.body.attributes if _TELLING.search(name)]
    if inputs:
        more = f" and {len(inputs) - _MAX_INPUTS} more" if len(inputs) > _MAX_INPUTS else ""
        problem += f"; it is given {', '.join(inputs[:_MAX_INPUTS])}{more}"
    return problem


def _nothing_in(block: Block) -> str:
    """What to say of a module folder without any Terraform code: a submodule not checked out?"""
    source = block.body.attributes.get("source")
    written = " ".join(source.source.split())[:200] if source else ""
    return f"the folder of module source {written} holds no Terraform code"


def _endless(caller: Scope, folder: Path) -> str:
    """What is wrong with a call that leads back to where it came from, or ever deeper."""
    way = (*caller.ancestors, caller.folder)
    if folder == caller.folder:
        return "the module calls itself"
    if folder in way:
        root = caller.context.root_folder
        circle = [relative(each, root) for each in (*way[way.index(folder) :], folder)]
        shown = circle if len(circle) <= _MAX_INPUTS else [*circle[:3], "...", circle[-1]]
        return f"modules call each other in a circle: {' > '.join(shown)}"
    if len(caller.ancestors) >= MAX_CALLS_DEEP:
        return f"module calls nested over {MAX_CALLS_DEEP} deep"
    return ""


def _folder(instance: ModuleInstance) -> Path | None:
    caller = instance.group.scope
    tree = caller.context.tree
    name = _literal(instance, "source")
    if name is not None and is_local(name):
        return local_folder(tree, caller.folder, name)
    key = ".".join((*caller.call_names, instance.group.name))
    recorded = caller.context.recorded_modules().get(key)
    if recorded is None:
        return None
    if problem := recorded.differs(name, _literal(instance, "version")):
        caller.context.call_gap(instance.address, problem, instance.group.block.position)
    return local_folder(tree, caller.context.root_folder, recorded.folder)


def _literal(instance: ModuleInstance, argument: str) -> str | None:
    """What an argument of the call itself says; None where it is not written or not known."""
    attribute = instance.group.block.body.attributes.get(argument)
    written = instance.frame.attribute(attribute) if attribute is not None else None
    return written.literal if isinstance(written, Text) else None


def local_folder(tree: SourceTree, start: Path, name: str) -> Path | None:
    """The folder that a relative source names, seen from the real path `start`, if it lies in the
    tree. The same folder is the same object.
    """
    steps = name.replace("\\", "/").split("/")
    up = next((at for at, step in enumerate(steps) if step not in (".", "..")), len(steps))
    try:
        # Behind the name of a link `..` is not the way back: only leading ones may be shortened.
        path = start.joinpath(*steps)
        if ".." in steps[up:]:
            path = path.resolve()
        return tree.folder(os.path.normpath(path))
    except (OSError, RuntimeError, ValueError):
        return None


def is_local(source: str) -> bool:
    """Whether a module source is a path, seen from the folder of the call."""
    return source.startswith(("./", "../", ".\\", "..\\"))


def literal_source(attribute: Attribute | None) -> str | None:
    """A module source as written, without evaluating anything."""
    if attribute is None:
        return None
    written = attribute.source.strip()
    if len(written) > 2 and written[0] == written[-1] == '"':
        return written[1:-1]
    return None
