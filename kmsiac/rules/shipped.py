"""Where the rules that ship are. A module of its own: completion in a shell waits for it."""

from __future__ import annotations

from pathlib import Path


def builtin_rules_folder() -> Path:
    """The rules that ship: `kmsiac/_rules` of a wheel, `rules` beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_rules"
    return inside if inside.is_dir() else package.parent / "rules"
