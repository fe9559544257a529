"""`docs/configuration-keys.md`: the keys of `.kmsiac.yaml`, from where they are declared."""

from __future__ import annotations

from kmsiac.authoring.markdown import GENERATED, cell, code, table
from kmsiac.config.keys import FILE_NAME, SECTIONS, Key
from kmsiac.config.shapes import ListOf, Record

_INTRODUCTION = f"""\
Every key of `{FILE_NAME}`. [configuration.md](configuration.md) says where the file is found, what
wins over what, and whom it is trusted by.

* *Option*: the option of the command line that says the same. Its variable in the environment is
  `KMSIAC_` and the option's name: `KMSIAC_FAIL_ON` for `--fail-on`.
* *Shown*: the reports list it among their `settings`, because it can remove, lower or hide a finding.
* *All*: it counts for every command that scans; the others count for `kmsiac scan` alone.
"""


def config_page() -> str:
    """The text of the page."""
    lines = [GENERATED, "", "# Keys of the configuration", "", _INTRODUCTION]
    for title, keys in SECTIONS:
        rows = [_row(key) for key in keys]
        lines += [
            f"## {title}",
            "",
            *table(("Key", "Value", "Meaning", "Option", "Shown", "All"), rows),
        ]
    for _, keys in SECTIONS:
        for key in keys:
            lines += _entries(key)
    return "\n".join(lines).rstrip() + "\n"


def _row(key: Key) -> tuple[str, ...]:
    return (
        code(key.name),
        cell(key.shape.words),
        cell(key.meaning),
        code(key.option),
        "yes" if key.weakens else "",
        "yes" if key.any_command else "",
    )


def _entries(key: Key) -> list[str]:
    """The keys of the entries of a list."""
    record = key.shape.item if isinstance(key.shape, ListOf) else None
    if not isinstance(record, Record):
        return []
    rows = [
        (
            code(name),
            cell(member.shape.words),
            cell(member.meaning),
            "yes" if member.required else "",
        )
        for name, member in record.members.items()
    ]
    return [f"## Entries of `{key.name}`", "", *table(("Key", "Value", "Meaning", "Must"), rows)]
