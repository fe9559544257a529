"""From values to documents: elements, kinds of principals and resources, actions."""

from __future__ import annotations

import json

import pytest

from kmsiac.policy.actions import all_actions, covered_actions, explicit_actions
from kmsiac.policy.conditions import holds_when_absent
from kmsiac.policy.document import Condition, Pattern, PolicyDocument, Principal, Statement
from kmsiac.policy.parse import parse_document
from kmsiac.policy.principals import account_of, kind_of
from kmsiac.policy.resources import OwnKey, breadth_of, covers_own_key
from kmsiac.policy.resources import kind_of as resource_kind
from kmsiac.values import Map, Number, Owner, Part, Symbol, Text, Unknown, Verdict, text

OWNER = Owner("u")
ACCOUNT = Symbol("account_id", "AWS::AccountId", OWNER, "environment")
UNKNOWN = Unknown("var.x", "no default")


def document(**elements: object) -> Statement:
    written = json.dumps({"Version": "2012-10-17", "Statement": [elements]})
    parsed = parse_document(text(written))
    assert isinstance(parsed, PolicyDocument)
    return parsed.statements[0]


@pytest.mark.parametrize(
    ("type", "parts", "kind"),
    [
        ("*", ("*",), "anyone"),
        ("AWS", ("*",), "anyone"),
        ("AWS", ("111122223333",), "account"),
        ("AWS", ("arn:aws:iam::111122223333:root",), "account"),
        ("AWS", ("arn:aws:iam::", ACCOUNT, ":root"), "account"),
        ("AWS", (ACCOUNT,), "account"),
        ("AWS", ("arn:aws-cn:iam::111122223333:role/a/b",), "role"),
        ("AWS", ("arn:aws:iam::111122223333:user/a",), "user"),
        ("AWS", ("arn:aws:iam::111122223333:group/a",), "group"),
        ("AWS", ("arn:aws:sts::111122223333:assumed-role/a/b",), "session"),
        ("AWS", ("arn:aws:sts::111122223333:federated-user/b",), "session"),
        ("AWS", ("arn:aws:iam::111122223333:role/*",), "pattern"),
        ("AWS", ("arn:aws:iam::*:root",), "pattern"),
        ("AWS", ("AROAEXAMPLEEXAMPLE12",), "unique_id"),
        ("AWS", (Symbol("role_id", "App.RoleId", OWNER, "resource"),), "unique_id"),
        ("AWS", (Symbol("role_unique_id", "r.unique_id", OWNER, "resource"),), "unique_id"),
        ("AWS", (Symbol("user_unique_id", "u.unique_id", OWNER, "data"),), "unique_id"),
        ("AWS", ("arn:aws:organizations::111122223333:organization/o-abc",), "organization"),
        ("AWS", ("someone",), "malformed"),
        ("AWS", ("arn:aws:iam::", UNKNOWN, ":root"), "account"),
        ("AWS", ("arn:aws:iam::111122223333:role/", UNKNOWN), None),
        ("AWS", (UNKNOWN,), None),
        ("Service", ("logs.eu-west-1.amazonaws.com",), "service"),
        ("Federated", ("cognito-identity.amazonaws.com",), "federated"),
        ("CanonicalUser", ("79a5",), "canonical"),
        ("Aws", ("111122223333",), "malformed"),
    ],
)
def test_kinds_of_principals(type: str, parts: tuple[Part, ...], kind: str | None) -> None:
    found, blame = kind_of(Principal(type, Text(parts), False, 0))
    assert found == kind
    assert bool(blame) == (kind is None)


def test_the_account_of_a_principal() -> None:
    principal = Principal("AWS", Text(("arn:aws:iam::", ACCOUNT, ":role/x")), False, 0)
    account = account_of(principal)
    assert account is not None and account.parts == (ACCOUNT,)
    assert account_of(Principal("AWS", text("AROAEXAMPLEEXAMPLE12"), False, 0)) is None


KEY = OwnKey("u", "Key", text("aws"), text("eu-west-1"), Text((ACCOUNT,)))
OWN = Symbol("key_arn", "Key.Arn", OWNER, "resource", address="Key")
OTHER = Symbol("key_arn", "Other.Arn", OWNER, "resource", address="Other")
ID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("parts", "kind", "breadth", "own"),
    [
        (("*",), "any", "all", Verdict.YES),
        ((OWN,), "key", "one", Verdict.YES),
        ((OTHER,), "key", "one", Verdict.NO),
        ((f"arn:aws:kms:eu-west-1:111122223333:key/{ID}",), "key", "one", Verdict.CANNOT_TELL),
        ((f"arn:aws:kms:us-east-1:111122223333:key/{ID}",), "key", "one", Verdict.NO),
        (("arn:aws:kms:*:*:key/*",), "key", "all", Verdict.YES),
        (("arn:aws:kms:eu-west-1:", ACCOUNT, ":key/*"), "key", "account", Verdict.YES),
        (("arn:aws:kms:eu-west-1:111122223333:alias/a",), "alias", "one", Verdict.NO),
        (("arn:aws:kms:*:111122223333:*",), "service", "account", Verdict.CANNOT_TELL),
        (("arn:aws:s3:::bucket/*",), "other_service", "account", Verdict.NO),
        (("arn:*",), "service", "all", Verdict.YES),
        (("alias/a",), "not_arn", "one", Verdict.NO),
        ((ID,), "not_arn", "one", Verdict.NO),
        ((UNKNOWN,), None, None, Verdict.CANNOT_TELL),
    ],
)
def test_resources_of_a_key_policy(
    parts: tuple[Part, ...], kind: str | None, breadth: str | None, own: Verdict
) -> None:
    pattern = Pattern(Text(parts), False, 0)
    assert resource_kind(pattern)[0] == kind
    assert breadth_of(pattern)[0] == breadth
    assert covers_own_key(pattern, KEY).verdict is own


def test_actions_are_expanded_and_complemented() -> None:
    assert covered_actions(document(Action="kms:Decr*")).certain == {"kms:Decrypt"}
    assert covered_actions(document(Action="*")).certain == all_actions()
    rest = covered_actions(document(NotAction=["kms:*Key*", "s3:*"])).certain
    assert "kms:Decrypt" in rest and "kms:CreateKey" not in rest
    assert explicit_actions(document(Action=["KMS:decrypt", "kms:List*"])).certain == {
        "kms:Decrypt"
    }
    assert explicit_actions(document(NotAction="kms:Decrypt")).certain == frozenset()


@pytest.mark.parametrize(
    ("operator", "value", "verdict"),
    [
        ("StringEquals", "x", Verdict.NO),
        ("StringNotEquals", "x", Verdict.YES),
        ("StringEqualsIfExists", "x", Verdict.YES),
        ("ForAllValues:StringEquals", "x", Verdict.YES),
        ("ForAnyValue:StringNotEquals", "x", Verdict.NO),
        ("Null", "true", Verdict.YES),
        ("Null", "false", Verdict.NO),
        ("StringMatches", "x", Verdict.CANNOT_TELL),
    ],
)
def test_what_an_absent_key_does(operator: str, value: str, verdict: Verdict) -> None:
    condition = Condition(text(operator), text("aws:x"), (text(value),), 0, 0)
    assert holds_when_absent(condition).verdict is verdict


def test_every_element_is_kept_and_nothing_is_dropped() -> None:
    written = """{"Statement": [{"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ["a", "b"]},
      "Action": "kms:*", "Resource": "*", "Colour": "red",
      "Condition": {"Bool": {"aws:SecureTransport": true}}}, "nonsense"]}"""
    parsed = parse_document(text(written))
    assert isinstance(parsed, PolicyDocument)
    first, second = parsed.statements
    assert first.label == 'statement "A"'
    assert [str(p.value) for p in first.principals] == ["a", "b"]
    assert [str(key) for key in first.unknown_elements] == ["Colour"]
    assert [str(value) for value in first.conditions[0].values] == ["true"]
    assert second.open is not None and second.label == "statement 2"


def test_a_list_with_more_members_stays_open() -> None:
    parsed = parse_document(UNKNOWN)
    assert parsed is UNKNOWN


def test_a_sensitive_number_is_read_as_its_digits() -> None:
    number = Map(((text("AWS"), Number(111122223333, sensitive=True)),))
    parsed = parse_document(
        Map(((text("Statement"), Map(((text("Principal"), number),))),)),
    )
    assert isinstance(parsed, PolicyDocument)
    (principal,) = parsed.statements[0].principals
    assert isinstance(principal.value, Text)
    assert (principal.value.literal, principal.value.sensitive) == ("111122223333", True)
    assert kind_of(principal) == ("account", frozenset())


def test_an_unknown_operator_block_is_blamed_by_its_own_name() -> None:
    condition = Map(((text("StringEquals"), UNKNOWN),))
    parsed = parse_document(Map(((text("Statement"), Map(((text("Condition"), condition),))),)))
    assert isinstance(parsed, PolicyDocument)
    assert parsed.statements[0].conditions == ()
    assert parsed.statements[0].conditions_open is UNKNOWN


def test_the_last_of_two_elements_wins() -> None:
    parsed = parse_document(
        text('{"Version": "a", "Statement": {"Effect": "Allow", "Effect": "Deny"}, "Version": "b"}')
    )
    assert isinstance(parsed, PolicyDocument)
    assert isinstance(parsed.version, Text)
    assert parsed.version.literal == "b"
    assert parsed.statements[0].effect_text == "Deny"


def test_a_federated_user_of_sts_is_a_session() -> None:
    name = text("arn:aws:sts::111122223333:federated-user/ann")
    assert kind_of(Principal("AWS", name, False, 0)) == ("session", frozenset())
    provider = text("cognito-identity.amazonaws.com")
    assert kind_of(Principal("Federated", provider, False, 0)) == ("federated", frozenset())


def test_a_bare_list_of_principals_is_refused_by_aws_and_never_read_as_anyone() -> None:
    statement = document(Principal=["foo", "*"])
    assert statement.principals == ()
    assert statement.principals_open is not None
    assert "AWS refuses a list" in statement.principals_open.reason
