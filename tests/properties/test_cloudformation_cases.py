"""Closing a template gives one of the cases that its open form lists, under the right `when`.

A template with parameters that nobody supplied is resolved open, then once more with a value for
each. What the closed one gives must be what the open one says for the guards as they are then;
the truth of a condition is worked out here, not by the code under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.inventory.cases import TooManyWorlds, in_every_world
from kmsiac.inventory.expand import settle
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree
from kmsiac.values import Bool, Choice, List, Map, Number, Text, Unknown, Value

Json = Any

PLACE = Path(__file__).parent

WORDS = ["", "a", "b", "a-b"]
FREE, CHOSEN = ("F", "G"), {"A": ["a", "b"], "B": ["a", "b", "a-b"]}
MEMBERS = {"L": ["a", "b"]}
NAMES = [*FREE, *CHOSEN]
CONDITIONS = ("C0", "C1", "C2", "C3")
ROWS = {"a": {"x": "1", "y": "2"}, "b": {"x": "1"}, "a-b": {"x": "3", "y": "4"}}

words = st.sampled_from(WORDS)
names = st.sampled_from(NAMES)
ref = names.map(lambda name: {"Ref": name})


def function(name: str, *arguments: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.tuples(*arguments).map(lambda given: {f"Fn::{name}": list(given)})


def conditions(number: int) -> st.SearchStrategy[Json]:
    """A condition that may refer to those before it."""
    equals = function("Equals", ref, st.one_of(words, ref))
    atom = equals
    if number:
        earlier = st.sampled_from(CONDITIONS[:number]).map(lambda name: {"Condition": name})
        atom = st.one_of(equals, earlier)
    negated = function("Not", atom)
    several = st.lists(st.one_of(atom, negated), min_size=2, max_size=3)
    both = st.builds(lambda name, of: {f"Fn::{name}": of}, st.sampled_from(["And", "Or"]), several)
    return st.one_of(atom, negated, both)


def texts(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    condition = st.sampled_from(CONDITIONS)
    listed = st.lists(st.one_of(inner, choice(condition, inner, NO_VALUE)), max_size=3)
    return st.one_of(
        choice(condition, inner, inner),
        function("Join", st.sampled_from(["", "-"]), listed),
        inner.map(lambda value: {"Fn::Sub": ["<${X}|${A}>", {"X": value}]}),
        function("FindInMap", st.just("M"), ref, st.sampled_from(["x", "y"])),
        st.builds(lambda value: {"Fn::Select": ["0", {"Fn::Split": ["-", value]}]}, inner),
        st.builds(
            lambda which, of: {"Fn::Select": [which, of]},
            st.sampled_from(["0", "1"]),
            st.lists(inner, min_size=2, max_size=2),
        ),
    )


NO_VALUE = st.just({"Ref": "AWS::NoValue"})


def choice(
    condition: st.SearchStrategy[str], one: st.SearchStrategy[Json], other: st.SearchStrategy[Json]
) -> st.SearchStrategy[Json]:
    return st.builds(lambda c, t, f: {"Fn::If": [c, t, f]}, condition, one, other)


leaf = st.one_of(words, ref, names.map(lambda name: {"Fn::Sub": f"${{{name}}}."}))
text = st.recursive(leaf, texts, max_leaves=4)
value = st.one_of(
    text,
    st.lists(text, max_size=3),
    st.fixed_dictionaries(
        {"k": text}, optional={"o": choice(st.sampled_from(CONDITIONS), text, NO_VALUE)}
    ),
    st.just({"Ref": "L"}),
)
template = st.fixed_dictionaries(
    {
        "Conditions": st.fixed_dictionaries(
            {name: conditions(number) for number, name in enumerate(CONDITIONS)}
        ),
        "value": value,
        "condition": st.one_of(st.none(), st.sampled_from(CONDITIONS)),
    }
)
assignments = st.fixed_dictionaries(
    {
        **dict.fromkeys(FREE, words),
        **{name: st.sampled_from(allowed) for name, allowed in CHOSEN.items()},
        "L": st.lists(st.sampled_from(MEMBERS["L"]), min_size=1, max_size=2, unique=True),
    }
)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(template, assignments)
def test_a_closed_template_is_one_of_the_cases(made: Json, chosen: Json) -> None:
    written = json.dumps(
        {
            "Parameters": {
                **{n: {"Type": "String"} for n in FREE},
                **{n: {"Type": "String", "AllowedValues": v} for n, v in CHOSEN.items()},
                **{
                    n: {"Type": "CommaDelimitedList", "AllowedValues": v}
                    for n, v in MEMBERS.items()
                },
            },
            "Mappings": {"M": ROWS},
            "Conditions": made["Conditions"],
            "Resources": {
                "K": {
                    "Type": "AWS::KMS::Key",
                    "Properties": {"P": made["value"]},
                    **({"Condition": made["condition"]} if made["condition"] else {}),
                }
            },
        }
    )
    if not all(has_row(lookup, chosen) for lookup in lookups(made["value"])):
        return  # CloudFormation refuses it, whoever asks for what is found
    supplied = {name: ",".join(v) if isinstance(v, list) else v for name, v in chosen.items()}
    closed = resource(written, supplied)
    truth = Truth(made["Conditions"], chosen)
    opened = resource(written, {})
    if closed is None:
        assert opened is None or not all(truth(g.name, atom) for g, atom in opened.exists or ())
        return
    assert opened is not None
    assert all(truth(guard.name, atom) for guard, atom in opened.exists or ())
    found = closed.attributes
    if not is_closed(found):
        return  # an index that is beyond its list
    try:
        worlds = list(in_every_world(lambda world: settle(opened.attributes, world)))
    except TooManyWorlds:
        return
    holding = [case for world, case in worlds if all(truth(g.name, a) for g, a in world.items())]
    assert len(holding) == 1, worlds
    assert fits(holding[0], found), (holding[0], found)


def lookups(node: Json) -> Iterator[Json]:
    for member in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from lookups(member)
    if isinstance(node, dict) and "Fn::FindInMap" in node:
        yield node["Fn::FindInMap"]


def has_row(lookup: Json, chosen: Json) -> bool:
    return lookup[2] in ROWS.get(chosen[lookup[1]["Ref"]], {})


def resource(written: str, supplied: dict[str, str]) -> Any:
    tree = SourceTree(PLACE)
    file = SourceFile(1, "t.json", written.encode())
    source = UnitSource("cloudformation", PLACE / "t.json", file)
    stack = load(source, tree, Inputs(parameters=supplied))
    assert not stack.errors, stack.errors
    return next(iter(stack.resources), None)


class Truth:
    """What guards are, for values of the parameters."""

    def __init__(self, conditions: Json, chosen: Json) -> None:
        self._conditions = conditions
        self._chosen = chosen

    def __call__(self, name: str, atom: object) -> bool:
        if name in self._conditions:
            return self._holds(self._conditions[name]) is atom
        if name in self._chosen:
            return bool(self._chosen[name] == atom)
        member = re.fullmatch(r"(\w+) has (.*)", name)
        if member:
            return (member[2] in self._chosen[member[1]]) is atom
        compared = re.fullmatch(r"(.*) == (.*)", name)
        assert compared, name
        return (self._word(compared[1]) == self._word(compared[2])) is atom

    def _word(self, spelled: str) -> str:
        return spelled[1:-1] if spelled.startswith('"') else self._chosen[spelled]

    def _holds(self, node: Json) -> bool:
        ((name, of),) = node.items()
        if name == "Condition":
            return self._holds(self._conditions[of])
        if name == "Fn::Equals":
            one, other = (
                self._chosen[each["Ref"]] if isinstance(each, dict) else each for each in of
            )
            return bool(one == other)
        inner = [self._holds(each) for each in of]
        return {"Fn::Not": not inner[0], "Fn::And": all(inner), "Fn::Or": any(inner)}[name]


def is_closed(value: Value) -> bool:
    if isinstance(value, List):
        return value.open is None and all(map(is_closed, value.items))
    if isinstance(value, Map):
        return value.open is None and all(is_closed(member) for _, member in value.entries)
    return not isinstance(value, Unknown | Choice) and not (
        isinstance(value, Text) and value.literal is None
    )


def fits(case: Value, found: Value) -> bool:
    """Whether what a case says (an Unknown says nothing) is what was found."""
    if isinstance(case, Unknown):
        return True
    if isinstance(case, Text):
        pattern = "".join(re.escape(p) if isinstance(p, str) else ".*" for p in case.parts)
        return isinstance(found, Text) and re.fullmatch(pattern, found.literal or "") is not None
    if isinstance(case, List):
        if not isinstance(found, List):
            return False
        if case.open is not None:
            return len(found.items) >= len(case.items)
        pairs = zip(by_text(case), by_text(found), strict=False)
        return len(case.items) == len(found.items) and all(fits(one, other) for one, other in pairs)
    if isinstance(case, Map) and isinstance(found, Map):
        members = {str(key): member for key, member in found.entries}
        said = {str(key): member for key, member in case.entries}
        return members.keys() <= said.keys() and all(
            fits(member, members[key]) if key in members else isinstance(member, Unknown)
            for key, member in said.items()
        )
    return isinstance(case, Number | Bool) and str(case) == str(found)


def by_text(value: List) -> list[Value]:
    """The members of a subset stand in no order; those of other lists keep theirs."""
    known = [isinstance(item, Text) and item.literal in MEMBERS["L"] for item in value.items]
    return sorted(value.items, key=str) if all(known) else list(value.items)
