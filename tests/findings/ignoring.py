"""Scans of small trees with ignores in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kmsiac.config import ScanOptions
from kmsiac.errors import ErrorGroup, KmsiacError
from kmsiac.findings.finding import ScanResult
from kmsiac.scan import scan

TODAY = date(2027, 1, 31)
RULES = ("KP-20", "KEY-01")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def scanned(folder: Path, files: dict[str, str], **options: object) -> ScanResult:
    write(folder, files)
    given = {"select": RULES, "today": TODAY, "paths": (folder,), **options}
    return scan(ScanOptions(**given))  # type: ignore[arg-type]


def counting(result: ScanResult) -> list[tuple[str, int]]:
    """Rule and line of the findings that count."""
    return [(f.rule, f.location.line) for f in result.findings if f.suppressed is None]


def ignored(result: ScanResult) -> list[tuple[str, int]]:
    """Rule and line of the findings that are suppressed."""
    return [(f.rule, f.location.line) for f in result.findings if f.suppressed is not None]


def said(result: ScanResult) -> list[str]:
    """The notes, each with its place."""
    return [f"{note.location}: {note.message}" for note in result.notes]


def mistakes(error: KmsiacError) -> list[str]:
    """One line for each mistake."""
    assert not isinstance(error, ErrorGroup) or len(error.errors) > 1
    return str(error).splitlines()
