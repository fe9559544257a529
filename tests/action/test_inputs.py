"""How inputs become arguments."""

from __future__ import annotations

import pytest

from kmsiac.cli.github_action.inputs import read_inputs
from kmsiac.errors import UsageError


def _arguments(**inputs: str) -> tuple[str, ...]:
    return read_inputs({f"INPUT_{name.upper()}": value for name, value in inputs.items()}).arguments


def test_nothing_given_is_nothing_said() -> None:
    inputs = read_inputs({})
    assert inputs.arguments == ()
    assert inputs.paths == (".",)
    assert inputs.annotations
    assert inputs.summary


def test_a_value_is_one_word_with_its_option() -> None:
    assert _arguments(fail_on="high", account_id=" 111122223333 ") == (
        "--fail-on=high",
        "--account-id=111122223333",
    )
    assert _arguments(region="-x; $(y)") == ("--region=-x; $(y)",)


def test_lists_are_split_at_commas_and_blanks() -> None:
    assert _arguments(trusted_accounts="1,2\n 3 ,\r\n") == tuple(
        f"--trusted-account={number}" for number in "123"
    )


def test_paths_are_split_at_line_ends_only() -> None:
    inputs = read_inputs({"INPUT_PATHS": " a b,c \r\n\n'd'", "INPUT_PLAN": "plan.json\n"})
    assert inputs.paths == ("a b,c", "'d'", "plan.json")
    assert read_inputs({"INPUT_PLAN": "plan.json"}).paths == ("plan.json",)
    assert _arguments(rules="C:\\my rules\n") == ("--rules=C:\\my rules",)


def test_more_arguments_stay_as_they_are_written() -> None:
    assert _arguments(extra_args="--var\n a = b \n\n--pedantic") == (
        "--var",
        " a = b ",
        "--pedantic",
    )


@pytest.mark.parametrize(
    "inputs",
    [
        {"paths": "a\n-b"}, {"plan": "-"}, {"rules": "--x"}, {"config": "-c"}, {"since": "--output=x"},
        {"baseline": "a\nb"}, {"sarif_file": "-x"}, {"strict": "1"}, {"annotations": "True"},
        {"extra_args": "--"}, {"category": "a\rb"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant(inputs: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=f'the input "{next(iter(inputs)).replace("_", "-")}"'):
        _arguments(**inputs)
