"""What CDK says in its cloud assembly about the templates in it: account, Region, constructs.

`manifest.json` lists the stacks of a folder; what each construct is called, and where the program
makes it, stands in it or in a file that it names. Nothing in it leads to a template: those are
found where they lie.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from kmsiac.errors import SourceError, whole_file
from kmsiac.reading.json_reader import load_json
from kmsiac.reading.nodes import Mapping, Scalar
from kmsiac.reading.source import NOWHERE, SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment, Origin

MANIFEST = "manifest.json"
MAX_BYTES = 32 * 1024 * 1024
"""The largest manifest or list of constructs that is read; one of 100 stacks has 10 MB."""
STACK = "aws:cloudformation:stack"
_ENVIRONMENT = re.compile(r"aws://([^/]*)/([^/]*)\Z")
_ACCOUNT = re.compile(r"\d{12}\Z")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d\Z")
_FRAME = re.compile(r"\(?((?:[A-Za-z]:)?[^():]+):(\d{1,7}):(\d{1,7})\)?\Z")
_MOST_FRAMES = 50
_MOST_AROUND = 20
_LONGEST = 400


class Construct(NamedTuple):
    """A construct that makes a resource: its path, and the frames of the program that makes it."""

    path: str
    frames: tuple[str, ...]


class Artifact(NamedTuple):
    """A stack of the assembly: its name, where it goes, and its constructs."""

    name: str = ""
    environment: Environment = Environment()
    constructs: MappingType[tuple[str, str], Construct] = MappingProxyType({})
    """By template file ("" where that is not told) and logical id."""
    by_path: MappingType[str, Construct] = MappingProxyType({})


def is_manifest(file: SourceFile) -> bool:
    """Whether a file is the manifest of a cloud assembly that has stacks."""
    return file.path.endswith(MANIFEST) and STACK.encode() in file.data


def templates_of(file: SourceFile) -> list[str]:
    """The templates that a manifest names, as it does. Raises `SourceError` for one that cannot be
    read.
    """
    return [name for _, name, _ in _stacks(_loaded(file))]


def _loaded(file: SourceFile) -> object:
    if len(file.data) > MAX_BYTES:
        problem = f"manifest of {len(file.data):,} bytes, over the limit of {MAX_BYTES:,}"
        raise SourceError(problem, whole_file(file.path))
    return load_json(file)


class Assembly:
    """The cloud assembly in one folder."""

    def __init__(self, manifest: SourceFile, tree: SourceTree) -> None:
        """Raises `SourceError` for a manifest that cannot be read."""
        assert manifest.key is not None
        self._tree = tree
        self._folder = Path(manifest.key).parent
        self._stacks = {
            PurePosixPath(name).as_posix(): (artifact_name, artifact)
            for artifact_name, name, artifact in _stacks(_loaded(manifest))
        }
        self._known: dict[str, Artifact] = {}
        self._lines: dict[int, list[int]] = {}

    def stack(self, template: Path) -> Artifact | None:
        """What the manifest says about a template in its folder; None if it does not name it."""
        try:
            name = template.relative_to(self._folder).as_posix()
        except ValueError:
            return None
        found = self._stacks.get(name)
        if found is None:
            return None
        if name not in self._known:
            self._known[name] = self._artifact(name, *found)
        return self._known[name]

    def _artifact(self, template: str, name: str, artifact: dict[str, object]) -> Artifact:
        properties = artifact.get("properties")
        given = properties.get("stackName") if isinstance(properties, dict) else None
        metadata = artifact.get("metadata")
        more = artifact.get("additionalMetadataFile")
        entries = dict(metadata) if isinstance(metadata, dict) else {}
        if isinstance(more, str):
            entries.update(self._read(more))
        constructs, by_path = _constructs(entries, template)
        stack_name = given if isinstance(given, str) else name
        return Artifact(stack_name, _environment(artifact.get("environment")), constructs, by_path)

    def _read(self, name: str) -> dict[str, object]:
        """A file of the assembly; nothing for one that cannot be read: it only says where from."""
        try:
            loaded = _loaded(self._tree.read(self._folder / name, MAX_BYTES))
        except (SourceError, ValueError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def place(self, construct: Construct) -> int:
        """Where the program makes a construct, as far as that lies in the tree."""
        places = map(self._place, construct.frames)
        return next((place for place in places if place != NOWHERE), NOWHERE)

    def _place(self, frame: str) -> int:
        """The position that a frame of a stack trace names, if it lies in the tree."""
        found = None if frame.startswith("...") else _FRAME.search(frame)
        if found is None:
            return NOWHERE
        file = self._source(found[1])
        if file is None:
            return NOWHERE
        try:
            text = file.text
        except SourceError:
            return NOWHERE
        line, column = int(found[2]), int(found[3])
        if file.id not in self._lines:
            self._lines[file.id] = [0, *(m.end() for m in re.finditer("\n", text))]
        starts = self._lines[file.id]
        if not 1 <= line <= len(starts):
            return NOWHERE
        offset = starts[line - 1] + max(column, 1) - 1
        if bisect_right(starts, offset) != line or offset >= len(text):
            offset = starts[line - 1]
        return file.position(offset)

    def _source(self, name: str) -> SourceFile | None:
        """A file of the program, if it is in the tree: not what was installed beside it."""
        if "node_modules" in name or "site-packages" in name:
            return None
        path = Path(name)
        if path.is_absolute():
            return self._read_source(path)
        for folder in (self._folder, *self._folder.parents):
            if not folder.is_relative_to(self._tree.root):
                return None
            if self._tree.exists(folder / path):
                return self._read_source(folder / path)
        return None

    def _read_source(self, path: Path) -> SourceFile | None:
        if not self._tree.exists(path):
            return None
        try:
            return self._tree.read(path)
        except (SourceError, ValueError):
            return None


def origin_of(
    assembly: Assembly | None, artifact: Artifact, file: SourceFile, body: Mapping, key: Scalar
) -> Origin | None:
    """What made the resource that stands in a template under the logical id `key`."""
    path = _written_path(body)
    construct = artifact.by_path.get(path)
    if construct is None and file.key is not None:
        for name in (Path(file.key).name, ""):
            construct = construct or artifact.constructs.get((name, key.text))
    if construct is None:
        return Origin(path[:_LONGEST], key.position) if path else None
    place = NOWHERE if assembly is None else assembly.place(construct)
    return Origin(construct.path, key.position if place == NOWHERE else place)


@lru_cache(maxsize=2)
def _assembly(manifest: SourceFile, tree: SourceTree) -> Assembly:
    """All stacks of a folder ask for the same."""
    return Assembly(manifest, tree)


def assembly_of(template: SourceFile, tree: SourceTree) -> Assembly | None:
    """The assembly whose manifest lies beside a template; None where there is none.

    Raises `SourceError` for a manifest that cannot be read.
    """
    if template.key is None:
        return None
    path = Path(template.key).parent / MANIFEST
    if not tree.exists(path):
        return None
    manifest = tree.read(path, MAX_BYTES)
    return _assembly(manifest, tree) if is_manifest(manifest) else None


def _stacks(loaded: object) -> Iterator[tuple[str, str, dict[str, object]]]:
    """The stacks of a manifest: name of the artifact, its template, all that is said of it."""
    artifacts = loaded.get("artifacts") if isinstance(loaded, dict) else None
    for name, artifact in artifacts.items() if isinstance(artifacts, dict) else ():
        if not isinstance(artifact, dict) or artifact.get("type") != STACK:
            continue
        properties = artifact.get("properties")
        template = properties.get("templateFile") if isinstance(properties, dict) else None
        if isinstance(template, str):
            yield name, template, artifact


def _environment(written: object) -> Environment:
    """`aws://ACCOUNT/REGION`, where `unknown-account` and `unknown-region` stand for what is open."""
    found = _ENVIRONMENT.match(written) if isinstance(written, str) else None
    if found is None:
        return Environment()
    account = found[1] if _ACCOUNT.match(found[1]) else None
    return Environment(account, found[2] if _REGION.match(found[2]) else None)


def _constructs(
    entries: dict[str, object], template: str
) -> tuple[dict[tuple[str, str], Construct], dict[str, Construct]]:
    """The constructs of a stack by template and logical id, and by path."""
    files = {
        path: str(data) for path, kind, data in _facts(entries) if kind == "aws:cdk:templateFile"
    }
    frames = {
        path: tuple(str(frame) for frame in data[:_MOST_FRAMES])
        for path, kind, data in _facts(entries)
        if kind == "aws:cdk:creationStack" and isinstance(data, list)
    }
    frames.update(_traces(entries))
    found: dict[tuple[str, str], Construct] = {}
    by_path: dict[str, Construct] = {}
    twice: set[tuple[str, str]] = set()
    for path, kind, data in _facts(entries):
        if kind != "aws:cdk:logicalId" or not isinstance(data, str):
            continue
        shown = path.strip("/")[:_LONGEST]
        construct = Construct(shown, tuple(_frames(path, frames)))
        key = (_file_of(path, files, template), data)
        if key in found:
            twice.add(key)
        found[key] = by_path[shown] = construct
    for key in twice:  # of nested stacks in an assembly that does not say whose it is
        del found[key]
    return found, by_path


def _frames(path: str, frames: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The frames of a construct, then of those around it: one that libraries make has none of its own."""
    yield from frames.get(path, ())
    for _ in range(_MOST_AROUND):
        path = path.rpartition("/")[0]
        if not path:
            return
        for around in (f"{path}/Resource", path):
            yield from frames.get(around, ())


def _facts(entries: dict[str, object]) -> Iterator[tuple[str, object, object]]:
    for path, listed in entries.items():
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                yield path, entry.get("type"), entry.get("data")


def _traces(entries: dict[str, object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where older assemblies say what made a resource: beside its logical id."""
    for path, listed in entries.items():
        for entry in listed if isinstance(listed, list) else ():
            trace = entry.get("trace") if isinstance(entry, dict) else None
            if isinstance(trace, list) and entry.get("type") == "aws:cdk:logicalId":
                yield path, tuple(str(frame).strip() for frame in trace[:_MOST_FRAMES])


def _file_of(path: str, files: dict[str, str], template: str) -> str:
    """The template that holds a construct: that of the nearest stack around it."""
    if not files:
        return ""
    while path:
        if path in files:
            return files[path]
        path = path.rpartition("/")[0]
    return template


def _written_path(body: Mapping) -> str:
    metadata = body.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
    return path.text.strip("/") if isinstance(path, Scalar) and not path.tag else ""
