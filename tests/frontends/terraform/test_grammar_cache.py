from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kmsiac.frontends.terraform.grammar_cache import cache_folder


def test_the_cache_is_a_folder_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "kmsiac").mkdir(mode=0o755)
    assert cache_folder() == tmp_path / "kmsiac"
    assert stat.S_IMODE((tmp_path / "kmsiac").stat().st_mode) == 0o700


def test_a_place_that_is_no_folder_of_ours_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    target = tmp_path / "elsewhere"
    target.mkdir()
    (tmp_path / "kmsiac").symlink_to(target)
    assert cache_folder() is None
    (tmp_path / "kmsiac").unlink()
    (tmp_path / "kmsiac").write_text("")
    assert cache_folder() is None
