"""Terraform examples in other spellings: their policies written anew, in place, from their values.

A policy is taken from the inventory of the example, with locals, functions and data sources worked
out, and its expression is replaced by another that means the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.authoring import hcl, rewrites
from kmsiac.authoring.example import Example
from kmsiac.authoring.rewrites import Document, Rewrite
from kmsiac.authoring.sandbox import Prepared
from kmsiac.authoring.spelling import Spelling, Unwritable
from kmsiac.frontends.terraform.split import Attribute, Body, split
from kmsiac.inventory.model import Policy
from kmsiac.policy.document import PolicyDocument
from kmsiac.reading.source import SourceFile


class _Way(NamedTuple):
    """A spelling of policies: a rewrite, and how the result is written in HCL."""

    words: str
    rewrite: Rewrite
    write: hcl.Writer
    reordered: bool = False


_WAYS = (
    _Way("with jsonencode", dict, hcl.jsonencode),
    _Way("as a heredoc", dict, hcl.heredoc),
    _Way("as a data source", dict, hcl.data_source),
    _Way(*rewrites.ALONE, hcl.heredoc),
)
# As text: Terraform would sort the keys of objects.
_TOGETHER = _Way("in another order and case, with lists", rewrites.together, hcl.heredoc, True)
_APART = tuple(
    _Way(words, rewrite, hcl.heredoc, rewrite is rewrites.reversed_statements)
    for words, rewrite in rewrites.APART
)
_STEP = re.compile(r"(\w+)\[(\d+)\]\.")


class _Place(NamedTuple):
    """A policy of an example: where its expression stands, and its document; or why it cannot be."""

    label: str
    found: tuple[Attribute, Document] | None
    reason: str = ""


def spellings(prepared: Prepared) -> Iterator[Spelling]:
    """The example in each way; nothing for one without a policy in HCL."""
    example = prepared.example
    if example.text.lstrip().startswith("{"):
        return
    file = SourceFile(1, "main.tf", example.text.encode())
    places = [_place(policy, file) for policy in _policies(prepared)]
    if not places:
        return
    known = {file.text}
    for way in _WAYS:
        yield from _spelling(example, file, places, way, known)
    for together in _spelling(example, file, places, _TOGETHER, known):
        apart = [one for way in _APART for one in _spelling(example, file, places, way, set())]
        yield together._replace(apart=tuple(apart))


def _spelling(
    example: Example, file: SourceFile, places: list[_Place], way: _Way, known: set[str]
) -> Iterator[Spelling]:
    """The example in one way, unless its text is known; with what the way could not write."""
    text, unwritten = _written(file, places, way)
    new = None if text in known else example._replace(text=text)
    known.add(text)
    if new is not None or unwritten:
        yield Spelling(way.words, new, unwritten, reordered=way.reordered)


def _policies(prepared: Prepared) -> Iterator[Policy]:
    for inventory in prepared.inventories:
        for policy in inventory.policies:
            if not policy.default:
                yield policy


def _place(policy: Policy, file: SourceFile) -> _Place:
    label = f"{policy.address} {policy.attribute}"
    try:
        return _Place(label, (_attribute(policy, file), _document(policy)))
    except Unwritable as problem:
        return _Place(label, None, str(problem))


def _document(policy: Policy) -> Document:
    cases = [case for _, case in policy.document.cases]
    if len(cases) != 1:
        raise Unwritable("it depends on a condition")
    if not isinstance(cases[0], PolicyDocument):
        raise Unwritable("it is not known")
    return hcl.document(cases[0].value)


def _attribute(policy: Policy, file: SourceFile) -> Attribute:
    blocks = [
        block
        for block in split(file).body.blocks
        if block.type == "resource" and ".".join(block.labels) == policy.address
    ]
    if len(blocks) != 1:
        raise Unwritable("its resource is not one block")
    body: Body = blocks[0].body
    name = policy.attribute
    while (step := _STEP.match(name)) is not None:
        inner = [block for block in body.blocks if block.type == step[1]]
        if len(inner) <= int(step[2]):
            raise Unwritable("it stands in a dynamic block")
        body, name = inner[int(step[2])].body, name[step.end() :]
    if name not in body.attributes:
        raise Unwritable("its resource is not one block")
    return body.attributes[name]


def _written(file: SourceFile, places: list[_Place], way: _Way) -> tuple[str, tuple[str, ...]]:
    """The text with every policy that the way can write, and what is said of the others."""
    edits: list[tuple[int, int, str]] = []
    unwritten: list[str] = []
    end = ""
    for number, place in enumerate(places):
        if place.found is None:
            unwritten.append(f"{place.label}: {place.reason}")
            continue
        attribute, document = place.found
        try:
            expression, blocks = way.write(way.rewrite(document), f"spelling_{number}")
        except Unwritable as problem:
            unwritten.append(f"{place.label}: {problem}")
            continue
        edits.append((attribute.start, attribute.end, expression))
        end += blocks
    text = file.text
    for start, stop, expression in sorted(edits, reverse=True):
        text = text[:start] + expression + text[stop:]
    return text + end, tuple(unwritten)
