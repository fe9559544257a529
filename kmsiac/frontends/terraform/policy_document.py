"""`aws_iam_policy_document` as the provider makes it: statements, merging by sid, single elements.

Keys of the document stand where the HCL names them: `Action` at `actions`, `Principal` at its
first `principals` block, what is not written at the statement's header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.blocks import Expanded, grouped, guarded
from kmsiac.frontends.terraform.collection_functions import distinct
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, decode, encode, to_text
from kmsiac.frontends.terraform.split import Body
from kmsiac.frontends.terraform.symbolic import Invalid, combine
from kmsiac.values import (
    Absent,
    Choice,
    List,
    Map,
    Null,
    Text,
    Unknown,
    Value,
    map_texts,
    text,
)

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.instances import Instance
    from kmsiac.frontends.terraform.scope import Frame

_LISTS = (
    ("actions", "Action", False),
    ("not_actions", "NotAction", False),
    ("resources", "Resource", True),
    ("not_resources", "NotResource", True),
)
_PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
_DEFAULT_VERSION = "2012-10-17"


def policy_document(instance: Instance) -> Value:
    """The data source's `json`: a Text whose `document` is the policy."""
    block, frame = instance.group.block, instance.frame
    position = block.position
    body = block.body
    version = _attribute(body, "version", frame) or text(_DEFAULT_VERSION, position)
    entries: list[tuple[Text, Value]] = [(_key("Version", body, "version", position), version)]
    identity = _attribute(body, "policy_id", frame)
    merged = _Merge()
    for source in ("source_policy_documents", "override_policy_documents"):
        if source.startswith("override"):
            _, statements, rest = grouped(body, frame).get("statement", (0, [], None))
            for statement in statements:
                merged.add(statement.wrap(_statement(statement)), replace=False)
            merged.open = merged.open or rest
        for document in _documents(body, source, frame):
            other = merged.take(document, frame, replace=source.startswith("override"))
            identity = other or identity
    if identity is not None and not (isinstance(identity, Text) and identity.literal == ""):
        entries.append((_key("Id", body, "policy_id", position), identity))
    key = text("Statement", merged.first or position)
    entries.append((key, List(merged.statements, merged.first or position, merged.open)))
    document_map = Map(entries, position)
    try:
        encoded = encode(document_map, frame.context.budget)
    except (CallError, Undetermined) as error:
        unit = frame.context.stack.unit
        return Unknown(f"{instance.address}.json", str(error), position, unit)
    return Text(encoded.parts, position, encoded.sensitive, (), document_map)


class _Merge:
    """The statements so far, and where each sid stands."""

    def __init__(self) -> None:
        self.statements: list[Value] = []
        self.open: Unknown | None = None
        self.first = 0
        self._by_sid: dict[str, int] = {}

    def add(self, statement: Value, replace: bool) -> None:
        """Append a statement, or put it in the place of the one with the same sid."""
        self.first = self.first or statement.position
        sid = statement.get("Sid") if isinstance(statement, Map) else None
        name = sid.literal if isinstance(sid, Text) else None
        if name and name in self._by_sid and replace:
            self.statements[self._by_sid[name]] = statement
            return
        if name:
            # A sid that comes twice without an override is an error of the provider: keep both.
            self._by_sid.setdefault(name, len(self.statements))
        self.statements.append(statement)

    def take(self, document: Value, frame: Frame, replace: bool) -> Value | None:
        """Add the statements of another document; its Id."""
        if isinstance(document, Null | Absent):
            return None
        if isinstance(document, Text) and document.document is None and document.literal == "":
            return None
        plain = _decoded(document, frame)
        if not isinstance(plain, Map):
            self.open = self.open or _as_unknown(plain, frame)
            return None
        statements = plain.get("Statement")
        listed = statements.items if isinstance(statements, List) else (statements,)
        for statement in listed:
            if statement is not None and not isinstance(statement, Null):
                self.add(statement, replace=True if replace else bool(self._has(statement)))
        if isinstance(statements, List):
            self.open = self.open or statements.open
        identity = plain.get("Id")
        return None if isinstance(identity, Null) else identity

    def _has(self, statement: Value) -> bool:
        sid = statement.get("Sid") if isinstance(statement, Map) else None
        return isinstance(sid, Text) and sid.literal in self._by_sid


def _as_unknown(value: Value, frame: Frame) -> Unknown:
    if isinstance(value, Unknown):
        return value
    guard = value.guard if isinstance(value, Choice) else None
    name = guard.name if guard else "a merged policy document"
    reason = "a merged policy document is not known"
    return Unknown(name, reason, value.position, frame.context.stack.unit)


def _decoded(document: Value, frame: Frame) -> Value:
    if not isinstance(document, Text):
        return document
    try:
        return decode(document, frame.context.budget)
    except CallError as error:
        reason = str(error)
    except Undetermined as problem:
        reason = problem.reason
    return Unknown(str(document)[:80], reason, document.position, frame.context.stack.unit)


def _documents(body: Body, name: str, frame: Frame) -> list[Value]:
    value = _attribute(body, name, frame)
    if value is None:
        return []
    if isinstance(value, List):
        return [*value.items, *([value.open] if value.open is not None else [])]
    return [value]


def _statement(block: Expanded) -> Map:
    """One statement block as an IAM statement."""
    body, frame, position = block.body, block.frame, block.position
    entries: list[tuple[Text, Value]] = []
    sid = _attribute(body, "sid", frame)
    if sid is not None and not (isinstance(sid, Text) and sid.literal == ""):
        entries.append((_key("Sid", body, "sid", position), sid))
    effect = _attribute(body, "effect", frame) or text("Allow", position)
    entries.append((_key("Effect", body, "effect", position), effect))
    for name, key, substitutes in _LISTS:
        value = _attribute(body, name, frame)
        if value is not None:
            listed = _strings(value, frame, substitutes)
            if not (isinstance(listed, List) and not listed.items and listed.open is None):
                entries.append((_key(key, body, name, position), listed))
    groups = grouped(body, frame)
    for name, key in _PRINCIPALS:
        if name in groups:
            first, blocks, rest = groups[name]
            entries.append((text(key, first), _principals(blocks, first, rest)))
    if "condition" in groups:
        first, blocks, rest = groups["condition"]
        entries.append((text("Condition", first), _conditions(blocks, first, rest)))
    return Map(entries, position)


def _principals(blocks: list[Expanded], position: int, rest: Unknown | None) -> Value:
    by_type: dict[str, tuple[Text, list[Value], Unknown | None]] = {}
    for block in blocks:
        type_ = _attribute(block.body, "type", block.frame)
        values = _attribute(block.body, "identifiers", block.frame)
        if not isinstance(type_, Text) or values is None:
            rest = rest or _missing(type_, block, "principal type")
            continue
        listed = _strings(values, block.frame, substitutes=True, collapse=False)
        name = type_.literal if type_.literal is not None else repr(type_)
        key, known, inner = by_type.get(name, (type_, [], None))
        if isinstance(listed, List):
            known.extend(block.wrap(item) for item in listed.items)
            inner = inner or listed.open
        else:
            known.append(block.wrap(listed))
        by_type[name] = (key, known, inner)
    if list(by_type) == ["*"] and rest is None:
        star = _collapsed(by_type["*"][1], position, by_type["*"][2])
        if isinstance(star, Text) and star.literal == "*":
            return star
    entries = [
        (key, _collapsed(items, key.position, inner)) for key, items, inner in by_type.values()
    ]
    return Map(entries, position, rest)


def _conditions(blocks: list[Expanded], position: int, rest: Unknown | None) -> Map:
    tests: dict[str, tuple[Text, dict[str, tuple[Text, list[Value], Unknown | None]]]] = {}
    for block in blocks:
        test = _attribute(block.body, "test", block.frame)
        variable = _attribute(block.body, "variable", block.frame)
        values = _attribute(block.body, "values", block.frame)
        if not isinstance(test, Text) or not isinstance(variable, Text) or values is None:
            rest = rest or _missing(test, block, "condition")
            continue
        listed = _strings(values, block.frame, substitutes=True, collapse=False)
        _, variables = tests.setdefault(_name(test), (test, {}))
        key, known, inner = variables.get(_name(variable), (variable, [], None))
        if isinstance(listed, List):
            known.extend(block.wrap(item) for item in listed.items)
            inner = inner or listed.open
        else:
            known.append(block.wrap(listed))
        variables[_name(variable)] = (key, known, inner)
    entries: list[tuple[Text, Value]] = []
    for test, variables in tests.values():
        inner_entries = [
            (key, _collapsed(items, key.position, inner))
            for key, items, inner in variables.values()
        ]
        entries.append((test, Map(inner_entries, test.position)))
    return Map(entries, position, rest)


def _name(value: Text) -> str:
    return value.literal if value.literal is not None else repr(value)


def _missing(value: Value | None, block: Expanded, what: str) -> Unknown:
    if isinstance(value, Unknown):
        return value
    unit = block.frame.context.stack.unit
    reason = f"the {what} is not a known text"
    return Unknown(f"{block.type} block{block.frame.label}", reason, block.position, unit)


def _collapsed(items: list[Value], position: int, rest: Unknown | None) -> Value:
    if len(items) == 1 and rest is None:
        return items[0]
    return List(distinct(items), position, rest)


def _strings(value: Value, frame: Frame, substitutes: bool, collapse: bool = True) -> Value:
    """A set of strings: one member alone, texts for numbers and bools, `&{` for `${`."""

    def string(item: Value) -> Value:
        return combine([item], lambda case: _string(case[0], substitutes))

    def listed(case: list[Value]) -> Value:
        one = case[0]
        if not isinstance(one, List):
            return string(one)
        items = [string(item) for item in one.items if not isinstance(item, Null)]
        if collapse:
            return _collapsed(items, one.position, one.open)
        return List(items, one.position, one.open)

    del frame
    return combine([value], listed)


def _string(value: Value, substitutes: bool) -> Value:
    if isinstance(value, Unknown | Null):
        return value
    try:
        written = to_text(value)
    except CallError as error:
        return Invalid(repr(value)[:80], str(error), value.position)
    if not substitutes or not any(isinstance(p, str) and "&{" in p for p in written.parts):
        return written
    changed = map_texts(written, lambda p: (p.replace("&{", "${") if isinstance(p, str) else p,))
    # Both spellings have the same length, so the way back to the source stays.
    return Text(changed.parts, written.position, written.sensitive, written.origin)


def _attribute(body: Body, name: str, frame: Frame) -> Value | None:
    """An attribute's value, None if it is not written or null."""
    attribute = body.attributes.get(name)
    if attribute is None:
        return None
    value = guarded(lambda: frame.attribute(attribute), name, attribute.position, frame)
    return None if isinstance(value, Null) else value


def _key(key: str, body: Body, attribute: str, otherwise: int) -> Text:
    written = body.attributes.get(attribute)
    return text(key, written.position if written is not None else otherwise)
