"""Reading the packaged data files beside this module.

Every file is one JSON object with `source` and `as_of` (a date) beside its sections. Nothing is
read at import; the loaders that call this keep what they make of it.
"""

from __future__ import annotations

import json
from typing import cast


def read(name: str) -> dict[str, object]:
    """The data file `name` (`actions.json`), from a wheel or a checkout alike."""
    from importlib.resources import files  # noqa: PLC0415  (costs more than the data)

    text = files("kmsiac.aws").joinpath("data", name).read_text(encoding="utf-8")
    return cast("dict[str, object]", json.loads(text))
