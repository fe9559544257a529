"""Whole trees against the HCL parser of Terraform itself, as @cdktf/hcl2json carries it.

    npm install @cdktf/hcl2json                     (in a folder of its own, say /tmp/oracle)
    python -m tests.oracles.hcl2json /tmp/oracle TREE...       compares every file of the trees
    python -m tests.oracles.hcl2json /tmp/oracle --record      writes data/hcl/*.json anew

What is compared: block types and labels, the names in every body, and every value: literals, strings
and heredocs by their text, lists and objects by their members, other expressions by their source
without blanks, comments and parentheses. The tests compare `data/hcl/` and need no node.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kmsiac.frontends.terraform.lexer import interpolation_end
from kmsiac.frontends.terraform.nodes import (
    Conditional,
    Directive,
    GetAttribute,
    Index,
    Literal,
    Name,
    Node,
    Object,
    Stretch,
    Template,
    TemplatePart,
    Tuple,
    Unary,
    Unparsed,
)
from kmsiac.frontends.terraform.parse import parse_attribute
from kmsiac.frontends.terraform.split import Attribute, Block, Body, split
from kmsiac.reading.source import SourceFile, offset_of
from kmsiac.values import Bool, Null, Number, Text

CASES = Path(__file__).parent / "data" / "hcl"

_SCRIPT = """
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const { parse } = createRequire(process.argv[1] + '/')('@cdktf/hcl2json');
for await (const path of createInterface({ input: process.stdin })) {
  let out;
  try { out = { path, body: await parse('x.tf', readFileSync(path, 'utf8')) }; }
  catch (error) { out = { path, error: String(error.message || error).slice(0, 300) }; }
  process.stdout.write(JSON.stringify(out) + '\\n');
}
process.exit(0);
"""
_OPENING = re.compile(r"[$%]{1,2}\{")
_NOISE = re.compile(r'("(?:[^"\\]|\\.)*")|#[^\n]*|//[^\n]*|/\*.*?\*/|[\s()]+', re.DOTALL)


def parsed_by_oracle(modules: Path, files: list[Path]) -> Iterator[dict[str, object]]:
    """What the oracle says of each file: `body`, or `error` where it refuses it."""
    command = ["node", "--input-type=module", "-e", _SCRIPT, str(modules)]
    listed = "".join(f"{file}\n" for file in files)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        output, _ = process.communicate(listed.encode())
    for line in output.splitlines():
        yield json.loads(line)


class Comparison:
    """One file's blocks beside the oracle's; `differences` says where they are not the same."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.differences: list[str] = []
        self.counts: Counter[str] = Counter()

    def compare(self, theirs: object) -> None:
        """Compare the file with the oracle's body of it."""
        found = split(self.file)
        self.differences += [f"{error}" for error in found.errors]
        self.body(found.body, theirs, "")

    def body(self, body: Body, theirs: object, path: str) -> None:
        """The names in a body, then each value and nested block."""
        assert isinstance(theirs, dict)
        blocks: dict[str, list[Block]] = {}
        for block in body.blocks:
            blocks.setdefault(block.type, []).append(block)
        self.counts["bodies"] += 1
        self.names({*body.attributes, *blocks}, set(theirs), path)
        for name in theirs.keys() & body.attributes.keys():
            self.attribute(body.attributes[name], theirs[name], f"{path}/{name}")
        for name in theirs.keys() & blocks.keys():
            self.blocks(blocks[name], 0, theirs[name], f"{path}/{name}")

    def blocks(self, blocks: list[Block], at: int, theirs: object, path: str) -> None:
        """Blocks of one type, the first `at` labels of which are told already."""
        if isinstance(theirs, list) and all(len(block.labels) == at for block in blocks):
            self.counts["blocks"] += len(blocks)
            if len(theirs) != len(blocks):
                self.differences.append(f"{path}: {len(blocks)} blocks, not {len(theirs)}")
            for number, (block, their) in enumerate(zip(blocks, theirs, strict=False)):
                self.body(block.body, their, f"{path}/{number}")
            return
        by_label: dict[str, list[Block]] = {}
        for block in blocks:
            by_label.setdefault(block.labels[at] if at < len(block.labels) else "", []).append(
                block
            )
        assert isinstance(theirs, dict), path
        self.names(set(by_label), set(theirs), path)
        for label in by_label.keys() & theirs.keys():
            self.blocks(by_label[label], at + 1, theirs[label], f"{path}/{label}")

    def names(self, ours: set[str], theirs: set[str], path: str) -> None:
        """Two sets of names."""
        if ours != theirs:
            self.differences.append(f"{path}: {sorted(ours)} != {sorted(theirs)}")

    def attribute(self, attribute: Attribute, theirs: object, path: str) -> None:
        """An attribute's value."""
        self.counts["attributes"] += 1
        ours = self.value(parse_attribute(attribute))
        if not _same(ours, theirs):
            place = f"{self.file.path}:{self.file.line_column(attribute.offset)[0]}"
            self.differences.append(f"{place}{path}: {str(ours)[:200]} != {str(theirs)[:200]}")

    def value(self, node: Node) -> object:
        """An expression as the oracle writes it: one in parentheses by its source."""
        if self.in_parentheses(node):
            return "${" + self.source(node) + "}"
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Template):
            if len(node.parts) == 1 and isinstance(node.parts[0], Node):
                return self.value(node.parts[0])
            return "".join(map(self.part, node.parts))
        if isinstance(node, Tuple):
            return [self.value(item) for item in node.items]
        if isinstance(node, Object):
            return {self.key(key): self.value(value) for key, value in node.entries}
        if isinstance(node, Unary) and node.operator == "-" and isinstance(node.operand, Literal):
            return json.loads(self.source(node))
        if isinstance(node, Unparsed):
            self.counts["not covered"] += 1
        return "${" + self.source(node) + "}"

    def key(self, node: Node) -> str:
        """A key: its text, a reference as it stands, or an interpolation."""
        if isinstance(node, Literal) and not self.in_parentheses(node):
            return _text(_literal(node))
        bare = isinstance(node, GetAttribute | Name | Index) and not self.in_parentheses(node)
        return self.source(node) if bare else self.part(node)

    def in_parentheses(self, node: Node) -> bool:
        """Whether a member, a value or a part of a template stands in parentheses."""
        start, text = offset_of(node.position), self.file.text
        before, behind = text[max(0, start - 200) : start], text[node.end : node.end + 200]
        return before.rstrip()[-1:] == "(" and behind.lstrip()[:1] == ")"

    def part(self, part: TemplatePart) -> str:
        """A part of a template, written as a template."""
        if isinstance(part, Stretch):
            return _escaped(part.text)
        if isinstance(part, Node) and self.in_parentheses(part):
            return "${" + self.source(part) + "}"
        if isinstance(part, Directive):
            return self.directive(part)
        if isinstance(part, Literal):
            return _text(_literal(part))
        if isinstance(part, Template):
            return "".join(map(self.part, part.parts))
        if isinstance(part, Conditional):
            then, otherwise = self.part(part.then), self.part(part.otherwise)
            return _condition(self.source(part.condition), then, otherwise)
        return "${" + self.source(part) + "}"

    def directive(self, part: Directive) -> str:
        """A directive with what it holds."""
        inside = "".join(map(self.part, part.parts))
        subject = self.source(part.subject)
        if part.names:
            return "%{for " + ", ".join(part.names) + " in " + subject + "}" + inside + "%{endfor}"
        return _condition(subject, inside, "".join(map(self.part, part.otherwise)))

    def source(self, node: Node) -> str:
        """An expression as it stands in the file."""
        return self.file.text[offset_of(node.position) : node.end]


def _condition(condition: str, then: str, otherwise: str) -> str:
    other = "%{else}" + otherwise if otherwise else ""
    return "%{if " + condition + "}" + then + other + "%{endif}"


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def _literal(node: Literal) -> object:
    value = node.value
    if isinstance(value, Text):
        return _escaped("".join(str(part) for part in value.parts))
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        return value.number
    assert isinstance(value, Null)
    return None


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return str(value)


def _same(ours: object, theirs: object) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if len(ours) != len(theirs):
            return False
        mine = {_plain(key): value for key, value in ours.items()}
        other = {_plain(key): value for key, value in theirs.items()}
        return mine.keys() == other.keys() and all(_same(mine[k], other[k]) for k in mine)
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or _plain(ours) == _plain(theirs)
    if isinstance(ours, bool) or isinstance(theirs, bool) or ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, str | list | dict) or isinstance(theirs, str | list | dict):
        return False
    return float(str(ours)) == float(str(theirs))


def _plain(text: str) -> str:
    """A template without what may differ in the expressions inside; its literal text stays."""
    file, pieces, at = SourceFile(1, "", text.encode()), list[str](), 0
    while found := _OPENING.search(text, at):
        pieces.append(text[at : found.end()])
        at = found.end()
        if len(found[0]) == 2:
            at = interpolation_end(file, at, len(text))
            pieces.append(_NOISE.sub(lambda match: match[1] or "", text[found.end() : at]))
    return "".join((*pieces, text[at:]))


def compared(path: Path, name: str, theirs: object) -> Comparison:
    """A file compared with what the oracle says of it."""
    comparison = Comparison(SourceFile(1, name, path.read_bytes()))
    comparison.compare(theirs)
    return comparison


def record(modules: Path) -> None:
    """Write what the oracle says of the cases."""
    for said in parsed_by_oracle(modules, sorted(CASES.glob("*.tf"))):
        path = Path(str(said["path"]))
        assert "body" in said, said
        text = json.dumps(said["body"], indent=1, sort_keys=True, ensure_ascii=False)
        path.with_suffix(".json").write_bytes(f"{text}\n".encode())


def main(arguments: list[str]) -> int:
    """Compare trees; 1 where anything differs."""
    modules = Path(arguments[0])
    if arguments[1:] == ["--record"]:
        record(modules)
        return 0
    files: dict[bytes, Path] = {}
    for tree in arguments[1:]:
        for path in sorted([*Path(tree).rglob("*.tf"), *Path(tree).rglob("*.tofu")]):
            if path.is_file():
                files.setdefault(path.read_bytes(), path)
    counts: Counter[str] = Counter()
    for answer in parsed_by_oracle(modules, list(files.values())):
        counts["files"] += 1
        if "error" in answer:
            counts["refused by the oracle"] += 1
            continue
        comparison = compared(Path(str(answer["path"])), str(answer["path"]), answer["body"])
        counts += comparison.counts
        counts["differences"] += len(comparison.differences)
        for difference in comparison.differences:
            sys.stdout.write(f"{difference}\n")
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    sys.stdout.write(f"{said}\n")
    return 1 if counts["differences"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
