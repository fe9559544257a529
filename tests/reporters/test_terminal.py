"""When there is colour, and that there is none otherwise."""

from __future__ import annotations

import pytest

from kmsiac.reporters.terminal import Style, use_color


@pytest.mark.parametrize(
    ("mode", "terminal", "environment", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", False, {"FORCE_COLOR": "0"}, False),
        ("auto", True, {"FORCE_COLOR": "0"}, True),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"NO_COLOR": "0"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(mode: str, terminal: bool, environment: dict[str, str], colored: bool) -> None:
    assert use_color(mode, terminal, environment) is colored


def test_a_plain_style_changes_nothing() -> None:
    style = Style()
    assert style.severity("critical", "x") + style.strong("y") == "xy"
    assert style.link("KP-20", "https://example.com/") == "KP-20"


def test_links_only_to_web_addresses() -> None:
    style = Style(links=True)
    linked = style.link("KP-20", "https://example.com/a")
    assert linked == "\x1b]8;;https://example.com/a\x1b\\KP-20\x1b]8;;\x1b\\"
    for url in ("", "file:///etc/passwd", "https://a\x1b\\b", "https://a b", "https://ü/"):
        assert style.link("KP-20", url) == "KP-20"
