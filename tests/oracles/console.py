"""Goldens of `terraform console` for lists of expressions (development only: needs the binary).

    python tests/oracles/console.py [SUBJECT ...]

A list is `tests/oracles/console/SUBJECT.txt`: one expression a line, a line that is indented goes on
with the one before, `#` is a comment. The golden beside it, `SUBJECT.json`, holds for each one what
`jsonencode` makes of it, `?` where that is known only after apply, or null where Terraform refuses
it, and the version that said so. `SUBJECT.tf`, where there is one, declares what they refer to.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).with_name("console")
UNKNOWN = "?"
_LINE = 2000
"""Locals asked for at once: a line that the console reads must stay short."""


def expressions(path: Path) -> list[str]:
    """The expressions of a list, in order, as they stand in a configuration."""
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line[:1] in (" ", "\t"):
            found[-1] += "\n" + line
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def declared(path: Path) -> str:
    """What the expressions of a list may refer to, as a configuration."""
    beside = path.with_suffix(".tf")
    return beside.read_text(encoding="utf-8") if beside.exists() else ""


def configuration(listed: list[str], guard: bool = True) -> str:
    """A module with one local value for each expression, `c0` and on."""
    before, after = ("try(jsonencode(", '), "!ERR")') if guard else ("", "")
    lines = [f"  c{at} = {before}{each}\n{after}\n" if "\n" in each else f"  c{at} = {before}{each}{after}\n"
             for at, each in enumerate(listed)]  # fmt: skip
    return "locals {\n" + "".join(lines) + "}\n"


def ask(listed: list[str], more: str = "") -> list[str | None]:
    """What Terraform makes of each: JSON text, UNKNOWN, or None for an error."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text(more + configuration(listed), encoding="utf-8")
        return _ask(folder, 0, len(listed))


def _ask(folder: str, start: int, end: int) -> list[str | None]:
    """All at once; in halves where one is unknown (then the whole is) or the line is too long."""
    if end - start <= _LINE:
        names = ",".join(f"local.c{at}" for at in range(start, end))
        answer = console(folder, f"base64encode(jsonencode([{names}]))").strip()
        if answer != "(known after apply)":
            listed = json.loads(base64.b64decode(answer.strip('"')))
            return [None if one == "!ERR" else one for one in listed]
        if end - start == 1:
            return [UNKNOWN]
    middle = (start + end) // 2
    return _ask(folder, start, middle) + _ask(folder, middle, end)


def console(folder: str, line: str) -> str:
    """One line through the console of a module. Raises RuntimeError with what it complains of."""
    done = subprocess.run(
        ["terraform", "console"],
        input=line,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def version() -> str:
    """The version of the binary, `1.11.4`."""
    told = subprocess.run(
        ["terraform", "version", "-json"], capture_output=True, text=True, check=True
    )
    return str(json.loads(told.stdout)["terraform_version"])


def main(subjects: list[str]) -> None:
    """Write the goldens of the named subjects, or of all."""
    for path in sorted(FOLDER.glob("*.txt")):
        if subjects and path.stem not in subjects:
            continue
        answers = list(ask(expressions(path), declared(path)))
        golden = {"terraform": version(), "answers": answers}
        text = json.dumps(golden, indent=0, ensure_ascii=True) + "\n"
        path.with_suffix(".json").write_text(text, encoding="utf-8")
        refused = sum(answer is None for answer in answers)
        sys.stdout.write(f"{path.stem}: {len(answers)} expressions, {refused} refused\n")


if __name__ == "__main__":
    main(sys.argv[1:])
