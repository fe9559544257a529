"""From the nodes of a rule file to compiled terms, with every mistake placed and explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from kmsiac.errors import did_you_mean
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node as YamlNode
from kmsiac.reading.nodes import Scalar, Sequence
from kmsiac.rules import matchers as m
from kmsiac.rules.expression import (
    All,
    AnyOf,
    Asks,
    Check,
    Leaf,
    Node,
    Not,
    Path,
    Written,
)
from kmsiac.rules.problems import Broken, Problems
from kmsiac.rules.quantifiers import Count, Covers, Quantified
from kmsiac.rules.vocabulary import (
    COMING_FIELDS,
    COMING_OPERATORS,
    OPERATORS,
    QUESTION,
    SCALARS,
    TEXT_FIELDS,
    Field,
    FieldType,
    TextField,
    load_fields,
)

_MOST_DIGITS = 19


class Compiler:
    """Compiles the terms of one rule. `params` are the nodes of its parameters' values."""

    def __init__(
        self, problems: Problems, target: str, params: Mapping[str, YamlNode] | None = None
    ) -> None:
        self.problems = problems
        self.target = target
        self.params = params or {}
        self.used_params: set[str] = set()
        self.source_only = False
        self.kinds = load_fields()
        self._root = Path(FieldType(target))

    def when(self, node: YamlNode) -> Node:
        """The compiled condition on the target. Raises `Broken` after noting what is wrong."""
        if not isinstance(node, MappingNode):
            raise self.problems.fail(node, "`when` must be a mapping of fields to matchers")
        return self.matcher(node, self._root, self.target)

    def _is_target(self, path: Path) -> bool:
        return path is self._root

    # -- matchers ---------------------------------------------------------------------------------

    def matcher(self, node: YamlNode, path: Path, this: str) -> Node:
        """A matcher on what `path` ends at; `this` is the kind of the innermost thing."""
        node = self.parameter(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, path, this)
        if path.type.many:
            raise self.problems.fail(
                node,
                f"{path.name} is a list: say some, every or none",
                f"{{some: {_sketch(node)}}}",
            )
        path = self.scalar_path(path, node)
        values = [self._scalar(item, path.type) for item in self.members(node)]
        if not values:
            raise self.problems.fail(node, "an empty list matches nothing")
        return Leaf(path, m.Equals(values, path.type))

    def _mapping(self, node: MappingNode, path: Path, this: str) -> Node:
        if not node.entries:
            raise self.problems.fail(node, "an empty mapping matches everything")
        nodes: list[Node] = []
        seen: set[str] = set()
        broken = False
        for key, value in node.entries:
            try:
                name = self.word(key)
                if name in seen:
                    raise self.problems.fail(key, f'"{name}" stands here twice')
                seen.add(name)
                nodes.append(self._entry(name, key, value, node, path, this))
            except Broken:
                broken = True
        if broken:
            raise Broken
        return nodes[0] if len(nodes) == 1 else All(nodes)

    def _entry(
        self, name: str, key: YamlNode, value: YamlNode, node: MappingNode, path: Path, this: str
    ) -> Node:
        if name in ("all", "any") and not path.type.many:
            return self._branches(name, value, path, this)
        if name == "not":
            return Not(self.matcher(value, path, this))
        if name in OPERATORS and (path.fields or not self._is_target(path)):
            return self._operator(name, key, value, node, path, this)
        if path.type.many:
            raise self._unknown(key, name, path, f"{path.name} is a list")
        inner = path
        for word in name.split("."):
            inner = inner.then(self._field(key, word, inner))
        if inner.type == QUESTION:
            return self._question(value, inner, this)
        return self.matcher(value, inner, this)

    def _question(self, node: YamlNode, path: Path, this: str) -> Node:
        field = path.fields[-1]
        assert isinstance(field, Field)
        assert field.compile is not None
        return Asks(path, field.compile(self, node, this))

    def _branches(self, name: str, value: YamlNode, path: Path, this: str) -> Node:
        if not isinstance(value, Sequence) or not value.items:
            raise self.problems.fail(value, f"`{name}` takes a list of matchers")
        nodes: list[Node] = []
        broken = False
        for item in value.items:
            try:
                nodes.append(self.matcher(item, path, this))
            except Broken:
                broken = True
        if broken:
            raise Broken
        return All(nodes) if name == "all" else AnyOf(nodes)

    def _field(self, key: YamlNode, word: str, path: Path) -> Field | TextField:
        kind = path.type.element
        if path.type.many:
            raise self.problems.fail(key, f"{path.name} is a list: it has no field {word}")
        if kind == "text":
            if word in TEXT_FIELDS:
                return TEXT_FIELDS[word]
        elif word in self.kinds.get(kind, {}):
            field = self.kinds[kind][word]
            self.source_only |= field.source_only
            return field
        raise self._unknown(key, word, path, "")

    def _unknown(self, key: YamlNode, word: str, path: Path, reason: str) -> Broken:
        kind = path.type.element
        if word in COMING_OPERATORS or word in COMING_FIELDS.get(kind, ()):
            return self.problems.fail(key, f'"{word}" cannot be asked yet', "it is coming")
        known = {*TEXT_FIELDS} if kind == "text" else {*self.kinds.get(kind, ())}
        if path.type.many:
            known = {n for n, o in OPERATORS.items() if o.of in ("list", "any")}
            return self.problems.fail(
                key, f'{reason}: "{word}" is no operator of lists', did_you_mean(word, known)
            )
        operators = set(OPERATORS) if path.fields else set()
        where = f"{_article(kind)} has no field" + (" or operator" if operators else "")
        known |= operators | {"all", "any", "not"}
        return self.problems.fail(key, f'{where} "{word}"', did_you_mean(word, known))

    # -- operators --------------------------------------------------------------------------------

    def _operator(
        self, name: str, key: YamlNode, value: YamlNode, node: MappingNode, path: Path, this: str
    ) -> Node:
        of = OPERATORS[name].of
        if name == "written":
            return Written(path, self._truth(value))
        if path.type.many is not (of == "list"):
            wanted = "a list" if path.type.many else f"a {path.type.element}"
            hint = "say some, every or none first" if path.type.many else ""
            raise self.problems.fail(
                key, f"`{name}` cannot be asked of {path.name}, {wanted}", hint
            )
        if of == "list":
            return self._list_operator(name, value, path, this)
        path = self.scalar_path(path, key)
        element = path.type.element
        if (of == "text" and element not in ("text", "name")) or (
            of == "number" and element != "number"
        ):
            raise self.problems.fail(key, f"`{name}` cannot be asked of {path.name}, a {element}")
        if name == "row":
            if node.get("in_table") is None:
                raise self.problems.fail(key, "`row` stands beside `in_table`")
            return All([])
        return Leaf(path, self._check(name, value, node, path, this))

    def _check(self, name: str, value: YamlNode, node: MappingNode, path: Path, this: str) -> Check:
        value = self.parameter(value)
        if name == "same_as":
            root, other = self.reference(value, this)
            return m.SameAs(root, other, path.type.ignore_case or other.type.ignore_case)
        if name == "in_table":
            return self._in_table(value, node, path.type, this)
        if name == "glob":
            patterns = [self.text(item) for item in self.members(value)]
            return m.Glob([_prefixed(p, path.type) for p in patterns], path.type)
        if name == "has_wildcard":
            return m.HasWildcard(self._truth(value))
        if name == "format":
            return m.HasFormat(self._format(value), path.type.pattern)
        if name == "longer_than":
            return m.LongerThan(self._whole(value))
        return m.Compare(self._number(value), name == "more_than")

    def _list_operator(self, name: str, value: YamlNode, path: Path, this: str) -> Node:
        if name == "count":
            return self._count(value, path)
        member = Path(path.type._replace(many=False))
        if name == "covers":
            return self._covers(value, path, member)
        kind = path.type.element
        inner = self.matcher(value, member, kind if kind in self.kinds else this)
        return Quantified(path, name, inner)

    def _count(self, value: YamlNode, path: Path) -> Count:
        limits: dict[str, int] = {}
        entries = value.entries if isinstance(value, MappingNode) else []
        for key, limit in entries:
            name = self.word(key)
            if name not in ("at_least", "at_most"):
                hint = did_you_mean(name, ("at_least", "at_most"))
                raise self.problems.fail(key, f'`count` has no "{name}"', hint)
            limits[name] = self._whole(self.parameter(limit))
        if not limits:
            raise self.problems.fail(value, "`count` takes {at_least: n, at_most: n}")
        return Count(path, limits.get("at_least"), limits.get("at_most"))

    def _covers(self, value: YamlNode, path: Path, member: Path) -> Covers:
        if isinstance(value, Scalar):
            from kmsiac.aws.tables import TABLES  # noqa: PLC0415 - only for rules that name tables

            table = self.known(value, "table", TABLES)
            values = sorted(TABLES[table].rows(None) or ())
            if not values:
                raise self.problems.fail(value, f"the table {table} has rows: name the values")
            words = f"all of {table}"
        else:
            scalar = self.scalar_path(member, value)
            found = [self._scalar(item, scalar.type) for item in self.members(value)]
            values = [str(item) for item in found]
            words = ", ".join(values)
        scalar = self.scalar_path(member, value)
        checks: list[Node] = [
            Quantified(path, "some", Leaf(scalar, m.Equals([v], scalar.type))) for v in values
        ]
        return Covers(path, checks, words, values)

    def _in_table(
        self, value: YamlNode, node: MappingNode, type: FieldType, this: str
    ) -> m.InTable:
        from kmsiac.aws.tables import TABLES  # noqa: PLC0415 - only for rules that name tables

        table = self.known(value, "table", TABLES)
        row = node.get("row")
        if (row is not None) is not TABLES[table].has_rows:
            needs = "needs a `row`" if row is None else "has no rows"
            raise self.problems.fail(value if row is None else row, f"the table {table} {needs}")
        if row is None:
            return m.InTable(table, None, type)
        text = self.text(row)
        if text.startswith(("target.", "this.")):
            return m.InTable(table, self.reference(row, this), type)
        if text.split(".")[0] in {*self.kinds[self.target], *self.kinds.get(this, ())}:
            raise self.problems.fail(
                row, "references are rooted", f'write "target.{text}" or "this.{text}"'
            )
        return m.InTable(table, text, type)

    def reference(self, node: YamlNode, this: str, *, many: bool = False) -> tuple[str, Path]:
        """A root and the path from it; to a list or relation only where `many` may be."""
        text = self.text(node)
        root, _, rest = text.partition(".")
        if root not in ("target", "this") or not rest:
            hint = f'write "target.{text}" or "this.{text}"'
            raise self.problems.fail(node, "references are rooted", hint)
        path = Path(FieldType(self.target if root == "target" else this))
        for word in rest.split("."):
            path = path.then(self._field(node, word, path))
        if path.type.many and not many:
            raise self.problems.fail(node, f"{text} is a list: it cannot be compared")
        return root, path

    def _format(self, value: YamlNode) -> str:
        from kmsiac.aws.formats import FORMATS  # noqa: PLC0415 - only for rules that name formats

        return self.known(value, "format", FORMATS)

    def known(self, node: YamlNode, what: str, known: Iterable[str]) -> str:
        """A name that is one of those known."""
        name = self.text(node)
        options = set(known)
        if name not in options:
            raise self.problems.fail(node, f'unknown {what} "{name}"', did_you_mean(name, options))
        return name

    # -- scalars ----------------------------------------------------------------------------------

    def scalar_path(self, path: Path, node: YamlNode) -> Path:
        """The path to what is compared: of an action its name; other things cannot be."""
        if path.type.element in SCALARS:
            return path
        if path.type.element == "action_value":
            return path.then(self.kinds["action_value"]["name"])
        name = path.name or "an element"
        hint = "name one of its fields"
        raise self.problems.fail(
            node, f"{name} is {_article(path.type.element)}, not a value", hint
        )

    def parameter(self, node: YamlNode) -> YamlNode:
        """The value of a parameter where the node names one."""
        if not isinstance(node, Scalar) or not node.text.startswith("params."):
            return node
        name = node.text.removeprefix("params.")
        self.used_params.add(name)
        if name not in self.params:
            hint = did_you_mean(name, self.params)
            raise self.problems.fail(node, f'the rule has no parameter "{name}"', hint)
        return self.params[name]

    def members(self, node: YamlNode) -> list[YamlNode]:
        """The members of a list; a single value is a list of one."""
        return node.items if isinstance(node, Sequence) else [node]

    def _scalar(self, node: YamlNode, type: FieldType) -> m.Scalar:
        if type.element == "bool":
            return self._truth(node)
        if type.element == "number":
            return self._number(node)
        text = self.text(node)
        if type.choices and text not in type.choices:
            hint = did_you_mean(text, type.choices)
            raise self.problems.fail(node, f'"{text}" is none of the values', hint)
        return _prefixed(text, type)

    def word(self, node: YamlNode) -> str:
        """A key."""
        if isinstance(node, Scalar):
            return node.text
        raise self.problems.fail(node, "a name was expected here")

    def text(self, node: YamlNode) -> str:
        """The text of a node."""
        if isinstance(node, Scalar) and node.kind == "text":
            return node.text
        hint = f'write "{node.text}" in quotes if it is text' if isinstance(node, Scalar) else ""
        raise self.problems.fail(node, "text was expected here", hint)

    def _truth(self, node: YamlNode) -> bool:
        if isinstance(node, Scalar) and node.kind == "bool":
            return node.text.lower() == "true"
        raise self.problems.fail(node, "true or false was expected here")

    def _number(self, node: YamlNode) -> int | Decimal:
        if isinstance(node, Scalar) and node.kind == "number" and len(node.text) < _MOST_DIGITS:
            return int(node.text) if node.text.lstrip("-").isdigit() else Decimal(node.text)
        raise self.problems.fail(node, "a number was expected here")

    def _whole(self, node: YamlNode) -> int:
        number = self._number(node)
        if isinstance(number, int) and number >= 0:
            return number
        raise self.problems.fail(node, "a whole number was expected here")


def _prefixed(text: str, type: FieldType) -> str:
    return type.prefix + text if type.prefix and ":" not in text else text


def _sketch(node: YamlNode) -> str:
    return node.text if isinstance(node, Scalar) else "[...]"


def _article(kind: str) -> str:
    name = {"action_value": "action", "grantee_principal": "grantee"}.get(kind, kind)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
