"""Exports: what `Fn::ImportValue` gives where a template of the same scan exports it.

An export is for the stacks of one account and Region, so that these are the importer's own. Names
are compared as texts of known stretches and of the environment; a name with anything else in it
(`${AWS::StackName}-Key`) is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kmsiac.errors import KmsiacError
from kmsiac.frontends.cloudformation.choices import pick
from kmsiac.frontends.cloudformation.locating import LOCATIONS
from kmsiac.frontends.cloudformation.root_scope import root_scope
from kmsiac.frontends.cloudformation.scope import Scope
from kmsiac.frontends.unit import Exporter, Exporters
from kmsiac.reading.nodes import Mapping
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Provider
from kmsiac.values import (
    Atom,
    Bool,
    Choice,
    Guard,
    Number,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
)

_Key = tuple[str | tuple[str, str], ...]
_Place = tuple[str | None, str | None]
"""The account and the Region of a stack, None for what is not known."""
_Case = tuple[tuple[Guard, Atom], ...]

_MOST_CASES = 64
_MOST_LOADED = 4
"""Exporting templates that are kept in memory: a scan may have a thousand."""
_LONGEST_CHAIN = 20
"""Exports that may be made of imports in a row."""
_MOST_SHOWN = 3


class _Export(NamedTuple):
    """One export: of which template, of the nested stack on which way, and in which case."""

    exporter: Exporter
    path: str
    way: tuple[str, ...]
    output: str
    case: _Case
    place: _Place


_Asked = tuple[int, tuple[str, ...], str]
"""An exporter by its id, the way to a nested stack of it, and an output."""


class _Found(NamedTuple):
    """A value and the place of the stack that it is of; None where it is of none."""

    value: Value
    provider: Provider | None


class Exports:
    """What the templates of a scan export, worked out when the first is imported."""

    def __init__(self, exporters: Exporters, tree: SourceTree) -> None:
        self._exporters = exporters.templates
        self._tree = tree
        self._index: dict[_Key, list[_Export]] | None = None
        self._loaded: dict[int, Scope] = {}
        self._values: dict[_Asked, _Found] = {}
        self._active: list[_Asked] = []

    def imported(self, name: Text, expression: str, position: int, scope: Scope) -> Value | None:
        """The value of the export called `name`, for a template that imports it at `position`.

        None where no scanned template exports it, as far as can be told.
        """
        unit = scope.template.unit
        key = _key(name)
        here = _place(scope.template.provider)
        entries = self._exports().get(key, ()) if key is not None else ()
        found = [entry for entry in entries if _may_be_one(entry.place, here)]
        if not found:
            return None
        one = found[0]
        if any(other.exporter is not one.exporter or other[1:4] != one[1:4] for other in found):
            paths = sorted({other.path for other in found})
            shown = " and ".join(paths[:_MOST_SHOWN]) if len(paths) > 1 else f"{one.path} twice"
            return Unknown(expression, f"it is exported by {shown}", position, unit)
        value = self._value(one, () if len(found) > 1 else one.case, position, scope)
        if isinstance(value, Unknown | Text | Number | Bool | Choice):
            return value
        reason = f"its value in {one.path} is not one text"
        return Unknown(expression, reason, position, unit)

    def _value(self, export: _Export, case: _Case, position: int, importer: Scope) -> Value:
        found = self._found(export, position, importer.template.unit)
        value: Value | None = found.value
        for guard, atom in case:
            value = pick(value, guard, atom) if value is not None else None
        if value is None:
            unit = importer.template.unit
            return Unknown(f"{export.path}: {export.output}", "no case is left", position, unit)
        if found.provider is None:
            return value
        return _Rebinding(found.provider, importer.template.provider).of(value)

    def _found(self, export: _Export, position: int, unit: str) -> _Found:
        """What an export is in its own template."""
        asked = (id(export.exporter), export.way, export.output)
        # What is found on the way through other exports may end a circle: that is not kept.
        first = not self._active
        if first and asked in self._values:
            return self._values[asked]
        reason = ""
        if asked in self._active or len(self._active) >= _LONGEST_CHAIN:
            reason = "exports and imports lead in a circle, or over too many templates"
        scope = None if reason else self._scope(export)
        if scope is None:
            reason = reason or f"{export.path} cannot be read"
            return _Found(Unknown(f"{export.path}: {export.output}", reason, position, unit), None)
        self._active.append(asked)
        try:
            found = _Found(scope.output(export.output, position), scope.template.provider)
        finally:
            self._active.pop()
        if first:
            self._values[asked] = found
        return found

    def _exports(self) -> dict[_Key, list[_Export]]:
        if self._index is None:
            # The name of an export that is itself made of an import finds nothing.
            self._index = {}
            index: dict[_Key, list[_Export]] = {}
            for exporter in self._exporters:
                for key, export in self._of_template(exporter):
                    index.setdefault(key, []).append(export)
            self._index = index
        return self._index

    def _of_template(self, exporter: Exporter) -> Iterator[tuple[_Key, _Export]]:
        source = exporter.source
        try:
            file = source.file or self._tree.read(source.path)
            if b"Export" not in file.data:
                return
            scope = root_scope(source, self._tree, exporter.inputs, self)
        except KmsiacError:
            return  # it is told of where the template is scanned
        for way, inner in _scopes(scope):
            for name, (_, node) in inner.template.outputs.items():
                exported = node.get("Export") if isinstance(node, Mapping) else None
                called = exported.get("Name") if isinstance(exported, Mapping) else None
                if called is None:
                    continue
                for case, value in _cases(inner.resolver.evaluate(called)):
                    key = _key(value)
                    if key is not None:
                        place = _place(inner.template.provider)
                        yield key, _Export(exporter, file.path, way, name, case, place)

    def _scope(self, export: _Export) -> Scope | None:
        scope = self._loaded.get(id(export.exporter))
        if scope is None:
            try:
                scope = root_scope(export.exporter.source, self._tree, export.exporter.inputs, self)
            except KmsiacError:
                return None
            if len(self._loaded) >= _MOST_LOADED:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[id(export.exporter)] = scope
        for name in export.way:
            declared = scope.template.resources.get(name)
            inner = scope.nested(declared).scope if declared is not None else None
            if inner is None:
                return None
            scope = inner
        return scope


def _scopes(first: Scope) -> Iterator[tuple[tuple[str, ...], Scope]]:
    """A template and those that it nests, each with the way to it."""
    waiting: list[tuple[tuple[str, ...], Scope]] = [((), first)]
    while waiting:
        way, scope = waiting.pop()
        yield way, scope
        for declared in scope.template.resources.values():
            # What a stack set exports it exports elsewhere.
            if declared.type in LOCATIONS and declared.type != "AWS::CloudFormation::StackSet":
                inner = scope.nested(declared).scope
                if inner is not None:
                    waiting.append(((*way, declared.logical_id), inner))


def _cases(value: Value, case: _Case = ()) -> Iterator[tuple[_Case, Text]]:
    """The texts that a name is, each with the values of guards in which it is that."""
    if isinstance(value, Text):
        yield case, value
    elif isinstance(value, Choice) and len(case) < _MOST_CASES:
        for atom, branch in value.branches:
            yield from _cases(branch, (*case, (value.guard, atom)))


def _place(provider: Provider) -> _Place:
    return provider.account.literal, provider.region.literal


def _may_be_one(one: _Place, other: _Place) -> bool:
    """Whether two stacks may be in one account and Region."""
    pairs = zip(one, other, strict=True)
    return all(here is None or there is None or here == there for here, there in pairs)


def _key(name: Text) -> _Key | None:
    """A name as names are compared; None where something in it is another stack's own."""
    parts: list[str | tuple[str, str]] = []
    for part in name.parts:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Symbol) and part.origin == "environment":
            parts.append(("", part.type))
        else:
            return None
    return tuple(parts)


class _Rebinding:
    """Values of the exporting template as they are in one that imports them."""

    def __init__(self, there: Provider, here: Provider) -> None:
        self._owner = there.owner
        self._here = {
            "account_id": here.account,
            "region": here.region,
            "partition": here.partition,
            "dns_suffix": here.dns_suffix,
        }

    def of(self, value: Value) -> Value:
        """The value with the account, Region and partition of the importing template."""
        if isinstance(value, Text):
            parts = self._parts(value.parts)
            return Text(parts, value.position, value.sensitive, value.origin, value.document)
        if isinstance(value, Choice):
            branches = [(atom, self.of(branch)) for atom, branch in value.branches]
            return Choice(value.guard, branches, value.position, value.sensitive)
        return value

    def _parts(self, parts: Sequence[Part]) -> Iterator[Part]:
        for part in parts:
            if not isinstance(part, Symbol):
                yield part
            elif part.origin == "environment":
                known = self._here.get(part.type) if part.owner == self._owner else None
                yield from (part,) if known is None else known.parts
            elif part.shape is None:
                yield part
            else:
                shape = Text(self._parts(part.shape.parts), part.shape.position)
                yield Symbol(
                    part.type,
                    part.reference,
                    part.owner,
                    part.origin,
                    shape,
                    part.position,
                    part.address,
                )
