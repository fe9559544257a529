"""Choices to cases: what holds in a world, and as few cases as matter."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmsiac.inventory.cases import (
    MAX_WORLDS,
    Rest,
    TooManyWorlds,
    Undecided,
    Varying,
    World,
    compatible,
    in_every_world,
    without_implied,
)
from kmsiac.inventory.expand import MAX_DEPTH, digest, settle, varying
from kmsiac.values import (
    Absent,
    Atom,
    Choice,
    Equality,
    Guard,
    List,
    Map,
    Number,
    Text,
    Unknown,
    Value,
    text,
)

ENV = Guard("u", "Env")
IS_DEV = Equality("u", "IsDev", ENV, "dev")
NOT_PROD = Equality("u", "NotProd", ENV, "prod", positive=False)
# Nobody asks for the Region itself.
HERE, THERE = (Equality("u", name, Guard("u", "Region"), name) for name in ("here", "there"))

ATOMS: dict[Guard, tuple[Atom, ...]] = {
    Guard("u", "A"): (True, False),
    Guard("u", "B"): (True, False),
    IS_DEV: (True, False),
    ENV: ("dev", "prod", "test"),
    NOT_PROD: (True, False),
    HERE: (True, False),
    THERE: (True, False),
}

leaves: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(["x", "y"]).map(text), st.builds(Absent), st.just(0).map(Number)
)


def choice(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    def of(guard: Guard) -> st.SearchStrategy[Value]:
        branches = st.tuples(*(inner for _ in ATOMS[guard]))
        return branches.map(lambda values: Choice(guard, zip(ATOMS[guard], values, strict=True)))

    return st.sampled_from(list(ATOMS)).flatmap(of)


values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        choice(inner),
        st.lists(inner, max_size=3).map(List),
        st.lists(st.tuples(st.sampled_from("pq").map(text), inner), max_size=3).map(Map),
    ),
    max_leaves=12,
)


slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assignments() -> list[Mapping[Guard, Atom]]:
    every = [dict(zip(ATOMS, atoms, strict=True)) for atoms in itertools.product(*ATOMS.values())]
    return [world for world in every if can_be(world)]


def can_be(world: Mapping[Guard, Atom]) -> bool:
    env = world[ENV]
    told = world[IS_DEV] == (env == "dev") and world[NOT_PROD] == (env != "prod")
    return told and not (world[HERE] and world[THERE])


def too_many() -> Value:
    raise AssertionError("under the cap")


@slow
@given(values)
def test_the_case_that_fits_is_the_value_in_that_world(value: Value) -> None:
    cases = varying(lambda world: settle(value, world), digest, too_many)
    for world in assignments():
        fitting = [when for when, _ in cases.cases if compatible(when, world)]
        assert len(fitting) == 1
        assert digest(cases.pick(world)) == digest(settle(value, world))


@slow
@given(values)
def test_no_case_names_a_guard_that_makes_no_difference(value: Value) -> None:
    cases = varying(lambda world: settle(value, world), digest, too_many)
    found: dict[Hashable, None] = {digest(settle(value, world)): None for world in assignments()}
    if len(found) == 1:
        assert [dict(when) for when, _ in cases.cases] == [{}]


@slow
@given(values, values)
def test_two_things_in_one_world_stay_correlated(left: Value, right: Value) -> None:
    one = varying(lambda world: settle(left, world), digest, too_many)
    two = varying(lambda world: settle(right, world), digest, too_many)

    def both(world: World) -> tuple[Hashable, Hashable]:
        return digest(one.pick(world)), digest(two.pick(world))

    asked = list(in_every_world(both))
    for world in assignments():
        results = {result for when, result in asked if compatible(when, world)}
        assert results == {(digest(settle(left, world)), digest(settle(right, world)))}


def test_a_case_of_the_rest_meets_the_values_it_stands_for() -> None:
    env = Guard("u", "Env")
    made = Varying((({env: "prod"}, "made"), ({env: Rest("prod")}, "not made")))
    size = Varying((({env: "dev"}, 1), ({env: "prod"}, 2), ({env: "test"}, 3)))
    asked = list(in_every_world(lambda world: (made.pick(world), size.pick(world))))
    assert sorted(result for _, result in asked) == [("made", 2), ("not made", 1), ("not made", 3)]
    two = Choice(env, [("prod", text("a")), ("dev", text("b"))])
    settled = settle(two, {env: Rest("prod")})
    assert isinstance(settled, Text)
    assert settled.literal == "b"


def test_what_is_one_text_is_no_other() -> None:
    both = List([Choice(guard, [(True, text("x")), (False, Absent())]) for guard in (HERE, THERE)])
    cases = varying(lambda world: settle(both, world), digest, too_many).cases
    told = [
        {guard.name: atom for guard, atom in without_implied(when).items()} for when, _ in cases
    ]
    assert told == [{"here": True}, {"there": True}, {"here": False, "there": False}]


def test_a_case_that_leaves_out_what_it_implies_leaves_no_world_out() -> None:
    no = Choice(NOT_PROD, [(True, Absent()), (False, Absent())])
    value = List([no, Choice(IS_DEV, [(True, text("x")), (False, Absent())])])
    cases = varying(lambda world: settle(value, world), digest, too_many)
    asked = list(in_every_world(lambda world: digest(cases.pick(world))))
    for world in assignments():
        results = {result for when, result in asked if compatible(when, world)}
        assert results == {digest(settle(value, world))}


def test_where_a_world_cannot_be_the_question_is_asked_all_the_same() -> None:
    start: World = {IS_DEV: True}
    choice = Choice(ENV, [("prod", text("a")), ("test", text("b"))])
    asked = list(in_every_world(lambda world: settle(choice, world), start))
    assert len(asked) == 2


def test_the_cap_of_cases() -> None:
    def many(count: int) -> List:
        return List(
            Choice(Guard("u", f"g{n}"), [(True, text(f"{n}")), (False, Absent())])
            for n in range(count)
        )

    unknown = Unknown("all", "too many")
    six = varying(lambda world: settle(many(6), world), digest, lambda: unknown)
    assert len(six.cases) == MAX_WORLDS
    seven = varying(lambda world: settle(many(7), world), digest, lambda: unknown)
    assert seven.cases == (({}, unknown),)
    with pytest.raises(TooManyWorlds):
        list(in_every_world(lambda world: settle(many(7), world)))


def test_what_can_never_be_decided_is_not_tried_case_by_case() -> None:
    asked = []

    def question(world: World) -> Value:
        asked.append(world)
        return settle(many, world)

    many = List(
        Choice(Guard("u", f"g{n}"), [(True, text(f"{n}")), (False, Absent())]) for n in range(20)
    )
    with pytest.raises(TooManyWorlds):
        list(in_every_world(question))
    assert asked == [{}]


def test_settle_asks_only_what_the_world_leaves_open() -> None:
    guard = Guard("u", "A")
    value = Choice(guard, [(True, text("a", 7)), (False, text("b"))])
    with pytest.raises(Undecided) as raised:
        settle(value, {})
    assert raised.value.atoms == (True, False)
    settled = settle(value, {guard: True})
    assert settled.position == 7


def test_settle_keeps_where_a_text_came_from() -> None:
    inner = Text(("abc",), 5, origin=((0, 100), (2, 200)))
    pick = Choice(Guard("u", "A"), [(True, inner), (False, Absent())])
    settled = settle(List((pick,)), {Guard("u", "A"): True})
    assert isinstance(settled, List)
    kept = settled.items[0]
    assert isinstance(kept, Text)
    assert (kept.position_of(1), kept.position_of(2)) == (101, 200)


def test_what_is_inside_of_something_sensitive_is_sensitive() -> None:
    secret = Choice(
        Guard("u", "A"),
        [(True, Map(((text("k"), List((text("v"), Number(1)))),))), (False, Absent())],
        sensitive=True,
    )
    settled = settle(secret, {Guard("u", "A"): True})
    assert isinstance(settled, Map)
    ((key, members),) = settled.entries
    assert isinstance(members, List)
    assert [v.sensitive for v in (settled, key, members, *members.items)] == [True] * 5


@pytest.mark.parametrize(
    ("secret", "other"), [(True, False), (False, True)], ids=["one value", "the text only"]
)
def test_a_sensitive_text_with_a_document(secret: bool, other: bool) -> None:
    member = Text(("hush",), sensitive=secret)
    document = Map(((text("Sid"), member), (text("Effect"), text("Allow"))))
    settled = settle(Text(("{}",), sensitive=True, document=document), {})
    assert isinstance(settled, Text)
    assert isinstance(settled.document, Map)
    shown = [inner.sensitive for _, inner in settled.document.entries]
    assert (settled.sensitive, shown) == (True, [True, other])


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, 20_000])
def test_depth_has_an_end(depth: int) -> None:
    value: Value = Choice(Guard("u", "A"), [(True, text("x"))])
    for _ in range(depth):
        value = List((value,))
    settled = settle(value, {Guard("u", "A"): True})
    while isinstance(settled, List):
        settled = settled.items[0]
    assert isinstance(settled, Text if depth < MAX_DEPTH else Unknown)


def test_a_long_chain_of_choices_is_no_depth() -> None:
    value: Value = text("x")
    for n in range(20_000):
        value = Choice(Guard("u", "A"), [(True, value), (False, Number(n))])
    assert isinstance(settle(value, {Guard("u", "A"): True}), Text)
