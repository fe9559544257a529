"""One deployment unit to a Stack, by the front end of its kind."""

from __future__ import annotations

from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Stack

# ruff: noqa: PLC0415 - a front end brings its parser with it; only the one that is needed is loaded


def load_unit(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """Read and evaluate one unit. Raises `SourceError` where nothing of it can be read."""
    if source.kind == "terraform":
        from kmsiac.frontends.terraform.load import load

        return load(source, tree, inputs)
    if source.kind == "plan":
        from kmsiac.frontends.terraform.plan import load

        return load(source, tree, inputs)
    if source.kind == "cloudformation":
        from kmsiac.frontends.cloudformation.load import load

        return load(source, tree, inputs)
    if source.kind == "policy":
        from kmsiac.frontends.policy_json import load

        return load(source, tree, inputs)
    raise ValueError(f"no front end for {source.kind!r}")
