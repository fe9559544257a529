"""Results of a scan as text for people and machines: one format a module.

`reporter` imports the one that is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from kmsiac.reporters.base import Write

MODULES = {
    "text": "kmsiac.reporters.text",
    "concise": "kmsiac.reporters.concise",
    "json": "kmsiac.reporters.json_report",
    "sarif": "kmsiac.reporters.sarif",
    "github": "kmsiac.reporters.github",
    "markdown": "kmsiac.reporters.markdown",
    "junit": "kmsiac.reporters.junit",
    "gitlab": "kmsiac.reporters.gitlab",
}
"""The module of each format; each has a function `write`."""

COMING = ("gitlab-sast", "html", "csv")
"""Formats whose names are taken, and which this version cannot write."""


def reporter(format: str) -> Write:
    """What writes a format, which must be one of `MODULES`."""
    return cast("Write", import_module(MODULES[format]).write)
