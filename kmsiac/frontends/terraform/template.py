"""Quoted strings and heredocs: literal stretches, interpolations and directives with offsets.

python-hcl2 keeps a heredoc as one token and misreads `"$${aws:PrincipalTag/${var.t}}"`, so every
string is scanned here, and only the expressions inside go to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kmsiac.frontends.terraform.lexer import HEREDOC, Unterminated, interpolation_end
from kmsiac.frontends.terraform.nodes import (
    Directive,
    Literal,
    Node,
    Stretch,
    Template,
    TemplatePart,
    Unparsed,
)
from kmsiac.reading.source import SourceFile
from kmsiac.values import Text

ParseExpression = Callable[[SourceFile, int, int], Node]

_PLAIN = re.compile(r"(?:[^\\$%]++|[$%](?!\{)(?![$%]\{))++")
_PLAIN_HEREDOC = re.compile(r"(?:[^$%]++|[$%](?!\{)(?![$%]\{))++")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_DIRECTIVE = re.compile(r"\s*(if|else|endif|for|endfor)\b\s*")
_FOR = re.compile(r"([^\W\d][\w-]*)\s*(?:,\s*([^\W\d][\w-]*)\s*)?\bin\b")
_INDENT = re.compile(r"[ \t]*+")


class _Marker:
    """A directive as it stands in the text; `word` is `if`, `else`, ..."""

    __slots__ = ("names", "start", "subject", "word")

    def __init__(self, word: str, start: int, subject: Node | None, names: tuple[str, ...]) -> None:
        self.word = word
        self.start = start
        self.subject = subject
        self.names = names


MAX_INTERPOLATIONS = 10_000
"""Expressions inside one template: some seconds of parsing; the largest policies have a hundred."""

_Token = Stretch | Node | _Marker


def scan_string(file: SourceFile, start: int, end: int, parse: ParseExpression) -> Node:
    """The quoted string or heredoc between two offsets as a Literal, Template or Unparsed node."""
    text = file.text
    heredoc = HEREDOC.match(text, start, end)
    try:
        if heredoc is None:
            tokens = _tokens(file, start + 1, end - 1, _PLAIN, parse)
        else:
            begin = heredoc.end() + 1
            stop = text.rfind("\n", heredoc.end(), end) + 1
            tokens = _tokens(file, begin, stop, _PLAIN_HEREDOC, parse)
            if heredoc[1]:
                tokens = _unindent(tokens)
        parts = _assemble(tokens, file)
    except Unterminated as problem:
        return Unparsed(file.position(start, end), end, f"{problem.what} (in a template)")
    return _node(file, start, end, parts, verbatim=heredoc is None)


def scan_template(file: SourceFile, parse: ParseExpression) -> Node:
    """A whole file as a template (`templatefile`)."""
    end = len(file.text)
    try:
        parts = _assemble(_tokens(file, 0, end, _PLAIN_HEREDOC, parse), file)
    except Unterminated as problem:
        return Unparsed(file.position(0, end), end, f"{problem.what} (in a template)")
    return _node(file, 0, end, parts, verbatim=False)


def scan_bare(file: SourceFile, start: int, end: int, parse: ParseExpression) -> Node:
    """A JSON string, with its quotes and without its escapes, as a template.

    A backslash means nothing in it.
    """
    try:
        parts = _assemble(_tokens(file, start + 1, end - 1, _PLAIN_HEREDOC, parse), file)
    except Unterminated as problem:
        return Unparsed(file.position(start, end), end, f"{problem.what} (in a template)")
    return _node(file, start, end, parts, verbatim=True)


def _node(
    file: SourceFile, start: int, end: int, parts: list[TemplatePart], verbatim: bool
) -> Node:
    position = file.position(start, end)
    if not parts:
        return Literal(position, end, Text((), position))
    if verbatim and len(parts) == 1 and isinstance(parts[0], Stretch):
        literal = parts[0].text
        # A string that may hold JSON or spans stretches keeps its breakpoints; others need none.
        origin = ((0, parts[0].position),) if literal[:1] in ("{", "[") else ()
        return Literal(position, end, Text((literal,), position, origin=origin))
    if all(isinstance(part, Stretch) for part in parts):
        stretches = [part for part in parts if isinstance(part, Stretch)]
        index, breakpoints = 0, []
        for stretch in stretches:
            breakpoints.append((index, stretch.position))
            index += len(stretch.text)
        whole = "".join(stretch.text for stretch in stretches)
        return Literal(position, end, Text((whole,), position, origin=tuple(breakpoints)))
    return Template(position, end, parts)


def _tokens(
    file: SourceFile, start: int, end: int, plain: re.Pattern[str], parse: ParseExpression
) -> list[_Token]:
    text = file.text
    tokens: list[_Token] = []
    position, strip_next, interpolations = start, False, 0
    while position < end:
        run = plain.match(text, position, end)
        if run:
            stretch, begin = run[0], position
            position = run.end()
            if strip_next:
                stripped = stretch.lstrip()
                begin += len(stretch) - len(stripped)
                stretch = stripped
            if stretch:
                strip_next = False
                tokens.append(Stretch(file.position(begin), stretch))
            continue
        if text.startswith(("$${", "%%{"), position):
            tokens.append(Stretch(file.position(position + 1), text[position] + "{"))
            position, strip_next = position + 3, False
        elif text.startswith(("${", "%{"), position):
            interpolations += 1
            if interpolations > MAX_INTERPOLATIONS:
                raise Unterminated(position, f"more than {MAX_INTERPOLATIONS:,} interpolations")
            close = interpolation_end(file, position + 2, end)
            strip_next = _interpolation(file, position, close, tokens, parse)
            position = close
        elif text[position] == "\\" and plain is _PLAIN:
            escape = _ESCAPE.match(text, position, end)
            after = escape.end() if escape else position + 1
            tokens.append(Stretch(file.position(position), _unescape(text[position:after], escape)))
            position, strip_next = after, False
        else:
            tokens.append(Stretch(file.position(position), text[position]))
            position, strip_next = position + 1, False
    return tokens


def _unescape(written: str, escape: re.Match[str] | None) -> str:
    if escape is None:
        return written
    if escape[1] or escape[2]:
        code = int(escape[1] or escape[2], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _ESCAPES.get(escape[3], written)


def _interpolation(
    file: SourceFile, start: int, close: int, tokens: list[_Token], parse: ParseExpression
) -> bool:
    """Add the interpolation or directive from `start` to `close`; whether it strips what follows."""
    text = file.text
    begin, stop = start + 2, close - 1
    if text.startswith("~", begin):
        begin += 1
        _strip_last(tokens)
    strip_next = text.startswith("~", stop - 1) and stop - 1 >= begin
    if strip_next:
        stop -= 1
    if text[start] == "$":
        tokens.append(parse(file, begin, stop))
        return strip_next
    word = _DIRECTIVE.match(text, begin, stop)
    if word is None:
        problem = Unparsed(file.position(start, close), close, "unknown template directive")
        tokens.append(problem)
    elif word[1] == "if":
        tokens.append(_Marker("if", start, parse(file, word.end(), stop), ()))
    elif word[1] == "for":
        names = _FOR.match(text, word.end(), stop)
        if names is None:
            tokens.append(Unparsed(file.position(start, close), close, "broken `for` directive"))
        else:
            subject = parse(file, names.end(), stop)
            pair = tuple(name for name in names.groups() if name)
            tokens.append(_Marker("for", start, subject, pair))
    else:
        tokens.append(_Marker(word[1], start, None, ()))
    return strip_next


def _strip_last(tokens: list[_Token]) -> None:
    while tokens and isinstance(tokens[-1], Stretch):
        stripped = tokens[-1].text.rstrip()
        if stripped:
            tokens[-1] = Stretch(tokens[-1].position, stripped)
            return
        tokens.pop()


def _unindent(tokens: list[_Token]) -> list[_Token]:
    """Take the common indentation off a `<<-` heredoc, line by line."""
    lines: list[tuple[_Token, bool]] = []
    at_start = True
    for token in tokens:
        if not isinstance(token, Stretch):
            lines.append((token, False))
            at_start = False
            continue
        offset = token.position
        for line in token.text.splitlines(keepends=True):
            lines.append((Stretch(offset, line), at_start))
            offset += len(line)
            at_start = line.endswith("\n")
    indents = [
        len(_indent(token.text))
        for token, first in lines
        if first and isinstance(token, Stretch) and token.text.strip()
    ]
    indents += [0 for token, first in lines if first and not isinstance(token, Stretch)]
    common = min(indents, default=0)
    result: list[_Token] = []
    for token, first in lines:
        if first and isinstance(token, Stretch):
            cut = min(common, len(_indent(token.text)))
            result.append(Stretch(token.position + cut, token.text[cut:]))
        else:
            result.append(token)
    return result


def _indent(line: str) -> str:
    found = _INDENT.match(line)
    return found[0] if found else ""


def _assemble(tokens: list[_Token], file: SourceFile) -> list[TemplatePart]:
    """Nest the flat tokens by their directives."""
    root: list[TemplatePart] = []
    open_directives: list[tuple[str, Directive, list[TemplatePart]]] = []
    current = root
    for token in tokens:
        if not isinstance(token, _Marker):
            current.append(token)
        elif token.subject is not None:
            directive = Directive(token.subject, token.names)
            current.append(directive)
            open_directives.append((token.word, directive, current))
            current = directive.parts
        elif token.word == "else" and open_directives and open_directives[-1][0] == "if":
            current = open_directives[-1][1].otherwise
        elif open_directives and token.word == "end" + open_directives[-1][0]:
            current = open_directives.pop()[2]
        else:
            position = file.position(token.start, token.start + 2)
            current.append(Unparsed(position, token.start + 2, f"stray `{token.word}` directive"))
    if open_directives:
        raise Unterminated(0, f"an unclosed `{open_directives[-1][0]}` directive")
    return root
