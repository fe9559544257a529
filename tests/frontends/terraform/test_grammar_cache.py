from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmsiac.frontends.terraform.grammar_cache import cache_file

ROOT = Path(__file__).resolve().parents[3]
FILE = "hcl2-grammar.bin"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the user, with kmsiac's folder still to be made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kmsiac"


def test_the_cache_is_a_folder_of_the_users_own(cache: Path) -> None:
    cache.mkdir(mode=0o755)
    assert cache_file() == cache / FILE
    assert os.name == "nt" or stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_a_place_that_is_no_folder_of_ours_is_not_used(cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    cache.symlink_to(target)
    assert cache_file() is None
    cache.unlink()
    cache.write_text("")
    assert cache_file() is None


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to be somebody else"
)
class TestAPrimedCache:
    """Root has primed a cache, as an image does; somebody without rights reads it."""

    @pytest.fixture
    def cache(self) -> Iterator[Path]:
        # Not below pytest's own folder, which is closed to strangers.
        with tempfile.TemporaryDirectory() as base:
            Path(base).chmod(0o755)
            cache = Path(base) / "kmsiac"
            cache.mkdir(mode=0o755)
            (cache / FILE).touch(mode=0o644)
            yield cache

    def _seen_by_a_stranger(self, cache: Path) -> str:
        code = (
            "import os; from kmsiac.frontends.terraform.grammar_cache import cache_file; "
            "os.setgid(65534); os.setuid(65534); print(cache_file())"
        )
        process = subprocess.run(
            [sys.executable, "-c", code],
            env={"XDG_CACHE_HOME": str(cache.parent), "PYTHONPATH": str(ROOT)},
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stdout.strip()

    def test_is_read(self, cache: Path) -> None:
        assert self._seen_by_a_stranger(cache) == str(cache / FILE)

    def test_that_others_can_write_is_not_read(self, cache: Path) -> None:
        (cache / FILE).chmod(0o666)
        assert self._seen_by_a_stranger(cache) == "None"
        (cache / FILE).chmod(0o644)
        cache.chmod(0o757)
        os.chown(cache, 1, 1)
        assert self._seen_by_a_stranger(cache) == "None"

    def test_of_somebody_else_is_not_read(self, cache: Path) -> None:
        os.chown(cache / FILE, 1, 1)
        assert self._seen_by_a_stranger(cache) == "None"

    def test_that_is_empty_is_not_read(self, cache: Path) -> None:
        (cache / FILE).unlink()
        assert self._seen_by_a_stranger(cache) == "None"
