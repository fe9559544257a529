"""Each question of the engine against the concrete procedure, on random policies and requests."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.properties.cases import Case
from tests.properties.plans import PLANS
from tests.properties.strategies import cases, runs

EXAMPLES = {
    "public": 300,
    "allows": 200,
    "free": 80,
    "shadowed": 160,
    "redundant": 160,
    "conditions": 240,
    "neutralised": 160,
    "stops": 120,
    "administrable": 200,
    "delegated": 80,
    "external": 160,
    "subset": 80,
    "spelling": 40,
    "deny": 60,
    "instance": 30,
    "resolved": 30,
    "broken": 60,
}


@pytest.mark.parametrize("plan", PLANS)
def test_question(plan: str) -> None:
    check = PLANS[plan][1]

    @runs(EXAMPLES[plan])
    @given(cases(plan))
    def run(case: Case) -> None:
        check(case)

    run()
