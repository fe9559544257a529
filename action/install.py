"""The first step of the action: what requirements.lock lists, in an environment of its own.

Run as `python -I install.py`, so that nothing of the workspace is imported. Says in GITHUB_OUTPUT
which `python` the scan is to use. Standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LOCK = HERE / "requirements.lock"
PRIME = "from kmsiac.frontends.terraform.grammar_cache import prime; prime()"


def main() -> int:
    """Install, or take the Python that runs this as it is; the exit code of the step."""
    wanted = os.environ.get("INPUT_INSTALL", "true")
    if wanted == "false":
        _set_output("python", sys.executable)
        return 0
    if wanted != "true":
        return _failed(f'the input "install" is "{wanted}": write true or false')
    folder = Path(os.environ["RUNNER_TEMP"]).resolve()
    home = folder / f"kmsiac-{_digest()}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "installed"
    if not done.is_file():
        how = _install(home, python, folder)
        if not how:
            return _failed("what kmsiac needs could not be installed; the log says why")
        _prime_grammar(python, folder)
        done.touch()
        print(f"kmsiac: installed what requirements.lock lists, with {how}")
    _set_output("python", str(python))
    return 0


def _digest() -> str:
    """Tells environments apart that other versions of this action, or of Python, have made."""
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]


def _install(home: Path, python: Path, folder: Path) -> str:
    """What it was installed with; empty if nothing could. uv is faster, but has settings of its
    own: it is left out where there are some for pip (an index, a folder of wheels).
    """
    make = [sys.executable, "-I", "-m", "venv", "--clear"]
    pip: list[str | Path] = [sys.executable, "-I", "-m", "pip", "--python", python]
    if importlib.util.find_spec("pip") is None:
        # Slower by seconds: pip itself is installed, too.
        pip = [python, "-I", "-m", "pip"]
    else:
        make.append("--without-pip")
    if not _run([*make, home], folder):
        return ""
    wanted = ["--quiet", "--require-hashes", "--only-binary", ":all:", "-r", LOCK]
    uv = shutil.which("uv")
    if uv and not any(name.startswith("PIP_") for name in os.environ):
        if _run([uv, "pip", "install", "--python", python, *wanted], folder):
            return "uv"
        print("kmsiac: uv could not; trying pip")
    # Nothing is compiled ahead: a scan imports a tenth of it.
    plain = ["--no-input", "--disable-pip-version-check", "--no-compile"]
    return "pip" if _run([*pip, "install", *plain, *wanted], folder) else ""


def _prime_grammar(python: Path, folder: Path) -> None:
    """Build the grammar of HCL now; a scan would build it, too, so a failure is none."""
    _run([python, "-P", "-s", "-c", PRIME], folder, PYTHONPATH=str(HERE))


def _run(command: list[str | Path], folder: Path, **more: str) -> bool:
    # Not in the workspace: uv reads settings from where it runs.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env={**kept, **more}, check=False).returncode == 0


def _set_output(name: str, value: str) -> None:
    mark = secrets.token_hex(16)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def _failed(why: str) -> int:
    told = why.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::error title=kmsiac::{told}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
