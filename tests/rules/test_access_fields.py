"""Fields that the access engine answers, each through a small rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kmsiac.values import Unknown, Verdict

Rule = Callable[..., str]

ROOT = "arn:aws:iam::111122223333:root"
APP = "arn:aws:iam::111122223333:role/app"
OUTSIDE = "arn:aws:iam::999988887777:role/other"
ORG = {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}
VARIABLE = Unknown("var.policy", "variable has no default", 77, "root")


def statement(principal: Any, action: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    who = principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": effect, "Principal": who, "Action": action, "Resource": "*", **more}


def deny(principal: Any, action: Any, **more: Any) -> dict[str, Any]:
    return statement(principal, action, "Deny", **more)


ACCOUNT = statement(ROOT, "kms:*")


def ask(world: Any, check: Any, text: str, *statements: Any) -> list[Any]:
    world.policy(world.document(*statements), key=world.key())
    return list(check(world, text))


@pytest.mark.parametrize(
    ("effect", "fires"), [(deny(APP, "kms:*"), [0]), (deny(APP, "kms:Encrypt"), [])]
)
def test_shadowed(world: Any, check: Any, rule: Rule, effect: Any, fires: list[int]) -> None:
    found = ask(world, check, rule("{shadowed: true}"), statement(APP, "kms:Decrypt"), effect)
    assert [match.statement for match in found] == [f"#{index}" for index in fires]


def test_redundant(world: Any, check: Any, rule: Rule) -> None:
    wide, narrow = statement(APP, "kms:*"), statement(APP, "kms:Decrypt")
    found = ask(world, check, rule("{redundant: true}"), wide, narrow)
    assert [match.statement for match in found] == ["#1"]


@pytest.mark.parametrize(
    ("arguments", "principal", "condition", "fires"),
    [
        ("{any_of: CreateGrant, to: local}", APP, None, True),
        ("{any_of: CreateGrant, to: external}", APP, None, False),
        ("{any_of: CreateGrant, to: [external, local]}", APP, None, True),
        ("{any_of: CreateGrant, to: external}", OUTSIDE, None, True),
        ("{any_of: ScheduleKeyDeletion, to: local}", APP, None, False),
        ("{any_of: {duty: grant}, to: local}", APP, None, True),
        ("{any_of: {duty: use}, to: local}", APP, None, False),
        (
            "{any_of: CreateGrant, to: local, unlimited_by: '@grant'}",
            APP,
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            False,
        ),
        (
            "{any_of: CreateGrant, to: local, unlimited_by: '@grant'}",
            APP,
            {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}},
            True,
        ),
    ],
)
def test_allows(
    world: Any,
    check: Any,
    rule: Rule,
    arguments: str,
    principal: str,
    condition: Any,
    fires: bool,
) -> None:
    more = {"Condition": condition} if condition else {}
    one = statement(principal, ["kms:CreateGrant", "kms:DescribeKey"], **more)
    found = ask(world, check, rule(f"{{allows: {arguments}}}"), one)
    assert [match.verdict for match in found] == ([Verdict.YES] if fires else [])
    assert all(match.witness for match in found)


def test_allows_of_one_principal_of_a_statement(world: Any, check: Any, rule: Rule) -> None:
    both = {"AWS": APP, "Service": "logs.us-east-1.amazonaws.com"}
    when = "{allows: {any_of: {duty: use}, to: service, unlimited_by: '@source'}}"
    text = rule(when, "principal", message='"{text}"')
    (found,) = ask(world, check, text, statement(both, "kms:Decrypt"))
    assert found.message == "logs.us-east-1.amazonaws.com"
    assert found.evidence[0].startswith("allows any of the use actions to service, not limited by ")


@pytest.mark.parametrize(
    ("condition", "satisfiable", "tautology"),
    [
        ({"StringEquals": ORG}, True, False),
        ({"StringLike": {"kms:KeySpec": "NO_SUCH_SPEC"}}, False, False),
        ({"StringEqualsIfExists": {"kms:GranteePrincipal": "x"}}, True, True),
    ],
)
def test_conditions(
    world: Any, check: Any, rule: Rule, condition: Any, satisfiable: bool, tautology: bool
) -> None:
    # No request to Decrypt carries kms:GranteePrincipal.
    world.policy(
        world.document(statement(ROOT, "kms:Decrypt", Condition=condition)), key=world.key()
    )
    for name, truth in (("satisfiable", satisfiable), ("tautology", tautology)):
        found = check(world, rule(f"{{{name}: true}}", "condition"))
        assert [match.verdict for match in found] == ([Verdict.YES] if truth else []), name


def test_neutralised(world: Any, check: Any, rule: Rule) -> None:
    guarded = statement("*", "kms:Decrypt", Condition={"StringEqualsIfExists": ORG})
    assert ask(world, check, rule("{neutralised: true}", "condition"), guarded)


@pytest.mark.parametrize(
    ("condition", "kinds"),
    [
        ({"StringNotEquals": ORG}, {"service_principal"}),
        ({"StringNotEquals": ORG, "Bool": {"aws:PrincipalIsAWSService": "false"}}, set()),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, {"service_principal", "via_service"}),
    ],
)
def test_stops(world: Any, check: Any, rule: Rule, condition: Any, kinds: set[str]) -> None:
    world.policy(world.document(ACCOUNT, deny("*", "kms:*", Condition=condition)), key=world.key())
    for kind in ("via_service", "service_principal"):
        key = "[aws:PrincipalOrgID, aws:SourceVpce]"
        found = check(world, rule(f"{{key: {key}, stops: {{some: {kind}}}}}", "condition"))
        assert bool(found) is (kind in kinds), kind


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ACCOUNT], "delegated"),
        ([statement(APP, "kms:*")], "named"),
        ([statement(APP, "kms:Decrypt")], "none"),
        ([ACCOUNT, deny("*", "kms:Put*")], "none"),
        (
            [statement(ROOT, "kms:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
            "conditional",
        ),
    ],
)
def test_administrable(
    world: Any, check: Any, rule: Rule, statements: list[Any], expected: str
) -> None:
    world.policy(world.document(*statements), key=world.key())
    for name in ("none", "conditional", "named", "delegated"):
        found = check(world, rule(f"{{administrable: {name}}}", "policy"))
        assert bool(found) is (name == expected), name


def test_what_the_account_hands_to_iam(world: Any, check: Any, rule: Rule) -> None:
    text = rule("{delegated_actions: {some: Decrypt}}", "policy", message='"{delegated_actions}"')
    one = statement(ROOT, ["kms:Decrypt", "kms:Encrypt"])
    (found,) = ask(world, check, text, one, deny(ROOT, "kms:Encrypt"), statement(APP, "kms:Sign"))
    assert found.message == "kms:Decrypt"


@pytest.mark.parametrize(
    "when",
    [
        "{shadowed: true}",
        "{redundant: true}",
        "{public: true}",
        "{allows: {any_of: Decrypt}}",
        "{named_keys: {some: {enabled: true}}}",
    ],
)
def test_a_statement_that_may_exist_cannot_be_told(
    world: Any, check: Any, rule: Rule, when: str
) -> None:
    others = (ACCOUNT, deny(APP, "kms:Encrypt"))
    world.policy(world.document(VARIABLE, *others), key=world.key())
    verdicts = {match.statement: match.verdict for match in check(world, rule(when))}
    assert verdicts["#0"] is Verdict.CANNOT_TELL


@pytest.mark.parametrize("name", ["satisfiable", "tautology", "neutralised"])
def test_a_condition_that_may_exist_cannot_be_told(
    world: Any, check: Any, rule: Rule, name: str
) -> None:
    world.policy(world.document(statement(ROOT, "kms:*", Condition=VARIABLE)), key=world.key())
    found = check(world, rule(f"{{{name}: true}}", "condition"))
    assert [match.verdict for match in found] == [Verdict.CANNOT_TELL]
    assert [blame.expression for blame in found[0].blame] == ["var.policy"]
