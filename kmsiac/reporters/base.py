"""What every reporter is: a function that writes a result to a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TextIO

from kmsiac.findings.finding import ScanResult


@dataclass(frozen=True)
class ReportOptions:
    """How to write. `links` are OSC 8 hyperlinks, which only a terminal understands; `category`
    tells several uploads of one commit apart (SARIF's `automationDetails.id`).
    """

    color: bool = False
    links: bool = False
    verbose: bool = False
    quiet: bool = False
    category: str = ""


class Write(Protocol):
    """Write one report of `result` to `stream`; the same result gives the same text."""

    def __call__(self, result: ScanResult, stream: TextIO, options: ReportOptions) -> None:
        """Write the report."""
