"""docs/reports.md says what the reporters do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kmsiac.cli.formats import COMING
from kmsiac.findings.finding import SEVERITIES
from kmsiac.reporters import MODULES, github, gitlab, markdown, sarif, sarif_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reports.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the documentation of a checkout")


def rows() -> dict[str, list[str]]:
    """Rows of tables by their first cell."""
    lines = re.findall(r"^\| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {first: rest for first, *rest in (line.split(" | ") for line in lines)}


def test_every_format_is_there() -> None:
    formats = [cell.strip("`") for cell in rows() if cell.startswith("`")]
    assert sorted(formats) == sorted(MODULES)
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{format}`" in text for format in COMING)


def test_severities_are_those_of_the_formats() -> None:
    for severity in SEVERITIES:
        assert rows()[severity] == [
            f"{sarif_rules.LEVELS[severity]}, {sarif_rules.SECURITY_SEVERITY[severity]}",
            github.COMMANDS[severity],
            gitlab.SEVERITIES[severity],
        ]


def test_limits_are_those_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for number in (sarif.MAX_RESULTS, sarif.SHOWN_RESULTS, markdown.MAX_BYTES):
        assert f"{number:,}" in text
    assert github.LIMIT == 10 and "ten errors, ten warnings and ten notices" in text
