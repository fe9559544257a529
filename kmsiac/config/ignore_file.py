"""`.kmsiacignore`: patterns of what a search does not find, one a line."""

from __future__ import annotations

from kmsiac.config.find import Located
from kmsiac.config.problems import Placed, Problems
from kmsiac.config.shapes import MAX_ITEMS, Pattern
from kmsiac.errors import KmsiacError, SourceError, Span
from kmsiac.reading.nodes import Scalar
from kmsiac.reading.source import SourceFile


def read_ignore_file(located: Located, errors: list[KmsiacError]) -> list[Placed[str]]:
    """The patterns of a file, in order; blank lines and those that start with `#` say nothing.

    What is wrong is added to `errors`.
    """
    file = located.file
    problems = Problems(file)
    found = _patterns(file, problems)
    errors += problems.errors
    return found


def _patterns(file: SourceFile, problems: Problems) -> list[Placed[str]]:
    try:
        text = file.text
    except SourceError as error:
        problems.at(error.span or Span(file.path, 1, 1, 1, 1), error.message, error.hint)
        return []
    found: list[Placed[str]] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        written = line.rstrip()
        if written and not written.startswith("#"):
            if len(found) == MAX_ITEMS:
                place = file.span(file.position(offset))
                problems.at(place, f"more than {MAX_ITEMS} patterns")
                break
            node = Scalar(written, "text", "plain", file.position(offset, offset + len(written)))
            pattern = Pattern().read(file.path, node, problems)
            if pattern is not None:
                found.append(pattern)
        offset += len(line)
    return found
