"""`-f FORMAT=FILE`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.cli.formats import Target, only_stdout, targets
from kmsiac.errors import UsageError
from kmsiac.reporters import COMING


def test_text_on_standard_output_is_the_default() -> None:
    assert targets(None) == [Target("text")]
    assert targets([]) == [Target("text")]


def test_one_on_standard_output_and_any_number_in_files() -> None:
    assert targets(["text", "json=a=b.json"]) == [Target("text"), Target("json", Path("a=b.json"))]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["text", "json"], "two reports would go to standard output"),
        (["text=a", "json=a"], "two reports would go to a"),
        (["jsn"], 'there is no format "jsn" (did you mean "json"?)'),
        (
            ["xml"],
            'there is no format "xml" (known: text, concise, json, sarif, github, markdown, junit, gitlab)',
        ),
        (["json="], '"json=" names no file'),
    ],
)
def test_what_makes_no_sense(wanted: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        targets(wanted)
    assert message in str(caught.value)


@pytest.mark.parametrize("format", COMING)
def test_formats_that_are_coming_say_so(format: str) -> None:
    with pytest.raises(UsageError, match="is not available yet"):
        targets([f"{format}=out"])


def test_a_command_with_one_report_takes_no_file() -> None:
    assert only_stdout("json") == "json"
    with pytest.raises(UsageError, match="writes to standard output"):
        only_stdout("json=x")


def test_a_report_of_findings_is_no_format_of_a_question() -> None:
    with pytest.raises(UsageError, match=r'does not write "sarif" \(-f text or -f json\)'):
        only_stdout("sarif")
