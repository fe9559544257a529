"""How messages and evidence call the things that rules speak of, and where they stand."""

from __future__ import annotations

from decimal import Decimal

from kmsiac.inventory.model import Consumer, Entity, Policy
from kmsiac.policy.actions import all_actions
from kmsiac.policy.document import Condition, Pattern, Principal, Statement
from kmsiac.reading.source import NOWHERE
from kmsiac.rules.readings import Absent, Items, Open, Reading, Thing, Witnessed
from kmsiac.values import Text, Unknown


def label_of(thing: Thing) -> str:
    """What people call it: an address, a Sid, a principal, an action."""
    value = thing.value
    if isinstance(value, Statement):
        return value.label
    if isinstance(value, Policy | Consumer) and value.attribute:
        return f"{value.address} ({value.attribute})"
    if isinstance(value, Entity):
        return value.address
    if isinstance(value, Condition):
        return f"{value.operator} {value.key}"
    if isinstance(value, Principal | Pattern):
        return _text(value.value)
    if isinstance(value, tuple):
        return str(value[0])
    if thing.kind == "grantee":
        return str(getattr(value, "id", thing.kind))
    return str(getattr(value, "name", thing.kind))


def _text(value: Text | Unknown) -> str:
    return str(value) if isinstance(value, Text) else f"${{{value.expression}}}"


def position_of(reading: Reading) -> int:
    """Where a thing or text stands; NOWHERE for what AWS defines."""
    if isinstance(reading, Text):
        return reading.position
    value = reading.value if isinstance(reading, Thing) else None
    if isinstance(value, Statement | Condition | Principal | Pattern | Entity):
        return value.position
    if isinstance(reading, Thing) and reading.kind == "grantee":
        return int(getattr(value, "position", NOWHERE))
    if isinstance(value, tuple) and isinstance(value[0], Text):
        return value[0].position
    return NOWHERE


def printed(reading: Reading) -> str:
    """A reading as messages show it."""
    if isinstance(reading, Text):
        return str(reading)
    if isinstance(reading, bool | Witnessed):
        return "true" if reading else "false"
    if isinstance(reading, Thing):
        return label_of(reading)
    if isinstance(reading, Items):
        members = [printed(item) for item in reading.certain]
        if all_actions() <= set(members):
            return "every AWS KMS action"
        more = len(reading.maybe) + (1 if reading.more else 0)
        shown = members[:8] + (["..."] if more or len(members) > 8 else [])
        return ", ".join(shown) or "none"
    if isinstance(reading, Open):
        return ", ".join(sorted(blame.expression for blame in reading.blame)) or "unknown"
    if isinstance(reading, Absent):
        return "not written"
    return str(Decimal(reading)) if isinstance(reading, int | Decimal) else reading
