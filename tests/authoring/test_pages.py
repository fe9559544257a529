"""The generated pages of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.authoring.__main__ import SCHEMAS, pages, write
from kmsiac.config.schema import SCHEMA_FILE, config_schema
from kmsiac.rules.loader import load_rules
from kmsiac.rules.vocabulary import TARGETS, load_fields

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_committed_page_is_what_is_generated(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run: python -m kmsiac.authoring"


def test_committed_schema_is_what_is_generated() -> None:
    written = (SCHEMAS / SCHEMA_FILE).read_text(encoding="utf-8")
    assert written == config_schema(), "run: python -m kmsiac.authoring"


def test_no_page_of_a_rule_that_is_no_more() -> None:
    assert {f"rules/{path.name}" for path in (DOCS / "rules").iterdir()} == {
        name for name in PAGES if name.startswith("rules/")
    }


def test_vocabulary_has_every_target_and_field() -> None:
    page = PAGES["vocabulary.md"]
    for kind, fields in load_fields().items():
        assert f"### {kind}\n" in page
        for field in fields:
            assert f"| `{field}` |" in page
    assert all(f"| `{target}` |" in page for target in TARGETS)


def test_index_has_every_rule() -> None:
    index = PAGES["rules/README.md"]
    assert all(f"[{rule.id}]({rule.id}.md)" in index for rule in load_rules())


def test_page_of_a_rule() -> None:
    page = PAGES["rules/XACC-01.md"]
    assert page.startswith("<!-- Generated")
    assert "# XACC-01: Key policy allows a principal of another account\n" in page
    assert "| severity | medium, up to critical |" in page
    assert "```hcl\n" in page
    assert "```yaml\n" in page


def test_write_removes_pages_of_old_rules(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "OLD-01.md").write_text("old")
    write(tmp_path)
    assert not (tmp_path / "rules" / "OLD-01.md").exists()
    assert (tmp_path / "vocabulary.md").read_text() == PAGES["vocabulary.md"]
