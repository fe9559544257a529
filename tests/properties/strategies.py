"""Hypothesis strategies for cases, and how many examples a test runs.

`KMSIAC_LONG=1` multiplies the examples by 50 (100,000 and more in all).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.properties.cases import Case
from tests.properties.plans import PLANS

LONG = 50 if os.environ.get("KMSIAC_LONG") else 1


class _Drawn:
    """Decisions from Hypothesis, which makes the numbers small when it shrinks."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, end: int) -> int:
        return self._draw(_numbers(end)) if end > 1 else 0


_KNOWN: dict[int, st.SearchStrategy[int]] = {}


def _numbers(end: int) -> st.SearchStrategy[int]:
    if end not in _KNOWN:
        _KNOWN[end] = st.integers(0, end - 1)
    return _KNOWN[end]


@st.composite
def cases(draw: st.DrawFn, plan: str) -> Case:
    """The cases of a plan."""
    return PLANS[plan][0](_Drawn(draw))


def runs(examples: int) -> Callable[[Any], Any]:
    """So many examples (more in a long run), the same ones each time unless the run is long."""
    return settings(
        max_examples=examples * LONG,
        deadline=None,
        derandomize=LONG == 1,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
