"""Colours and links of a terminal, in plain ANSI."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COLORS = {"critical": "1;35", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1;34"}
_NOT_FORCED = ("", "0", "false")
"""Values of FORCE_COLOR that force nothing: whoever writes 0 does not mean yes."""
_SAFE_URL = re.compile(r"https?://[!-~]+")


def use_color(mode: str, is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to colour: `always`, `never`, or `auto` by NO_COLOR, FORCE_COLOR and the terminal."""
    if mode != "auto":
        return mode == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "") not in _NOT_FORCED:
        return True
    return is_terminal and environment.get("TERM") != "dumb"


class Style:
    """Dresses text that is already safe to print; without colour and links it changes nothing."""

    def __init__(self, color: bool = False, links: bool = False) -> None:
        self._color = color
        self._links = links

    def severity(self, severity: str, text: str) -> str:
        """In the colour of a severity."""
        return self._dressed(_COLORS.get(severity, "1"), text)

    def strong(self, text: str) -> str:
        """Bold."""
        return self._dressed("1", text)

    def faint(self, text: str) -> str:
        """For rails and arrows."""
        return self._dressed("34", text)

    def bad(self, text: str) -> str:
        """For what could not be read."""
        return self._dressed("1;31", text)

    def link(self, text: str, url: str) -> str:
        """A hyperlink, where the terminal has them and the URL is one."""
        if not self._links or _SAFE_URL.fullmatch(url) is None:
            return text
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"

    def _dressed(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and text else text
