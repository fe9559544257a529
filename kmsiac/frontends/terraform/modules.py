"""Module calls: where the source is, and the scope of the called module."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.blocks import guarded
from kmsiac.frontends.terraform.providers import configured, passed_providers
from kmsiac.frontends.terraform.split import Attribute, Block
from kmsiac.reading.tree import RECORDED_MODULES, SourceTree, relative
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
    if scope.files.providers:
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
    source = instance.group.block.body.attributes.get("source")
    if source is not None:
        written = instance.frame.attribute(source)
        name = written.literal if isinstance(written, Text) else None
        if name is not None and is_local(name):
            return local_folder(tree, caller.folder, name)
    key = ".".join((*caller.call_names, instance.group.name))
    recorded = caller.context.recorded_modules().get(key)
    if recorded is None:
        return None
    return local_folder(tree, caller.context.root_folder, recorded)


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


def read_recorded(tree: SourceTree, root: Path) -> dict[str, str]:
    """`.terraform/modules/modules.json`: dotted call path to folder. Empty where it cannot be read."""
    path = root / RECORDED_MODULES
    if not tree.exists(path):
        return {}
    try:
        content = json.loads(tree.read(path).text)
        rows = content["Modules"]
        return {str(row["Key"]): str(row["Dir"]) for row in rows if row.get("Key")}
    except (SourceError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


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
