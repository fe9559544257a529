"""The command line from outside: help, usage errors, and how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kmsiac import __version__

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "cfn_flip", "cfn_tools", "hcl2", "jinja2", "jsonschema", "lark", "pydantic", "rich",
    "yaml", "kmsiac.findings.finding", "kmsiac.reporters", "kmsiac.rules.loader",
    "kmsiac.scan",
}  # fmt: skip


def kmsiac(
    *arguments: str, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KMSIAC_", "TF_VAR_"))}
    kept |= {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-m", "kmsiac", *arguments],
        input=stdin, capture_output=True, cwd=cwd, env=kept, timeout=120, check=False,
    )  # fmt: skip


def test_version() -> None:
    run = kmsiac("--version")
    assert (run.returncode, run.stdout.decode()) == (0, f"kmsiac {__version__}\n")


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_version_and_help_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from kmsiac.cli import run; code = run(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=True,
    )  # fmt: skip
    assert set(run.stderr.split()) & HEAVY == set()


@pytest.mark.parametrize(
    "command", [(), ("scan",), ("inventory",), ("explain",), ("rules", "list"), ("rules", "test")]
)
def test_every_help_has_an_example_and_no_rich(command: tuple[str, ...]) -> None:
    run = kmsiac(*command, "--help")
    told = run.stdout.decode()
    assert run.returncode == 0
    assert f"Usage: {' '.join(('kmsiac', *command))} " in told
    assert "Examples:\n" in told
    assert told.isascii()


def test_without_a_command_there_is_help_and_exit_2() -> None:
    run = kmsiac()
    assert run.returncode == 2
    assert b"Usage: kmsiac" in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scna",), 'there is no command "scna" (did you mean "scan"?)'),
        (("scan", "--nope"), 'there is no option "--nope"'),
        (("scan", "-z"), 'there is no option "-z"'),
        (("scan", "--seleect", "x"), 'no option "--seleect" (did you mean "--select"?)'),
        (("scan", "--max-findings", "0"), "--max-findings takes a whole number from 1 on"),
        (("scan", "--max-findings", "x"), "--max-findings takes a whole number from 1 on"),
        (("scan", "--fail-om", "high"), 'no option "--fail-om" (did you mean "--fail-on"?)'),
        (("scan", "--strict=1"), "--strict takes no value"),
        (("scan", "--min-severity"), "--min-severity needs a value"),
        (("scan", "--fail-on", "hgh"), '--fail-on does not take "hgh" (did you mean "high"?)'),
        (("setup.cfg",), 'there is no command "setup.cfg" (one of scan, inventory,'),
        (("pyproject.toml",), '(did you mean "kmsiac scan pyproject.toml"?)'),
        (("help", "scna"), '(did you mean "scan"?)'),
        (("scan", "--fail-on", "9"), '--fail-on does not take "9" (one of critical, high,'),
        (("scan", "-f", "text", "-f", "json"), "two reports would go to standard output"),
        (("scan", "-f", "csv"), 'the format "csv" is not available yet'),
        (("scan", "--account-id", "12"), '--account-id does not take "12"'),
        (("scan", "--account-id", "\uff11" * 12), "--account-id does not take"),
        (("scan", "--region", "Europe"), '--region does not take "Europe"'),
        (("scan", "--partition", "azure"), '--partition does not take "azure"'),
        (("scan", "--trusted-account", "1"), '--trusted-account does not take "1"'),
        (("scan", "--trusted-org", "acme"), '--trusted-org does not take "acme"'),
        (("scan", "--var", "novalue"), '--var does not take "novalue"'),
        (("scan", "--parameters", "=x"), '--parameters does not take "=x"'),
        (("explain", "KP-2O"), 'there is no rule "KP-2O" (did you mean "KP-2'),
        (("explain", "ACME-01"), "give --rules DIR if it is in a rule set of your own"),
        (("explain",), "Missing argument"),
        (("rules", "lst"), 'there is no command "lst" (did you mean "list"?)'),
        (("inventory", "-f", "json=x"), "this command writes to standard output"),
    ],
)
def test_wrong_use_is_2_and_says_what_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    run = kmsiac(*arguments, cwd=ROOT)
    told = run.stderr.decode()
    assert run.returncode == 2
    assert message in told
    assert told.startswith("kmsiac: error: ")
    assert run.stdout == b""


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("KMSIAC_FAIL_ON", "hgh", 'KMSIAC_FAIL_ON does not take "hgh" (did you mean "high"?)'),
        ("KMSIAC_MAX_FINDINGS", "0", "KMSIAC_MAX_FINDINGS takes a whole number from 1 on"),
        ("KMSIAC_STRICT", "maybe", 'KMSIAC_STRICT does not take "maybe" (give 1 or 0)'),
        ("KMSIAC_COLOR", "\x1b[2J", 'KMSIAC_COLOR does not take "\\x1b[2J" (one of auto,'),
    ],
)
def test_a_wrong_value_from_the_environment_is_named_by_its_variable(
    variable: str, value: str, message: str, tmp_path: Path
) -> None:
    run = kmsiac("scan", cwd=tmp_path, **{variable: value})
    assert run.returncode == 2
    assert message in run.stderr.decode()


@pytest.mark.parametrize("command", [(), ("scan",), ("rules",), ("rules", "list")])
def test_h_is_help(command: tuple[str, ...]) -> None:
    assert kmsiac(*command, "-h").stdout == kmsiac(*command, "--help").stdout != b""


@pytest.mark.parametrize("command", [(), ("scan",), ("rules", "list")])
def test_help_is_a_command_too(command: tuple[str, ...]) -> None:
    assert kmsiac("help", *command).stdout == kmsiac(*command, "--help").stdout


def test_an_internal_error_is_70_and_one_line_unless_asked() -> None:
    code = (
        "import sys, kmsiac.cli.explain as e; from kmsiac.cli import run\n"
        "def broken(_): raise ZeroDivisionError('by\\x1b[2J us')\n"
        "e.all_rules = broken\n"
        "sys.exit(run(['explain', 'KP-20']))"
    )
    for debug in ("", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
            env={**os.environ, "KMSIAC_DEBUG": debug},
        )  # fmt: skip
        assert run.returncode == 70
        first = run.stderr.splitlines()[0]
        assert first == "kmsiac: internal error: ZeroDivisionError: by\\x1b[2J us"
        assert ("Traceback" in run.stderr) is bool(debug)
        assert run.stdout == ""


def test_a_key_press_that_stops_it_is_130() -> None:
    code = (
        "import sys, kmsiac.cli.explain as e; from kmsiac.cli import run\n"
        "def stopped(_): raise KeyboardInterrupt\n"
        "e.all_rules = stopped\n"
        "sys.exit(run(['explain', 'KP-20']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    assert run.returncode == 130
    assert b"Traceback" not in run.stderr


@pytest.mark.parametrize("arguments", [["rules", "list"], ["--help"], ["explain", "KP-20"]])
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", *arguments],
        stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


def test_rules_list() -> None:
    table = kmsiac("rules", "list").stdout.decode().splitlines()
    listed = json.loads(kmsiac("rules", "list", "-f", "json").stdout)
    assert table[-1] == f"{len(listed)} rules"
    assert [line.split()[0] for line in table[:-1]] == [rule["rule"] for rule in listed]
    assert {"KP-20", "KEY-01"} <= {rule["rule"] for rule in listed}


@pytest.mark.parametrize("name", ["KP-20", "kp-20", "public-key-policy"])
def test_explain_by_id_or_name(name: str) -> None:
    told = kmsiac("explain", name).stdout.decode()
    assert told.startswith("KP-20 public-key-policy\n")
    for section in ("Why it matters", "How to mend it", "References", "Found", "Fine"):
        assert section in told


def test_explain_json() -> None:
    found = json.loads(kmsiac("explain", "KP-20", "-f", "json").stdout)
    assert (found["rule"], found["severity"]) == ("KP-20", "critical")
    assert {"rationale", "remediation", "references", "examples"} <= found.keys()


def test_a_wrong_rule_file_is_2(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: X-1\nnmae: x\n", encoding="utf-8")
    run = kmsiac("rules", "list", "--rules", str(tmp_path))
    lines = run.stderr.decode().splitlines()
    assert run.returncode == 2
    assert len(lines) > 1
    assert all(line.startswith("kmsiac: error: ") for line in lines)
    assert any('unknown key "nmae" (did you mean "name"?)' in line for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_terminal_as_standard_input_is_not_waited_for() -> None:
    ours, theirs = os.openpty()
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", "scan", "-"],
        stdin=theirs, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert run.returncode == 2
    assert run.stderr == (
        "kmsiac: error: - reads standard input, and nothing is piped in "
        "(terraform show -json tfplan | kmsiac scan -)\n"
    )


def test_completion_knows_the_commands() -> None:
    run = kmsiac(_KMSIAC_COMPLETE="complete_bash", COMP_WORDS="kmsiac ", COMP_CWORD="1")
    assert {"scan", "inventory", "explain", "rules"} <= set(run.stdout.decode().split())
