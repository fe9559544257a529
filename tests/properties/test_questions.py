"""Each question of the engine against the concrete procedure, on random policies and requests."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.properties.plans import PLANS
from tests.properties.strategies import cases, runs

EXAMPLES = {
    "public": 250,
    "allows": 200,
    "free": 80,
    "shadowed": 120,
    "redundant": 120,
    "conditions": 200,
    "neutralised": 120,
    "stops": 100,
    "administrable": 150,
    "delegated": 80,
    "external": 150,
    "subset": 150,
    "spelling": 100,
    "deny": 100,
    "instance": 60,
    "resolved": 60,
}


@pytest.mark.parametrize("plan", PLANS)
def test_question(plan):
    check = PLANS[plan][1]

    @runs(EXAMPLES[plan])
    @given(cases(plan))
    def run(case):
        check(case)

    run()
