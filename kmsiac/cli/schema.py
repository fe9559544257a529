"""`kmsiac schema`."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

import typer

from kmsiac.cli.group import new_app
from kmsiac.cli.output import emit
from kmsiac.errors import UsageError, did_you_mean

app = new_app()

_SUFFIX = ".schema.json"


@app.command(
    epilog="\b\nExamples:\n  kmsiac schema scan > scan.schema.json\n"
    "  kmsiac schema inventory > inventory.schema.json\n\nWithout a name: the names there are."
)
def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="scan, inventory, ... (see without NAME).")
    ] = None,
) -> int:
    """Print the JSON Schema of a report or a file: what it holds, and what it never does."""
    folder = files("kmsiac") / "schemas"
    found = {
        file.name.partition("-")[0]: file for file in folder.iterdir() if _is_schema(file.name)
    }
    if name is None:
        emit("".join(f"{known}\n" for known in sorted(found)))
    elif name in found:
        emit(found[name].read_text(encoding="utf-8"))
    else:
        raise UsageError(f'there is no schema "{name}"', hint=did_you_mean(name, found))
    return 0


def _is_schema(name: str) -> bool:
    return name.endswith(_SUFFIX) and "-" in name
