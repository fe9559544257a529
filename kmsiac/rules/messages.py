"""Messages: placeholders checked when a rule loads, filled in when it fires.

`{name}` is, in this order: an element that a `some` bound, the target itself under its own name, a
field of the target. `{name.field}` goes on through fields. `{all.name.field}` is of every element
that fits a `some`, where `{name.field}` is of the first. `{witness.action}` is of the request that
shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kmsiac.errors import did_you_mean
from kmsiac.reading.nodes import Node as YamlNode
from kmsiac.reading.nodes import Scalar
from kmsiac.rules.expression import Leaf, Node, Notes
from kmsiac.rules.labels import label_of, printed
from kmsiac.rules.problems import Problems
from kmsiac.rules.readings import ABSENT, Absent, Open, Reading, Thing
from kmsiac.rules.vocabulary import QUESTION, TEXT_FIELDS, Cost, FieldType, load_fields
from kmsiac.values import Text

_PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")
_WITNESS_FIELDS = frozenset({"action", "principal", "resource"})
_WHAT_BINDS = "only a `some` outside not, none and every, in all branches of an any, binds"
_ANYTHING = "(cannot be told)"
_ALL = "all"
_MOST_SHOWN = 8


def check_message(problems: Problems, node: YamlNode, target: str, when: Node) -> None:
    """Note every placeholder that cannot always be filled in."""
    if not isinstance(node, Scalar):
        return
    bound = when.bound()
    rest = _PLACEHOLDER.sub("", node.text)
    if "{" in rest or "}" in rest:
        problems.add(
            node, "a brace in the message is no placeholder", "write {name} or {name.field}"
        )
    for match in _PLACEHOLDER.finditer(node.text):
        _check_placeholder(problems, node, match[1], target, when, bound)


def _check_placeholder(
    problems: Problems,
    node: YamlNode,
    name: str,
    target: str,
    when: Node,
    bound: Mapping[str, str],
) -> None:
    first, *others = name.split(".")
    fields = load_fields()
    if first == "witness":
        if not _has_witness(when):
            problems.add(node, f"{{{name}}}: no term of `when` gives a witness")
        elif others and others[0] not in _WITNESS_FIELDS:
            problems.add(
                node, f"{{{name}}}: no such part", did_you_mean(others[0], _WITNESS_FIELDS)
            )
        return
    if first == _ALL and others and others[0] in bound:
        first, *others = others
    if first in bound:
        type = FieldType(bound[first])
    elif first in (target, "address"):
        type = FieldType(target if first == target else "text")
    elif first in fields[target]:
        type = fields[target][first].type
    else:
        known = {*bound, *fields[target], target, "address"}
        has = f"{{{target}}} is known, and what `kmsiac rules vocabulary {target}` lists"
        hint = did_you_mean(first, known) or has
        if first in (_ALL, *_all_bound(when)):
            hint = _WHAT_BINDS
        problems.add(node, f'the message has an unknown placeholder "{{{name}}}"', hint)
        return
    for word in others:
        known_fields = TEXT_FIELDS if type.element == "text" else fields.get(type.element, {})
        if type.many or (word not in known_fields and word != "address"):
            hint = _WHAT_BINDS if type.many else did_you_mean(word, known_fields)
            problems.add(node, f'the message has an unknown placeholder "{{{name}}}"', hint)
            return
        type = known_fields[word].type if word in known_fields else FieldType("text")
    if type == QUESTION:
        problems.add(node, f"{{{name}}} is a question: it has no value to show")


def _all_bound(node: Node) -> set[str]:
    """Names that some branch binds, whether always or not."""
    found = set(node.bound())
    for inner in node.terms():
        found |= _all_bound(inner)
    return found


def _has_witness(node: Node) -> bool:
    """Whether a semantic field must be true for the term to hold."""
    if isinstance(node, Leaf):
        return node.cost is Cost.SEMANTIC
    return any(_has_witness(inner) for inner in node.terms())


def fill_in(message: str, target: Thing, address: str, notes: Notes) -> str:
    """The message with its placeholders filled in."""

    def value(match: re.Match[str]) -> str:
        first, *others = match[1].split(".")
        if first == "witness":
            return _witness(notes.witness, others)
        if first == "address":
            return address
        if first == _ALL:
            return _joined(_end(found, others[1:]) for found in notes.every.get(others[0], ()))
        reading: Reading
        if first in notes.bound:
            reading = notes.bound[first]
        elif first == target.kind:
            reading = target
        else:
            reading = _field(target, first)
        return _end(reading, others)

    return _PLACEHOLDER.sub(value, message)


def _end(reading: Reading, words: list[str]) -> str:
    """What a way through fields ends at, as messages show it."""
    for word in words:
        if word == "address" and isinstance(reading, Thing):
            reading = Text((label_of(reading),))
        else:
            reading = _field(reading, word)
    return _ANYTHING if isinstance(reading, Open | Absent) else printed(reading)


def _joined(shown: Iterable[str]) -> str:
    """Several as a list, each once."""
    members = list(dict.fromkeys(shown))
    more = ["..."] if len(members) > _MOST_SHOWN else []
    return ", ".join(members[:_MOST_SHOWN] + more) or _ANYTHING


def _field(reading: Reading, word: str) -> Reading:
    if isinstance(reading, Thing):
        field = load_fields().get(reading.kind, {}).get(word)
        return field.of(reading) if field is not None else ABSENT
    if isinstance(reading, Text) and word in TEXT_FIELDS:
        return TEXT_FIELDS[word].read(reading)
    return reading if isinstance(reading, Open) else ABSENT


def _witness(witness: object, words: list[str]) -> str:
    if witness is None:
        return "something"
    value = getattr(witness, words[0], None) if words else witness
    return str(value) if value is not None else "something"
