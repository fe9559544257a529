"""What statements name for a principal bounds what it holds: rules leave out whom it rules out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.access.candidates import candidates
from kmsiac.access.trust import Trusted
from kmsiac.access.unit import UnitAccess
from kmsiac.config import ScanOptions
from kmsiac.inventory.cases import World, in_every_world
from kmsiac.policy.actions import all_actions
from kmsiac.scan import read_units

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize("project", ["demo/terraform", "demo/cloudformation", "access", "good"])
def test_nobody_holds_for_sure_what_no_statement_names(project: str) -> None:
    asked = 0
    for inventory in read_units(ScanOptions(paths=(FIXTURES / project,))).inventories:

        def ask(world: World) -> int:
            unit = UnitAccess(inventory, world, Trusted())  # noqa: B023 - asked at once
            count = 0
            for key in filter(unit.reader.exists, inventory.keys):  # noqa: B023
                for one in candidates(unit, key, named_only=False):
                    held = unit.holder(one, all_actions(), key, written_only=True)
                    if not one.implied and held is not None:
                        assert held.actions.certain <= unit.stated(one, key)
                        count += 1
            return count

        asked += sum(count for _, count in in_every_world(ask))
    assert asked > 5
