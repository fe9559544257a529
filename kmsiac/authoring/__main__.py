"""`python -m kmsiac.authoring [FOLDER]`: write the generated pages of the documentation anew."""

from __future__ import annotations

import sys
from pathlib import Path

import kmsiac
from kmsiac.authoring.config_page import config_page
from kmsiac.authoring.rule_pages import rule_pages
from kmsiac.authoring.schema_page import schema_page
from kmsiac.authoring.vocabulary_page import vocabulary_page
from kmsiac.config.schema import SCHEMA_FILE, config_schema
from kmsiac.rules.loader import load_rules

SCHEMAS = Path(kmsiac.__file__).parent / "schemas"


def pages() -> dict[str, str]:
    """Every generated page by its path below the folder of the documentation."""
    found = {f"rules/{name}": text for name, text in rule_pages(load_rules()).items()}
    return {
        "vocabulary.md": vocabulary_page(),
        "json.md": schema_page(),
        "configuration-keys.md": config_page(),
        **found,
    }


def write(folder: Path) -> None:
    """Write the pages, and remove those of rules that are no more."""
    wanted = pages()
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    for path in (folder / "rules").glob("*.md"):
        if f"rules/{path.name}" not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def write_schemas() -> None:
    """Write the schemas that are made from declarations, beside the code that they ship with."""
    (SCHEMAS / SCHEMA_FILE).write_text(config_schema(), encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs"))
