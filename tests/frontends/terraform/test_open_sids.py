"""Merged policy documents in which a Sid is not known: no Deny counts that may be replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.scan import scan


def _statement(sid: str, action: str) -> str:
    return (
        f'  statement {{\n    sid       = "{sid}"\n    actions   = ["{action}"]\n'
        '    resources = ["*"]\n  }\n'
    )


_OPEN_SIDS = {
    "an override's Sid is not known": ("  statement {\n    sid = var.u\n", ""),
    "an override's Sid depends on a condition": (
        '  statement {\n    sid = var.u ? "Guard" : "Other"\n',
        "",
    ),
    "an override's statement depends on a condition": (
        '  dynamic "statement" {\n    for_each = var.u ? [1] : []\n    content {\n    sid = "Guard"\n',
        "  }\n",
    ),
}


@pytest.mark.parametrize("case", _OPEN_SIDS)
def test_a_statement_whose_place_another_may_take_is_not_counted_on(
    tmp_path: Path, case: str
) -> None:
    """A Deny that an override replaces where their Sids are equal does not hide an open Allow."""
    head, tail = _OPEN_SIDS[case]
    override = (
        f'{head}    actions   = ["kms:Sign"]\n    resources = ["*"]\n    principals {{\n'
        '      type        = "AWS"\n      identifiers = ["arn:aws:iam::111122223333:root"]\n'
        f"    }}\n  }}\n{tail}"
    )
    assert _public(tmp_path, "Guard", "override_policy_documents", override)


def test_a_statement_with_an_open_sid_may_be_replaced(tmp_path: Path) -> None:
    override = _statement("Own", "kms:Sign").replace("resources", _ROOT + "    resources")
    assert _public(tmp_path, "${var.u}", "override_policy_documents", override)


def test_a_source_may_lose_what_has_the_open_sid_of_an_own_statement(tmp_path: Path) -> None:
    text = _PUBLIC_KEY + (
        f'data "aws_iam_policy_document" "o" {{\n{_guarded("Guard")}}}\n'
        'data "aws_iam_policy_document" "d" {\n'
        "  source_policy_documents = [data.aws_iam_policy_document.o.json]\n"
        + _statement("${var.u}", "kms:Sign").replace("resources", _ROOT + "    resources")
        + "}\n"
    )
    assert "KP-20" in _rules(tmp_path, text)


def test_a_sid_that_cannot_be_equal_takes_no_place(tmp_path: Path) -> None:
    override = _statement("X${var.u}", "kms:Sign").replace("resources", _ROOT + "    resources")
    assert not _public(tmp_path, "Guard", "override_policy_documents", override)


def test_one_open_sid_takes_the_place_of_one_statement_only(tmp_path: Path) -> None:
    override = _statement("${var.u}", "kms:Sign").replace("resources", _ROOT + "    resources")
    twice = _guarded("Guard") + _guarded("Second").split("  statement", 2)[2].join(
        ("  statement", "")
    )
    text = _PUBLIC_KEY + (
        f'data "aws_iam_policy_document" "o" {{\n{override}}}\n'
        f'data "aws_iam_policy_document" "d" {{\n{twice}'
        "  override_policy_documents = [data.aws_iam_policy_document.o.json]\n}\n"
    )
    assert "KP-20" not in _rules(tmp_path, text)


_ROOT = (
    'principals {\n      type        = "AWS"\n'
    '      identifiers = ["arn:aws:iam::111122223333:root"]\n    }\n'
)
_ANYONE = '    principals {\n      type        = "*"\n      identifiers = ["*"]\n    }\n'
_PUBLIC_KEY = (
    'variable "u" {}\nresource "aws_kms_key" "k" {\n'
    "  policy = data.aws_iam_policy_document.d.json\n}\n"
)


def _guarded(sid: str) -> str:
    """A statement that lets anybody in, and one that keeps all strangers out."""
    return (
        '  statement {\n    actions   = ["kms:*"]\n    resources = ["*"]\n' + _ANYONE + "  }\n"
        f'  statement {{\n    sid       = "{sid}"\n    effect    = "Deny"\n'
        '    actions   = ["kms:*"]\n    resources = ["*"]\n' + _ANYONE + "    condition {\n"
        '      test     = "StringNotEquals"\n      variable = "aws:PrincipalAccount"\n'
        '      values   = ["111122223333"]\n    }\n  }\n'
    )


def _public(folder: Path, sid: str, argument: str, other: str) -> bool:
    text = _PUBLIC_KEY + (
        f'data "aws_iam_policy_document" "o" {{\n{other}}}\n'
        f'data "aws_iam_policy_document" "d" {{\n{_guarded(sid)}'
        f"  {argument} = [data.aws_iam_policy_document.o.json]\n}}\n"
    )
    return "KP-20" in _rules(folder, text)


def _rules(folder: Path, text: str) -> set[str]:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return {finding.rule for finding in scan(ScanOptions(paths=(folder,))).findings}
