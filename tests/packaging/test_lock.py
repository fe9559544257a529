"""requirements.lock, which the action and the image install, has all that kmsiac needs."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"

pytestmark = pytest.mark.skipif(
    not LOCK.is_file(), reason="needs the checkout around the tests"
)  # fmt: skip

# What decides which dependencies count: one for each system, and the Pythons at both ends.
ENVIRONMENTS = [
    {"sys_platform": platform, "os_name": name, "platform_system": system, "python_version": python,
     "python_full_version": f"{python}.0", "extra": ""}
    for platform, name, system in (
        ("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows")
    )
    for python in ("3.11", "3.12", "3.13", "3.14")
]  # fmt: skip


def _locked() -> dict[str, tuple[Requirement, list[str]]]:
    """Each locked package with its hashes."""
    text = LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        requirement = Requirement(line.partition("--hash=")[0].strip())
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line)
        found[canonicalize_name(requirement.name)] = (requirement, hashes)
    return found


def _holds(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_every_package_has_one_version_and_hashes() -> None:
    locked = _locked()
    assert locked
    for requirement, hashes in locked.values():
        assert re.fullmatch(r"==[0-9][^*,]*", str(requirement.specifier)), requirement
        assert hashes, requirement


def test_what_pyproject_wants_is_locked_for_every_system() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _locked()
    for wanted in map(Requirement, project["dependencies"]):
        found, _ = locked[canonicalize_name(wanted.name)]
        version = str(found.specifier).removeprefix("==")
        assert wanted.specifier.contains(version), f"{wanted}: make lock"
        assert all(_holds(found, environment) for environment in ENVIRONMENTS)


def test_what_locked_packages_want_is_locked_too() -> None:
    locked = _locked()
    asked = 0
    for name, (requirement, _) in locked.items():
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(installed.version):
            continue
        asked += 1
        for wanted in map(Requirement, installed.requires or ()):
            for environment in ENVIRONMENTS:
                if _holds(requirement, environment) and _holds(wanted, environment):
                    assert canonicalize_name(wanted.name) in locked, f"{name} wants {wanted}"
                    assert _holds(locked[canonicalize_name(wanted.name)][0], environment)
    if not asked:
        pytest.skip("none of them is installed in the version that is locked")
