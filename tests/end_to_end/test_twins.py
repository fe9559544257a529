"""A plan beside its code: reports, a baseline and an earlier commit take both for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.findings.test_twins import HCL, PUBLIC, plan

Run = Callable[..., Any]
FILES = {"main.tf": HCL, "plan.json": plan()}
SELECT = ("--select", "KP-20")
USE = ("--baseline", ".kmsiac-baseline.json")


def test_json_has_the_place_in_the_plan(kmsiac: Run) -> None:
    [found] = json.loads(kmsiac(FILES, "scan", "-f", "json", *SELECT).out)["findings"]
    assert (found["location"]["path"], found["location"]["line"]) == ("main.tf", 8)
    assert len(found["addresses"]) == 1
    [related] = found["related"]
    assert related["message"] == "in the plan"
    assert related["location"]["path"] == "plan.json"
    assert related["location"]["pointer"].startswith("/resource_changes/0/change/after/policy")


def test_sarif_has_one_result_with_a_related_place(kmsiac: Run) -> None:
    [run] = json.loads(kmsiac(FILES, "scan", "-f", "sarif", *SELECT).out)["runs"]
    [result] = run["results"]
    where = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert where == "main.tf"
    related = [
        one["physicalLocation"]["artifactLocation"]["uri"] for one in result["relatedLocations"]
    ]
    assert related == ["plan.json"]


def test_text_tells_it_once(kmsiac: Run) -> None:
    out = kmsiac(FILES, "scan", *SELECT).out
    assert out.count("KP-20") == 1
    assert "main.tf:8:" in out
    assert "plan.json" in out


def test_a_baseline_of_the_code_covers_the_same_in_the_plan(kmsiac: Run) -> None:
    kmsiac({"main.tf": HCL}, "baseline", "create", *SELECT)
    same = kmsiac({"plan.json": plan()}, "scan", "-f", "json", *SELECT, *USE)
    assert same.code == 0
    [found] = json.loads(same.out)["findings"]
    assert found["suppressed"]["by"] == "baseline"
    wider = {**PUBLIC, "Statement": [{**PUBLIC["Statement"][0], "Action": "*"}]}  # type: ignore[dict-item]
    other = kmsiac({"plan.json": plan(wider)}, "scan", "-f", "json", *SELECT, *USE)
    assert other.code == 1
    counting = [f for f in json.loads(other.out)["findings"] if f["suppressed"] is None]
    assert [f["location"]["path"] for f in counting] == ["plan.json"]


def test_a_baseline_of_both_holds_for_either_alone(kmsiac: Run) -> None:
    kmsiac(FILES, "baseline", "create", *SELECT)
    assert kmsiac({}, "scan", *SELECT, *USE).code == 0
    assert kmsiac({}, "scan", "main.tf", *SELECT, *USE).code == 0
    assert kmsiac({}, "scan", "plan.json", *SELECT, *USE).code == 0
