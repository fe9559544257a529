"""Places inside the attributes of a resource: the way to a value, through lists, maps and JSON text."""

from __future__ import annotations

from kmsiac.inventory.cases import World
from kmsiac.inventory.expand import settle
from kmsiac.inventory.settings import chosen
from kmsiac.policy.json_text import decode
from kmsiac.values import Absent, List, Map, Null, Text, Value

Step = str | int
Steps = tuple[Step, ...]
"""Names of members of maps and indexes of members of lists, from the outside in."""


def value_at(current: Value, steps: Steps, world: World) -> tuple[Value | None, int]:
    """The value at a place in a world and the position of its key; None if nothing is written."""
    position, sensitive = current.position, False
    for step in steps:
        current, sensitive = chosen(current, world, sensitive)
        member = _member(current, step)
        if member is None:
            return None, position
        if isinstance(current, Map) and isinstance(step, str):
            key = current.key(step)
            position = key.position if key is not None and key.position else member.position
        current = member
    current, sensitive = chosen(current, world, sensitive)
    if isinstance(current, Absent | Null) or (isinstance(current, Text) and not current.parts):
        return None, position
    return settle(current, world, sensitive=sensitive), position


def _member(value: Value, step: Step) -> Value | None:
    if isinstance(value, Text):
        value = decode(value)
    if isinstance(step, str):
        return value.get(step) if isinstance(value, Map) else None
    return value.items[step] if isinstance(value, List) and step < len(value.items) else None


def spelled(steps: Steps) -> str:
    """`rule[0].kms_key_id`."""
    shown = ""
    for step in steps:
        if isinstance(step, int):
            shown += f"[{step}]"
        else:
            shown += f".{step}" if shown else step
    return shown
