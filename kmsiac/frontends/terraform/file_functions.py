"""Functions that read files of the scanned tree, and those on paths."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    normalized,
    refused,
    to_text,
)
from kmsiac.frontends.terraform.parse import parse_expression
from kmsiac.frontends.terraform.regex import compiled
from kmsiac.frontends.terraform.set_order import sorted_set
from kmsiac.frontends.terraform.template import scan_template
from kmsiac.reading.source import SourceFile
from kmsiac.values import Bool, Map, Text, Value

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Frame

_MAX_FILES = 20_000
_MISSING = "no such file"


class Site(NamedTuple):
    """Where a function is called: the frame for files and budgets, the position for its result."""

    frame: Frame
    position: int


SiteFunction = Callable[[Site, list[Value]], Value]


def _opened(site: Site, argument: Value, what: str) -> SourceFile:
    """A file of the tree. A missing one is Terraform's error, another that is not read is a gap."""
    name = literal(argument)
    context = site.frame.context
    try:
        file = context.tree.read(context.root_folder / Path(name))
        file.text  # noqa: B018 - reads it, or says why it is no text
    except SourceError as error:
        problem = f"{name}: {error.message}"
        context.gap(site.frame, what, problem, site.position)
        if error.message.startswith(_MISSING):
            raise CallError(problem) from None
        raise Undetermined(problem) from None
    return file


def _bytes(site: Site, argument: Value, what: str) -> bytes:
    name = literal(argument)
    context = site.frame.context
    try:
        return context.tree.read(context.root_folder / Path(name)).data
    except SourceError as error:
        problem = f"{name}: {error.message}"
        context.gap(site.frame, what, problem, site.position)
        if error.message.startswith(_MISSING):
            raise CallError(problem) from None
        raise Undetermined(problem) from None


def _file(site: Site, arguments: list[Value]) -> Value:
    """The file's text. Its positions are in that file."""
    file = _opened(site, arguments[0], "file")
    return Text((file.text,), site.position, origin=((0, file.position(0)),))


def _templatefile(site: Site, arguments: list[Value]) -> Value:
    """A file of the tree rendered as a template with the given names, and no others."""
    file = _opened(site, arguments[0], "templatefile")
    return render_file(site, file, arguments[1])


def render_file(site: Site, file: SourceFile, values: Value) -> Value:
    """A text rendered as a template with the given names, and no others."""
    if not isinstance(values, Map):
        raise refused(values, "a map")
    rendering = site.frame.context.rendering
    if file.path in rendering:
        raise CallError("a template renders itself")
    node = scan_template(file, parse_expression)
    names = {key.literal: value for key, value in values.entries if key.literal is not None}
    rendering.add(file.path)
    try:
        result = site.frame.template(names, f" ({file.path})").evaluate(node)
        return to_text(result) if result.__class__ is not Text else result
    except CallError:
        raise refused(result, "a string") from None
    finally:
        rendering.discard(file.path)


def _fileexists(site: Site, arguments: list[Value]) -> Value:
    context = site.frame.context
    path = context.root_folder / Path(literal(arguments[0]))
    if context.tree.exists(path):
        return Bool(True, site.position)
    if _is_outside(site, path):
        raise Undetermined(f"{literal(arguments[0])}: outside of what is scanned")
    return Bool(False, site.position)


def _is_outside(site: Site, path: Path) -> bool:
    try:
        return not path.resolve().is_relative_to(site.frame.context.tree.root)
    except (OSError, RuntimeError, ValueError):
        return True


_NEVER_COMMITTED = frozenset({".git"})
"""Where no commit can put a file; Terraform lists what is in every other folder."""


def _fileset(site: Site, arguments: list[Value]) -> Value:
    context = site.frame.context
    folder = context.root_folder / Path(literal(arguments[0]))
    pattern = compiled(_glob(literal(arguments[1])))
    if _is_outside(site, folder):
        problem = f"{literal(arguments[0])}: outside of what is scanned"
        context.gap(site.frame, "fileset", problem, site.position)
        raise Undetermined(problem)
    found: list[Value] = []
    listed = context.tree.walk(folder, _NEVER_COMMITTED) if context.tree.is_folder(folder) else ()
    for count, (path, error) in enumerate(listed):
        if count > _MAX_FILES:
            raise Undetermined(f"over {_MAX_FILES:,} files")
        name = path.relative_to(folder).as_posix()
        if pattern.search(name) is None:
            continue
        if error is not None:
            context.gap(site.frame, "fileset", f"{name}: {error.message}", site.position)
            raise Undetermined(f"{name}: {error.message}")
        found.append(normalized(name, site.position))
    return sorted_set(found, site.position, element="string")


_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?[^\]]*\]|[{},]|\\(.)|.", re.DOTALL)


def _glob(pattern: str) -> str:
    """A pattern over paths as a regular expression."""
    if "{" in pattern and pattern.count("{") != pattern.count("}"):
        raise CallError("a pattern with an unclosed brace")
    out, inside = [], 0
    for found in _GLOB.finditer(pattern):
        piece = found[0]
        inside += (piece == "{") - (piece == "}")
        plain = {
            "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")",
        }.get(piece)  # fmt: skip
        if plain is None and piece[0] == "[" and len(piece) > 1:
            plain = "[^" + piece[2:] if piece[1] in "!^" else piece
        if plain is None and piece == ",":
            plain = "|" if inside else ","
        out.append(plain if plain is not None else _escaped(found[1] or piece))
    return "^" + "".join(out) + "$"


def _escaped(character: str) -> str:
    special = character.isascii() and not character.isalnum()
    return "\\" + character if special else character


def _filebase64(site: Site, arguments: list[Value]) -> Value:
    data = _bytes(site, arguments[0], "filebase64")
    return Text((base64.b64encode(data).decode("ascii"),), site.position)


def _digest(name: str, encoded: bool) -> SiteFunction:
    def apply(site: Site, arguments: list[Value]) -> Value:
        data = _bytes(site, arguments[0], f"file{name}")
        digest = hashlib.new(name, data, usedforsecurity=False)
        shown = base64.b64encode(digest.digest()).decode() if encoded else digest.hexdigest()
        return Text((shown,), site.position)

    return apply


def _basename(site: Site, arguments: list[Value]) -> Value:
    path = literal(arguments[0])
    if not path:
        return Text((".",), site.position)
    return Text((posixpath.basename(path.rstrip("/")) or "/",), site.position)


def _dirname(site: Site, arguments: list[Value]) -> Value:
    folder = literal(arguments[0]).rpartition("/")
    return Text((_cleaned(folder[0] + folder[1]),), site.position)


def _cleaned(path: str) -> str:
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _abspath(site: Site, arguments: list[Value]) -> Value:
    path = literal(arguments[0])
    if not path.startswith("/"):
        raise Undetermined("where terraform will run is not known")
    return Text((_cleaned(path),), site.position)


def _pathexpand(site: Site, arguments: list[Value]) -> Value:
    path = literal(arguments[0])
    if path.startswith("~"):
        raise Undetermined("the home folder where terraform will run is not known")
    return Text((path,), site.position)


TABLE: dict[str, tuple[SiteFunction, int, int]] = {
    "file": (_file, 1, 1),
    "templatefile": (_templatefile, 2, 2),
    "fileexists": (_fileexists, 1, 1),
    "fileset": (_fileset, 2, 2),
    "filebase64": (_filebase64, 1, 1),
    "filemd5": (_digest("md5", False), 1, 1),
    "filesha1": (_digest("sha1", False), 1, 1),
    "filesha256": (_digest("sha256", False), 1, 1),
    "filesha512": (_digest("sha512", False), 1, 1),
    "filebase64sha256": (_digest("sha256", True), 1, 1),
    "filebase64sha512": (_digest("sha512", True), 1, 1),
    "basename": (_basename, 1, 1),
    "dirname": (_dirname, 1, 1),
    "abspath": (_abspath, 1, 1),
    "pathexpand": (_pathexpand, 1, 1),
}
"""Name to (function, fewest arguments, most)."""
