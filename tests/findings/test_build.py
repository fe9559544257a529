"""Matches to findings: one per rule and piece of code, sorted, with open questions apart."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.errors import Span
from kmsiac.findings.build import RuleFacts, build_findings, build_unresolved
from kmsiac.findings.finding import Finding
from kmsiac.rules.match import Match
from kmsiac.stack import Gap
from kmsiac.values import Verdict

PLACES = {
    1: Span("b.tf", 3, 1, 3, 9),
    2: Span("a.tf", 9, 5, 9, 9),
    3: Span("plan.json", 1, 10, 1, 20, "/resource_changes/0"),
    4: Span("plan.json", 1, 40, 1, 50, "/resource_changes/1"),
}
MATCH = Match(
    rule="KP-20", verdict=Verdict.YES, severity="critical", flag=False, unit="u",
    resource="aws_kms_key.k", attribute="policy", position=1, message="any account\nmay",
    statement="Share", element="*",
)  # fmt: skip


def facts(rule: str) -> RuleFacts:
    return RuleFacts(name=f"name-of-{rule}", title="t", category="key-policies", url="https://u")


def findings(*matches: Match) -> list[Finding]:
    return build_findings(matches, facts, PLACES.get, lambda position: f"line {position}")


def test_sorted_by_place_and_with_what_the_rule_says() -> None:
    found = findings(MATCH, replace(MATCH, position=2))
    assert [str(f.location) for f in found] == ["a.tf:9:5", "b.tf:3:1"]
    assert (found[0].name, found[0].url, found[0].message) == (
        "name-of-KP-20", "https://u", "any account may",
    )  # fmt: skip
    assert found[0].excerpt == "line 2"


def test_instances_of_one_block_are_one_finding_with_all_addresses() -> None:
    found = findings(
        replace(MATCH, resource="aws_kms_key.k[1]", when=((("A", True),),)),
        replace(MATCH, resource="aws_kms_key.k[0]", when=((("B", True),),)),
    )
    assert len(found) == 1
    assert [a.address for a in found[0].addresses] == ["aws_kms_key.k[0]", "aws_kms_key.k[1]"]
    assert set(found[0].when) == {(("A", True),), (("B", True),)}


def test_instances_in_a_plan_are_one_finding_too() -> None:
    found = findings(
        replace(MATCH, resource="aws_kms_key.k[0]", position=3),
        replace(MATCH, resource="aws_kms_key.k[1]", position=4),
    )
    assert [len(f.addresses) for f in found] == [2]


def test_a_match_that_holds_in_every_case_leaves_no_case() -> None:
    assert findings(MATCH, replace(MATCH, when=((("A", True),),)))[0].when == ()


def test_an_open_question_is_a_finding_only_where_the_rule_flags_it() -> None:
    unsure = replace(MATCH, verdict=Verdict.CANNOT_TELL)
    assert findings(unsure) == []
    assert [f.verdict for f in findings(replace(unsure, flag=True))] == ["cannot-tell"]


def test_open_questions_with_one_cause_are_one_entry_with_all_rules() -> None:
    unsure = replace(MATCH, verdict=Verdict.CANNOT_TELL, message="var.p has no value")
    gap = Gap("module.x", "", "not read", 2)
    entries = build_unresolved(
        [unsure, replace(unsure, rule="KP-15"), MATCH], [gap, gap], PLACES.get
    )
    assert [(e.resource, e.reason, e.rules) for e in entries] == [
        ("module.x", "not read", ()),
        ("aws_kms_key.k", "var.p has no value", ("KP-15", "KP-20")),
    ]


def test_an_entry_says_of_how_many_more_it_holds() -> None:
    open_match = replace(MATCH, verdict=Verdict.CANNOT_TELL, like=11)
    (entry,) = build_unresolved([open_match], [], PLACES.get)
    assert entry.reason == "any account may; so for 11 more principals"
