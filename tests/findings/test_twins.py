"""A plan and the code beside it in one scan: what both say is one finding, at the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.errors import Span
from kmsiac.findings.finding import Finding, ScanResult
from kmsiac.findings.ignores import Ignore
from kmsiac.frontends.unit import Inputs
from tests.findings.ignoring import counting, ignored, scanned

PUBLIC = {"Version": "2012-10-17",
          "Statement": [{"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "kms:*",
                         "Resource": "*"}]}  # fmt: skip
OURS = {"Version": "2012-10-17",
        "Statement": [{"Sid": "All", "Effect": "Allow",
                       "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                       "Action": "kms:*", "Resource": "*"}]}  # fmt: skip
HCL = """resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "All"
      Effect    = "Allow"
      Principal = "*"
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}
"""


def plan(policy: object = PUBLIC, *addresses: str) -> str:
    """The plan of a key with a policy."""
    changes = []
    for address in addresses or ("aws_kms_key.k",):
        after = {"policy": json.dumps(policy), "enable_key_rotation": True}
        change = {"actions": ["create"], "after": after, "after_unknown": {"arn": True}}
        changes.append(
            {
                "address": address,
                "mode": "managed",
                "type": "aws_kms_key",
                "name": "k",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": change,
            }
        )
    shape = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes}
    return json.dumps(shape)


def public(result: ScanResult) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule == "KP-20"]


def places(result: ScanResult) -> list[str]:
    return [finding.location.path for finding in public(result)]


def test_what_both_say_is_one_finding_at_the_code(tmp_path: Path) -> None:
    [alone] = public(scanned(tmp_path, {"infra/main.tf": HCL}))
    result = scanned(tmp_path, {"infra/plan.json": plan()})
    [both] = public(result)
    assert both.location == alone.location
    assert both.addresses == alone.addresses
    assert both.fingerprint == alone.fingerprint
    [(message, place)] = both.related
    assert message == "in the plan"
    assert place.path == "infra/plan.json"
    assert place.pointer.startswith("/resource_changes/0/change/after/policy")
    assert result.count("critical") == 1


def test_each_instance_finds_its_own(tmp_path: Path) -> None:
    counted = HCL.replace("{\n  enable", "{\n  count = 2\n  enable", 1)
    text = plan(PUBLIC, "aws_kms_key.k[0]", "aws_kms_key.k[1]")
    [both] = public(scanned(tmp_path, {"main.tf": counted, "plan.json": text}))
    assert [one.address for one in both.addresses] == ["aws_kms_key.k[0]", "aws_kms_key.k[1]"]
    assert len(both.related) == 2


@pytest.mark.parametrize(
    ("code", "planned", "wanted"),
    [
        (HCL, plan(OURS), ["main.tf"]),
        (HCL.replace('"*"\n      Action', '{ AWS = "111122223333" }\n      Action'), plan(),
         ["plan.json"]),
        (HCL, plan(PUBLIC, "aws_kms_key.k", "aws_kms_key.other"), ["main.tf", "plan.json"]),
        (HCL.replace("kms:*", "kms:Decrypt"), plan(), ["main.tf", "plan.json"]),
    ],
    ids=["only-code", "only-plan", "another-resource", "another-statement"],
)  # fmt: skip
def test_what_only_one_of_them_says_stays(
    code: str, planned: str, wanted: list[str], tmp_path: Path
) -> None:
    assert places(scanned(tmp_path, {"main.tf": code, "plan.json": planned})) == wanted


def test_the_innermost_root_around_the_plan_is_its_code(tmp_path: Path) -> None:
    files = {"main.tf": HCL, "prod/main.tf": HCL, "prod/out/plan.json": plan()}
    outer, inner = public(scanned(tmp_path, files))
    assert (outer.location.path, outer.related) == ("main.tf", ())
    assert inner.location.path == "prod/main.tf"
    assert [span.path for _, span in inner.related] == ["prod/out/plan.json"]


def test_a_plan_elsewhere_belongs_to_the_one_root_that_says_the_same(tmp_path: Path) -> None:
    files = {"prod/main.tf": HCL, "plans/prod.json": plan()}
    assert places(scanned(tmp_path, files)) == ["prod/main.tf"]
    more = {"test/main.tf": HCL}
    assert places(scanned(tmp_path, more)) == ["plans/prod.json", "prod/main.tf", "test/main.tf"]


IGNORED = HCL.replace(
    "      Principal", "      # kmsiac: ignore[KP-20] -- it is a test\n      Principal"
)


def test_an_ignore_in_the_code_counts_for_the_same_in_the_plan(tmp_path: Path) -> None:
    files = {"main.tf": IGNORED, "plan.json": plan()}
    result = scanned(tmp_path, files)
    assert counting(result) == []
    assert [rule for rule, _ in ignored(result)] == ["KP-20"]
    assert result.suppressed_by() == {"inline": 1}


def test_an_ignore_in_the_code_counts_for_nothing_else_in_the_plan(tmp_path: Path) -> None:
    wider = {**PUBLIC, "Statement": [{**PUBLIC["Statement"][0], "Sid": "More"}]}  # type: ignore[dict-item,index]
    result = scanned(tmp_path, {"main.tf": IGNORED, "plan.json": plan(wider)})
    assert [f.location.path for f in public(result) if f.suppressed is None] == ["plan.json"]


def test_an_ignore_for_the_plan_leaves_the_code(tmp_path: Path) -> None:
    place = Span(".kmsiac.yaml", 1, 1, 1, 9)
    old = Ignore(("KP-20",), "config", "tree", place, reason="old", path="plan.json")
    result = scanned(tmp_path, {"main.tf": HCL, "plan.json": plan()}, ignores=(old,))
    assert [(f.location.path, f.suppressed) for f in public(result)] == [("main.tf", None)]


def test_a_plan_with_its_own_code_named_is_one_finding(tmp_path: Path) -> None:
    files = {"main.tf": HCL, "plan.json": plan()}
    result = scanned(tmp_path, files, inputs=Inputs(source_folder=tmp_path))
    [both] = public(result)
    assert both.location.path == "main.tf"
    assert [message for message, _ in both.related] == ["in the plan"]
