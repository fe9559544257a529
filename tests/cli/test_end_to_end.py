"""`python -m kmsiac scan` on templates as people have them: findings on their lines, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PUBLIC = """\
resource "aws_kms_key" "payments" {
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Share"
        Effect    = "Allow"
        Principal = "*"
        Action    = "kms:Decrypt"
        Resource  = "*"
      },
    ]
  })
}
"""
CLEAN = """\
resource "aws_kms_key" "k" {
  enable_key_rotation = true
}
"""
PLAIN_ROTATION = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: no rotation
"""
BROKEN = 'resource "aws_kms_key" "k" {\n  policy = jsonencode({\n'


def kmsiac(
    *arguments: str, stdin: bytes = b"", cwd: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KMSIAC_", "TF_VAR_"))}
    kept |= {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-m", "kmsiac", *arguments],
        input=stdin, capture_output=True, cwd=cwd, env=kept, timeout=120, check=False,
    )  # fmt: skip


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_public_key_is_found_on_its_line(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    run = kmsiac("scan", cwd=tmp_path)
    told = run.stdout.decode()
    assert run.returncode == 1, run.stderr
    assert "critical[KP-20] Key policy lets any AWS account use the key\n" in told
    assert " --> main.tf:9:" in told
    assert '9 |         Principal = "*"\n' in told
    assert "looked at 1 file, 1 key, 1 policy, 0 grants, 0 endpoints" in told
    assert "\x1b" not in told
    assert run.stderr == b""


def test_json_has_the_same_finding_and_the_same_bytes_twice(tmp_path: Path) -> None:
    write(tmp_path, "infra/main.tf", PUBLIC)
    run = kmsiac("scan", "-f", "json", "infra", cwd=tmp_path)
    found = json.loads(run.stdout)
    place = next(f["location"] for f in found["findings"] if f["rule"] == "KP-20")
    assert (place["path"], place["line"]) == ("infra/main.tf", 9)
    assert run.stdout == kmsiac("scan", "-f", "json", "infra", cwd=tmp_path).stdout


def test_a_report_in_a_file_and_one_on_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    run = kmsiac("scan", "-f", "text", "-f", "json=out.json", cwd=tmp_path)
    assert run.returncode == 1
    assert b"KP-20" in run.stdout
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["schema_version"] == 1


def test_only_files_leave_the_summary_on_standard_error(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    run = kmsiac("scan", "-f", "json=out.json", cwd=tmp_path)
    assert run.stdout == b""
    assert b"looked at 1 file" in run.stderr
    assert kmsiac("scan", "-q", "-f", "json=out.json", cwd=tmp_path).stderr == b""
    assert kmsiac("scan", "-f", "json=no/such/x.json", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("files", "arguments", "stdin", "code"),
    [
        ({"main.tf": CLEAN}, (), b"", 0),
        ({"main.tf": PUBLIC}, (), b"", 1),
        ({"main.tf": PUBLIC}, ("--fail-on", "never"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, (), b"", 1),
        ({"t.yaml": PLAIN_ROTATION}, ("--fail-on", "critical"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, ("--min-severity", "critical"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, ("--ignore", "KEY-01"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, ("--ignore", "key-settings"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, ("--select", "KP-20,KP-21"), b"", 0),
        ({"t.yaml": PLAIN_ROTATION}, ("--select", "KEY-O1"), b"", 2),
        ({"t.yaml": PLAIN_ROTATION}, ("--ignore", "key-setings"), b"", 2),
        ({"main.tf": PUBLIC, "b/broken.tf": BROKEN}, (), b"", 1),
        ({"main.tf": CLEAN, "b/broken.tf": BROKEN}, (), b"", 3),
        ({"broken.tf": BROKEN}, (), b"", 3),
        ({"main.tf": CLEAN}, (".", "missing"), b"", 3),
        ({"main.tf": PUBLIC}, (".", "missing"), b"", 1),
        ({}, (), b"", 3),
        ({}, ("missing",), b"", 3),
        ({"values.yaml": "replicas: 3\n"}, (), b"", 3),
        ({}, ("-",), b"\x7fELF\x02\x01\x01\x00\xff\xfe\x00", 3),
        ({}, ("-",), b"", 3),
        ({}, ("-",), PLAIN_ROTATION.encode(), 1),
        ({}, ("-",), b'{"Resources": {"Key": {"Type": "AWS::KMS::Key"', 3),
    ],
)
def test_exit_codes(
    tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...], stdin: bytes, code: int
) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    run = kmsiac("scan", *arguments, stdin=stdin, cwd=tmp_path)
    assert run.returncode == code, (run.stdout + run.stderr).decode()


def test_a_broken_file_is_named_beside_the_findings(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    write(tmp_path, "b/broken.tf", BROKEN)
    told = kmsiac("scan", cwd=tmp_path).stdout.decode()
    assert "KP-20" in told
    assert "not read, or not in full (1):\n  error: b/broken.tf" in told
    assert "1 file not read" in told.splitlines()[-1]


def test_an_option_from_the_environment(tmp_path: Path) -> None:
    write(tmp_path, "t.yaml", PLAIN_ROTATION)
    assert kmsiac("scan", cwd=tmp_path, KMSIAC_FAIL_ON="never").returncode == 0
    assert kmsiac("scan", cwd=tmp_path, KMSIAC_IGNORE="KEY-01,KP-20").returncode == 0
    assert kmsiac("scan", cwd=tmp_path, KMSIAC_FAIL_ON="x").returncode == 2


def test_a_variable_that_nearly_has_the_name_of_an_option_is_pointed_out(tmp_path: Path) -> None:
    names = (
        "KMSIAC_FAILON",
        "KMSIAC_TRUSTED_ACCOUNTS",
        "KMSIAC_VERSION",
        "KMSIAC_CONTEXT",
        "KMSIAC_DEBUG",
    )
    write(tmp_path, "t.yaml", PLAIN_ROTATION)
    run = kmsiac("scan", "-q", cwd=tmp_path, **dict.fromkeys(names, "1"))
    assert run.stderr.decode().splitlines() == [
        "kmsiac: note: no option reads KMSIAC_FAILON (did you mean KMSIAC_FAIL_ON?)",
        "kmsiac: note: no option reads KMSIAC_TRUSTED_ACCOUNTS (did you mean KMSIAC_TRUSTED_ACCOUNT?)",
    ]


def test_colour_when_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    assert b"\x1b[1;35mcritical" in kmsiac("scan", "--color", "always", cwd=tmp_path).stdout
    assert b"\x1b[" in kmsiac("scan", cwd=tmp_path, FORCE_COLOR="1").stdout


def test_control_characters_of_a_template_stay_out_of_the_terminal(tmp_path: Path) -> None:
    evil = PUBLIC.replace('"Share"', '"a\\u001b[2Jb\\u202e"').replace(
        "Principal", "/* \x1b[2J \u202e */ Principal"
    )
    write(tmp_path, "main.tf", evil)
    told = kmsiac("scan", "-v", cwd=tmp_path).stdout.decode()
    assert "KP-20" in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_inventory_says_who_may_what(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    run = kmsiac("inventory", cwd=tmp_path)
    told = run.stdout.decode()
    assert run.returncode == 0, run.stderr
    assert "  aws_kms_key.payments  aws_kms_key  main.tf:1:1\n" in told
    assert "Allow [Share] to * may kms:Decrypt on *\n" in told
    found = json.loads(kmsiac("inventory", "-f", "json", cwd=tmp_path).stdout)
    assert [key["resource"] for key in found["keys"]] == ["aws_kms_key.payments"]


def test_inventory_of_nothing_is_3(tmp_path: Path) -> None:
    assert kmsiac("inventory", cwd=tmp_path).returncode == 3
    write(tmp_path, "broken.tf", BROKEN)
    assert kmsiac("inventory", cwd=tmp_path).returncode == 3


def test_a_closed_pipe_does_not_change_the_exit_code(tmp_path: Path) -> None:
    write(tmp_path, "main.tf", PUBLIC)
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", "scan"],
        stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(writer)
    assert (run.returncode, run.stderr) == (1, b"")


MATERIAL = "Wblj06fduthWggmsT0cLVoIMOkeLbc2kVfMud77i/JY="
EXTERNAL = f"""\
resource "aws_kms_external_key" "k" {{ key_material_base64 = "{MATERIAL}" }}
resource "aws_kms_external_key" "short" {{
  key_material_base64 = "c2hvcnQ="
  policy              = jsonencode({{ Statement = [{{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }}] }})
}}
"""
POINTS_AT_IT = """\
id: ACME-01
name: external-material
category: key-settings
severity: low
title: Key material stands in a template
message: "{key} has its key material written down"
target: key
when:
  material: {written: true}
point_at: material
references: [https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html]
rationale: It is a secret.
remediation: Import it by hand.
false_positives: None known.
"""


@pytest.mark.parametrize("format", ["text", "json"])
def test_key_material_is_in_no_report(tmp_path: Path, format: str) -> None:
    write(tmp_path, "main.tf", EXTERNAL)
    write(tmp_path, "rules/ACME-01.yaml", POINTS_AT_IT)
    found = kmsiac("scan", "--rules", "rules", "-v", "-f", format, ".", cwd=tmp_path)
    assert "ACME-01" in found.stdout.decode(), found.stderr.decode()
    listed = kmsiac("inventory", "-f", format, ".", cwd=tmp_path)
    asked = kmsiac("can", "*", "Decrypt", "aws_kms_external_key.k", "-f", format, ".", cwd=tmp_path)
    for ran in (found, listed, asked):
        told = ran.stdout.decode() + ran.stderr.decode()
        assert MATERIAL not in told
        assert "c2hvcnQ=" not in told
    assert "(sensitive)" in listed.stdout.decode()


def test_a_missing_path_is_named_so_that_it_can_be_found(tmp_path: Path) -> None:
    for word in ("gone", "../gone", "/gone-from-here/x"):
        ran = kmsiac("scan", word, cwd=tmp_path)
        assert f"error: {word}: no such file or directory" in ran.stdout.decode()
