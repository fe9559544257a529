"""The order in which the modules of a unit are looked at, and which of them need no look at all."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import NamedTuple

from kmsiac.aws.policy_sites import sink_heads
from kmsiac.frontends.terraform.attributes import SINKS, not_covered
from kmsiac.frontends.terraform.instances import written_names
from kmsiac.frontends.terraform.modules import is_local, literal_source, local_folder
from kmsiac.frontends.terraform.scope import Context, Scope
from kmsiac.frontends.terraform.split import Block


class Call(NamedTuple):
    """A module call of one module instance. `path` says where it stands among all others."""

    path: tuple[int, ...]
    scope: Scope
    name: str
    block: Block


class Calls:
    """The module calls that wait to be followed.

    Modules that were not seen yet come first: where there are more instances than a unit may have,
    each module is still looked at once. Calls that lead to nothing of interest are left out.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._interest = Interest(context)
        self._new: deque[Call] = deque()
        self._again: deque[Call] = deque()
        self._seen: set[Path | None] = set()

    def add(self, scope: Scope, path: tuple[int, ...]) -> None:
        """The calls of a module instance."""
        for at, (name, block) in enumerate(scope.files.modules.items()):
            if self._interest.of_call(scope.folder, block):
                self._new.append(Call((*path, at), scope, name, block))

    def next(self) -> Call | None:
        """The call to follow now, None when all were."""
        while self._new:
            call = self._new.popleft()
            target = self._interest.target(call.scope.folder, call.block)
            if target not in self._seen:
                if target is not None:
                    self._seen.add(target)
                return call
            self._again.append(call)
        return self._again.popleft() if self._again else None

    def clear(self) -> None:
        """Follow no more calls."""
        self._new.clear()
        self._again.clear()


class Interest:
    """Which modules hold something that goes into the stack, or something to report."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[Path, bool] = {}
        self._targets: dict[int, Path | None] = {}

    def target(self, folder: Path, block: Block) -> Path | None:
        """The folder that a call leads to, if its source says so without evaluation."""
        if block.position not in self._targets:
            source = literal_source(block.body.attributes.get("source"))
            local = source is not None and is_local(source)
            tree = self._context.tree
            target = local_folder(tree, folder, source) if local and source else None
            self._targets[block.position] = target
        return self._targets[block.position]

    def of_call(self, folder: Path, block: Block) -> bool:
        """Whether a call has to be followed."""
        target = self.target(folder, block)
        if target is None or target == folder:
            return True
        if target not in self._known:
            self._walk(target)
        return self._known[target]

    def _walk(self, start: Path) -> None:
        """Settle a folder and all that it calls, without recursion: chains may be long."""
        callers: dict[Path, list[Path]] = {}
        found: list[Path] = []
        waiting, met = [start], {start}
        while waiting:
            folder = waiting.pop()
            targets = self._targets_of(folder)
            if None in targets or self._holds_something(folder):
                found.append(folder)
            for target in targets:
                if target is not None:
                    callers.setdefault(target, []).append(folder)
                    if target not in met:
                        met.add(target)
                        waiting.append(target)
        interesting = set(found)
        while found:
            new = [caller for caller in callers.get(found.pop(), ()) if caller not in interesting]
            interesting.update(new)
            found += new
        for folder in met:
            self._known[folder] = folder in interesting
            if folder not in interesting:
                self._context.files_of(folder)  # looked at, and that is all

    def _targets_of(self, folder: Path) -> list[Path | None]:
        """The folders that one calls; None for those to be found out, and for itself."""
        if folder in self._known:
            return []
        calls = self._context.glance(folder).modules.values()
        targets = [self.target(folder, block) for block in calls]
        return [None if target == folder else target for target in targets]

    def _holds_something(self, folder: Path) -> bool:
        """Whether a module's own files declare a sink."""
        if folder in self._known:
            return self._known[folder]
        files = self._context.glance(folder)
        if not (files.files or files.errors or files.one_sided):
            return True  # an empty one is to be told
        return any(
            is_sink(type := key.partition(".")[0], block) or not_covered(type)
            for key, block in files.resources.items()
        ) or any(
            key.startswith("aws_iam_policy_document.")
            or is_sink(f"data.{key.partition('.')[0]}", block)
            for key, block in files.data.items()
        )


def is_sink(type: str, block: Block) -> bool:
    """Whether a resource goes into the stack: its type decides, or what is written in it."""
    return type in SINKS or not sink_heads(type).isdisjoint(written_names(block.body))
