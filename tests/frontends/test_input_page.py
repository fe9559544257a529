"""docs/input.md names every kind that is known and not read, with its command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kmsiac.frontends import known_kinds
from kmsiac.frontends.known_kinds import Recognised

PAGE = Path(__file__).resolve().parents[2] / "docs" / "input.md"
KINDS = [kind for kind in vars(known_kinds).values() if isinstance(kind, Recognised) and kind.hint]


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the documentation around the tests")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.problem)
def test_every_first_command_is_on_the_page(kind: Recognised) -> None:
    page = PAGE.read_text(encoding="utf-8").replace("\\|", "|")
    commands = re.findall(r"`([^`]+)`", kind.hint)
    assert not commands or commands[0] in page
