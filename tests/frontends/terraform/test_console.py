"""Every expression that the console was asked gives what it gave, or says that it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.frontends.terraform.conversion import CallError, Undetermined
from kmsiac.frontends.terraform.json_text import encode
from kmsiac.frontends.terraform.symbolic import Budget, broken_part
from kmsiac.values import Value, unknowns
from tests.frontends.terraform.evaluating import evaluated
from tests.oracles.console import FOLDER, UNKNOWN, declared, expressions

SUBJECTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
LATER: dict[str, str] = {}
"""Expressions that versions after the one of the goldens evaluate, and what they give."""


def shown(value: Value) -> str | None:
    """A value as `jsonencode` writes it, UNKNOWN, or None for an error."""
    if broken_part(value, Budget(1_000_000)) is not None:
        return None
    if any(True for _ in unknowns(value)):
        return UNKNOWN
    try:
        return encode(value, Budget(1_000_000)).literal or UNKNOWN
    except (CallError, Undetermined):
        return UNKNOWN


def outcomes(subject: str, folder: Path) -> dict[str, list[str]]:
    """What became of each expression of a list: `equal`, `unknown` or `different`."""
    path = FOLDER / f"{subject}.txt"
    listed, more = expressions(path), declared(path)
    golden = json.loads((FOLDER / f"{subject}.json").read_text())
    found: dict[str, list[str]] = {"equal": [], "unknown": [], "different": []}
    for expression, answer, value in zip(
        listed, golden["answers"], evaluated(folder, listed, more), strict=True
    ):
        ours = shown(value)
        wanted = LATER.get(expression, answer)
        if ours == wanted or (wanted is None and ours == UNKNOWN):
            found["equal"].append(expression)
        elif ours == UNKNOWN:
            found["unknown"].append(f"{expression} is {wanted}")
        else:
            found["different"].append(f"{expression} is {wanted}, not {ours}")
    return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    return {subject: outcomes(subject, tmp_path_factory.mktemp(subject)) for subject in SUBJECTS}


Compared = dict[str, dict[str, list[str]]]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_expression_is_what_the_console_says(subject: str, compared: Compared) -> None:
    assert compared[subject]["different"] == []


def test_few_expressions_are_not_evaluated(compared: Compared) -> None:
    unknown = [expression for found in compared.values() for expression in found["unknown"]]
    every = sum(len(listed) for found in compared.values() for listed in found.values())
    assert every > 1800
    assert len(unknown) < 0.02 * every
