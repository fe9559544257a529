"""What the exit code of `kmsiac` says."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The codes that scripts rely on."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 70
    INTERRUPTED = 130
