"""The torture set: what other tools miss is found, what is restricted is not, doubt is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.cli import run
from tests.torture.case import Case, as_json, names, read

LOUD = ("medium", "high", "critical")

VARIANTS = [case for path in names() for good in (False, True) if (case := read(path, good))]
FORMATS = ("yaml", "json")
Scan = Callable[[dict[str, str], list[str]], dict[str, Any]]


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Scan files by the command line and give its JSON report."""

    def call(files: dict[str, str], arguments: list[str]) -> dict[str, Any]:
        tree = tmp_path / f"tree{len(list(tmp_path.iterdir()))}"
        for name, text in files.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.chdir(tree)
        report = tmp_path / "report.json"
        run(("scan", ".", "--quiet", "-f", f"json={report}", *arguments))
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    return call


def _written(case: Case, format: str) -> tuple[dict[str, str], dict[str, list[tuple[int, int]]]]:
    """The files in a format, and for JSON where each line of it comes from."""
    if format == "yaml":
        return case.files, {}
    files, lines = dict(case.files), {}
    for name, text in case.files.items():
        if name.endswith((".yaml", ".yml")):
            files[name], lines[name] = as_json(text)
    if list(files) == list(case.files) and len(files) == 1:
        [name] = files
        other = name.replace(".yaml", ".json")
        if other != name:
            return {other: files[name]}, {other: lines[name]}
    return files, lines


def problems(case: Case, format: str, scan: Scan) -> list[str]:
    """What a scan gives that is not expected, and what it does not give that is."""
    files, lines = _written(case, format)
    report = scan(files, case.arguments)
    wanted = set(case.findings)
    told, found = set(), []
    for finding in report["findings"]:
        if finding["severity"] not in LOUD:
            continue
        place = finding["location"]
        path, line = place["path"], place["line"]
        first, last = lines[path][line - 1] if path in lines else (line, line)
        if format == "json" and len(case.files) == 1:
            [path] = case.files
        rule = finding["rule"]
        # One line of JSON stands for all lines of a text, and has its own for each alias.
        match = {w for w in wanted if w[:2] == (rule, path) and first <= w[2] <= last}
        told |= match
        if not match:
            found.append(f"not expected: {rule} at {path}:{first}: {finding['message']}")
    found += [f"not found: {rule} at {path}:{line}" for rule, path, line in sorted(wanted - told)]
    return found + _doubts(case, report) + _errors(case, report)


def _doubts(case: Case, report: dict[str, Any]) -> list[str]:
    open_ = report["unresolved"]
    found = []
    for rule, at, text in case.unresolved:
        resource = "" if at == "template" else at
        if not any(
            (rule == "*" or rule in one["rules"])
            and resource == one["resource"]
            and text in _words(one)
            for one in open_
        ):
            found.append(f"not unresolved: {rule} at {resource} for {text!r}")
    if not case.unresolved:
        known = {rule for rule, _, _ in case.findings} | {"KP-20"}
        found += [
            f"unresolved: {one['rules']} at {one['resource']}: {_words(one)}"
            for one in open_
            if known & set(one["rules"]) or not one["rules"]
        ]
    return found


def _words(entry: dict[str, Any]) -> str:
    """The reason of an unresolved entry, and the expressions that it lies with."""
    blamed = [f"{one['expression']}: {one['reason']}" for one in entry.get("blame", [])]
    return "; ".join([entry["reason"], *blamed])


def _errors(case: Case, report: dict[str, Any]) -> list[str]:
    told = [error["message"] for error in report["errors"]]
    missing = [f"no error: {text}" for text in case.errors if not any(text in m for m in told)]
    extra = [f"error: {m}" for m in told if not any(text in m for text in case.errors)]
    return missing + extra


@pytest.mark.parametrize(
    ("case", "format"),
    [(case, format) for case in VARIANTS for format in FORMATS],
    ids=lambda one: one.name if isinstance(one, Case) else one,
)
def test_torture(case: Case, format: str, scan: Scan) -> None:
    found = problems(case, format, scan)
    assert not found, "\n".join(found)


def test_the_set_is_as_large_as_it_says() -> None:
    bad = [case for case in VARIANTS if not case.good]
    assert len([case for case in bad if case.findings]) >= 75
    assert len([case for case in bad if case.unresolved]) >= 25
    assert len(VARIANTS) - len(bad) >= 65
