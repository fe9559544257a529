"""Nested stacks and cloud assemblies through `scan`: units, call chains, ignores, what is passed over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kmsiac.scan import ScanOptions, read_units, scan

CHILD = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {Who: {Type: String, Default: "*"}}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
          - {Effect: Allow, Principal: {AWS: !Ref Who}, Action: "kms:Decrypt", Resource: "*"}
"""
PARENT = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml, Parameters: {Who: "*"}}
  B:  # kmsiac: ignore[KP-20] -- meant
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml, Parameters: {Who: "*"}}
"""


def files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def result(folder: Path, **options):
    return scan(ScanOptions(paths=(folder,), working_directory=folder, **options))


def units(folder: Path) -> list[str]:
    read = read_units(ScanOptions(paths=(folder,), working_directory=folder))
    return [inventory.unit for inventory in read.inventories]


def test_one_finding_with_every_address(tmp_path):
    found = result(files(tmp_path, child=CHILD, parent=PARENT)).findings
    [finding] = [one for one in found if one.rule == "KP-20"]
    assert [(one.address, one.suppressed is not None) for one in finding.addresses] == [
        ("A/Key", False),
        ("B/Key", True),
    ]
    assert finding.location.path == "child.yaml"
    assert [(name, span.path, span.line) for name, span in finding.call_chain] == [
        ("A", "parent.yaml", 3)
    ]
    assert finding.suppressed is None


def test_metadata_of_a_nested_stack_covers_what_is_inside(tmp_path):
    meta = "    Metadata: {kmsiac: {ignore: [{rule: KP-20, reason: meant}]}}\n"
    parent = PARENT.replace("    Properties", meta + "    Properties").replace("  # kmsiac", " #")
    found = result(files(tmp_path, child=CHILD, parent=parent)).findings
    assert [one.suppressed.reason for one in found if one.rule == "KP-20"] == ["meant"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"child": CHILD, "parent": PARENT}, ["parent.yaml"]),
        ({"child": CHILD, "parent": PARENT.replace("child.yaml", "https://x/child.yaml")},
         ["child.yaml", "parent.yaml"]),
        ({"a": PARENT.replace("child", "b"), "b": PARENT.replace("child", "a")}, ["a.yaml"]),
        ({"a": PARENT.replace("child", "a")}, ["a.yaml"]),
        # The parent never deploys it: it is scanned by itself.
        ({"child": CHILD, "parent": "Conditions: {Never: !Equals [a, b]}\n" + PARENT.replace(
            "    Properties", "    Condition: Never\n    Properties")},
         ["parent.yaml", "child.yaml"]),
        ({"child": CHILD, "parent": PARENT + "  C: ["}, ["child.yaml"]),
    ],
)  # fmt: skip
def test_what_is_a_unit(tmp_path, texts, expected):
    assert units(files(tmp_path, **texts)) == expected


def synthesized(folder: Path) -> Path:
    out = folder / "cdk.out"
    asset = out / ("asset." + "0a" * 32)
    asset.mkdir(parents=True)
    (asset / "other.yaml").write_text(CHILD)
    (asset / "main.tf").write_text('resource "aws_kms_key" "k" {}\n')
    (out / "App.template.json").write_text('{"Resources": {"K": {"Type": "AWS::KMS::Key"}}}')
    stacks = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-west-1",
            "properties": {"templateFile": file},
        }
        for name, file in {"App": "App.template.json", "Gone": "Gone.template.json"}.items()
    }
    (out / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": stacks}))
    return folder


def test_assets_are_passed_over_and_missing_templates_told(tmp_path):
    done = result(synthesized(tmp_path))
    [entry] = done.unresolved
    assert entry.reason == (
        "the template Gone.template.json of this assembly is not in the scanned tree;"
        " run `cdk synth` again"
    )
    assert done.errors == []
    assert (done.summary.files, done.summary.skipped) == (1, 3)


def test_an_asset_that_is_named_is_scanned(tmp_path):
    folder = synthesized(tmp_path) / "cdk.out" / ("asset." + "0a" * 32)
    done = scan(ScanOptions(paths=(folder,), working_directory=tmp_path))
    assert done.summary.files == 2


def test_codeflows_lead_through_nested_stacks(tmp_path):
    files(tmp_path, child=CHILD, parent=PARENT)
    run = subprocess.run(
        [sys.executable, "-m", "kmsiac", "scan", "-f", "sarif", "."],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    [report] = json.loads(run.stdout)["runs"]
    [found] = [one for one in report["results"] if one["ruleId"] == "KP-20"]
    steps = found["codeFlows"][0]["threadFlows"][0]["locations"]
    places = [step["location"]["physicalLocation"]["artifactLocation"]["uri"] for step in steps]
    assert places == ["parent.yaml", "child.yaml"]
