"""Plans so large that only what matters of them is decoded: the same comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kmsiac.frontends.terraform import plan
from kmsiac.frontends.terraform.plan_large import LARGE
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.inventory.build import build
from kmsiac.inventory.export import export
from kmsiac.reading.json_sections import items, sections
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import ScanOptions, scan

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "é😀", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
        ],
    }
)


def change(address: str, after: Any, unknown: Any = None, **more: Any) -> dict[str, Any]:
    *_, type_, name = address.split("[", maxsplit=1)[0].split(".")
    mode = "data" if address.startswith("data.") else "managed"
    inner = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown or {}}
    inner |= more
    return {"address": address, "mode": mode, "type": type_, "name": name, "change": inner}


def a_plan(filler: int) -> dict[str, Any]:
    other = {"name": "x", "records": ["x" * 500, '{"a": [1, "}"]}'], "set": [{"a": None}]}
    statement = {"actions": ["kms:Decrypt"], "resources": [None], "effect": "Allow"}
    deferred = {"statement": [statement]}
    doc = "data.aws_iam_policy_document.d"
    changes = [
        change("aws_kms_key.k[0]", {"policy": POLICY, "description": 'a "quoted" {brace'}),
        change("aws_kms_key.secret", {"policy": POLICY}, after_sensitive={"policy": True}),
        *(change(f"aws_route53_record.r{i}", other, {"id": True}) for i in range(filler)),
        change("aws_iam_role.r", {"name": "r", "assume_role_policy": POLICY}, {"arn": True}),
        change("aws_s3_bucket.b", {"bucket": "b", "tags": {"a": "b"}}, {"arn": True}),
        change(doc, deferred, {"statement": [{"resources": [True]}], "json": True}),
        change("aws_iam_policy.p", {"name": "p"}, {"policy": True, "arn": True}),
        change(
            "aws_sqs_queue.q", {"name": "q", "kms_master_key_id": "alias/a", "policy": POLICY}, {}
        ),
    ]
    key = {"references": ["aws_kms_key.k[0].arn", "aws_kms_key.k[0]", "aws_kms_key.k"]}
    configured = {
        "aws_kms_key.k": {"policy": {"constant_value": POLICY}},
        "aws_kms_key.secret": {"policy": {"references": ["var.p"]}},
        doc: {"statement": [{"resources": key}]},
        "aws_iam_policy.p": {"policy": {"references": [f"{doc}.json", doc]}},
        "aws_sqs_queue.q": {"kms_master_key_id": {"constant_value": "alias/a"}, "policy": {}},
    }
    resources = [
        {
            "address": address,
            "mode": "data" if address.startswith("data.") else "managed",
            "type": address.split(".")[-2],
            "name": address.split(".")[-1],
            "expressions": expressions,
            "provider_config_key": "aws",
        }
        for address, expressions in configured.items()
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": []}},
        "resource_changes": changes,
        "prior_state": {"values": {"root_module": {}}},
        "configuration": {"root_module": {"resources": resources}},
    }


def exported(folder: Path, document: object) -> dict[str, Any]:
    folder.mkdir()
    file = folder / "plan.json"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    tree = SourceTree(folder)
    stack = plan.load(UnitSource("plan", file), tree, Inputs())
    return export([build(stack)], lambda position: None)


def test_a_large_plan_is_told_like_a_small_one(tmp_path: Path) -> None:
    small = exported(tmp_path / "small", a_plan(3))
    large_plan = a_plan(LARGE // 600)
    assert len(json.dumps(large_plan)) > LARGE
    large = exported(tmp_path / "large", large_plan)
    assert large == small
    assert len(small["policies"]) >= 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-40],
        lambda text: text + "}",
        lambda text: text.replace('"type": ', '"type" '),
    ],
)
def test_a_large_plan_that_is_no_json_is_told(tmp_path: Path, spoil: Any) -> None:
    file = tmp_path / "plan.json"
    file.write_text(spoil(json.dumps(a_plan(LARGE // 600))))
    result = scan(ScanOptions(paths=(file,), working_directory=tmp_path))
    assert any("JSON" in str(error) for error in result.errors)


def test_findings_of_a_large_plan_have_pointers(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(a_plan(LARGE // 600)))
    result = scan(ScanOptions(paths=(file,), working_directory=tmp_path))
    assert not result.errors
    assert any(
        finding.location.pointer.startswith("/resource_changes/0/change/after")
        for finding in result.findings
    )


def test_a_key_that_a_large_plan_has_twice_in_a_resource_is_told(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    text = json.dumps(a_plan(LARGE // 600))
    file.write_text(text.replace('"policy": ', '"policy": "{}", "policy": ', 1))
    result = scan(ScanOptions(paths=(file,), working_directory=tmp_path))
    (error,) = result.errors
    assert 'keys that an object of the plan has twice: "policy"' in error.message


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{"a":1}x', '{"a":1,"a":2}', "{1:2}"],
)
def test_text_without_sections(text: str) -> None:
    assert sections(text.encode()) is None


def test_sections_and_items() -> None:
    data = b' {"a" : [1, "]\\"", {"b": []} ] , "c\\u0041":"}", "d":{ } } '
    found = sections(data)
    assert found is not None
    assert {name: data[a:b] for name, (a, b) in found.items()} == {
        "a": b'[1, "]\\"", {"b": []} ]', "cA": b'"}"', "d": b"{ }"
    }  # fmt: skip
    assert [data[a:b] for a, b in items(data, found["a"])] == [b"1", b'"]\\""', b'{"b": []}']
