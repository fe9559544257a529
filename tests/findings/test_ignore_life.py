"""Dates, reasons, modules, --no-ignores: what an ignore does over time and to several resources."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kmsiac.errors import ConfigError
from kmsiac.findings.finding import Suppression
from tests.findings.ignoring import RULES, counting, ignored, said, scanned

KEY = 'resource "aws_kms_key" "k" {{}} # kmsiac: {}\n'
UNTIL = KEY.format("ignore[KEY-01] until=2027-01-31 -- by hand")


@pytest.mark.parametrize("today", [None, date(2026, 1, 1), date(2027, 1, 31)])
def test_the_last_day_counts(tmp_path: Path, today: date | None) -> None:
    result = scanned(tmp_path, {"main.tf": UNTIL}, today=today)
    assert [f.suppressed for f in result.findings] == [
        Suppression("inline", "by hand", "2027-01-31")
    ]
    assert [(s.key, s.value, s.origin) for s in result.settings] == [
        ("ignore", "KEY-01 until 2027-01-31: by hand", "tree")
    ]
    assert said(result) == []


def test_after_it_the_finding_is_back(tmp_path: Path) -> None:
    result = scanned(tmp_path, {"main.tf": UNTIL}, today=date(2027, 2, 1))
    assert counting(result) == [("KEY-01", 1)]
    assert result.settings == []
    assert said(result) == ["main.tf:1:33: this ignore ended on 2027-01-31: KEY-01 counts again"]


def test_an_ignore_that_covers_nothing_is_named_where_its_rule_ran(tmp_path: Path) -> None:
    files = {"main.tf": KEY.format("ignore[KEY-01, KP-20, KEY-08]")}
    result = scanned(tmp_path, files)
    assert ignored(result) == [("KEY-01", 1)]
    assert said(result) == ["main.tf:1:33: the ignore of KP-20 covers no finding"]
    assert said(scanned(tmp_path, files, select=("KEY-08",))) == [
        "main.tf:1:33: the ignore of KEY-08 covers no finding"
    ]
    by_category = {"main.tf": KEY.format("ignore[key-settings]")}
    assert said(scanned(tmp_path, by_category)) == []


def test_what_cannot_be_told_stays_and_makes_no_ignore_unused(tmp_path: Path) -> None:
    text = (
        'variable "p" {}\nresource "aws_kms_key" "k" {\n  enable_key_rotation = true\n'
        "  policy = var.p # kmsiac: ignore[KP-20]\n}\n"
    )
    result = scanned(tmp_path, {"main.tf": text})
    assert [entry.rules for entry in result.unresolved] == [("KP-20",)]
    assert said(result) == []


def test_a_reason_can_be_asked_for(tmp_path: Path) -> None:
    files = {"main.tf": KEY.format("ignore[KEY-01]")}
    assert ignored(scanned(tmp_path, files)) == [("KEY-01", 1)]
    with pytest.raises(ConfigError) as caught:
        scanned(tmp_path, files, require_reason=True)
    assert str(caught.value) == (
        "main.tf:1:33: this ignore gives no reason, and the configuration asks for one "
        "(add -- and the reason)"
    )


def test_without_ignores_of_the_tree(tmp_path: Path) -> None:
    files = {"main.tf": UNTIL + "# kmsiac: nonsense\n"}
    result = scanned(tmp_path, files, use_ignores=False)
    assert counting(result) == [("KEY-01", 1)]
    assert result.settings == []
    assert [note.message for note in result.notes] == [
        "--no-ignores: 2 ignores of the scanned tree passed over"
    ]


MODULE = {
    "modules/key/main.tf": 'resource "aws_kms_key" "k" {}\n',
    "main.tf": """module "a" { # kmsiac: ignore[KEY-01] -- rotated by hand
  source = "./modules/key"
}
module "b" {
  source = "./modules/key"
}
""",
}


def test_on_a_module_call_it_covers_what_is_inside_for_that_call(tmp_path: Path) -> None:
    result = scanned(tmp_path, MODULE)
    (finding,) = result.findings
    assert finding.suppressed is None
    assert finding.resource == "module.b.aws_kms_key.k"
    assert [(a.address, a.suppressed) for a in finding.addresses] == [
        ("module.a.aws_kms_key.k", Suppression("inline", "rotated by hand")),
        ("module.b.aws_kms_key.k", None),
    ]
    assert finding.call_chain[0][0] == "module.b"
    assert said(result) == [
        "modules/key/main.tf:1:1: KEY-01 is suppressed for 1 of 2 resources that stand here"
    ]


def test_a_finding_is_suppressed_where_all_its_resources_are(tmp_path: Path) -> None:
    both = MODULE["main.tf"].replace('module "b"', '# kmsiac: ignore[KEY-01] -- too\nmodule "b"')
    result = scanned(tmp_path, {**MODULE, "main.tf": both})
    assert ignored(result) == [("KEY-01", 1)]
    assert said(result) == []
    inside = 'resource "aws_kms_key" "k" {} # kmsiac: ignore[KEY-01]\n'
    plain = MODULE["main.tf"].replace("# kmsiac: ignore[KEY-01] -- rotated by hand", "")
    files = {"main.tf": plain, "modules/key/main.tf": inside}
    assert ignored(scanned(tmp_path, files)) == [("KEY-01", 1)]


def test_outer_calls_count_too(tmp_path: Path) -> None:
    files = {
        "modules/key/main.tf": MODULE["modules/key/main.tf"],
        "modules/app/main.tf": 'module "key" {\n  source = "../key"\n}\n',
        "main.tf": '# kmsiac: ignore[KEY-01]\nmodule "app" {\n  source = "./modules/app"\n}\n',
    }
    assert ignored(scanned(tmp_path, files)) == [("KEY-01", 1)]


def test_an_ignored_finding_still_silences(tmp_path: Path) -> None:
    text = """resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({ Statement = [{ # kmsiac: ignore[KP-23] -- known
    Effect = "Allow", Action = "kms:Sign", Resource = "*"
    NotPrincipal = { AWS = "arn:aws:iam::111122223333:root" }
  }] })
}
"""
    rules = (*RULES, "KP-23")
    result = scanned(tmp_path, {"main.tf": text}, select=rules)
    assert ignored(result) == [("KP-23", 5)]
    assert counting(result) == []


def test_a_named_file_judges_no_ignore_of_others(tmp_path: Path) -> None:
    files = {
        "main.tf": KEY.format("x").replace("# kmsiac: x", ""),
        "o.tf": "# kmsiac: ignore[KP-20]\nlocals {}\n",
    }
    assert said(scanned(tmp_path, files, paths=(tmp_path / "main.tf",))) == []
    assert len(said(scanned(tmp_path, files, paths=(tmp_path,)))) == 1


def test_very_many_unused_ignores_are_counted(tmp_path: Path) -> None:
    files = {"main.tf": "# kmsiac: ignore[KEY-01]\n\n" * 300 + "locals {}\n"}
    told = said(scanned(tmp_path, files))
    assert len(told) == 101
    assert told[-1].endswith("200 more ignores are over or unused")
