"""The lexer: HCL text to blocks and attributes with offsets, without parsing any expression.

One pass over a file finds its top-level blocks and comments; a block's own attributes and nested
blocks are found when somebody asks. Every regular expression is possessive and every step moves
forward, so the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.nodes import Node
from kmsiac.reading.source import Comment, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from kmsiac.reading.outline import Part

_IDENTIFIER = r"[^\W\d][\w-]*+"
_SIMPLE_STRING = r'"(?:[^"\\$%\n]++|\\.|[$%](?!\{))*+"'
_RUN_BRACES = re.compile(rf'(?:[^"#/<{{}}]++|{_SIMPLE_STRING}|/(?![/*])|<(?!<))*+')
_RUN_BRACKETS = re.compile(rf'(?:[^"#/<{{}}()\[\]]++|{_SIMPLE_STRING}|/(?![/*])|<(?!<))*+')
_RUN_LINE = re.compile(rf'(?:[^"#/<{{}}()\[\]\n]++|{_SIMPLE_STRING}|/(?![/*])|<(?!<))*+')
_IN_STRING = re.compile(r'(?:[^"\\$%\n]++|\\.|\$\$\{|%%\{|[$%](?!\{))*+')
_TAG_LINE = re.compile(rf"\n[ \t]*+({_IDENTIFIER}(?:\.[\w.-]*+)?)[ \t]*+\r?(?=\n|\Z)")
_IN_HEREDOC = re.compile(
    rf"(?:[^\n$%]++|\$\$\{{|%%\{{|[$%](?!\{{)"
    rf"|\n(?![ \t]*+{_IDENTIFIER}(?:\.[\w.-]*+)?[ \t]*+\r?(?:\n|\Z)))*+"
)
HEREDOC = re.compile(rf"<<(-?)({_IDENTIFIER}(?:\.[\w.-]*+)?)[ \t]*+\r?(?=\n)")
"""The opening of a heredoc: the indented form's `-`, and the tag."""
_SPACE = re.compile(r"[\s]*+")
_ATTRIBUTE = re.compile(rf'(?:({_IDENTIFIER})|"([^"\\\n]*+)")[ \t]*+=(?![=>])[ \t]*+')
_BLOCK = re.compile(
    rf"({_IDENTIFIER})((?:[ \t]*+(?:\"(?:[^\"\\\n]|\\.)*+\"|{_IDENTIFIER}))*+)[ \t]*+\r?\n?[ \t]*+\{{"
)
_LABEL = re.compile(rf"\"((?:[^\"\\\n]|\\.)*+)\"|({_IDENTIFIER})")
_RESUME = re.compile(
    r"^(?:resource|data|module|variable|output|locals|provider|terraform|moved|import|check|removed)\b",
    re.MULTILINE,
)
_MAX_ERRORS = 20

_BRACES, _BRACKETS, _STRING, _HEREDOC = range(4)
_RUNS = {_BRACES: _RUN_BRACES, _BRACKETS: _RUN_BRACKETS, _STRING: _IN_STRING, _HEREDOC: _IN_HEREDOC}


class Unterminated(Exception):  # noqa: N818 - a finding of the lexer, turned into a SourceError
    """A string, heredoc, comment or bracket that begins at `offset` never ends, or too deep inside.

    `what` says so in a sentence.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what


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
        position = _run(_SPACE, text, position, end)
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
        after = _skip_comment(file, position, end, comments)
        if after > position:
            return after
    attribute = _ATTRIBUTE.match(text, position, end)
    if attribute:
        close = _skip_value(file, attribute.end(), end, comments)
        name = attribute[1] or attribute[2] or ""
        name_end = attribute.end(1) if attribute[1] else attribute.end(2) + 1
        stop = attribute.end() + len(text[attribute.end() : close].rstrip())
        new = Attribute(file, name, position, name_end, attribute.end(), stop)
        if body.attributes.setdefault(name, new) is not new:
            split.set_twice(name, position)
        return close
    block = _BLOCK.match(text, position, end)
    if block:
        opening = block.end() - 1
        close = _skip(file, opening + 1, end, [[_BRACES, 1, opening]], comments) - 1
        labels = tuple(m[1] if m[1] is not None else m[2] for m in _LABEL.finditer(block[2]))
        body.blocks.append(Block(split, block[1], labels, position, opening, close))
        return close + 1
    split.error("expected a block or `name = value`", position, "the rest of this line is not read")
    line_end = text.find("\n", position, end)
    return end if line_end < 0 else line_end + 1


def _skip_comment(file: SourceFile, position: int, end: int, comments: list[Comment] | None) -> int:
    """The offset behind the comment at `position`; `position` itself if there is none."""
    text = file.text
    if text.startswith("/*", position):
        close = text.find("*/", position + 2, end)
        if close < 0:
            raise Unterminated(position, "this comment is never closed")
        after, begin, stop = close + 2, position + 2, close
    elif text[position] == "#" or text.startswith("//", position):
        close = text.find("\n", position, end)
        after = stop = end if close < 0 else close
        begin = position + (1 if text[position] == "#" else 2)
    else:
        return position
    if comments is not None:
        comments.append(Comment(file.position(position, stop), text[begin:stop].strip()))
    return after


def _skip_value(file: SourceFile, position: int, end: int, comments: list[Comment] | None) -> int:
    """The end of an attribute's expression: its line's end, brackets and templates passed over."""
    text = file.text
    while position < end:
        position = _run(_RUN_LINE, text, position, end)
        if position >= end:
            break
        character = text[position]
        if character in "\n}":
            return position
        if character == "#" or text.startswith("//", position):
            _skip_comment(file, position, end, comments)
            return position
        if character in "{([":
            position = _skip(file, position + 1, end, [[_BRACKETS, 1, position]], comments)
        elif character == "/":
            position = _skip_comment(file, position, end, comments)
        elif character in '"<':
            position = _skip_template_or_character(file, position, end)
        else:
            position += 1
    return end


def _skip_template_or_character(file: SourceFile, position: int, end: int) -> int:
    after = template_end(file, position, end)
    return after if after > position else position + 1


def template_end(file: SourceFile, position: int, end: int) -> int:
    """The offset behind the quoted string or heredoc at `position`; `position` if there is none.

    Raises `Unterminated`.
    """
    text = file.text
    if text[position] == '"':
        return _skip(file, position + 1, end, [[_STRING, 0, position]], None)
    heredoc = HEREDOC.match(text, position, end)
    if heredoc is None:
        return position
    return _skip(file, heredoc.end(), end, [[_HEREDOC, heredoc[2], position]], None)


def interpolation_end(file: SourceFile, position: int, end: int) -> int:
    """The offset behind the `}` of an interpolation whose inside begins at `position`."""
    return _skip(file, position, end, [[_BRACES, 1, position]], None)


_WHAT = {
    _BRACES: "this block is never closed",
    _BRACKETS: "this bracket is never closed",
    _STRING: "this string is never closed",
    _HEREDOC: "this heredoc is never closed",
}
_MAX_FRAMES = 40
"""Strings and interpolations inside each other; every level is read once more when it is parsed."""


def _run(pattern: re.Pattern[str], text: str, position: int, end: int) -> int:
    """Where the stretch that matches at `position` ends; the pattern may match nothing."""
    found = pattern.match(text, position, end)
    return found.end() if found else position


def _skip(
    file: SourceFile,
    position: int,
    end: int,
    stack: list[list[int | str]],
    comments: list[Comment] | None,
) -> int:
    """Walk on until every frame of `stack` (kind, depth or tag, offset of its start) is closed."""
    text = file.text
    while stack:
        frame = stack[-1]
        kind = int(frame[0])
        position = _run(_RUNS[kind], text, position, end)
        if position >= end:
            blamed = frame if kind == _HEREDOC else stack[0]
            raise Unterminated(int(blamed[2]), _WHAT[int(blamed[0])])
        if len(stack) > _MAX_FRAMES:
            reason = f"strings and interpolations nested over {_MAX_FRAMES} deep"
            raise Unterminated(int(stack[0][2]), reason)
        if kind in (_STRING, _HEREDOC):
            position = _in_template(text, position, stack)
            continue
        character = text[position]
        if character in "{([":
            frame[1] = int(frame[1]) + 1
            position += 1
        elif character in "})]":
            frame[1] = int(frame[1]) - 1
            position += 1
            if not frame[1]:
                stack.pop()
        elif character in "#/":
            position = max(_skip_comment(file, position, end, comments), position + 1)
        elif character == '"':
            stack.append([_STRING, 0, position])
            position += 1
        else:
            heredoc = HEREDOC.match(text, position, end)
            if heredoc:
                stack.append([_HEREDOC, heredoc[2], position])
            position = heredoc.end() if heredoc else position + 1
    return position


def _in_template(text: str, position: int, stack: list[list[int | str]]) -> int:
    """One step at the stop of a template's run: its end, an interpolation, or a lone character."""
    kind, tag, start = stack[-1]
    character = text[position]
    if character in "$%":
        stack.append([_BRACES, 1, position])
        return position + 2
    if kind == _STRING:
        if character != '"':
            raise Unterminated(int(start), _WHAT[_STRING])
        stack.pop()
        return position + 1
    line = _TAG_LINE.match(text, position)
    if line and line[1] == tag:
        stack.pop()
        return line.end(1)
    return position + 1


def comment_end(file: SourceFile, position: int, end: int) -> int:
    """The offset behind the comment at `position`, or behind the one character if there is none."""
    return max(_skip_comment(file, position, end, None), position + 1)
