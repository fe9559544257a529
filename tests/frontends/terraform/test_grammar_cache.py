from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILE = "hcl2-grammar.bin"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the user, with kmsiac's folder still to be made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kmsiac"


def cache_file() -> Path | None:
    """Where a process that has scanned nothing yet keeps the grammar."""
    program = "from kmsiac.frontends.terraform.grammar_cache import cache_file; print(cache_file())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    told = done.stdout.strip()
    return None if told == "None" else Path(told)


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


KEY = 'resource "aws_kms_key" "k" {\n  policy = join("", [for a in ["x"] : a if 1 + 1 == 2])\n}\n'
PLANTED = b"\x80\x04cposix\nsystem\n\x8c\x0ftouch unpickled\x85R."


def _scan(tree: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "kmsiac", "scan", "--no-config", "."],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        cwd=tree, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "1 key," in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "HOME"])
def test_a_cache_inside_the_scanned_tree_is_neither_read_nor_written(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path if name == "XDG_CACHE_HOME" else tmp_path / ".cache"
    planted = folder / "kmsiac" / FILE
    planted.parent.mkdir(mode=0o700, parents=True)
    planted.write_bytes(PLANTED)
    (tmp_path / "main.tf").write_text(KEY)
    _scan(tmp_path, **{name: str(tmp_path)})
    assert not (tmp_path / "unpickled").exists()
    assert planted.read_bytes() == PLANTED
    planted.unlink()
    _scan(tmp_path, **{name: str(tmp_path)})
    assert not planted.exists()


def test_without_a_place_for_a_cache_the_grammar_is_built_in_memory(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(KEY)
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "home")
    told = _scan(tmp_path, HOME=nowhere)
    assert told == _scan(tmp_path, XDG_CACHE_HOME=nowhere)


def test_a_broken_cache_is_made_again(tmp_path: Path) -> None:
    tree, cache = tmp_path / "tree", tmp_path / "kmsiac" / FILE
    tree.mkdir()
    (tree / "main.tf").write_text(KEY)
    told = _scan(tree, XDG_CACHE_HOME=str(tmp_path))
    whole = cache.stat().st_size
    cache.write_bytes(cache.read_bytes()[: whole // 2])
    assert _scan(tree, XDG_CACHE_HOME=str(tmp_path)) == told
    assert cache.stat().st_size > whole * 0.9


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
