"""From python-hcl2's tree to our nodes. Offsets of the tree are relative to the parsed chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast
from unicodedata import normalize

from kmsiac.frontends.terraform.nodes import (
    Binary,
    Call,
    Conditional,
    For,
    GetAttribute,
    Index,
    Literal,
    Name,
    Node,
    Object,
    Splat,
    Step,
    Tuple,
    Unary,
)
from kmsiac.frontends.terraform.numbers import parse
from kmsiac.frontends.terraform.template import ParseExpression, scan_string
from kmsiac.reading.source import SourceFile
from kmsiac.values import Bool, Null, Number, Text, UnquotedNumber, Value, has_leading_zero

if TYPE_CHECKING:
    from lark import Token, Tree

    Subtree = Tree[Token]


class Converter:
    """Turns the tree of one chunk into nodes. `shift` is what its offsets lack to the file's.

    `signs` are the offsets of `!` and `-` that stand in a row, by that of the first: the tree has
    only this one.
    """

    def __init__(
        self, file: SourceFile, shift: int, parse: ParseExpression, signs: dict[int, list[int]]
    ) -> None:
        self.file = file
        self.shift = shift
        self.parse = parse
        self.signs = signs

    def expression(self, tree: Subtree) -> Node:
        """The node of any expression subtree. Raises ValueError for one that is not known."""
        convert = _CONVERTERS.get(str(tree.data))
        if convert is None:
            raise ValueError(str(tree.data))
        return convert(self, tree)

    def string(self, start: int, end: int) -> Node:
        """A quoted string or heredoc by its offsets in the file."""
        return scan_string(self.file, start, end, self.parse)

    # -- places -----------------------------------------------------------------------------------

    def start(self, tree: Subtree | Token) -> int:
        """The offset in the file at which a subtree or token starts."""
        raw = tree.meta.start_pos if hasattr(tree, "meta") else tree.start_pos
        return int(raw or 0) + self.shift

    def end(self, tree: Subtree | Token) -> int:
        """The offset in the file behind a subtree or token, trailing space cut off."""
        raw = tree.meta.end_pos if hasattr(tree, "meta") else tree.end_pos
        end = int(raw or 0) + self.shift
        text = self.file.text
        while end > 0 and text[end - 1 : end].isspace():
            end -= 1
        return end

    def text(self, tree: Subtree | Token) -> str:
        """What is written there."""
        return self.file.text[self.start(tree) : self.end(tree)]

    def span(self, tree: Subtree | Token) -> tuple[int, int]:
        """Position and end offset."""
        start, end = self.start(tree), self.end(tree)
        return self.file.position(start, end), end

    # -- terms ------------------------------------------------------------------------------------

    def term(self, tree: Subtree) -> Node:
        """`expr_term`: a single thing, maybe in parentheses."""
        return self.expression(_trees(tree)[0])

    def literal(self, tree: Subtree) -> Node:
        """A number, true, false or null."""
        position, end = self.span(tree)
        written = self.text(tree)
        return Literal(position, end, _literal_value(written, position))

    def name(self, tree: Subtree) -> Node:
        """A bare identifier."""
        position, end = self.span(tree)
        return Name(position, end, self.text(tree))

    def string_tree(self, tree: Subtree) -> Node:
        """A masked string: its text is read from the file."""
        return self.string(self.start(tree), self.end(tree))

    def call(self, tree: Subtree) -> Node:
        """A function call, provider functions included."""
        names = [self.text(child) for child in _trees(tree) if child.data == "identifier"]
        listed = [child for child in _trees(tree) if child.data == "arguments"]
        arguments: list[Node] = []
        expand = False
        for child in listed[0].children if listed else ():
            if hasattr(child, "data"):
                if child.data != "new_line_or_comment":
                    arguments.append(self.expression(cast("Subtree", child)))
            else:
                expand = expand or str(child) == "..."
        position, end = self.span(tree)
        return Call(position, end, "::".join(names), arguments, expand)

    # -- collections ------------------------------------------------------------------------------

    def tuple_of(self, tree: Subtree) -> Node:
        """`[...]`."""
        items = [self.expression(child) for child in _trees(tree)]
        position, end = self.span(tree)
        return Tuple(position, end, items)

    def object_of(self, tree: Subtree) -> Node:
        """`{...}`."""
        entries: list[tuple[Node, Node]] = []
        for element in _trees(tree):
            key, value = _trees(element)
            entries.append((self._key(key), self.expression(value)))
        position, end = self.span(tree)
        return Object(position, end, entries)

    def _key(self, tree: Subtree) -> Node:
        inner = _trees(tree)
        position, end = self.span(tree)
        written = self.text(tree)
        bare = not inner or inner[0].data == "keyword"
        if not bare and inner[0].data == "expr_term" and not written.startswith("("):
            term = _trees(inner[0])[0]
            bare = term.data in ("identifier", "literal_value")
        if bare:
            return Literal(position, end, Text((normalize("NFC", written),), position))
        return self.expression(inner[0])

    def for_of(self, tree: Subtree) -> Node:
        """Both forms of `for`."""
        parts = _trees(tree)
        intro = _trees(parts[0])
        names = tuple(self.text(child) for child in intro[:-1])
        condition = None
        rest = parts[1:]
        if rest[-1].data == "for_cond":
            condition = self.expression(_trees(rest.pop())[0])
        key = self.expression(rest[0]) if tree.data == "for_object_expr" else None
        position, end = self.span(tree)
        collection = self.expression(intro[-1])
        node = For(position, end, names, collection, self.expression(rest[-1]))
        node.key = key
        node.condition = condition
        node.grouped = any(str(child) == "..." for child in tree.children if not _is_tree(child))
        return node

    # -- access -----------------------------------------------------------------------------------

    def attribute(self, tree: Subtree) -> Node:
        """`x.name`."""
        of, access = _trees(tree)
        position, end = self.span(tree)
        inner = self.expression(of)
        return GetAttribute(position, end, inner, self.text(_trees(access)[0]))

    def index(self, tree: Subtree) -> Node:
        """`x[key]` and `x.0`."""
        of, access = _trees(tree)
        inner = self.expression(of)
        key = self._index_key(access)
        position, end = self.span(tree)
        return Index(position, end, inner, key)

    def _index_key(self, access: Subtree) -> Node:
        if access.data == "short_index":
            position, end = self.span(access)
            return Literal(position, end, Number(int(self.text(access).lstrip(".").strip())))
        return self.expression(_trees(access)[0])

    def splat(self, tree: Subtree) -> Node:
        """`x[*].a[0]`, where all steps are for each item, and `x.*.a[0]`, where `[0]` ends it."""
        of, access = _trees(tree)
        position, end = self.span(tree)
        steps = _trees(access)
        each = len(steps)
        if tree.data == "attr_splat_expr_term":
            each = next((at for at, step in enumerate(steps) if self._is_bracket(step)), each)
        inner = self.expression(of)
        own = [self._step(step) for step in steps[:each]]
        if isinstance(inner, Splat) and not self.text(of).startswith("("):
            # Behind `[*]` another one is for the items of each item.
            node: Node = Splat(position, end, inner.of, [*inner.steps, own])
        else:
            node = Splat(position, end, inner, own)
        for step in map(self._step, steps[each:]):
            if isinstance(step, list):
                raise ValueError("a splat in a splat")  # noqa: TRY004 - as any tree not known
            if isinstance(step, str):
                node = GetAttribute(position, end, node, step)
            else:
                node = Index(position, end, node, step)
        return node

    def _is_bracket(self, step: Subtree) -> bool:
        return step.data != "get_attr" and self.text(step).startswith("[")

    def _step(self, step: Subtree) -> Step:
        return self.text(_trees(step)[0]) if step.data == "get_attr" else self._index_key(step)

    # -- operators --------------------------------------------------------------------------------

    def conditional(self, tree: Subtree) -> Node:
        """`a ? b : c`."""
        condition, then, otherwise = (self.expression(child) for child in _trees(tree))
        position, end = self.span(tree)
        return Conditional(position, end, condition, then, otherwise)

    def binary(self, tree: Subtree) -> Node:
        """`a + b`."""
        left, rest = _trees(tree)
        operator, right = _trees(rest)
        left_node, right_node = self.expression(left), self.expression(right)
        written = "".join(str(child) for child in operator.children).strip()
        position = self.file.position(self.start(tree), right_node.end)
        return Binary(position, right_node.end, left_node, written, right_node)

    def unary(self, tree: Subtree) -> Node:
        """`!a` and `-a`."""
        node = self.expression(_trees(tree)[0])
        start, end = self.start(tree), self.end(tree)
        for sign in reversed(self.signs.get(start, [start])):
            node = Unary(self.file.position(sign, end), end, self.file.text[sign], node)
        return node


def _is_tree(child: object) -> bool:
    return hasattr(child, "data")


def _trees(tree: Subtree) -> list[Subtree]:
    return [
        cast("Subtree", child)
        for child in tree.children
        if hasattr(child, "data") and child.data != "new_line_or_comment"
    ]


def _literal_value(written: str, position: int) -> Value:
    if written in ("true", "false"):
        return Bool(written == "true", position)
    if written == "null":
        return Null(position)
    number = parse(written)
    if isinstance(number, int) and has_leading_zero(written):
        number = UnquotedNumber(number, written)
    return Number(number, position)


_CONVERTERS: dict[str, Callable[[Converter, Subtree], Node]] = {
    "expr_term": Converter.term,
    "int_lit": Converter.literal,
    "float_lit": Converter.literal,
    "literal_value": Converter.literal,
    "identifier": Converter.name,
    "string": Converter.string_tree,
    "function_call": Converter.call,
    "tuple": Converter.tuple_of,
    "object": Converter.object_of,
    "for_tuple_expr": Converter.for_of,
    "for_object_expr": Converter.for_of,
    "get_attr_expr_term": Converter.attribute,
    "index_expr_term": Converter.index,
    "attr_splat_expr_term": Converter.splat,
    "full_splat_expr_term": Converter.splat,
    "conditional": Converter.conditional,
    "binary_op": Converter.binary,
    "unary_op": Converter.unary,
}
