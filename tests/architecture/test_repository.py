"""What the repository says about itself is true, and it names nothing of where it was made."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# In pieces, so that this file does not name them either.
PRIVATE = re.compile("|".join(["/" + "work/", r"\b" + "farm" + "-", r"\.\./" + "shared"]))

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="asks git what belongs to the repository"
)


def _files() -> list[Path]:
    """What is committed or about to be: everything that .gitignore does not leave out."""
    listed = subprocess.run(
        [
            *("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"),
            *("--cached", "--others", "--exclude-standard"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_nothing_names_the_place_it_was_made() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in _files()
        for number, line in enumerate(
            path.read_bytes().decode("utf-8", errors="replace").splitlines(), 1
        )
        if PRIVATE.search(line)
    ]
    assert named == []


def _readme_commands() -> list[str]:
    """The lines of README's shell blocks, without comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_readme_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    named = {line.split()[1] for line in _readme_commands() if line.startswith("make ")}
    assert {"demo", "test"} <= named
    assert named <= targets


def test_demo_scans_a_folder_that_is_committed() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^DEMO := (\S+)$", makefile, flags=re.MULTILINE)
    assert found is not None
    demo = ROOT / found[1]
    assert any(path.suffix == ".tf" and demo in path.parents for path in _files())
