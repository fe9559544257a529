"""Expressions evaluated as local values of a module."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from kmsiac.frontends.terraform.scope import Context, Scope
from kmsiac.frontends.unit import Inputs
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import TERRAFORM, Stack
from kmsiac.values import Value
from tests.oracles.console import configuration


def evaluated(folder: Path, expressions: Iterable[str], more: str = "") -> list[Value]:
    """The values of expressions in a folder that holds them and `more` declarations."""
    listed = list(expressions)
    (folder / "main.tf").write_text(configuration(listed, guard=False) + more, encoding="utf-8")
    module = scope(folder)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # as the loader has it
    try:
        return [module.local(f"c{at}", 0) for at in range(len(listed))]
    finally:
        sys.setrecursionlimit(limit)


def scope(folder: Path) -> Scope:
    """The root module in a folder."""
    tree = SourceTree(folder)
    context = Context(tree, Stack("test", TERRAFORM), folder.resolve(), Inputs())
    return Scope(context, folder.resolve(), "", {}, lambda _name: None)
