"""Run the scan of the action."""

from __future__ import annotations

import sys

from kmsiac.cli.github_action.scan import main

if __name__ == "__main__":
    sys.exit(main())
