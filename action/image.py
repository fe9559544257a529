"""The last step of an image: makes the `kmsiac` command, compiles its modules, primes its cache.

`python -I image.py HOME`, with the Python of the environment HOME, which has what requirements.lock
lists; HOME/src holds the packages. Afterwards nothing needs to be written. Standard library only.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import subprocess
import sys
import sysconfig
from pathlib import Path

COMMAND = """\
#!{python}
import sys
from kmsiac.cli import main
sys.exit(main())
"""
PRIME = "from kmsiac.frontends.terraform.grammar_cache import prime; raise SystemExit(not prime())"


def main(home: Path) -> int:
    """The exit code of the step: 0 where all of it went well."""
    site = Path(sysconfig.get_path("purelib"))
    (site / "kmsiac.pth").write_text(f"{home / 'src'}\n", encoding="utf-8")
    command = home / "bin" / "kmsiac"
    command.write_text(COMMAND.format(python=home / "bin" / "python"), encoding="utf-8")
    command.chmod(0o755)
    # By content: times of files do not survive every way of copying an image.
    by_content = py_compile.PycInvalidationMode.UNCHECKED_HASH
    package = home / "src" / "kmsiac"
    compiled = compileall.compile_dir(package, quiet=1, invalidation_mode=by_content)
    cache = home / "cache"
    cache.mkdir(exist_ok=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    primed = subprocess.run([sys.executable, "-I", "-c", PRIME], env=environment, check=False)
    # Whoever runs the image is not who built it: they may read everything, and write nothing.
    for path in (cache, *cache.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return 0 if compiled and primed.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
