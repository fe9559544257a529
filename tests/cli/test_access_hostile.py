"""Hostile templates: `who-can` answers in time and prints no control characters."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from kmsiac.cli import run

_OWN = "arn:aws:iam::111122223333:root"


def _template(folder: Path, statements: list[object]) -> str:
    policy = {"Version": "2012-10-17", "Statement": statements}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": {"Key": key}}))
    return str(path)


def test_who_can_ends_on_very_many_statements(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A smaller likeness of 2,000 statements: what it takes grows with their number, no faster."""
    statements: list[object] = [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": f"s{at}.eu-west-1.amazonaws.com"}},
        }
        for at in range(500)
    ]
    began = time.process_time()
    assert run(["who-can", "kms:Decrypt", "Key", _template(tmp_path, statements)]) == 0
    assert time.process_time() - began < 60
    assert "anyone" in capsys.readouterr().out


def test_names_print_without_control_or_invisible_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[31mx\u202e\u200b\ufeff\x9b"
    statement = {
        "Sid": name,
        "Effect": "Allow",
        "Principal": {"AWS": [_OWN, name]},
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:a": name}},
    }
    path = _template(tmp_path, [statement])
    assert run(["who-can", "*", "Key", path, "-v"]) == 0
    assert run(["can", name, "kms:Decrypt", "Key", path]) == 2
    printed = capsys.readouterr()
    assert "\\u200b" in printed.err
    for character in name:
        if not character.isascii() or not character.isprintable():
            assert character not in printed.out + printed.err
