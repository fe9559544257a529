"""The `Globals` of a SAM template: what they add to the properties of one resource."""

from __future__ import annotations

from kmsiac.aws.sam import forbidden_globals, global_properties
from kmsiac.frontends.cloudformation.sam_nodes import plain_map, text_of
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.template import Declared, Template
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_MAX_MEMBERS = 30_000
"""So many members of maps and lists are merged in one template."""


class Globals:
    """Merges the `Globals` section: maps member by member, lists one after the other, and the
    resource's own of anything else. An intrinsic function is never merged with anything.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._sections: dict[str, Mapping] = {}
        self._left = _MAX_MEMBERS
        for name, (key, node) in template.globals.items():
            section = plain_map(node)
            if section is None:
                template.error(f"Globals.{name[:80]} is not a map", key.position)
                continue
            self._sections[name] = section
            for forbidden in forbidden_globals(name):
                written = section.key(forbidden)
                if written is not None:
                    message = f"Globals cannot give the {forbidden} of a {name.lower()}"
                    template.error(message, written.position, "write it in each resource")

    def properties(self, kind: str, declared: Declared, own: Mapping) -> Mapping:
        """The properties of an `AWS::Serverless::<kind>`, those of Globals among them.

        Of Globals only what decides something here.
        """
        section = self._sections.get(kind)
        ignored = declared.body.get("IgnoreGlobals")
        if section is None or text_of(ignored) == "*":
            return own
        items = ignored.items if isinstance(ignored, Sequence) else []
        left_out = {text_of(item) for item in items}
        added: list[tuple[Node, Node]] = []
        merged: dict[str, Node] = {}
        for name in global_properties(kind):
            given, key = section.get(name), section.key(name)
            if given is None or key is None or name in left_out:
                continue
            written = own.get(name)
            if written is None:
                added.append((key, given))
            else:
                merged[name] = self._merge(given, written)
        entries = [(key, merged.get(text_of(key), node)) for key, node in own.entries]
        return Mapping([*added, *entries], own.position)

    def _merge(self, given: Node, own: Node) -> Node:
        if as_call(given) is not None or as_call(own) is not None:
            return own
        if isinstance(given, Sequence) and isinstance(own, Sequence):
            if not self._spend(len(given.items) + len(own.items), own):
                return own
            return Sequence([*given.items, *own.items], own.position)
        if isinstance(given, Mapping) and isinstance(own, Mapping):
            if not self._spend(len(given.entries) + len(own.entries), own):
                return own
            return self._merge_maps(given, own)
        return own

    def _merge_maps(self, given: Mapping, own: Mapping) -> Mapping:
        theirs = {key.text: node for key, node in given.entries if isinstance(key, Scalar)}
        entries: list[tuple[Node, Node]] = []
        written = set()
        for key, node in own.entries:
            name = key.text if isinstance(key, Scalar) else ""
            written.add(name)
            entries.append((key, self._merge(theirs[name], node) if name in theirs else node))
        rest = [
            (key, node)
            for key, node in given.entries
            if isinstance(key, Scalar) and key.text not in written
        ]
        return Mapping([*rest, *entries], own.position)

    def _spend(self, members: int, at: Node) -> bool:
        self._left -= members
        if self._left < 0:
            self._template.error("Globals: too much to merge into every resource", at.position)
        return self._left >= 0
