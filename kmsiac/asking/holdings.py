"""Who holds what on a key: each action asked by itself, then put together by what it takes.

Actions are asked one by one, for what one needs (`kms:ViaService`) another may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from kmsiac.access.model import Deciding
from kmsiac.access.place import Given, Who
from kmsiac.access.results import Need, PathStep
from kmsiac.access.unit import UnitAccess
from kmsiac.asking.callers import Caller
from kmsiac.asking.key_sorts import fitting
from kmsiac.asking.neighbors import Neighbors
from kmsiac.asking.rulings import ruling_on
from kmsiac.asking.scene import Located, Scene
from kmsiac.asking.verdicts import blamed, deciding_of, needs_of
from kmsiac.aws.actions import KmsAction, kms_actions
from kmsiac.findings.access_report import CAPABILITIES, Holding, When
from kmsiac.findings.finding import Unresolved
from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.model import Identity, Inventory, Key
from kmsiac.inventory.settings import exists
from kmsiac.reading.source import NOWHERE
from kmsiac.rules.worlds import conditions
from kmsiac.values import Answer, Blame, text

_KINDS = (
    "root", "role", "user", "group", "session", "service", "account", "organization", "anyone"
)  # fmt: skip
_TOO_MANY = "depends on too many combinations of conditions"


class Held(NamedTuple):
    """That one principal holds one action, in one world."""

    id: str
    resource: str
    kind: str
    answer: Answer
    paths: tuple[PathStep, ...]
    needs: tuple[Need, ...]
    deciding: tuple[Deciding, ...]
    position: int


Find = Callable[[KmsAction, World], Iterable[Held]]


def who_holds(
    scene: Scene, inventory: Inventory, key: Key, actions: Sequence[KmsAction], near: Neighbors
) -> tuple[list[Holding], list[Unresolved]]:
    """Everybody known who holds any of the actions on a key."""

    def find(action: KmsAction, world: World) -> Iterator[Held]:
        if not exists(key.resource, world):
            return
        access = scene.access(inventory, world)
        seen: set[Identity] = set()
        holders = access.holders([action.name], key)
        for one in holders:
            other = near.named(one.who)
            if other is not None:
                seen.add(other.entity)
                yield from _of_other_unit(scene, other, action, key, access, world)
                continue
            resource = one.who.identity.address if one.who.identity else ""
            # Several statements may be for everybody: the one that lets in says most.
            crowd = one.who.kind in ("account", "organization", "anyone")
            by_policy = crowd and one.paths == ("key-policy",) and bool(one.deciding)
            place = one.deciding[0].position if by_policy else one.position
            yield Held(
                one.id,
                resource,
                one.who.kind,
                one.answer,
                one.paths,
                one.needs,
                one.deciding,
                place,
            )
        for other in near.known:
            if other.entity not in seen:
                yield from _of_other_unit(scene, other, action, key, access, world)
        if not any(one.who.kind == "anyone" for one in holders):
            # Principals that are not known may be anyone; nobody else stands for them.
            yield from _held("anyone", Who("anyone", text("*")), action, key, access)

    return _collected(scene, key, actions, find)


def held_by(
    scene: Scene, inventory: Inventory, key: Key, caller: Caller
) -> tuple[list[Holding], list[Unresolved]]:
    """What a principal holds on a key."""

    def find(action: KmsAction, world: World) -> Iterator[Held]:
        if caller.exists(world) and exists(key.resource, world):
            access = scene.access(inventory, world)
            yield from _held(caller.label, caller.who(world), action, key, access)

    return _collected(scene, key, fitting(kms_actions(), key), find)


def _of_other_unit(
    scene: Scene,
    other: Located[Identity],
    action: KmsAction,
    key: Key,
    access: UnitAccess,
    world: World,
) -> Iterator[Held]:
    if exists(other.entity.resource, world):
        who = scene.access(other.inventory, world).who(other.entity)
        yield from _held(str(who.text), who, action, key, access)


def _held(id: str, who: Who, action: KmsAction, key: Key, access: UnitAccess) -> Iterator[Held]:
    ruling = ruling_on(access, who, action, key, Given())
    if ruling.answer.is_no:
        return
    places = [one.position for one in ruling.deciding if one.position != NOWHERE] or [key.position]
    # Where the key policy leaves all to IAM, the last layer says more.
    position = places[-1 if ruling.paths == ("delegation",) else 0]
    resource = who.identity.address if who.identity else ""
    yield Held(
        id, resource, who.kind, ruling.answer, ruling.paths, ruling.needs, ruling.deciding, position
    )


class _Way(NamedTuple):
    """What makes rows: actions that one principal holds alike stand in one."""

    id: str
    resource: str
    kind: str
    capability: str
    answer: str
    paths: tuple[PathStep, ...]
    needs: tuple[Need, ...]
    when: When


class _Row:
    """The actions of one way, with what stands behind the first of them."""

    def __init__(self, held: Held) -> None:
        self.actions: list[str] = []
        self.first = held
        self.blame: set[Blame] = set()


def _collected(
    scene: Scene, key: Key, actions: Sequence[KmsAction], find: Find
) -> tuple[list[Holding], list[Unresolved]]:
    rows: dict[_Way, _Row] = {}
    undecided: list[Unresolved] = []
    for action in actions:
        try:
            worlds = _in_worlds(action, find)
        except TooManyWorlds:
            at = scene.locate(key.position)
            undecided.append(Unresolved(key.address, "", f"{action.name}: {_TOO_MANY}", (), at))
            continue
        for way, held in _ways(action, worlds):
            row = rows.setdefault(way, _Row(held))
            row.actions.append(action.name)
            row.blame |= held.answer.blame
    asked = {c: sum(a.duty == c for a in actions) for c in CAPABILITIES}
    found = [_holding(scene, key, way, row, asked) for way, row in rows.items()]
    return sorted(found, key=_order), undecided


def _in_worlds(action: KmsAction, find: Find) -> list[tuple[World, list[Held]]]:
    return list(in_every_world(lambda world: list(find(action, world))))


def _ways(action: KmsAction, worlds: list[tuple[World, list[Held]]]) -> Iterator[tuple[_Way, Held]]:
    """What is held in some worlds, with the guards under which it is."""
    same: dict[tuple[object, ...], list[tuple[World, Held]]] = {}
    for world, every in worlds:
        for held in every:
            content = (
                held.id, held.resource, held.kind, held.answer.verdict, held.paths, held.needs
            )  # fmt: skip
            same.setdefault(content, []).append((world, held))
    for many in same.values():
        firing = [world for world, _ in many]
        when = conditions(firing, [world for world, _ in worlds if world not in firing])
        held = many[0][1]
        yield (
            _Way(
                held.id, held.resource, held.kind, action.duty, held.answer.verdict.value,
                held.paths, held.needs, when,
            ),
            held,
        )  # fmt: skip


def _holding(scene: Scene, key: Key, way: _Way, row: _Row, asked: dict[str, int]) -> Holding:
    return Holding(
        key=key.address,
        principal=way.id,
        resource=way.resource,
        kind=way.kind,
        capability=way.capability,
        actions=tuple(row.actions),
        answer=way.answer,
        paths=way.paths,
        needs=needs_of(way.needs),
        location=scene.locate(row.first.position),
        deciding=deciding_of(row.first.deciding, scene.locate),
        blame=blamed(row.blame, scene.locate),
        when=way.when,
        all_of_capability=len(row.actions) == asked[way.capability] > 1,
    )


def _order(holding: Holding) -> tuple[object, ...]:
    kind = _KINDS.index(holding.kind) if holding.kind in _KINDS else len(_KINDS)
    return (
        CAPABILITIES.index(holding.capability), kind, holding.principal, holding.answer != "yes",
        holding.actions, repr(holding.needs), repr(holding.when),
    )  # fmt: skip
