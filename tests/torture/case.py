"""A torture template: what is expected of it, its two variants, and the same in JSON.

A case is a YAML file of `templates/`, or a folder of files that are scanned together. Comments say
what a scan must give:

* `# expect: RULE` on a line: this finding there. `# expect: RULE at TEXT` means the first line below
  that contains TEXT. `# always: RULE` is one that the good variant has, too.
* `# unresolved: RULE at RESOURCE: TEXT`: the rule cannot be decided for the resource, and the reason
  or what it lies with contains TEXT. `*` for RULE is a part that is not read, `template` for RESOURCE
  the template as a whole.
* `# error: TEXT`: an error that contains TEXT.
* `# args: ...`: arguments of the scan.

A line that begins with `#-` stands in the bad variant only, one with `#+` in the good variant only, in
which nothing else is expected to be found. Files in JSON lose their comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.templates import read_template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import SourceFile

TEMPLATES = Path(__file__).parent / "templates"

_EXPECT = re.compile(r"# (expect|always): ([A-Z]+-\d+(?:, [A-Z]+-\d+)*)(?: at (.*))?$")
_HEADER = re.compile(r"# (args|error|unresolved): (.*)$", re.MULTILINE)
_UNRESOLVED = re.compile(r"(\S+) at (\S+): (.*)")
_COMMENT = re.compile(r" +# .*$", re.MULTILINE)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


class Case(NamedTuple):
    """One variant of a case: the files to scan by name, and what is expected."""

    path: str
    good: bool
    files: dict[str, str]
    findings: list[tuple[str, str, int]]
    """Rule, file and line (of the YAML) of each finding."""
    unresolved: list[tuple[str, str, str]]
    errors: list[str]
    arguments: list[str]

    @property
    def name(self) -> str:
        return f"{self.path} ({'good' if self.good else 'bad'})"


def names() -> list[str]:
    """The names of all cases."""
    folders = {path.parent for path in TEMPLATES.rglob("*") if path.is_file()} - {TEMPLATES}
    together = {
        folder for folder in folders if folder.parent == TEMPLATES and folder.name != "open"
    }
    alone = [path for path in TEMPLATES.rglob("*.yaml") if not together & set(path.parents)]
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in [*together, *alone])


def read(path: str, good: bool) -> Case | None:
    """A variant of a case; None for the good variant of a case that has none."""
    place = TEMPLATES / path
    paths = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    root = place.parent if place.is_file() else place
    written = {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in paths}
    whole = "\n".join(written.values())
    if good and not re.search(r"^ *#\+ ", whole, re.MULTILINE):
        return None
    files = {one: _variant(text, good) for one, text in written.items()}
    headers = _HEADER.findall(whole)
    expected = [row for one, text in files.items() for row in _expected(one, text, good)]
    bare = {one: _COMMENT.sub("", text) for one, text in files.items() if one.endswith(".json")}
    files.update(bare)
    return Case(
        path,
        good,
        files,
        expected,
        [_row(text) for kind, text in headers if kind == "unresolved"],
        [text for kind, text in headers if kind == "error"],
        [word for kind, text in headers if kind == "args" for word in text.split()],
    )


def _row(text: str) -> tuple[str, str, str]:
    found = _UNRESOLVED.fullmatch(text)
    assert found, text
    return found[1], found[2], found[3]


def _variant(text: str, good: bool) -> str:
    ours, other = ("#+ ", "#- ") if good else ("#- ", "#+ ")
    lines: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith(ours):
            lines.append(line.replace(ours, "", 1))
        elif not line.lstrip().startswith(other):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _expected(file: str, text: str, good: bool) -> Iterator[tuple[str, str, int]]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        found = _EXPECT.search(line)
        if found is None or (good and found[1] == "expect"):
            continue
        if found[3]:
            below = range(number + 1, len(lines) + 1)
            number = next(n for n in below if found[3] in lines[n - 1])  # noqa: PLW2901
        for rule in found[2].split(", "):
            yield rule, file, number


class AsJson(NamedTuple):
    """A template in JSON with the long names of functions, and where its lines come from."""

    text: str
    lines: list[tuple[int, int]]
    """The first and last line of the YAML that a line of the JSON stands for."""


def as_json(text: str) -> AsJson:
    """The same template in JSON: what YAML's own notations mean, written out."""
    file = SourceFile(1, "template.yaml", text.encode())
    writer = _Writer(file)
    writer.value("", read_template(file), "")
    return AsJson("\n".join(line for line, _ in writer.lines) + "\n", [s for _, s in writer.lines])


class _Writer:
    """Writes one node a line."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.lines: list[tuple[str, tuple[int, int]]] = []
        self.indent = 0

    def add(self, text: str, node: Node, last: int = 0) -> None:
        line = self.file.span(node.position).line
        self.lines.append((" " * self.indent + text, (line, max(line, last))))

    def last_line(self, node: Node) -> int:
        """The last line of a text, or of the first of a list."""
        if isinstance(node, Sequence) and node.items:
            return self.last_line(node.items[0])
        return self.file.span(node.position).end_line if isinstance(node, Scalar) else 0

    def value(self, before: str, node: Node, after: str, key: Node | None = None) -> None:
        """Write a node between a key and a comma; a line with a key is the key's."""
        call = as_call(node)
        if call is not None:
            # A text in a function is where the function is.
            self.add(f'{before}{{"{call.name}":', key or node, self.last_line(call.argument))
            self.value("", call.argument, "}" + after)
        elif isinstance(node, Scalar):
            self.scalar(before, node, after, key)
        elif isinstance(node, Sequence):
            self.block(
                before + "[", [("", None, one) for one in node.items], "]" + after, key or node
            )
        else:
            assert isinstance(node, Mapping)
            members = [
                (f"{json.dumps(k.text)}: ", k, v) for k, v in node.entries if isinstance(k, Scalar)
            ]
            self.block(before + "{", members, "}" + after, key or node)

    def scalar(self, before: str, node: Scalar, after: str, key: Node | None) -> None:
        if node.kind == "text" or (node.kind == "number" and not _NUMBER.fullmatch(node.text)):
            text = json.dumps(node.text)
        else:
            text = {"~": "null", "": "null"}.get(node.text, node.text.lower())
        start = self.file.span((key or node).position)
        end = max(start.end_line, self.file.span(node.position).end_line)
        line = " " * self.indent + before + text + after
        self.lines.append((line, (start.line, end)))

    def block(
        self, head: str, members: list[tuple[str, Node | None, Node]], tail: str, node: Node
    ) -> None:
        self.add(head, node)
        self.indent += 2
        for index, (before, key, value) in enumerate(members):
            self.value(before, value, "," if index < len(members) - 1 else "", key)
        self.indent -= 2
        self.add(tail, node)
