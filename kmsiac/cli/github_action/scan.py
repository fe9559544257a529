"""One scan with every report the action wants, and what is told of it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kmsiac.cli import run
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.github_action.inputs import Inputs, read_inputs
from kmsiac.cli.github_action.workflow import (
    add_summary,
    annotate_error,
    keep_report,
    no_commands,
    set_outputs,
)
from kmsiac.cli.output import emit, say
from kmsiac.errors import UsageError
from kmsiac.findings.finding import SEVERITIES
from kmsiac.reporters.markdown_text import fenced

_FAILED = {
    ExitCode.USAGE: "kmsiac could not run: an input, the configuration or a rule is wrong.",
    ExitCode.INTERNAL: "kmsiac failed: this is a bug, please report it.",
}


def main() -> int:
    """Scan and report. The exit code of the scan is an output: a later step leaves with it."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    folder = Path(tempfile.mkdtemp(prefix="kmsiac-", dir=os.environ.get("RUNNER_TEMP") or None))
    said = io.StringIO()
    code: int = ExitCode.USAGE
    outputs: dict[str, str] = {}
    summary = True
    try:
        inputs = read_inputs(os.environ)
        summary = inputs.summary
        code = _scan(inputs, folder, said)
        outputs = _publish(inputs, folder, workspace)
    except UsageError as error:
        code = ExitCode.USAGE
        with contextlib.redirect_stderr(_Twice(said)):
            say(f"kmsiac: error: {error}")
    if code in _FAILED:
        _tell_failure(_FAILED[ExitCode(code)], said.getvalue(), summary)
    set_outputs({"exit-code": str(int(code)), **outputs})
    return 0


def _scan(inputs: Inputs, folder: Path, said: io.StringIO) -> int:
    """Run the scan: the text report for the log, and what else is wanted as files in `folder`."""
    formats = ["json", "sarif"]
    formats += ["github"] if inputs.annotations else []
    formats += ["markdown"] if inputs.summary else []
    arguments = ["-f", "text"]
    for format in formats:
        arguments += ["-f", f"{format}={folder / _FILES[format]}"]
    if os.environ.get("RUNNER_DEBUG") == "1":
        arguments.append("-v")
        os.environ.setdefault("KMSIAC_DEBUG", "1")
    with no_commands(), contextlib.redirect_stderr(_Twice(said)):
        return run(["scan", *arguments, *inputs.arguments, "--", *inputs.paths])


_FILES = {
    "json": "kmsiac.json",
    "sarif": "kmsiac.sarif",
    "github": "annotations.txt",
    "markdown": "summary.md",
}


class _Twice(io.TextIOBase):
    """Standard error that is kept, too."""

    def __init__(self, kept: io.StringIO) -> None:
        super().__init__()
        self._kept = kept
        self._out = sys.stderr

    def write(self, text: str) -> int:
        """Write to both."""
        self._kept.write(text)
        return self._out.write(text)

    def flush(self) -> None:
        """Flush standard error."""
        self._out.flush()


def _publish(inputs: Inputs, folder: Path, workspace: Path) -> dict[str, str]:
    """Hand the reports on to the runner; the outputs that say what is in them."""
    annotations, summary = folder / _FILES["github"], folder / _FILES["markdown"]
    if annotations.is_file():
        emit(annotations.read_text(encoding="utf-8"))
    if summary.is_file():
        add_summary(summary.read_text(encoding="utf-8"))
    return dict(
        [
            *_counts(folder / _FILES["json"]),
            *_kept("json-file", folder / _FILES["json"], inputs.json_file, workspace),
            *_kept("sarif-file", folder / _FILES["sarif"], inputs.sarif_file, workspace),
        ]
    )


def _counts(report: Path) -> Iterator[tuple[str, str]]:
    if not report.is_file():
        return
    summary = json.loads(report.read_text(encoding="utf-8"))["summary"]
    by_severity = summary["findings"]
    yield "findings", str(sum(by_severity.values()))
    for severity in SEVERITIES:
        yield severity, str(by_severity[severity])
    for name in ("unresolved", "suppressed"):
        yield name, str(summary[name])


def _kept(name: str, report: Path, wanted: str, workspace: Path) -> Iterator[tuple[str, str]]:
    if report.is_file():
        text = report.read_text(encoding="utf-8")
        yield name, str(keep_report(text, wanted, workspace) if wanted else report)


def _tell_failure(what: str, said: str, summary: bool) -> None:
    lines = [line.removeprefix("kmsiac: error: ") for line in said.splitlines() if line.strip()]
    annotate_error("\n".join([what, *lines[:10]]))
    if summary:
        # What an error quotes from a template stays text.
        add_summary("\n".join(["### kmsiac", "", what, "", *fenced(lines), ""]))
