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
from kmsiac.frontends.terraform.split import Attribute
from kmsiac.reading.tree import RECORDED_MODULES, SourceTree
from kmsiac.stack import Call
from kmsiac.values import Text, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.instances import ModuleInstance
    from kmsiac.frontends.terraform.scope import Scope

MAX_CALLS_DEEP = 30
_INDEX = re.compile(r"\[[^\]]*\]")


def child_scope(instance: ModuleInstance) -> Scope | None:
    """The scope of a called module; None, and a gap, if its source is not in the tree."""
    from kmsiac.frontends.terraform.scope import Scope  # noqa: PLC0415 - mutual

    group, caller = instance.group, instance.group.scope
    context = caller.context
    folder = _folder(instance)
    block = group.block
    problem = ""
    if folder is None:
        source = block.body.attributes.get("source")
        written = source.source.strip() if source else "(none)"
        problem = f"module source {written} is not in the scanned tree"
    elif folder in caller.ancestors or folder == caller.folder:
        problem = "the module calls itself"
    elif len(caller.ancestors) >= MAX_CALLS_DEEP:
        problem = f"module calls nested over {MAX_CALLS_DEEP} deep"
    if problem or folder is None:
        source = block.body.attributes.get("source")
        position = source.position if source else block.position
        context.block_gap(instance.address, "source", problem, position)
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
    if scope.files.providers:
        scope.providers.update(configured(scope))
    return scope


def _folder(instance: ModuleInstance) -> Path | None:
    caller = instance.group.scope
    tree = caller.context.tree
    source = instance.group.block.body.attributes.get("source")
    if source is not None:
        written = instance.frame.attribute(source)
        name = written.literal if isinstance(written, Text) else None
        if name is not None and is_local(name):
            return local_folder(tree, caller.folder, name)
    key = _INDEX.sub("", instance.address).replace("module.", "")
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
