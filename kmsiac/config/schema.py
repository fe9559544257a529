"""The JSON Schema of `.kmsiac.yaml`, for editors: made from the keys, and shipped beside the code."""

from __future__ import annotations

import json

from kmsiac.config.keys import FILE_NAME, SECTIONS

SCHEMA_FILE = "config-1.schema.json"
"""Its name in `kmsiac/schemas`."""


def config_schema() -> str:
    """The text of the schema."""
    properties = {
        key.name: {**key.shape.schema(), "description": _words(key.meaning)}
        for _, keys in SECTIONS
        for key in keys
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kmsiac:schema:config:1",
        "title": f"kmsiac configuration ({FILE_NAME})",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2) + "\n"


def _words(markdown: str) -> str:
    return markdown.replace("`", "")
