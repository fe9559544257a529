"""How keys, policies, aliases, grants, endpoints and identities find each other."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from kmsiac.inventory.build import build
from kmsiac.inventory.model import Entity, Related
from kmsiac.stack import Environment, Provider, Resource, Stack
from kmsiac.values import List, Map, Owner, Symbol, Text, Value, text

if TYPE_CHECKING:
    from conftest import Reader

KEYS = """
variable "unknown" {}
variable "flag" { type = bool }
data "aws_kms_key" "seen" { key_id = "alias/other" }
resource "aws_kms_key" "k" {}
resource "aws_kms_key" "l" {}
resource "aws_kms_alias" "a" {
  name          = "alias/app/main"
  target_key_id = aws_kms_key.k.key_id
}
"""


def names(related: Related[Entity]) -> list[str]:
    return [entity.address for entity in related.items]


def possible(related: Related[Entity]) -> list[str]:
    return [entity.address for entity in related.maybe]


@pytest.mark.parametrize(
    ("key_id", "certain", "maybe"),
    [
        ("aws_kms_key.k.id", ["aws_kms_key.k"], []),
        ("aws_kms_key.k.arn", ["aws_kms_key.k"], []),
        ("aws_kms_key.k.key_id", ["aws_kms_key.k"], []),
        ('"arn:aws:kms:eu-west-1:111122223333:key/${aws_kms_key.k.key_id}"', ["aws_kms_key.k"], []),
        ("aws_kms_alias.a.target_key_arn", ["aws_kms_key.k"], []),
        ('"alias/app/main"', ["aws_kms_key.k"], []),
        ('"arn:aws:kms:eu-west-1:111122223333:alias/app/main"', ["aws_kms_key.k"], []),
        ('"arn:aws:kms:us-east-1:111122223333:alias/app/main"', [], []),
        ('"arn:aws:kms:eu-west-1:444455556666:alias/app/main"', [], []),
        ('"alias/main"', [], []),
        ('"${aws_kms_key.k.key_id}-and-more"', [], []),
        ("data.aws_kms_key.seen.arn", [], []),
        ("var.unknown", [], []),
        (
            "var.flag ? aws_kms_key.k.id : aws_kms_key.l.id",
            [],
            ["aws_kms_key.k", "aws_kms_key.l"],
        ),
        ("var.flag ? aws_kms_key.k.id : aws_kms_key.k.arn", ["aws_kms_key.k"], []),
    ],
)
def test_the_key_that_a_policy_of_its_own_belongs_to(
    terraform: Reader, key_id: str, certain: list[str], maybe: list[str]
) -> None:
    read = terraform(
        f'{KEYS}resource "aws_kms_key_policy" "p" {{\n  key_id = {key_id}\n  policy = "{{}}"\n}}\n'
    )
    policy = read.policy("aws_kms_key_policy.p")
    assert names(policy.key) == certain
    assert sorted(possible(policy.key)) == maybe
    for key in policy.key.items:
        assert names(key.policies) == ["aws_kms_key_policy.p"]
    for key in policy.key.maybe:
        assert possible(key.policies) == ["aws_kms_key_policy.p"]
        assert not key.policies.items
    assert bool(policy.key.open) == (not certain and not maybe)


IDENTITIES = """
variable "unknown" {}
resource "aws_iam_role" "app" {
  name               = "app"
  path               = "/service/"
  assume_role_policy = "{}"
}
resource "aws_iam_user" "app" { name = "app" }
resource "aws_iam_role" "web" {
  name               = "${aws_iam_role.app.name}-web"
  assume_role_policy = "{}"
}
resource "aws_iam_role" "loose" {
  name               = "${var.unknown}-loose"
  assume_role_policy = "{}"
}
"""


@pytest.mark.parametrize(
    ("grantee", "found"),
    [
        ("aws_iam_role.app.arn", ["aws_iam_role.app"]),
        ("aws_iam_role.web.arn", ["aws_iam_role.web"]),
        ('"arn:aws:iam::111122223333:role/service/app"', ["aws_iam_role.app"]),
        ('"arn:aws:iam::111122223333:role/app"', []),
        ("aws_iam_role.app.description", []),
        ('"arn:aws:iam::111122223333:user/app"', ["aws_iam_user.app"]),
        ('"arn:aws:iam::444455556666:user/app"', []),
        ('"arn:aws:iam::111122223333:role/${var.unknown}-loose"', ["aws_iam_role.loose"]),
        ("var.unknown", []),
    ],
)
def test_the_grantee_of_a_grant(terraform: Reader, grantee: str, found: list[str]) -> None:
    read = terraform(
        f'{IDENTITIES}resource "aws_kms_key" "k" {{}}\n'
        f'resource "aws_kms_grant" "g" {{\n  key_id = aws_kms_key.k.id\n'
        f'  grantee_principal = {grantee}\n  operations = ["Decrypt"]\n'
        f"  retiring_principal = {grantee}\n}}\n"
    )
    grant = read.grant("aws_kms_grant.g")
    assert names(grant.retiring) == names(grant.grantee)
    assert names(grant.grantee) == found
    assert names(grant.key) == ["aws_kms_key.k"]
    assert names(read.key("aws_kms_key.k").grants) == ["aws_kms_grant.g"]


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ('"app"', ["aws_iam_role.app"]),
        ("aws_iam_role.app.name", ["aws_iam_role.app"]),
        ("aws_iam_role.app.id", ["aws_iam_role.app"]),
        ('"app-web"', ["aws_iam_role.web"]),
        ('"${var.unknown}-loose"', ["aws_iam_role.loose"]),
        ('"other"', []),
    ],
)
def test_the_role_of_an_inline_policy(terraform: Reader, role: str, found: list[str]) -> None:
    read = terraform(
        f'{IDENTITIES}resource "aws_iam_role_policy" "p" {{\n  role = {role}\n'
        '  policy = "{}"\n}\n'
    )
    policy = read.policy("aws_iam_role_policy.p")
    assert names(policy.identities) == found
    for identity in policy.identities.items:
        assert names(identity.policies) == ["aws_iam_role_policy.p"]


def test_managed_policies_are_attached(terraform: Reader) -> None:
    read = terraform(
        IDENTITIES
        + """
variable "flag" { type = bool }
resource "aws_iam_policy" "a" {
  name = "a"
  policy = "{}"
}
resource "aws_iam_policy" "b" {
  name = "b"
  policy = "{}"
}
resource "aws_iam_policy" "c" {
  name = "c"
  policy = "{}"
}
resource "aws_iam_policy" "edge" {
  name = "edge"
  policy = "{}"
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = "app"
  policy_arn = aws_iam_policy.a.arn
}
resource "aws_iam_policy_attachment" "b" {
  name       = "b"
  roles      = [aws_iam_role.web.name, "app", "app"]
  users      = ["app"]
  policy_arn = "arn:aws:iam::111122223333:policy/b"
}
resource "aws_iam_role_policy_attachment" "c" {
  count      = var.flag ? 1 : 0
  role       = aws_iam_role.web.name
  policy_arn = aws_iam_policy.c.arn
}
resource "aws_iam_role_policy_attachment" "aws" {
  role       = aws_iam_role.loose.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_role" "managed" {
  assume_role_policy   = "{}"
  managed_policy_arns  = [aws_iam_policy.a.arn]
  permissions_boundary = aws_iam_policy.edge.arn
}
"""
    )
    assert names(read.policy("aws_iam_policy.a").identities) == [
        "aws_iam_role.app",
        "aws_iam_role.managed",
    ]
    assert sorted(names(read.policy("aws_iam_policy.b").identities)) == [
        "aws_iam_role.app",
        "aws_iam_role.web",
        "aws_iam_user.app",
    ]
    web = read.identity("aws_iam_role.web").policies
    assert (names(web), possible(web)) == (["aws_iam_policy.b"], ["aws_iam_policy.c"])
    loose = read.identity("aws_iam_role.loose").policies
    reason = "an AWS managed policy, its text is not in the templates"
    assert [blame.reason for blame in loose.open] == [reason]
    edge = read.policy("aws_iam_policy.edge")
    assert (edge.kind, read.policy("aws_iam_policy.a").kind) == ("boundary", "identity")
    assert read.identity("aws_iam_role.managed").boundary.items == (edge,)


def test_cloudformation_identities(cloudformation: Reader) -> None:
    read = cloudformation("""
Resources:
  Key: {Type: AWS::KMS::Key}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${AWS::StackName}-app"
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns: [!Ref Managed, "arn:aws:iam::aws:policy/ReadOnlyAccess"]
      PermissionsBoundary: !Ref Edge
  User: {Type: AWS::IAM::User}
  Group: {Type: AWS::IAM::Group}
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: []}, Users: [!Ref User]}
  Edge:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: []}}
  Inline:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: inline
      PolicyDocument: {Statement: []}
      Roles: [!Sub "${AWS::StackName}-app"]
      Users: [!Ref User]
      Groups: [!Ref Group]
  Own:
    Type: AWS::IAM::RolePolicy
    Properties: {PolicyName: own, PolicyDocument: {Statement: []}, RoleName: !Ref Role}
""")
    assert sorted(names(read.policy("Inline").identities)) == ["Group", "Role", "User"]
    assert sorted(names(read.policy("Managed").identities)) == ["Role", "User"]
    assert names(read.policy("Own").identities) == ["Role"]
    assert read.policy("Edge").kind == "boundary"
    role = read.identity("Role")
    assert sorted(names(role.policies)) == ["Inline", "Managed", "Own"]
    assert len(role.policies.open) == 1


# -- what no front end gives on its own -----------------------------------------------------------


def resource(address: str, unit: str = "u", **attributes: Value) -> Resource:
    owner = Owner(unit)
    provider = Provider.symbolic(
        owner,
        Environment(),
        {name: name for name in ("account_id", "region", "partition", "dns_suffix")},
    )
    entries = [(text(name), value) for name, value in attributes.items()]
    return Resource(address, address.split(".")[-2], Map(entries), provider)


def of(address: str, attribute: str, unit: str = "u") -> Text:
    noun = next(noun for noun in ("key", "policy", "role") if noun in address)
    kind = f"{noun}_{attribute}"
    symbol = Symbol(kind, f"{address}.{attribute}", Owner(unit), "resource", address=address)
    return Text((symbol,))


def test_the_same_address_in_another_unit_is_another_thing() -> None:
    stack = Stack("u", "terraform")
    stack.resources = [
        resource("aws_kms_key.k"),
        resource("aws_kms_alias.a", target_key_id=of("aws_kms_key.k", "id", "v")),
    ]
    alias = build(stack).aliases[0]
    assert not alias.key.items
    assert not alias.key.maybe
    assert alias.key.open


def test_a_name_in_an_account_that_is_not_known_is_possible() -> None:
    grantee = text("arn:aws:iam::111122223333:role/app")
    stack = Stack("u", "terraform")
    stack.resources = [
        resource("aws_iam_role.app", name=text("app")),
        resource("aws_kms_grant.g", grantee_principal=grantee),
    ]
    grant = build(stack).grants[0]
    assert possible(grant.grantee) == ["aws_iam_role.app"]
    assert grant.grantee.open


@pytest.mark.parametrize(
    ("keys", "certain", "maybe"),
    [
        (["aws_kms_key.k[0]"], ["aws_kms_key.k[0]"], []),
        (["aws_kms_key.k[0]", "aws_kms_key.k[1]"], [], ["aws_kms_key.k[0]", "aws_kms_key.k[1]"]),
        (["module.m.aws_kms_key.k[0]"], [], []),
    ],
)
def test_a_plans_reference_without_an_index(
    keys: list[str], certain: list[str], maybe: list[str]
) -> None:
    stack = Stack("u", "terraform")
    stack.resources = [resource(key) for key in keys]
    stack.resources.append(resource("aws_kms_alias.a", target_key_id=of("aws_kms_key.k", "id")))
    key = build(stack).aliases[0].key
    assert (names(key), possible(key)) == (certain, maybe)
    assert bool(key.open) == (not certain)


def test_attributes_that_are_not_all_known_hide_no_default() -> None:
    from kmsiac.values import Unknown  # noqa: PLC0415 - only here

    rest = Unknown("!Transform", "not evaluated")
    bare = resource("aws_kms_key.k")
    stack = Stack("u", "terraform")
    stack.resources = [
        Resource(bare.address, bare.type, Map((), open=rest), bare.provider, position=1)
    ]
    inventory = build(stack)
    (policy,) = inventory.policies
    assert not policy.default
    assert policy.document.pick({}) == rest
    settings = inventory.keys[0].settings.pick({})
    assert settings is not None
    assert settings["rotation"].value == rest
    assert not settings["rotation"].written


def test_thousands_of_links_take_no_time() -> None:
    stack = Stack("u", "terraform")
    stack.resources = [resource("aws_kms_key.k"), resource("aws_iam_role.r", name=text("r"))]
    for n in range(5000):
        stack.resources.append(
            resource(f"aws_kms_alias.a[{n}]", target_key_id=of("aws_kms_key.k", "id"))
        )
    arns: list[Value] = []
    for n in range(1000):
        stack.resources.append(resource(f"aws_iam_policy.p[{n}]", policy=text("{}")))
        arns.append(of(f"aws_iam_policy.p[{n}]", "arn"))
        stack.resources.append(
            resource(f"aws_iam_role_policy.i[{n}]", role=text("r"), policy=text("{}"))
        )
    stack.resources.append(
        resource("aws_iam_role.many", managed_policy_arns=List(arns), name=text("many"))
    )
    inventory = build(stack)
    assert len(inventory.keys[0].aliases.items) == 5000
    assert [len(identity.policies.items) for identity in inventory.identities] == [1000, 1000]


def test_thousands_of_identities_and_policies() -> None:
    stack = Stack("u", "terraform")
    for n in range(5000):
        stack.resources += [
            resource(f"aws_iam_role.r[{n}]", name=text(f"r{n}")),
            resource(f"aws_iam_policy.p[{n}]", policy=text("{}"), name=text(f"p{n}")),
            resource(
                f"aws_iam_role_policy_attachment.a[{n}]",
                role=text(f"r{n}"),
                policy_arn=of(f"aws_iam_policy.p[{n}]", "arn"),
            ),
        ]
    started = process_time()
    inventory = build(stack)
    # About a second on a free core; what is not linear takes minutes.
    assert process_time() - started < 60
    assert all(len(identity.policies.items) == 1 for identity in inventory.identities)


def test_thousands_of_one_name_are_not_told_apart() -> None:
    stack = Stack("u", "terraform")
    for n in range(100):
        stack.resources.append(resource(f"aws_iam_role.r[{n}]", name=text("same")))
    stack.resources.append(resource("aws_iam_role_policy.p", role=text("same"), policy=text("{}")))
    (policy,) = build(stack).policies
    assert not policy.identities.items
    assert [blame.reason for blame in policy.identities.open] == ["more than 64 have this name"]
