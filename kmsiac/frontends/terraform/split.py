"""HCL text to blocks and attributes with offsets, without parsing any expression.

One pass over a file finds its top-level blocks and comments; a block's own attributes and nested
blocks are found when somebody asks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.lexer import (
    ESCAPE,
    IDENTIFIER,
    RUN_LINE,
    Unterminated,
    block_end,
    character_of,
    run,
    skip_comment,
    skip_value,
)
from kmsiac.frontends.terraform.nodes import Node
from kmsiac.reading.source import Comment, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmsiac.reading.outline import Part

_SPACE = re.compile(r"[\s]*+")
_INLINE_COMMENT = re.compile(r"/\*(?:[^*]++|\*(?!/))*+\*/")
_GAP = rf"(?:[ \t]++|{_INLINE_COMMENT.pattern})*+"
_ATTRIBUTE = re.compile(rf'(?:({IDENTIFIER})|"([^"\\\n]*+)"){_GAP}=(?![=>])[ \t]*+')
_WHOLE_LINE = re.compile(rf"[\s]*+({IDENTIFIER}){_GAP}=(?![=>])[ \t]*+({RUN_LINE})(?=\n)")
"""An attribute as most are written: behind it nothing but the end of its line."""
_BLOCK = re.compile(
    rf'({IDENTIFIER})((?:{_GAP}(?:"(?:[^"\\\n]|\\.)*+"|{IDENTIFIER}))*+){_GAP}\r?\n?[ \t]*+\{{'
)
_LABEL = re.compile(rf'{_INLINE_COMMENT.pattern}|"((?:[^"\\\n]|\\.)*+)"|({IDENTIFIER})')
_RESUME = re.compile(
    r"^(?:resource|data|module|variable|output|locals|provider|terraform|moved|import|check|removed)\b",
    re.MULTILINE,
)
_MAX_ERRORS = 20


class Attribute:
    """`name = expression`: offsets of the name and of the expression; `node` once it is parsed.

    `read` makes the node where the expression is not HCL.
    """

    __slots__ = ("end", "file", "name", "name_end", "node", "offset", "read", "start")

    def __init__(
        self, file: SourceFile, name: str, offset: int, name_end: int, start: int, end: int
    ) -> None:
        self.file = file
        self.name = name
        self.offset = offset
        self.name_end = name_end
        self.start = start
        self.end = end
        self.node: Node | None = None
        self.read: Callable[[], Node] | None = None

    @property
    def position(self) -> int:
        """Where the name stands."""
        return self.file.position(self.offset, self.name_end)

    @property
    def source(self) -> str:
        """The expression as written."""
        return self.file.text[self.start : self.end]


class Body:
    """The inside of a block or file: attributes by name, nested blocks in order."""

    __slots__ = ("attributes", "blocks")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []


class Block:
    """`type "label" ... { body }`. `start` and `header_end` bound the header, `end` is exclusive."""

    __slots__ = ("_body", "close", "file", "header_end", "labels", "open", "split", "start", "type")

    def __init__(
        self,
        split: SplitFile,
        type: str,
        labels: tuple[str, ...],
        start: int,
        open: int,
        close: int,
    ) -> None:
        self.split = split
        self.file = split.file
        self.type = type
        self.labels = labels
        self.start = start
        self.open = open
        self.close = close
        self.header_end = len(split.file.text[start:open].rstrip()) + start
        self._body: Body | None = None

    @property
    def position(self) -> int:
        """Where the header stands."""
        return self.file.position(self.start, self.header_end)

    @property
    def end(self) -> int:
        """The offset behind the closing brace."""
        return self.close + 1

    @property
    def body(self) -> Body:
        """The attributes and nested blocks, found on first use."""
        if self._body is None:
            self._body = _split_body(self.split, self.open + 1, self.close, comments=None)
        return self._body

    def override(self, body: Body) -> None:
        """Replace the body (an override file merged into it)."""
        self._body = body


class SplitFile:
    """A file's top-level attributes and blocks, and what was wrong with it."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.errors: list[SourceError] = []
        self.body = Body()

    def error(self, message: str, start: int, hint: str = "") -> None:
        """Note a problem at an offset; beyond a fixed number they are dropped."""
        if len(self.errors) < _MAX_ERRORS:
            span = self.file.span(self.file.position(start))
            self.errors.append(SourceError(message, span, hint))

    def set_twice(self, name: str, start: int) -> None:
        """Note an attribute that its block has already."""
        self.error(f"`{name}` is set twice in one block", start, "the first one is used")


_KNOWN: WeakKeyDictionary[SourceFile, SplitFile] = WeakKeyDictionary()


def split(file: SourceFile, read: Callable[[SplitFile], None] | None = None) -> SplitFile:
    """The blocks of a file, split once. A file that is no text has none, and an error.

    `read` fills in those of a file that is not HCL.
    """
    known = _KNOWN.get(file)
    if known is not None:
        return known
    result = SplitFile(file)
    _KNOWN[file] = result
    try:
        text = file.text
        if read is None:
            result.body = _split_body(result, 0, len(text), comments=[])
        else:
            read(result)
    except SourceError as error:
        result.errors.append(error)
    return result


def _split_body(split: SplitFile, start: int, end: int, comments: list[Comment] | None) -> Body:
    """The items between two offsets. With a list of `comments` this is the file's own pass."""
    body = Body()
    text = split.file.text
    position, recoveries = start, 0
    while True:
        while line := _WHOLE_LINE.match(text, position, end):
            _set(split, body, line[1], line.span(1), line.span(2))
            position = line.end()
        position = run(_SPACE, text, position, end)
        if position >= end:
            break
        try:
            position = _item(split, body, position, end, comments)
        except Unterminated as problem:
            split.error(problem.what, problem.offset)
            recoveries += 1
            resume = _RESUME.search(text, position + 1, end)
            if resume is None or recoveries >= _MAX_ERRORS:
                break
            position = resume.start()
    if comments is not None:
        split.file.comments = sorted(set(comments))
        split.file.outline = _outline
    return body


def _outline(file: SourceFile) -> list[Part]:
    from kmsiac.frontends.terraform.outline import outline  # noqa: PLC0415 - hardly ever asked for

    return outline(file)


def _item(
    split: SplitFile, body: Body, position: int, end: int, comments: list[Comment] | None
) -> int:
    """Read the comment, attribute or block at `position`; the offset behind it."""
    file, text = split.file, split.file.text
    if text[position] in "#/":
        after = skip_comment(file, position, end, comments)
        if after > position:
            return after
    attribute = _ATTRIBUTE.match(text, position, end)
    if attribute:
        close = skip_value(file, attribute.end(), end, comments)
        name = attribute[1] or attribute[2] or ""
        name_end = attribute.end(1) if attribute[1] else attribute.end(2) + 1
        _set(split, body, name, (position, name_end), (attribute.end(), close))
        return close
    block = _BLOCK.match(text, position, end)
    if block:
        opening = block.end() - 1
        close = block_end(file, opening, end, comments) - 1
        labels = _labels(file, block, comments)
        body.blocks.append(Block(split, block[1], labels, position, opening, close))
        return close + 1
    split.error("expected a block or `name = value`", position, "the rest of this line is not read")
    line_end = text.find("\n", position, end)
    return end if line_end < 0 else line_end + 1


def _set(
    split: SplitFile, body: Body, name: str, named: tuple[int, int], value: tuple[int, int]
) -> None:
    """An attribute of a body: where its name stands, and its value with the blanks behind that."""
    start, close = value
    stop = start + len(split.file.text[start:close].rstrip())
    new = Attribute(split.file, name, *named, start, stop)
    if body.attributes.setdefault(name, new) is not new:
        split.set_twice(name, named[0])


def _labels(
    file: SourceFile, header: re.Match[str], comments: list[Comment] | None
) -> tuple[str, ...]:
    """The labels of a block; comments between them are noted."""
    labels: list[str] = []
    for label in _LABEL.finditer(file.text, header.start(2), header.end() - 1):
        if label[1] is not None or label[2]:
            quoted = label[1]
            labels.append(label[2] if quoted is None else ESCAPE.sub(character_of, quoted))
        elif comments is not None:
            skip_comment(file, label.start(), label.end(), comments)
    return tuple(labels)
