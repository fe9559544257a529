"""`python -m kmsiac`: the command line from a checkout, without an installed script."""

from __future__ import annotations

from kmsiac.cli import main

if __name__ == "__main__":
    main()
