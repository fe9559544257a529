"""The hint where another scanner's ignore stands beside a finding that counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.findings.ignoring import scanned


def hints(folder: Path, files: dict[str, str]) -> list[str]:
    notes = scanned(folder, files).notes
    return [f"{n.location}: {n.message}" for n in notes if "says nothing to kmsiac" in n.message]


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("#checkov:skip=CKV_AWS_7:by hand", "checkov:skip=CKV_AWS_7"),
        ("# checkov:skip=CKV_AWS_7", "checkov:skip=CKV_AWS_7"),
        ("#trivy:ignore:AVD-AWS-0065", "trivy:ignore"),
        ("//tfsec:ignore:aws-kms-auto-rotate-keys", "tfsec:ignore"),
        ("# kics-scan ignore-block", "kics-scan ignore-block"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_comments(tmp_path: Path, comment: str, told: str, inside: bool) -> None:
    header = 'resource "aws_kms_key" "k" {\n'
    lines = [header, f"  {comment}\n"] if inside else [f"{comment}\n", header]
    files = {"main.tf": "".join([*lines, '  description = "x"\n}\n'])}
    place = "main.tf:2:3" if inside else "main.tf:1:1"
    ours = "kmsiac: ignore[KEY-01] -- reason"
    hint = f'"{told}" says nothing to kmsiac: the like of it for KEY-01 is "{ours}"'
    assert hints(tmp_path, files) == [f"{place}: {hint}"]


@pytest.mark.parametrize(
    ("metadata", "column"),
    [
        ("{checkov: {skip: [{id: CKV_AWS_7}]}}", "checkov"),
        ("{cfn_nag: {rules_to_suppress: [{id: F19}]}}", "cfn_nag"),
    ],
)
def test_metadata(tmp_path: Path, metadata: str, column: str) -> None:
    text = f"Resources:\n  K:\n    Type: AWS::KMS::Key\n    Metadata: {metadata}\n"
    ours = "kmsiac: ignore[KEY-01] -- reason"
    told = f'"Metadata: {column}" says nothing to kmsiac: the like of it for KEY-01 is "{ours}"'
    assert hints(tmp_path, {"t.yaml": text}) == [f"t.yaml:4:16: {told}"]


def test_once_and_only_beside_a_finding_that_counts(tmp_path: Path) -> None:
    skip = "# checkov:skip=CKV_AWS_7\n"
    two = {n: f'{skip}resource "aws_kms_key" "{n}" {{}}\n' for n in ("b", "a")}
    assert len(hints(tmp_path / "1", {f"{n}.tf": t for n, t in two.items()})) == 1
    assert hints(tmp_path / "1", {})[0].startswith("a.tf:1:1")
    apart = f'{skip}locals {{}}\nresource "aws_kms_key" "k" {{}}\n'
    assert hints(tmp_path / "2", {"main.tf": apart}) == []
    done = f'{skip}# kmsiac: ignore[KEY-01]\nresource "aws_kms_key" "k" {{}}\n'
    assert hints(tmp_path / "3", {"main.tf": done}) == []
