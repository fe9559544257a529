"""A folder of wheels, for tests that install without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Nothing answers there: what goes to the network fails at once.
NO_NETWORK = dict.fromkeys(
    ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
)


def fill(folder: Path) -> dict[str, str]:
    """Download what requirements.lock lists, and the build backend; the settings with which pip
    takes everything from there. Skips the test where there is no index.
    """
    wanted = ("--require-hashes", "--requirement", str(ROOT / "requirements.lock"))
    for what in (wanted, ("hatchling>=1.27",)):
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--retries", "1", "--timeout", "20"),
            *("--only-binary", ":all:", "--dest", str(folder), *what),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode != 0:
            pytest.skip(f"no wheels to be had: {done.stderr.strip().splitlines()[-1:]}")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), **NO_NETWORK}
