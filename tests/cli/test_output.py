"""Reports that cannot be written, readers that leave, and being stopped half-way."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kmsiac.cli.output import write_file
from kmsiac.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")
COMMANDS = [
    (("scan",), 1),
    (("scan", "-f", "json"), 1),
    (("scan", "--fail-on", "never"), 0),
    (("inventory",), 0),
    (("inventory", "-f", "json"), 0),
    (("who-can", "kms:Decrypt", "aws_kms_key.k"), 0),
    (("explain", "KP-20"), 0),
    (("rules", "list"), 0),
    (("rules", "vocabulary"), 0),
    (("--help",), 0),
    (("scan", "--help"), 0),
    (("--version",), 0),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text('resource "aws_kms_key" "k" {}\n', encoding="utf-8")
    return tmp_path


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KMSIAC_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def shell(folder: Path, arguments: tuple[str, ...], redirection: str) -> tuple[int, str, str]:
    line = f'exec "$0" -m kmsiac "$@" {redirection}'
    run = subprocess.run(
        ["sh", "-c", line, sys.executable, *arguments],
        capture_output=True, text=True, cwd=folder, timeout=60, check=False, env=environment(),
    )  # fmt: skip
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize(("arguments", "code"), COMMANDS)
def test_a_reader_that_leaves_changes_no_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", *arguments],
        stdout=writer, stderr=subprocess.PIPE, cwd=folder, timeout=60, check=False,
        env=environment(),
    )  # fmt: skip
    os.close(writer)
    assert (run.returncode, run.stderr) == (code, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [arguments for arguments, _ in COMMANDS])
def test_a_full_disk_is_one_line_and_exit_2(folder: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = shell(folder, arguments, ">/dev/full")
    assert code == 2
    assert err == "kmsiac: error: cannot write to standard output: No space left on device\n"


@POSIX
def test_standard_output_that_is_closed_is_an_error_only_where_it_is_needed(folder: Path) -> None:
    said = "kmsiac: error: cannot write to standard output: it is closed\n"
    assert shell(folder, ("scan",), ">&-") == (2, "", said)
    assert shell(folder, ("scan", "-q", "-f", "json=x.json"), ">&-") == (1, "", "")
    assert json.loads((folder / "x.json").read_text(encoding="utf-8"))["schema_version"] == 1


@POSIX
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize("arguments", [("scan", "--zzz"), (), ("scan", "-f", "nope")])
def test_what_cannot_be_said_changes_no_exit_code(
    folder: Path, arguments: tuple[str, ...], redirection: str
) -> None:
    code, out, err = shell(folder, arguments, redirection)
    assert (code, out, err) == (2, "", "")


@POSIX
def test_closed_standard_input_is_nothing_piped_in(folder: Path) -> None:
    code, _, err = shell(folder, ("scan", "-"), "<&-")
    assert code == 2
    assert "nothing is piped in" in err


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_encoding_of_a_terminal_is_too_small(
    tmp_path: Path, encoding: str, terminal: bool
) -> None:
    if terminal and os.name == "nt":
        pytest.skip("needs a pseudo-terminal")
    code = 'resource "aws_kms_key" "\u043a\u043b\u044e\u0447" {} # \u65e5\u672c \U0001f511\n'
    (tmp_path / "\u00e9.tf").write_text(code, encoding="utf-8")
    ours, theirs = os.openpty() if terminal else os.pipe()
    for command, expected in (("scan", 1), ("inventory", 0), ("who-can", 2)):
        arguments = ["\u043d\u0435\u0442", "\u043a\u043b\u044e\u0447"] if expected == 2 else []
        run = subprocess.run(
            [sys.executable, "-m", "kmsiac", command, *arguments],
            stdout=theirs, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60, check=False,
            env={**environment(), "PYTHONIOENCODING": encoding, "COLUMNS": "40", "CI": "1"},
        )  # fmt: skip
        assert run.returncode == expected, run.stderr
        assert b"internal error" not in run.stderr
    os.close(theirs)
    os.close(ours)


# -- files of reports -----------------------------------------------------------------------------


def test_a_file_is_replaced_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    for text in ("one é \ud800\n", "two\n"):
        write_file(tmp_path / "r.txt", text)
    assert (tmp_path / "r.txt").read_bytes() == b"two\n"
    assert [path.name for path in tmp_path.iterdir()] == ["r.txt"]


@POSIX
def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_file(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE((tmp_path / "real.txt").stat().st_mode) == 0o640
    os.link(tmp_path / "real.txt", tmp_path / "other.txt")
    write_file(tmp_path / "real.txt", "newer")
    assert (tmp_path / "other.txt").read_text(encoding="utf-8") == "newer"


@POSIX
def test_what_is_no_regular_file_is_written_to(folder: Path) -> None:
    code, out, _ = shell(folder, ("scan", "-q", "-f", "json=/dev/stdout"), "")
    assert code == 1
    assert json.loads(out)["schema_version"] == 1
    assert shell(folder, ("scan", "-q", "-f", "json=/dev/null"), "")[0] == 1


@pytest.mark.parametrize("name", ["no/such/r.txt", "."])
def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot write the report to"):
        write_file(tmp_path / name, "x")
    assert list(tmp_path.iterdir()) == []


# -- being stopped --------------------------------------------------------------------------------

STOPPED = """\
import signal, sys
# A shell without job control starts what runs in the background with SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from kmsiac.__main__ import main
def watch(frame, event, argument):
    code = frame.f_code
    path = code.co_filename.replace(chr(92), "/")
    if event == "call" and code.co_name == {name!r} and {file!r} in path:
        sys.setprofile(None)
        signal.raise_signal(signal.{signal})
sys.setprofile(watch)
sys.argv = ["kmsiac", "scan", "-q", "-f", "text", "-f", "json=r.json"]
main()
"""
MOMENTS = [
    ("<module>", "typer/main.py"),
    ("<module>", "kmsiac/cli/request.py"),
    ("scan_unit", "kmsiac/units.py"),
    ("write", "kmsiac/reporters/text.py"),
    ("replace", "pathlib"),
    ("close_quietly", "kmsiac/cli/output.py"),
]


@POSIX
@pytest.mark.parametrize(("name", "file"), MOMENTS)
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_stopped_at_any_moment_it_leaves_without_a_word(
    folder: Path, name: str, file: str, sent: str
) -> None:
    program = STOPPED.format(name=name, file=file, signal=sent)
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, cwd=folder, timeout=60, check=False, env=environment(),
    )  # fmt: skip
    loading = file == "typer/main.py"
    assert run.returncode in ({"SIGINT": (130,), "SIGTERM": (-15,) if loading else (143,)}[sent])
    assert run.stderr.strip() == ""
    left = {path.name for path in folder.iterdir()}
    assert left == ({"main.tf", "r.json"} if name == "close_quietly" else {"main.tf"})
