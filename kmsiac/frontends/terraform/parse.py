"""Expressions: text to our own nodes, through python-hcl2.

Before python-hcl2 sees an expression its strings, heredocs and comments are masked with filler of
the same length, and newlines that mean nothing become spaces. Offsets stay, and what python-hcl2
misreads or rejects in them (escaped interpolations, newlines before `=>`, heredoc tags) is gone.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from kmsiac.frontends.terraform import lexer
from kmsiac.frontends.terraform.grammar_cache import tree_parser
from kmsiac.frontends.terraform.nodes import Node, Unparsed
from kmsiac.frontends.terraform.plain import parse_plain
from kmsiac.frontends.terraform.split import Attribute
from kmsiac.frontends.terraform.syntax import Converter
from kmsiac.frontends.terraform.template import ParseExpression
from kmsiac.reading.source import SourceFile

if TYPE_CHECKING:
    from lark import Token, Tree

_RUN = re.compile(r'(?:[^"#/<\n()\[\]{}]++|/(?![/*])|<(?!<))++')
_FOR_BRACE = re.compile(r"\{\s*+for\s++[^\W\d]")
_PREFIX = "_ = "
_CORE = re.compile(r"\bcore::(?=[a-z])")
"""The namespace of Terraform's own functions, which python-hcl2 does not know."""
_MAX_DEPTH = 150
_MAX_TOKENS = 200_000
"""Words and marks of one expression, some seconds of python-hcl2; the largest policies have 10,000."""
_TOKEN = re.compile(r"\w++|[^\w\s]")
_TWO_SIGNS = re.compile(r"[!-]\s*+[!-]")
_SIGNS = re.compile(r"([^\W\d][\w-]*+)|[!-](?!=)(?:\s*+[!-](?!=))++|[\w.]++|\S", re.ASCII)
_SIGN = re.compile(r"[!-]")


class _TooDeep(Exception):  # noqa: N818 - internal signal
    """Of what there are too many levels."""


def parse_attribute(attribute: Attribute) -> Node:
    """The expression of an attribute, parsed once. Never raises: see `Unparsed`."""
    if attribute.node is None:
        read = attribute.read
        attribute.node = (
            parse_expression(attribute.file, attribute.start, attribute.end)
            if read is None
            else read()
        )
    return attribute.node


def parse_expression(file: SourceFile, start: int, end: int) -> Node:
    """The expression between two offsets. What cannot be parsed is an `Unparsed` node."""
    once = _Once()
    try:
        plain = parse_plain(file, start, end, once)
    except lexer.Unterminated as problem:
        return Unparsed(file.position(start, end), end, problem.what)
    return parse_any(file, start, end, once) if plain is None else plain


def parse_any(file: SourceFile, start: int, end: int, parse: ParseExpression) -> Node:
    """The same by python-hcl2, however it is written. `parse` reads what stands in interpolations."""
    try:
        masked, signs = _without_more_signs(_mask(file, start, end), start)
    except lexer.Unterminated as problem:
        return Unparsed(file.position(start, end), end, problem.what)
    except _TooDeep as problem:
        reason = f"{problem} nested over {_MAX_DEPTH} deep"
        return Unparsed(file.position(start, end), end, reason)
    if not masked.strip():
        return Unparsed(file.position(start, end), end, "an expression is missing")
    if len(masked) > _MAX_TOKENS and sum(1 for _ in _TOKEN.finditer(masked)) > _MAX_TOKENS:
        reason = f"an expression of more than {_MAX_TOKENS:,} words and marks"
        return Unparsed(file.position(start, end), end, reason)
    converter = Converter(file, start - len(_PREFIX), parse, signs)
    if masked[:1] == '"' and masked.rstrip().count('"') == 2 and masked.rstrip()[-1] == '"':
        return converter.string(start, start + len(masked.rstrip()))
    return _parse(file, start, end, masked, converter)


class _Once:
    """Parses what stands in interpolations, the same place once: what is not plain is read twice,
    which must not double with every string inside a string.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Node] = {}

    def __call__(self, file: SourceFile, start: int, end: int) -> Node:
        node = self._known.get((start, end))
        if node is None:
            node = self._known[start, end] = parse_expression(file, start, end)
        return node


def _parse(file: SourceFile, start: int, end: int, masked: str, converter: Converter) -> Node:
    from lark.exceptions import LarkError, UnexpectedInput  # noqa: PLC0415 - slow

    try:
        with _collector_off():
            return converter.expression(_expression_tree(tree_parser()(_PREFIX + masked)))
    except UnexpectedInput as problem:
        offset = cast("int | None", problem.pos_in_stream) or 0
        at = min(max(start + offset - len(_PREFIX), start), end)
        token = file.text[at : at + 1].strip() or "end of line"
        return Unparsed(file.position(at, at + 1), end, f"unexpected `{token}` in an expression")
    except RecursionError:
        return Unparsed(file.position(start, end), end, "an expression nested too deeply")
    except LarkError as problem:
        return Unparsed(file.position(start, end), end, f"not understood: {type(problem).__name__}")
    except ValueError as problem:
        return Unparsed(file.position(start, end), end, f"not understood: {problem}")


def _without_more_signs(masked: str, start: int) -> tuple[str, dict[int, list[int]]]:
    """The expression with one sign of each row of them (`!!x`, `- -1`), which python-hcl2 refuses.

    With it the offsets in the file of the signs of each row, by that of its first.
    """
    rows: dict[int, list[int]] = {}
    if not _TWO_SIGNS.search(masked):
        return masked, rows
    blanked = list(masked)
    operand = False
    for token in _SIGNS.finditer(masked):
        if token[0][0] in "!-" and len(token[0]) > 1:
            signs = [sign.start() for sign in _SIGN.finditer(masked, *token.span())]
            if operand and masked[signs[0]] == "-":
                del signs[0]  # it subtracts
            if len(signs) > _MAX_DEPTH:
                raise _TooDeep("signs")
            for sign in signs[1:]:
                blanked[sign] = " "
            rows[start + signs[0]] = [start + sign for sign in signs]
        operand = token[0] not in ("if", "in") and (
            token[0][-1] in '_)]}"' or token[0][-1].isalnum()
        )
    return "".join(blanked), rows


def _expression_tree(tree: Tree[Token]) -> Tree[Token]:
    found = [child for child in _subtrees(_subtrees(tree)[0]) if child.data == "attribute"]
    if len(found) != 1:
        raise ValueError("more than one expression")
    return _subtrees(found[0])[-1]


def _subtrees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [cast("Tree[Token]", child) for child in tree.children if hasattr(child, "data")]


@contextmanager
def _collector_off() -> Iterator[None]:
    """No garbage collection while a tree of many small objects is built: a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _mask(file: SourceFile, start: int, end: int) -> str:
    """The expression with strings and comments as filler and meaningless newlines as spaces."""
    source = file.text
    out: list[str] = []
    brackets: list[str] = []
    position = start
    while position < end:
        run = _RUN.match(source, position, end)
        if run:
            out.append(run[0])
            position = run.end()
            continue
        character = source[position]
        after = position + 1
        piece = character
        if character in '"<':
            after = lexer.template_end(file, position, end)
            if after > position:
                piece = '"' + "_" * (after - position - 2) + '"'
            else:
                after = position + 1
        elif character in "#/":
            after = lexer.comment_end(file, position, end)
            piece = " " * (after - position)
        elif character == "\n":
            piece = "\n" if brackets and brackets[-1] == "{" else " "
        elif character in "{([":
            is_for = character == "{" and _FOR_BRACE.match(source, position, end)
            brackets.append("for" if is_for else character)
            if len(brackets) > _MAX_DEPTH:
                raise _TooDeep("brackets")
        elif brackets:
            brackets.pop()
        out.append(piece)
        position = after
    masked = "".join(out)
    if "core::" in masked:
        masked = _CORE.sub("      ", masked)
    return masked if masked.isascii() else re.sub(r"[^\x00-\x7f]", "z", masked)
