"""What a shell offers after options: rule ids, categories, formats. Reads names of files alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from kmsiac.rules.shipped import builtin_rules_folder


def rules(incomplete: str) -> list[tuple[str, str]]:
    """Ids of rules, with their names, for an option or argument that takes one."""
    found = [(f"{head}-{number}", name) for head, number, name in _rules() if name]
    return [(id, name) for id, name in found if id.startswith(incomplete)]


def rules_and_categories(incomplete: str) -> list[tuple[str, str]]:
    """The same with categories, for an option that takes a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    categories = [(name, "category") for name in _categories() if name.startswith(last)]
    return [(before + comma + value, help) for value, help in [*rules(last), *categories]]


def formats(incomplete: str) -> list[str]:
    """The formats of reports."""
    from kmsiac.reporters import MODULES  # noqa: PLC0415 - only while completing

    return _starting(MODULES, incomplete)


def text_or_json(incomplete: str) -> list[str]:
    """The formats of what is no report of a scan."""
    return _starting(("text", "json"), incomplete)


def policy_kinds(incomplete: str) -> list[str]:
    """The kinds of policies."""
    from kmsiac.cli.options import PolicyKind  # noqa: PLC0415 - options.py imports this module

    return _starting((kind.value for kind in PolicyKind), incomplete)


def _starting(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _categories() -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(builtin_rules_folder()) if entry.is_dir())
    except OSError:
        return []


def _rules() -> Iterator[tuple[str, str, str]]:
    """Rule files are called like `KP-20-public-key-policy.yaml`."""
    for path in sorted(builtin_rules_folder().glob("*/*.yaml"), key=lambda path: path.name):
        head, _, rest = path.stem.partition("-")
        number, _, name = rest.partition("-")
        yield head, number, name
