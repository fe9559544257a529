"""Worlds, silence, escalation, places, and what is said of what cannot be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from kmsiac.inventory.cases import Varying
from kmsiac.inventory.model import Related
from kmsiac.policy.parse import parse_document
from kmsiac.rules.loader import load_rules
from kmsiac.rules.worlds import conditions
from kmsiac.values import Blame, Guard, List, Owner, Symbol, Text, Unknown, Verdict
from tests.rules.conftest import value_of

Rule = Callable[..., str]

PROD, EU = Guard("root", "IsProd"), Guard("root", "IsEU")
ROOT = "arn:aws:iam::111122223333:root"
VARIABLE = Unknown("var.policy", "variable has no default", 77, "root")


def statement(**elements: Any) -> dict[str, Any]:
    base = {"Sid": "S", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:Decrypt", "Resource": "*"}  # fmt: skip
    return {**base, **elements}


DENY = statement(Sid="D", Effect="Deny")


# -- worlds ---------------------------------------------------------------------------------------


def test_a_rule_that_fires_in_every_case_has_no_when(world: Any, check: Any, rule: Rule) -> None:
    document = world.document(statement())
    world.policy(Varying((({PROD: True}, document), ({PROD: False}, document))))
    (found,) = check(world, rule("{effect: Allow}"))
    assert found.when == ()


def test_a_rule_that_fires_in_one_case_says_in_which(world: Any, check: Any, rule: Rule) -> None:
    good, bad = world.document(DENY), world.document(statement())
    world.policy(Varying((({PROD: True}, good), ({PROD: False}, bad))))
    (found,) = check(world, rule("{effect: Allow}"))
    assert found.when == ((("IsProd", False),),)


def test_guards_that_do_not_matter_are_left_out(world: Any, check: Any, rule: Rule) -> None:
    bad, good = world.document(statement()), world.document(DENY)
    cases = [({PROD: p, EU: e}, bad if p else good) for p in (True, False) for e in (True, False)]
    world.policy(Varying(tuple(cases)))
    (found,) = check(world, rule("{effect: Allow}"))
    assert found.when == ((("IsProd", True),),)


def test_correlated_guards_stay_correlated(world: Any, check: Any, rule: Rule) -> None:
    key = world.key()
    on, off = world.settings(enabled=True), world.settings(enabled=False)
    key.settings = Varying((({PROD: True}, on), ({PROD: False}, off)))
    good, bad = world.document(DENY), world.document(statement())
    world.policy(Varying((({PROD: True}, bad), ({PROD: False}, good))), key=key)
    assert check(world, rule("{effect: Allow, policy.key.enabled: false}")) == []
    (found,) = check(world, rule("{effect: Allow, policy.key.enabled: true}"))
    assert found.when == ((("IsProd", True),),)


def test_an_entity_that_does_not_exist_is_no_target(world: Any, check: Any, rule: Rule) -> None:
    key = world.key()
    key.settings = Varying((({PROD: True}, key.settings.pick({})), ({PROD: False}, None)))
    (found,) = check(world, rule("{rotation: false}", "key"))
    assert found.when == ((("IsProd", True),),)


def test_what_may_not_be_created_still_fires(world: Any, check: Any, rule: Rule) -> None:
    unknown = Unknown("var.n", "variable has no default", 9)
    world.policy(world.document(statement()), absent=unknown)
    (found,) = check(world, rule("{effect: Allow}"))
    assert found.verdict is Verdict.YES
    assert found.evidence[-1] == "it may not be created: variable has no default"


def test_too_many_worlds_end_in_cannot_tell(world: Any, check: Any, rule: Rule) -> None:
    def setting(number: int) -> Varying[Any]:
        guard = Guard("root", f"g{number}")
        return Varying(tuple(({guard: a}, world.settings(name=f"n{a}")) for a in (True, False)))

    names = [world.alias("alias/x", f"a{i}") for i in range(12)]
    for number, alias in enumerate(names):
        alias.settings = setting(number)
    world.key().aliases = Related(tuple(names))
    (found,) = check(world, rule("{aliases: {none: {name: alias/y}}}", "key"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.blame[0].reason == "too many combinations of conditions"


@pytest.mark.parametrize(
    ("firing", "others", "expected"),
    [
        ([{PROD: True}], [], ()),
        ([{PROD: True, EU: True}], [{PROD: False}, {PROD: True, EU: False}],
         ((("IsEU", True), ("IsProd", True)),)),
        ([{PROD: True}, {PROD: False, EU: True}], [{PROD: False, EU: False}],
         ((("IsEU", True),), (("IsProd", True),))),
    ],
)  # fmt: skip
def test_conditions_are_minimal(firing: Any, others: Any, expected: Any) -> None:
    assert conditions(firing, others) == expected


# -- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["policy", "statement", "principal", "action", "condition"])
def test_an_unknown_policy_is_one_cannot_tell_per_rule(
    world: Any, check: Any, rule: Rule, target: str
) -> None:
    policy = world.policy(VARIABLE)
    when = {
        "policy": "{version: x}",
        "statement": "{effect: Allow}",
        "action": "{explicit: true}",
    }.get(target, "{negated: true}")
    (found,) = check(world, rule(when, target, in_="[key]", on_unknown="flag"))
    assert (found.verdict, found.flag) == (Verdict.CANNOT_TELL, True)
    assert (found.position, found.attribute) == (policy.attribute_position, "policy")
    assert found.blame[0].expression == "var.policy"


def test_an_unknown_policy_of_another_kind_is_no_concern(
    world: Any, check: Any, rule: Rule
) -> None:
    world.policy(VARIABLE, kind="identity")
    assert check(world, rule("{effect: Allow}", in_="[key]")) == []


def test_statements_that_may_exist_are_not_passed_over(world: Any, check: Any, rule: Rule) -> None:
    document = world.document(DENY)
    document.open = VARIABLE
    world.policy(document)
    (found,) = check(world, rule("{effect: Allow}"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.blame[0].expression == "var.policy"


def test_members_that_may_exist_are_not_passed_over(world: Any, check: Any, rule: Rule) -> None:
    document = world.document(statement(), DENY)
    document.statements[0].principals_open = VARIABLE
    document.statements[1].principals_open = VARIABLE
    world.policy(document)
    when = "{statement.effect: Allow, kind: role}"
    (found,) = check(world, rule(when, "principal"))
    assert (found.verdict, found.statement) == (Verdict.CANNOT_TELL, "S")


def test_a_policy_of_unknown_kind_runs_what_needs_no_kind(
    world: Any, check: Any, rule: Rule
) -> None:
    world.policy(world.document(statement()), kind="unknown")
    both = rule("{effect: Allow}", in_="[key, identity]")
    only_key = rule("{effect: Allow}", id="TEST-02", in_="[key]")
    any_kind = rule("{effect: Allow}", id="TEST-03")
    assert [m.rule for m in check(world, both, only_key, any_kind)] == ["TEST-01", "TEST-03"]


def test_default_policies_and_boundaries_are_no_targets(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(statement())).default = True
    world.policy(world.document(statement()), kind="boundary")
    world.policy(world.document(statement()), kind="session")
    assert check(world, rule("{effect: Allow}", in_="[key, identity]")) == []


# -- yields_to, escalate, params ------------------------------------------------------------------


def test_a_rule_is_silent_on_the_element_where_a_worse_one_fires(
    world: Any, check: Any, rule: Rule
) -> None:
    world.policy(world.document(statement(Sid="A"), statement(Sid="B", Action="kms:*")))
    low = rule("{effect: Allow}", yields_to="[TEST-02]")
    high = rule("{explicit: false}", "action", id="TEST-02")
    found = check(world, low, high)
    assert [(m.rule, m.statement) for m in found] == [("TEST-01", "A"), ("TEST-02", "B")]


def test_a_policy_silences_what_lies_in_it_but_not_in_others(
    world: Any, check: Any, rule: Rule
) -> None:
    world.policy(world.document(statement()), address="a")
    world.policy(world.document(statement(), Version="2008-10-17"), address="b")
    low = rule("{effect: Allow}", yields_to="[TEST-02]")
    high = rule("{version: '2008-10-17'}", "policy", id="TEST-02")
    found = check(world, low, high)
    assert [(m.rule, m.resource) for m in found] == [("TEST-01", "a"), ("TEST-02", "b")]


def test_only_a_yes_in_as_many_cases_silences(world: Any, check: Any, rule: Rule) -> None:
    bad, worse = world.document(statement()), world.document(statement(Action="kms:*"))
    bad.statements[0].position = worse.statements[0].position
    world.policy(Varying((({PROD: True}, worse), ({PROD: False}, bad))))
    low = rule("{effect: Allow}", yields_to="[TEST-02]")
    high = rule("{actions: {some: PutKeyPolicy}}", id="TEST-02")
    assert [m.rule for m in check(world, low, high)] == ["TEST-01", "TEST-02"]


def test_escalation_goes_to_the_first_that_holds(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(statement(Action="kms:*"), DENY, statement(Sid=VARIABLE)))
    escalate = (
        "[{when: {actions: {covers: kms_actions}}, severity: critical},"
        " {when: {effect: Deny}, severity: high}, {when: {sid: X}, severity: high}]"
    )
    found = check(world, rule("{resources: {some: {kind: any}}}", escalate=escalate))
    assert sorted(m.severity for m in found) == ["critical", "high", "medium"]
    (medium,) = [m for m in found if m.severity == "medium"]
    assert medium.evidence[-1] == "may be high: var.policy: variable has no default"


def test_parameters_are_set_by_configuration(world: Any, check: Any, rule: Rule) -> None:
    world.grant(operations=["Decrypt", "Encrypt"])
    when = "{operations: {count: {at_least: params.many}}}"
    text = rule(when, "grant", params="{many: 3}")
    assert check(world, text) == []
    assert len(check(world, text, parameters={"TEST-01": {"many": 2}})) == 1


# -- places ---------------------------------------------------------------------------------------


def test_the_place_is_the_key_token_and_the_element_its_value(
    world: Any, check: Any, rule: Rule
) -> None:
    symbol = Symbol("role_arn", 'aws_iam_role.app["x"].arn', Owner("root"), "resource")
    document = world.document(statement(Principal={"AWS": [Text((symbol,), world.at())]}))
    world.policy(document)
    (found,) = check(world, rule("{effect: Allow}", point_at="principal"))
    assert found.position == document.statements[0].elements["Principal"][0].position
    assert found.element == "{AWS: ${aws_iam_role.app.arn}}"
    assert found.statement == "S"


def test_something_absent_is_at_the_innermost_thing(world: Any, check: Any, rule: Rule) -> None:
    document = world.document({"Effect": "Allow"})
    world.policy(document)
    (found,) = check(world, rule("{effect: Allow}", point_at="condition"))
    assert (found.position, found.element) == (document.statements[0].position, "")
    assert found.statement == "#0"


def test_a_value_from_another_file_is_a_related_place(world: Any, check: Any, rule: Rule) -> None:
    elsewhere = (2 << 40) + 5
    world.key(rotation_period=Text(("7",), elsewhere))
    when = "{rotation_period: {less_than: 90}}"
    (found,) = check(world, rule(when, "key", point_at="rotation_period"))
    assert found.related == (("written here", elsewhere),)


@pytest.mark.parametrize("several", [False, True])
def test_a_principal_from_another_file_is_a_related_place(
    world: Any, check: Any, rule: Rule, several: bool
) -> None:
    elsewhere = (2 << 40) + 5
    names = [Text(("*",), elsewhere)]
    if several:  # then it is their list
        names = [Text(("*",), elsewhere + 1), Text(("111122223333",), elsewhere + 6)]
    world.policy(world.document(statement(Principal={"AWS": List(names, elsewhere)})))
    (found,) = check(world, rule("{effect: Allow}", point_at="principal"))
    assert found.related == (("written here", elsewhere),)


def test_a_setting_that_is_not_written_is_at_the_header(world: Any, check: Any, rule: Rule) -> None:
    key = world.key()
    (found,) = check(world, rule("{rotation_period: {written: false}}", "key", point_at="rotation_period"))  # fmt: skip
    assert (found.position, found.attribute) == (key.position, "rotation_period")


def test_messages_name_what_was_found(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(statement(Action=["kms:Decrypt", "kms:CreateGrant"])))
    text = rule(
        "{actions: {some: {duty: grant}}}",
        message='"{statement}: {actions.name} ({actions.duty}), {effect}, {address}"',
    )
    (found,) = check(world, text)
    assert found.message == 'statement "S": kms:CreateGrant (grant), Allow, aws_kms_key.k'
    assert found.evidence == ("actions has kms:CreateGrant: duty is grant",)


def test_matches_cross_processes(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(statement()))
    (found,) = check(world, rule("{effect: Allow}"))
    assert dataclasses.asdict(found)["rule"] == "TEST-01"


def test_statements_at_one_place_are_several(world: Any, check: Any, rule: Rule) -> None:
    # In a plan a policy is JSON inside a text: its statements stand where the text does.
    both = {
        "Statement": [
            {"Effect": "Allow", "Action": "kms:Sign"},
            {"Effect": "Allow", "Action": "kms:Verify"},
        ]
    }
    document = parse_document(value_of(both, lambda: 99))
    world.policy(document, key=world.key())
    found = check(world, rule("{effect: Allow}", message='"{explicit_actions}"'))
    assert [match.message for match in found] == ["kms:Sign", "kms:Verify"]


def test_what_stands_nowhere_is_at_what_it_lies_in(world: Any, check: Any, rule: Rule) -> None:
    document = world.document(statement())
    document.statements[0].conditions_open = Unknown("local.x", "too deep")
    world.policy(document)
    (found,) = check(world, rule("{negated: true}", "condition"))
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.position == document.statements[0].position


# -- relations and references ---------------------------------------------------------------------


def test_a_possible_policy_makes_some_cannot_tell_at_best(
    world: Any, check: Any, rule: Rule
) -> None:
    key = world.key()
    policy = world.policy(world.document(statement()))
    key.policies = Related((), (policy,), frozenset({Blame("var.key", "not known", 4)}))
    some = "{policies: {some: {version: 2012-10-17}}}"
    (found,) = check(world, rule(some, "key"))
    assert (found.verdict, found.blame[0].expression) == (Verdict.CANNOT_TELL, "var.key")
    (found,) = check(world, rule("{policies: {count: {at_most: 0}}}", "key"))
    assert found.verdict is Verdict.CANNOT_TELL


def test_a_reference_to_nothing_is_not_applicable(world: Any, check: Any, rule: Rule) -> None:
    world.policy(world.document(statement()))
    assert check(world, rule("{not: {policy.key.enabled: true}}")) == []
    assert check(world, rule("{policy.key.enabled: {not: true}}")) == []


def test_a_reference_that_was_not_scanned_cannot_be_told(
    world: Any, check: Any, rule: Rule
) -> None:
    policy = world.policy(world.document(statement()))
    policy.key = Related((), (), frozenset({Blame("var.key_id", "not in the scan", 4)}))
    (found,) = check(world, rule("{policy.key.enabled: true}"))
    assert (found.verdict, found.blame[0].expression) == (Verdict.CANNOT_TELL, "var.key_id")


def test_an_unknown_policy_is_not_no_policy(world: Any, check: Any, rule: Rule) -> None:
    key = world.key()
    key.policies = Related((world.policy(VARIABLE),))
    assert check(world, rule("{policies: {count: {at_most: 0}}}", "key")) == []
    given = world.policy(None, address="other")
    key.policies = Related((given,))
    assert len(check(world, rule("{policies: {count: {at_most: 0}}}", "key"))) == 1


def test_the_family_of_a_multi_region_key(world: Any, check: Any, rule: Rule) -> None:
    primary, one = world.key("p"), world.key("r1", replica=True)
    two = world.key("r2", replica=True)
    primary.replicas = Related((one, two))
    one.primary = two.primary = Related((primary,))
    when = "{siblings: {count: {at_least: 2, at_most: 2}}}"
    assert sorted(m.resource for m in check(world, rule(when, "key"))) == ["p", "r1", "r2"]


def test_semantic_terms_come_last(tmp_path: Any, rule: Rule) -> None:
    when = "{public: true, any: [{actions: {some: Decrypt}}, {effect: Allow}], effect: Allow}"
    (tmp_path / "r.yaml").write_text(rule(when))
    (loaded,) = load_rules([tmp_path])
    assert [int(node.cost) for node in loaded.when.terms()] == [0, 1, 2]
