"""Passing over HCL without parsing it: strings, heredocs, comments and brackets, by offsets.

Every regular expression is possessive and every step moves forward, so the time is linear in the
text whatever it holds. What is simple (strings and brackets with nothing of the like inside) is
passed over by one expression; where that fails, what it looked at is read once more.
"""

from __future__ import annotations

import re

from kmsiac.reading.source import Comment, SourceFile

IDENTIFIER = r"[^\W\d][\w-]*+"
_SIMPLE_INTERPOLATION = r'[$%]\{[^"#/<{}\n]*+\}'
_SIMPLE_STRING = rf'"(?:[^"\\$%\n]++|\\.|\$\$\{{|%%\{{|{_SIMPLE_INTERPOLATION}|[$%](?!\{{))*+"'
_SIMPLE = rf"{_SIMPLE_STRING}|/(?![/*])|<(?!<)"
_FLAT_BRACES = rf'\{{(?:[^"#/<{{}}]++|{_SIMPLE})*+\}}'
_FLAT_BRACKETS = rf'[{{(\[](?:[^"#/<{{}}()\[\]]++|{_SIMPLE})*+[\])}}]'
_RUN_BRACES = re.compile(rf'(?:[^"#/<{{}}]++|{_SIMPLE}|{_FLAT_BRACES})*+')
_RUN_BRACKETS = re.compile(rf'(?:[^"#/<{{}}()\[\]]++|{_SIMPLE}|{_FLAT_BRACKETS})*+')
RUN_LINE = rf'(?:[^"#/<{{}}()\[\]\n]++|{_SIMPLE}|{_FLAT_BRACKETS})*+'
"""What most expressions are made of, up to the end of their line."""
_RUN_LINE = re.compile(RUN_LINE)
_IN_STRING = re.compile(
    rf'(?:[^"\\$%\n]++|\\.|\$\$\{{|%%\{{|{_SIMPLE_INTERPOLATION}|[$%](?!\{{))*+'
)
_TAG_LINE = re.compile(rf"\n[ \t]*+({IDENTIFIER}(?:\.[\w.-]*+)?)[ \t]*+\r?(?=\n|\Z)")
_IN_HEREDOC = re.compile(
    rf"(?:[^\n$%]++|\$\$\{{|%%\{{|{_SIMPLE_INTERPOLATION}|[$%](?!\{{)"
    rf"|\n(?![ \t]*+{IDENTIFIER}(?:\.[\w.-]*+)?[ \t]*+\r?(?:\n|\Z)))*+"
)
HEREDOC = re.compile(rf"<<(-?)({IDENTIFIER}(?:\.[\w.-]*+)?)[ \t]*+\r?(?=\n)")
"""The opening of a heredoc: the indented form's `-`, and the tag."""
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
"""An escape in a quoted string."""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

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


def skip_comment(file: SourceFile, position: int, end: int, comments: list[Comment] | None) -> int:
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


def skip_value(file: SourceFile, position: int, end: int, comments: list[Comment] | None) -> int:
    """The end of an attribute's expression: its line's end, brackets and templates passed over."""
    text = file.text
    while position < end:
        position = run(_RUN_LINE, text, position, end)
        if position >= end:
            break
        character = text[position]
        if character in "\n}":
            return position
        if character == "#" or text.startswith("//", position):
            skip_comment(file, position, end, comments)
            return position
        if character in "{([":
            position = _skip(file, position + 1, end, [[_BRACKETS, 1, position]], comments)
        elif character == "/":
            position = skip_comment(file, position, end, comments)
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


def block_end(file: SourceFile, opening: int, end: int, comments: list[Comment] | None) -> int:
    """The offset behind the `}` of the block whose `{` stands at `opening`. Raises `Unterminated`."""
    return _skip(file, opening + 1, end, [[_BRACES, 1, opening]], comments)


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
_TOO_DEEP = f"strings and interpolations nested over {_MAX_FRAMES} deep"


def run(pattern: re.Pattern[str], text: str, position: int, end: int) -> int:
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
        position = run(_RUNS[kind], text, position, end)
        if position >= end:
            raise _never_closed(frame if kind == _HEREDOC else stack[0])
        if len(stack) > _MAX_FRAMES:
            raise Unterminated(int(stack[0][2]), _TOO_DEEP)
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
            position = max(skip_comment(file, position, end, comments), position + 1)
        elif character == '"':
            stack.append([_STRING, 0, position])
            position += 1
        else:
            heredoc = HEREDOC.match(text, position, end)
            if heredoc:
                stack.append([_HEREDOC, heredoc[2], position])
            position = heredoc.end() if heredoc else position + 1
    return position


def _never_closed(frame: list[int | str]) -> Unterminated:
    return Unterminated(int(frame[2]), _WHAT[int(frame[0])])


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
    return max(skip_comment(file, position, end, None), position + 1)


def character_of(escape: re.Match[str]) -> str:
    """The character that an `ESCAPE` stands for; an escape that means nothing as it is written."""
    if escape[1] or escape[2]:
        code = int(escape[1] or escape[2], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _ESCAPES.get(escape[3], escape[0])
