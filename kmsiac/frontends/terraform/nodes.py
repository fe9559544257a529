"""Our own small syntax tree of HCL expressions. Positions are those of `SourceFile.position`."""

from __future__ import annotations

from typing import Any

from kmsiac.values import Value


class Node:
    """An expression. `position` is where it starts, `end` the offset behind it in the same file."""

    __slots__ = ("end", "position")

    def __init__(self, position: int, end: int) -> None:
        self.position = position
        self.end = end


class Literal(Node):
    """A number, true, false, null, or a text without interpolations."""

    __slots__ = ("value",)

    def __init__(self, position: int, end: int, value: Value) -> None:
        super().__init__(position, end)
        self.value = value


class Directive:
    """`%{ if }` or `%{ for }` in a template. `parts` and `otherwise` are template parts.

    A loop has one or two `names`; a condition has none.
    """

    __slots__ = ("names", "otherwise", "parts", "subject")

    def __init__(self, subject: Node, names: tuple[str, ...]) -> None:
        self.subject = subject
        self.names = names
        self.parts: list[TemplatePart] = []
        self.otherwise: list[TemplatePart] = []


class Stretch:
    """A literal stretch of a template: text that maps one to one to the source from `position` on."""

    __slots__ = ("position", "text")

    def __init__(self, position: int, text: str) -> None:
        self.position = position
        self.text = text


TemplatePart = Stretch | Node | Directive


class Template(Node):
    """A quoted string or heredoc with interpolations, or one whose text is not verbatim."""

    __slots__ = ("parts",)

    def __init__(self, position: int, end: int, parts: list[TemplatePart]) -> None:
        super().__init__(position, end)
        self.parts = parts


class Name(Node):
    """The root of a reference: `var`, `local`, a resource type, a loop variable."""

    __slots__ = ("name",)

    def __init__(self, position: int, end: int, name: str) -> None:
        super().__init__(position, end)
        self.name = name


class GetAttribute(Node):
    """`of.name`."""

    __slots__ = ("name", "of")

    def __init__(self, position: int, end: int, of: Node, name: str) -> None:
        super().__init__(position, end)
        self.of = of
        self.name = name


class Index(Node):
    """`of[key]`, also `of.0`."""

    __slots__ = ("key", "of")

    def __init__(self, position: int, end: int, of: Node, key: Node) -> None:
        super().__init__(position, end)
        self.of = of
        self.key = key


Step = str | Node | list[Any]


class Splat(Node):
    """`of[*].a[0]` or `of.*.a`: `steps` are attribute names, index expressions, and for another
    `[*]` in it a list of the steps behind that.
    """

    __slots__ = ("of", "steps")

    def __init__(self, position: int, end: int, of: Node, steps: list[Step]) -> None:
        super().__init__(position, end)
        self.of = of
        self.steps = steps


class Call(Node):
    """`name(arguments)`; `expand` if the last argument is followed by `...`."""

    __slots__ = ("arguments", "expand", "name")

    def __init__(
        self, position: int, end: int, name: str, arguments: list[Node], expand: bool
    ) -> None:
        super().__init__(position, end)
        self.name = name
        self.arguments = arguments
        self.expand = expand


class Tuple(Node):
    """`[a, b]`."""

    __slots__ = ("items",)

    def __init__(self, position: int, end: int, items: list[Node]) -> None:
        super().__init__(position, end)
        self.items = items


class Object(Node):
    """`{ key = value }`; a bare name as key is a Literal."""

    __slots__ = ("entries",)

    def __init__(self, position: int, end: int, entries: list[tuple[Node, Node]]) -> None:
        super().__init__(position, end)
        self.entries = entries


class For(Node):
    """`[for k, v in collection : value if condition]`, or with a `key` the object form."""

    __slots__ = ("collection", "condition", "grouped", "key", "names", "value")

    def __init__(
        self, position: int, end: int, names: tuple[str, ...], collection: Node, value: Node
    ) -> None:
        super().__init__(position, end)
        self.names = names
        self.collection = collection
        self.value = value
        self.key: Node | None = None
        self.condition: Node | None = None
        self.grouped = False


class Conditional(Node):
    """`condition ? then : otherwise`."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(
        self, position: int, end: int, condition: Node, then: Node, otherwise: Node
    ) -> None:
        super().__init__(position, end)
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class Binary(Node):
    """`left operator right`."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, position: int, end: int, left: Node, operator: str, right: Node) -> None:
        super().__init__(position, end)
        self.left = left
        self.operator = operator
        self.right = right


class Unary(Node):
    """`!operand` or `-operand`."""

    __slots__ = ("operand", "operator")

    def __init__(self, position: int, end: int, operator: str, operand: Node) -> None:
        super().__init__(position, end)
        self.operator = operator
        self.operand = operand


class Unparsed(Node):
    """An expression that could not be parsed, and why."""

    __slots__ = ("reason",)

    def __init__(self, position: int, end: int, reason: str) -> None:
        super().__init__(position, end)
        self.reason = reason
