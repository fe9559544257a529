"""The console script, and `python -m kmsiac`: the command line from a checkout.

Little is imported here, so that a key press stops it quietly also while the rest is loaded.
"""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code; 130 where a key press stops it."""
    try:
        from kmsiac.cli import main as run  # noqa: PLC0415 - as said

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
