"""Loading small templates, and values as plain Python to compare with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment, Stack
from kmsiac.values import (
    Absent,
    Bool,
    Choice,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
)


class Loaded:
    """A stack with the tree that its positions lie in."""

    def __init__(self, stack: Stack, tree: SourceTree) -> None:
        self.stack = stack
        self.tree = tree

    def value(self, path: str) -> Value:
        """The value at `Resource.Property.Property...`."""
        first, *rest = path.split(".")
        value: Value | None = self.stack.by_address()[first].attributes
        for name in rest:
            value = value.items[int(name)] if isinstance(value, List) else value.get(name)
        assert value is not None
        return value

    def plain(self, path: str) -> object:
        return plain(self.value(path))

    def line(self, position: int) -> tuple[int, int]:
        span = self.tree.span(position)
        return span.line, span.column

    @property
    def errors(self) -> list[str]:
        return [str(error) for error in self.stack.errors]

    @property
    def notes(self) -> list[str]:
        return [f"{stray.place}: {stray.message}" for stray in self.stack.strays]


def plain(value: Value) -> object:
    """Text as it prints, `?name` for an Unknown, `{guard: {atom: value}}` in a tuple for a Choice."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, Number | Bool):
        return value.number if isinstance(value, Number) else value.value
    if isinstance(value, Unknown):
        return f"?{value.expression}"
    if isinstance(value, List):
        return [plain(item) for item in value.items] + (["..."] if value.open else [])
    if isinstance(value, Map):
        return {str(key): plain(member) for key, member in value.entries}
    if isinstance(value, Choice):
        return (value.guard.name, {atom: plain(branch) for atom, branch in value.branches})
    assert isinstance(value, Null | Absent)
    return None if isinstance(value, Null) else "absent"


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Loaded]:
    def read(text: str, name: str = "t.yaml", environment: Environment | None = None, **given: str):
        (tmp_path / name).write_text(text)
        tree = SourceTree(tmp_path)
        inputs = Inputs(environment or Environment(), parameters=given)
        source = UnitSource("cloudformation", tmp_path / name)
        return Loaded(load(source, tree, inputs), tree)

    return read


@pytest.fixture
def evaluate(read: Callable[..., Loaded]) -> Callable[..., Loaded]:
    """A template with one key whose `Description` is the expression; `sections` come before it."""

    def evaluate(expression: str, sections: str = "", **given: str) -> Loaded:
        text = f"{sections}\nResources:\n  K:\n    Type: AWS::KMS::Key\n    Properties:\n"
        return read(text + f"      Description: {expression}\n", **given)

    return evaluate
