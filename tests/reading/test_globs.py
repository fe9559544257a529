"""Patterns over paths."""

from __future__ import annotations

import pytest

from kmsiac.reading.globs import Glob, literally

FILES = [
    ("*.tf", "main.tf", True),
    ("*.tf", "a/b/main.tf", True),
    ("a/*.tf", "a/main.tf", True),
    ("a/*.tf", "a/b/main.tf", False),
    ("a/*.tf", "x/a/main.tf", False),
    ("/main.tf", "main.tf", True),
    ("/main.tf", "a/main.tf", False),
    ("**/main.tf", "main.tf", True),
    ("**/main.tf", "a/b/main.tf", True),
    ("a/**", "a/b/c.tf", True),
    ("a/**/c.tf", "a/c.tf", True),
    ("a/**/c.tf", "a/x/y/c.tf", True),
    ("a/**/c.tf", "b/c.tf", False),
    ("a**b", "axxb", True),
    ("a**b", "ax/xb", False),
    ("?.tf", "a.tf", True),
    ("?.tf", "ab.tf", False),
    ("[ab].tf", "b.tf", True),
    ("[!ab].tf", "b.tf", False),
    ("[^ab].tf", "c.tf", True),
    (r"\*.tf", "*.tf", True),
    (r"\*.tf", "a.tf", False),
    (r"\!a", "!a", True),
    ("./a.tf", "a.tf", True),
    ("legacy/", "legacy", False),
    ("A.tf", "a.tf", False),
    ("", "a", False),
    ("/", "a", False),
    ("a\nb", "a\nb", True),
    ("[a", "[a", True),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), FILES)
def test_file(pattern: str, path: str, expected: bool) -> None:
    assert Glob(pattern).matches(path) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("legacy/", "legacy", True),
        ("legacy/", "a/legacy", True),
        ("/legacy/", "a/legacy", False),
        ("a/**", "a", False),
        ("a/**", "a/b", True),
    ],
)
def test_folder(pattern: str, path: str, expected: bool) -> None:
    assert Glob(pattern).matches(path, folder=True) is expected


def test_exclamation_mark_takes_back() -> None:
    glob = Glob("!keep.tf")
    assert glob.takes_back
    assert glob.matches("keep.tf")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("legacy/", "legacy/a/b.tf", True),
        ("legacy", "a/legacy/b.tf", True),
        ("*.tf", "a/b.tf", True),
        ("legacy/", "legacy.tf", False),
    ],
)
def test_covers_what_lies_in_a_folder(pattern: str, path: str, expected: bool) -> None:
    assert Glob(pattern).covers(path) is expected


def test_a_path_taken_literally_means_itself() -> None:
    for name in ("a[1]*?", "a\\b", "[!x]"):
        assert Glob("/" + literally(name)).matches(name)
        assert not Glob("/" + literally(name)).matches("a1xx")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 200 + "b", "a" * 5000),
        ("**/a/" * 90 + "b", "/".join("a" * 2000)),
        ("**/*a*a*a*a*a*a*a*b", "/".join(["a" * 100] * 100)),
    ],
)
def test_patterns_made_to_take_for_ever_do_not(pattern: str, path: str) -> None:
    assert not Glob(pattern).matches(path)
