"""What a question is asked about: every unit that was read, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kmsiac.access.trust import Trusted
from kmsiac.access.unit import UnitAccess
from kmsiac.config import ScanOptions
from kmsiac.errors import KmsiacError, Span, whole_file
from kmsiac.findings.access_report import Surroundings
from kmsiac.findings.build import build_unresolved
from kmsiac.findings.finding import Unresolved
from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Entity, Inventory
from kmsiac.scan import UnitsRead, read_units
from kmsiac.values import Atom, Guard

E = TypeVar("E", bound=Entity)


class NothingRead(KmsiacError):  # noqa: N818 - what was found, not what went wrong
    """Nothing that could be asked about was found; `errors` say what could not be read."""

    def __init__(self, errors: tuple[KmsiacError, ...]) -> None:
        super().__init__("nothing to ask about: no Terraform, plan or CloudFormation was read")
        self.errors = errors


@dataclass(frozen=True)
class Located(Generic[E]):
    """An entity and the unit that it is in."""

    entity: E
    inventory: Inventory

    @property
    def name(self) -> str:
        """Its address, with the unit."""
        return f"{self.entity.address} ({self.inventory.unit})"


class Scene:
    """The units of a scan, with the access of each unit and world worked out once."""

    def __init__(self, options: ScanOptions) -> None:
        self._read: UnitsRead = read_units(options, check_inputs=True)
        self._notes = [
            *(
                f"{note.location}: {note.message}" if note.location else note.message
                for note in self._read.notes
            ),
            *_set_by_the_tree(options),
        ]
        self._trusted = Trusted(
            frozenset(options.trusted_accounts), frozenset(options.trusted_organizations)
        )
        self._known: dict[tuple[int, frozenset[tuple[Guard, Atom]]], UnitAccess] = {}
        if not self.units:
            raise NothingRead(self._read.errors)

    @property
    def units(self) -> tuple[Inventory, ...]:
        """One inventory for each unit."""
        return self._read.inventories

    def locate(self, position: int) -> Span | None:
        """The place of a position."""
        return self._read.locate(position)

    def located(self, entities: Callable[[Inventory], Iterable[E]]) -> list[Located[E]]:
        """Some entities of all units."""
        return [
            Located(entity, inventory) for inventory in self.units for entity in entities(inventory)
        ]

    def access(self, inventory: Inventory, world: World) -> UnitAccess:
        """What a unit says in a world."""
        name = (id(inventory), frozenset(world.items()))
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = UnitAccess(inventory, world, self._trusted)
        return known

    def surroundings(
        self, notes: Iterable[str] = (), undecided: Iterable[Unresolved] = ()
    ) -> Surroundings:
        """What could not be read or decided anywhere in the scan."""
        gaps = [gap for inventory in self.units for gap in inventory.gaps]
        unresolved = build_unresolved([], gaps, self.locate)
        errors = {
            (str(error), error.span): error
            for error in (*self._read.errors, *(e for i in self.units for e in i.errors))
        }
        nowhere = whole_file("")
        return Surroundings(
            (*self._read.unread, *undecided, *unresolved),
            tuple(sorted(errors.values(), key=lambda e: (e.span or nowhere, e.message))),
            tuple(dict.fromkeys([*notes, *self._notes])),
        )


def _set_by_the_tree(options: ScanOptions) -> list[str]:
    """What stands in the scanned tree and can change the answer: those who ask must hear of it."""
    told = [f"{s.key} {s.value}" for s in options.settings if s.origin == "tree"]
    return [f"the scanned tree sets {', '.join(told)}"] if told else []
