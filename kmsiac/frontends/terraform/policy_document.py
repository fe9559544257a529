"""`aws_iam_policy_document` as the provider makes it: statements, merging by sid, single elements.

Keys of the document stand where the HCL names them: `Action` at `actions`, `Principal` at its
first `principals` block, what is not written at the statement's header.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.frontends.terraform.blocks import Expanded, grouped, guarded
from kmsiac.frontends.terraform.conversion import CallError, Undetermined, to_text
from kmsiac.frontends.terraform.json_text import encode
from kmsiac.frontends.terraform.policy_merge import REFUSED, Merge, many_cases, without_absent
from kmsiac.frontends.terraform.set_order import distinct
from kmsiac.frontends.terraform.split import Body
from kmsiac.frontends.terraform.symbolic import Invalid, combine
from kmsiac.policy.parse import MAX_STATEMENTS
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
_OLD_VERSION = "2008-10-17"
_SOURCES = ("source_json", "source_policy_documents")
_OVERRIDES = ("override_policy_documents", "override_json")
"""The two with `json` are those of older providers."""


def policy_document(instance: Instance) -> Value:
    """The data source's `json`: a Text whose `document` is the policy, case by case where a merged
    document depends on one.
    """
    body, frame = instance.group.block.body, instance.frame
    sources, overrides = (_documents(body, names, frame) for names in (_SOURCES, _OVERRIDES))
    own = _own(instance)

    def merged(lists: list[Value]) -> Value:
        before = _flat(lists[: len(sources)])
        documents = before + _flat(lists[len(sources) :])
        certain = not any(isinstance(each, Choice) for each in (*sources, *overrides, *documents))

        def one_case(case: list[Value]) -> Value:
            context, position = frame.context, instance.group.block.position
            mistake = context.mistake if certain else None
            merge = Merge(context.stack.unit, position, context.budget.spend, mistake)
            return _merged(instance, merge, case[: len(before)], own, case[len(before) :])

        return one_case(documents) if many_cases(documents) else combine(documents, one_case)

    lists = [*sources, *overrides]
    return merged(lists) if many_cases(lists) else combine(lists, merged)


class _Own(NamedTuple):
    """What the data source writes itself; `rest` stands for statements that are not known."""

    statements: list[Value]
    rest: Unknown | None
    version: Value
    identity: Value | None


def _own(instance: Instance) -> _Own:
    block, frame = instance.group.block, instance.frame
    version = _attribute(block.body, "version", frame) or text(_DEFAULT_VERSION, block.position)
    old = isinstance(version, Text) and version.literal == _OLD_VERSION
    _, statements, rest = grouped(block.body, frame).get("statement", (0, [], None))
    if len(statements) > MAX_STATEMENTS:
        # Whoever reads the document sees that there are too many, and judges none of them.
        reason = f"over {MAX_STATEMENTS} statements"
        rest = rest or frame.scope.unknown(instance.address, reason, block.position)
    made = [each.wrap(_statement(each, old=old)) for each in statements[: MAX_STATEMENTS + 1]]
    return _Own(made, rest, version, _attribute(block.body, "policy_id", frame))


def _merged(
    instance: Instance, merge: Merge, sources: list[Value], own: _Own, overrides: list[Value]
) -> Value:
    block, frame = instance.group.block, instance.frame
    body, position = block.body, block.position
    for each in (*sources, *overrides):
        if isinstance(each, Text) and each.document is None:
            frame.context.budget.spend(sum(len(p) for p in each.parts if isinstance(p, str)))
    for each in sources:
        merge.source(each)
    merge.own(own.statements, own.rest, own.version, own.identity)
    for each in overrides:
        merge.override(each)
    document = merge.document(
        {
            "Version": _key("Version", body, "version", position),
            "Id": _key("Id", body, "policy_id", position),
        }
    )
    try:
        encoded = encode(document, frame.context.budget)
    except (CallError, Undetermined) as error:
        unit = frame.context.stack.unit
        return Unknown(f"{instance.address}.json", str(error), position, unit)
    return Text(encoded.parts, position, encoded.sensitive, (), document)


def _documents(body: Body, names: tuple[str, ...], frame: Frame) -> list[Value]:
    """The attributes that hold documents to merge, in the order in which they count."""
    values = [_attribute(body, name, frame) for name in names]
    return [without_absent(value) for value in values if value is not None]


def _flat(values: list[Value]) -> list[Value]:
    """The documents in lists of documents; what a list may have beside is one that is not known."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, List):
            found += [without_absent(item) for item in value.items]
            found += [value.open] if value.open is not None else []
        else:
            found.append(value)
    return found


def _statement(block: Expanded, *, old: bool) -> Map:
    """One statement block as an IAM statement; `old`: of a version without policy variables."""
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
            listed = _strings(value, substitutes and not old)
            if not (isinstance(listed, List) and not listed.items and listed.open is None):
                entries.append((_key(key, body, name, position), _collapsed(listed)))
    groups = grouped(body, frame)
    for name, key in _PRINCIPALS:
        if name in groups:
            first, blocks, rest = groups[name]
            entries.append((text(key, first), _principals(blocks, first, rest, old=old)))
    if "condition" in groups:
        first, blocks, rest = groups["condition"]
        entries.append((text("Condition", first), _conditions(blocks, first, rest, old=old)))
    made = Map(entries, position)
    if old and (found := _policy_variable(made)) is not None:
        problem = f"&{{ is no policy variable in version {_OLD_VERSION}"
        frame.context.mistake(problem, found, REFUSED)
    return made


def _policy_variable(value: Value) -> int | None:
    """Where a `&{` stands in a value, but for sids and actions."""
    if isinstance(value, Text):
        found = any(isinstance(part, str) and "&{" in part for part in value.parts)
        return value.position if found else None
    members: Iterable[Value] = ()
    if isinstance(value, List):
        members = value.items
    elif isinstance(value, Map):
        plain = ("Sid", "Action", "NotAction")
        members = (member for key, member in value.entries if key.literal not in plain)
    return next((at for member in members if (at := _policy_variable(member)) is not None), None)


@dataclass
class _Gathered:
    """What blocks of one type, or of one test and variable, give together."""

    key: Text
    values: list[Value] = field(default_factory=list)

    def add(self, block: Expanded, values: Value) -> None:
        """The values of a block, of which there are none where the block is not there."""
        self.values.append(without_absent(block.wrap(values)))

    def together(self) -> Value:
        """All values, `Absent` in the cases without any block."""
        if not many_cases(self.values):
            return combine(self.values, self._joined)
        return self._joined(self.values)

    def _joined(self, case: list[Value]) -> Value:
        found = [value for value in case if not isinstance(value, Null)]
        if not found:
            return Absent(self.key.position)
        items: list[Value] = []
        rest: Unknown | None = None
        for value in found:
            if isinstance(value, List):
                items += value.items
                rest = rest or value.open
            else:
                items.append(value)
        return _collapsed(List(distinct(items), self.key.position, rest))


def _principals(blocks: list[Expanded], position: int, rest: Unknown | None, *, old: bool) -> Value:
    by_type: dict[str, _Gathered] = {}
    for block in blocks:
        type_ = _attribute(block.body, "type", block.frame)
        values = _attribute(block.body, "identifiers", block.frame)
        if not isinstance(type_, Text) or values is None:
            rest = rest or _missing(type_, block, "principal type", "identifiers")
            continue
        by_type.setdefault(_name(type_), _Gathered(type_)).add(block, _strings(values, not old))
    if list(by_type) == ["*"] and rest is None:
        star = by_type["*"].together()
        if isinstance(star, Text) and star.literal == "*":
            return star
    return Map([(each.key, each.together()) for each in by_type.values()], position, rest)


def _conditions(blocks: list[Expanded], position: int, rest: Unknown | None, *, old: bool) -> Map:
    tests: dict[str, tuple[Text, dict[str, _Gathered]]] = {}
    for block in blocks:
        test = _attribute(block.body, "test", block.frame)
        variable = _attribute(block.body, "variable", block.frame)
        values = _attribute(block.body, "values", block.frame)
        if not isinstance(test, Text) or not isinstance(variable, Text) or values is None:
            rest = rest or _missing(test, block, "condition", "values")
            continue
        _, variables = tests.setdefault(_name(test), (test, {}))
        gathered = variables.setdefault(_name(variable), _Gathered(variable))
        gathered.add(block, _strings(values, not old, ordered=True))
    entries: list[tuple[Text, Value]] = []
    for test, variables in tests.values():
        inner = [(each.key, each.together()) for each in variables.values()]
        entries.append((test, Map(inner, test.position)))
    return Map(entries, position, rest)


def _name(value: Text) -> str:
    return value.literal if value.literal is not None else repr(value)


def _missing(value: Value | None, block: Expanded, what: str, values: str) -> Unknown:
    context = block.frame.context
    if value is None or values not in block.body.attributes:
        missing = values if value is not None else f"the {what}"
        context.mistake(f"a {block.type} block without {missing}", block.position, REFUSED)
    if isinstance(value, Unknown):
        return value
    reason = f"the {what} is not a known text"
    unit = context.stack.unit
    return Unknown(f"{block.type} block{block.frame.label}", reason, block.position, unit)


def _collapsed(value: Value) -> Value:
    """One member alone is no list."""
    if isinstance(value, Choice):
        branches = [(atom, _collapsed(inner)) for atom, inner in value.branches]
        return Choice(value.guard, branches, value.position, value.sensitive)
    if isinstance(value, List) and len(value.items) == 1 and value.open is None:
        return value.items[0]
    return value


def _strings(value: Value, substitutes: bool, *, ordered: bool = False) -> Value:
    """A list of texts, also for numbers and bools, `&{` as `${`. A set if not `ordered`: the
    provider sorts it backwards.
    """

    def string(item: Value) -> Value:
        return combine([item], lambda case: _string(case[0], substitutes))

    def listed(case: list[Value]) -> Value:
        one = case[0]
        if not isinstance(one, List):
            return string(one)
        items = [string(item) for item in one.items if not isinstance(item, Null)]
        if not ordered:
            items = _backwards(distinct(items))
        return List(items, one.position, one.open)

    return combine([value], listed)


def _backwards(items: list[Value]) -> list[Value]:
    """In the provider's order where all are known."""
    texts = [(item.literal, item) for item in items if isinstance(item, Text)]
    if len(texts) < len(items) or any(literal is None for literal, _ in texts):
        return items
    return [item for _, item in sorted(texts, key=lambda pair: pair[0] or "", reverse=True)]


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
