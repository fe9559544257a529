"""What the runner of GitHub Actions reads: workflow commands, outputs, the summary of a job."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kmsiac.cli.output import emit
from kmsiac.errors import UsageError
from kmsiac.findings.excerpt import printable

MAX_SUMMARY = 1024 * 1024
"""Bytes of a summary; GitHub takes nothing of one that is longer."""
_CUT = (
    "\n\nThe summary is cut here: it is longer than GitHub takes. The JSON report has all of it.\n"
)


@contextmanager
def no_commands() -> Iterator[None]:
    """While this is open, the runner takes nothing that is printed for a command of its own."""
    token = secrets.token_hex(16)
    emit(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        emit(f"::{token}::\n")


def annotate_error(message: str) -> None:
    """An annotation that belongs to no line."""
    text = printable(message).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    emit(f"::error title=kmsiac::{text}\n")


def set_outputs(outputs: Mapping[str, str]) -> None:
    """Outputs of this step, for later ones."""
    # Nothing that a value holds can end it: its mark is made anew each time.
    mark = secrets.token_hex(16)
    text = "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in outputs.items())
    _append("GITHUB_OUTPUT", text)


def add_summary(markdown: str) -> None:
    """Markdown for the summary of the job, cut at a line where it is too long for GitHub."""
    data = markdown.encode("utf-8", errors="backslashreplace")
    if len(data) > MAX_SUMMARY:
        kept = data[: MAX_SUMMARY - len(_CUT)].rpartition(b"\n")[0]
        markdown = kept.decode("utf-8", errors="ignore") + _CUT
    _append("GITHUB_STEP_SUMMARY", markdown)


def _append(variable: str, text: str) -> None:
    file = os.environ.get(variable)
    if file:
        with Path(file).open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
            out.write(text)


def keep_report(text: str, wanted: str, workspace: Path) -> Path:
    """Write a report to the file that a workflow names.

    The workspace belongs to a pull request: a link in it could make any file of the runner the one
    that is written, so none is followed. Raises `UsageError`.
    """
    path = workspace / wanted
    folder = path.parent
    try:
        if path.is_relative_to(workspace) and not folder.resolve().is_relative_to(
            workspace.resolve()
        ):
            raise UsageError(f"cannot write {wanted}: a link on its way leaves the workspace")
        if path.is_symlink():
            raise UsageError(f"cannot write {wanted}: it is a link")
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {wanted}: {error.strerror}") from None
    return path
