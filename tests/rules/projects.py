"""Scanning a project of one file with some rules, for the tests of those rules."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import scan
from kmsiac.stack import Environment

ACCOUNT = "111122223333"


class Said(NamedTuple):
    """A finding: the rule, its severity, and the line it stands on, without blanks."""

    rule: str
    severity: str
    line: str


class Project:
    """A template, in account 111122223333 unless told otherwise, and the rules that judge it."""

    def __init__(
        self, folder: Path, name: str, text: str, select: tuple[str, ...], account: str | None
    ) -> None:
        self.lines = text.splitlines()
        (folder / name).write_text(text)
        inputs = Inputs(environment=Environment(account, "us-east-1", "aws"))
        options = ScanOptions(working_directory=folder, select=select, inputs=inputs, pedantic=True)
        self.result: ScanResult = scan(options)
        assert not self.result.errors

    @property
    def said(self) -> list[Said]:
        """The findings in order of place."""
        return [
            Said(f.rule, f.severity, self.lines[f.location.line - 1].strip())
            for f in self.result.findings
            if f.verdict == "yes"
        ]

    @property
    def left_open(self) -> set[str]:
        """The rules that could not decide something."""
        return {rule for entry in self.result.unresolved for rule in entry.rules}
