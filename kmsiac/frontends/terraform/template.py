"""Quoted strings and heredocs: literal stretches, interpolations and directives with offsets.

python-hcl2 keeps a heredoc as one token and misreads `"$${aws:PrincipalTag/${var.t}}"`, so every
string is scanned here, and only the expressions inside go to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

from kmsiac.frontends.terraform.lexer import (
    ESCAPE,
    HEREDOC,
    Unterminated,
    character_of,
    interpolation_end,
)
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
_PLAIN_LINE = re.compile(
    r"(?:[^$%\n]++|[$%](?!\{)(?![$%]\{))*+\n|(?:[^$%\n]++|[$%](?!\{)(?![$%]\{))++"
)
"""Outside of quotes: at most one line, for that is as far as `~` and `<<-` take spaces away."""
_DIRECTIVE = re.compile(r"\s*(if|else|endif|for|endfor)\b\s*")
_FOR = re.compile(r"([^\W\d][\w-]*)\s*(?:,\s*([^\W\d][\w-]*)\s*)?\bin\b")
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


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
            tokens = _tokens(file, begin, stop, _PLAIN_LINE, parse)
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
        parts = _assemble(_tokens(file, 0, end, _PLAIN_LINE, parse), file)
    except Unterminated as problem:
        return Unparsed(file.position(0, end), end, f"{problem.what} (in a template)")
    return _node(file, 0, end, parts, verbatim=False)


def scan_bare(file: SourceFile, start: int, end: int, parse: ParseExpression) -> Node:
    """A JSON string, with its quotes and without its escapes, as a template.

    A backslash means nothing in it.
    """
    try:
        parts = _assemble(_tokens(file, start + 1, end - 1, _PLAIN_LINE, parse), file)
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
    text, quoted = file.text, plain is _PLAIN
    tokens: list[_Token] = []
    position, strip_next, interpolations = start, False, 0
    while position < end:
        begin = position
        run = plain.match(text, position, end)
        if run:
            stretch, position = run[0], run.end()
        elif text.startswith(("$${", "%%{"), position):
            stretch, begin, position = text[position] + "{", position + 1, position + 3
        elif text.startswith(("${", "%{"), position):
            interpolations += 1
            if interpolations > MAX_INTERPOLATIONS:
                raise Unterminated(position, f"more than {MAX_INTERPOLATIONS:,} interpolations")
            position = interpolation_end(file, position + 2, end)
            strip_next = _interpolation(file, (begin, position), tokens, parse, quoted)
            continue
        elif quoted and text[position] == "\\":
            escape = ESCAPE.match(text, position, end)
            position = escape.end() if escape else position + 1
            stretch = character_of(escape) if escape else text[begin]
        else:
            stretch, position = text[position], position + 1
        if strip_next:
            stripped = stretch.lstrip(_SPACES)
            begin += len(stretch) - len(stripped)
            stretch = stripped
            # A string is stripped to its first character that is no space, other text by a line.
            strip_next = quoted and not stretch
        tokens.append(Stretch(file.position(begin), stretch))
    return tokens


def _interpolation(
    file: SourceFile,
    bounds: tuple[int, int],
    tokens: list[_Token],
    parse: ParseExpression,
    quoted: bool,
) -> bool:
    """Add the interpolation or directive between two offsets; whether it strips what follows."""
    text = file.text
    start, close = bounds
    begin, stop = start + 2, close - 1
    if text.startswith("~", begin):
        begin += 1
        _strip_last(tokens, quoted)
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


def _strip_last(tokens: list[_Token], quoted: bool) -> None:
    """Take trailing spaces off: in a string all there are, in other text those of the last line."""
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if not isinstance(token, Stretch):
            return
        stripped = token.text.rstrip(_SPACES)
        tokens[at] = Stretch(token.position, stripped)
        if stripped or not quoted:
            return


def _unindent(tokens: list[_Token]) -> list[_Token]:
    """Take the least indentation off the lines of a `<<-` heredoc, as HCL does it.

    It is counted behind `~`; lines of spaces alone have none, and keep what they have.
    """
    common: int | None = None
    first: list[int] = []
    at_start = True
    for at, token in enumerate(tokens):
        is_text = isinstance(token, Stretch)
        written = token.text if isinstance(token, Stretch) else ""
        if at_start:
            rest = written.lstrip(_SPACES)
            if rest or not written.endswith("\n"):
                indent = len(written) - len(rest)
                common = indent if common is None else min(common, indent)
                first.append(at)
        at_start = is_text and written.endswith("\n")
    for at in first if common else ():
        token = tokens[at]
        if common and isinstance(token, Stretch):
            tokens[at] = Stretch(token.position + common, token.text[common:])
    return tokens


def _melded(tokens: list[_Token]) -> list[_Token]:
    """Stretches that follow each other in the file as one, empty ones left out, all text as NFC."""
    result: list[_Token] = []
    pieces: list[str] = []
    start = behind = 0

    def put() -> None:
        if pieces:
            text = "".join(pieces)
            result.append(Stretch(start, text if text.isascii() else normalize("NFC", text)))
            pieces.clear()

    for token in tokens:
        if not isinstance(token, Stretch):
            put()
            result.append(token)
        elif token.text:
            if not pieces or token.position != behind:
                put()
                start = token.position
            pieces.append(token.text)
            behind = token.position + len(token.text)
    put()
    return result


def _assemble(tokens: list[_Token], file: SourceFile) -> list[TemplatePart]:
    """Nest the flat tokens by their directives."""
    root: list[TemplatePart] = []
    open_directives: list[tuple[str, Directive, list[TemplatePart]]] = []
    current = root
    for token in _melded(tokens):
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
