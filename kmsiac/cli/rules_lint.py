"""What `kmsiac rules lint` prints."""

from __future__ import annotations

import json

from kmsiac.authoring.lint import Linted
from kmsiac.authoring.problem import ERROR, WARNING
from kmsiac.findings.excerpt import one_line, without_commands
from kmsiac.reporters.wording import many


def as_json(linted: Linted) -> str:
    """The problems as JSON, version 1."""
    shape = {
        "schema_version": 1,
        "summary": {
            "rules": linted.rules,
            "errors": linted.count(ERROR),
            "warnings": linted.count(WARNING),
        },
        "problems": [
            {
                "level": problem.level,
                "message": problem.message,
                "hint": problem.hint,
                "location": {
                    "path": problem.span.path,
                    "line": problem.span.line,
                    "column": problem.span.column,
                    "end_line": problem.span.end_line,
                    "end_column": problem.span.end_column,
                },
            }
            for problem in linted.problems
        ],
    }
    return json.dumps(shape, indent=2) + "\n"


def as_text(linted: Linted) -> str:
    """A line for each problem, `path:line:column: level: what (hint)`, and a summary."""
    lines = [without_commands(one_line(str(problem), 2000)) for problem in linted.problems]
    summary = ", ".join(
        (
            many(linted.rules, "rule"),
            many(linted.count(ERROR), "error"),
            many(linted.count(WARNING), "warning"),
        )
    )
    return "\n".join([*lines, summary]) + "\n"
