"""The README shows what the demo prints."""

from __future__ import annotations

import re
from pathlib import Path

from kmsiac.cli import run

ROOT = Path(__file__).resolve().parents[2]


def test_the_block_of_the_readme_is_printed_by_the_demo(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert run(["scan", "fixtures/demo/terraform", "--color", "never"]) == 1
    printed = capsys.readouterr().out
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- demo -->\n```text\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    for piece in block[1].split("\n\n"):
        assert piece.strip() == "..." or piece.strip() in printed
