"""`python -m tests.action.tables`: the tables of docs/github-action.md, anew from action.yml."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "github-action.md"


def with_tables(page: str) -> str:
    """The page with what stands between its `<!-- inputs -->` and `<!-- outputs -->` marks anew."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    inputs = [
        (f"`{name}`", one["description"], f"`{one['default']}`" if one["default"] else "")
        for name, one in action["inputs"].items()
    ]
    outputs = [(f"`{name}`", one["description"]) for name, one in action["outputs"].items()]
    page = _replaced(page, "inputs", ("input", "meaning", "default"), inputs)
    return _replaced(page, "outputs", ("output", "meaning"), outputs)


def _replaced(page: str, mark: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    form = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    assert form.search(page), mark
    return form.sub(lambda match: f"{match[1]}{table}\n{match[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
