"""A template as a stack of its own, with what it is given from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.frontends.cloudformation.names import NAMES
from kmsiac.frontends.cloudformation.parameters import read_parameters
from kmsiac.frontends.cloudformation.scope import Scope
from kmsiac.frontends.cloudformation.templates import Templates
from kmsiac.frontends.cloudformation.transforms import transformed
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Provider
from kmsiac.values import Owner

if TYPE_CHECKING:
    from kmsiac.frontends.cloudformation.exports import Exports


def root_scope(
    source: UnitSource, tree: SourceTree, inputs: Inputs, exports: Exports | None
) -> Scope:
    """The scope of a unit's template. Raises `SourceError` for what is no template at all."""
    file = source.file or tree.read(source.path)
    templates = Templates(tree, exports)
    root = templates.root(file)
    templates.take_assembly(file)
    environment = templates.artifact.environment.over(inputs.environment)
    provider = Provider.symbolic(Owner(file.path), environment, NAMES)
    supplied = inputs.all_parameters
    template = transformed(
        root, file, provider, templates, lambda one: read_parameters(one, supplied)
    )
    template.stack_name = templates.artifact.name
    return Scope(template, read_parameters(template, supplied), templates)
