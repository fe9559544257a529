"""The runner of these tests knows what it runs, and says so where it does not."""

from __future__ import annotations

import pytest

from tests.action.expressions import UnknownExpressionError, condition, evaluate, interpolate
from tests.action.runner import commands_in

CONTEXT = {
    "inputs": {"a-b": "x", "empty": ""},
    "functions": {"always": lambda: True, "success": lambda: False},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.a-b", "x"),
        ("inputs.a-b == 'X'", True),
        ("inputs.a-b != 'x'", False),
        ("inputs.empty || 'it''s'", "it's"),
        ("inputs.empty && 'y'", ""),
        ("!inputs.empty && (true || false)", True),
    ],
)
def test_expressions(text: str, value: object) -> None:
    assert evaluate(text, CONTEXT) == value


@pytest.mark.parametrize(
    "text",
    ["inputs.c", "inputs", "github.token", "hashFiles('x')", "inputs.a-b ==", "a b", "1 + 1", "("],
)
def test_what_it_does_not_know(text: str) -> None:
    with pytest.raises(UnknownExpressionError):
        evaluate(text, CONTEXT)


def test_a_condition_wants_success_unless_it_asks_otherwise() -> None:
    assert not condition("inputs.a-b == 'x'", CONTEXT)
    assert condition("${{ always() && inputs.a-b == 'x' }}", CONTEXT)


def test_interpolation() -> None:
    assert interpolate("<${{ inputs.a-b }}|${{ true }}>", CONTEXT) == "<x|true>"


def test_commands_are_seen_as_the_runner_sees_them() -> None:
    log = (
        "  ::error file=a.tf,line=1,title=x%3Ay::b%0Ac\nsaid ::error::no\nold ##[warning]w\n"
        "::stop-commands::t\n::error::stopped\n##[error]stopped\n::t::\n::notice::again\n"
    )
    error, warning, notice = commands_in(log)
    assert error.properties == {"file": "a.tf", "line": "1", "title": "x:y"}
    assert error.message == "b\nc"
    assert (warning.name, warning.message) == ("warning", "w")
    assert (notice.name, notice.message) == ("notice", "again")
