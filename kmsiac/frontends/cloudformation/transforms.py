"""The transforms of a template, worked out on its nodes before anything is evaluated.

As CloudFormation has it: what is nested comes first, then the Transform section in its order.
Files of the tree are included, loops are written out; any other macro is told of, since it may
change what it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingType

from kmsiac.frontends.cloudformation.expansion import INCLUDE, Expansion
from kmsiac.frontends.cloudformation.parameters import Parameter
from kmsiac.frontends.cloudformation.template import Template
from kmsiac.frontends.cloudformation.templates import Templates
from kmsiac.reading.nodes import Mapping
from kmsiac.reading.source import SourceFile
from kmsiac.stack import Provider

# ruff: noqa: PLC0415 - few templates have includes or loops; only those load what writes them out; nor does each use SAM


_INCLUDING = ("Fn::Transform", "!Transform", INCLUDE)
"""What is written where an include, or a macro in the place of one, is called."""

_ESCAPED = re.compile(r"\\[uUx\r\n]")
"""A letter that is written otherwise, or a word cut by the end of a line."""

ParametersOf = Callable[[Template], MappingType[str, Parameter]]
"""The parameters of a template with their values, on which collections may depend."""


def transformed(
    root: Mapping,
    file: SourceFile,
    provider: Provider,
    templates: Templates,
    parameters_of: ParametersOf,
    prefix: str = "",
) -> Template:
    """The template `root` of a file with its includes and loops written out, and what SAM makes."""
    included = _included(root, file, templates)
    sources = [file, *included.included.values()]
    if any(_may_hold(source, "Fn::ForEach") for source in sources):
        from kmsiac.frontends.cloudformation.foreach import Loops
        from kmsiac.frontends.cloudformation.resolver import Resolver

        # What is wrong in the layout is told of the template that is read in the end.
        plain = Template(root, file, provider, prefix, included.copy(told=False))
        resolver = Resolver(plain, parameters_of(plain), None)
        included = included.copy(told=True)
        Loops(included, resolver.evaluate, plain.unit).write_out()
    template = Template(root, file, provider, prefix, included)
    if any(_may_hold(source, "AWS::Serverless") for source in sources):
        from kmsiac.frontends.cloudformation.sam import expand

        expand(template)
    return template


def _included(root: Mapping, file: SourceFile, templates: Templates) -> Expansion:
    """The template with its includes, worked out once for all stacks that are made of it."""
    known = templates.expansions.get(id(root))
    if known is None:
        known = Expansion(root, file, templates.tree)
        if any(_may_hold(file, word) for word in _INCLUDING):
            from kmsiac.frontends.cloudformation.include import Includes

            Includes(known, templates.tree).write_out()
            templates.files.update({one.path: one for one in known.included.values()})
        templates.expansions[id(root)] = known
    return known


def _may_hold(file: SourceFile, word: str) -> bool:
    """Whether a word may be in a document: as it is, or behind escapes of JSON or YAML."""
    text = file.text
    return word in text or ("\\" in text and _ESCAPED.search(text) is not None)
