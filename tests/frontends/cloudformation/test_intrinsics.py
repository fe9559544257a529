"""Each intrinsic function, in short and long form."""

from __future__ import annotations

import json

import pytest

from kmsiac.stack import Environment
from kmsiac.values import Absent, Text, Unknown

SECTIONS = """
Parameters:
  Name: {Type: String, Default: app}
  Env: {Type: String, AllowedValues: [dev, prod]}
  Flag: {Type: String, Default: ""}
  Open: {Type: String}
  Ids: {Type: CommaDelimitedList, Default: "a, b"}
  Index: {Type: Number}
  Net: {Type: String, AllowedPattern: '[0-9./]+'}
  Zones: {Type: "List<AWS::EC2::AvailabilityZone::Name>"}
  Colours: {Type: CommaDelimitedList, AllowedValues: [red, blue]}
Conditions:
  HasFlag: !Not [!Equals [!Ref Flag, ""]]
  IsProd: !Equals [!Ref Env, prod]
  Never: !Equals [a, b]
  Other: !Equals [!Ref Open, x]
Mappings:
  M:
    us-east-1: {Acct: "111111111111", Same: s}
    eu-west-1: {Acct: "222222222222", Same: s}
  P:
    us-east-1: {Only: x}
    ap-south-1: {Other: y}
  Next:
    x: {y: eu-west-1}
  E:
    dev: {L: [d]}
    prod: {L: [p, q]}
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!Ref Name", "app"),
        ("{Ref: Name}", "app"),
        ("!Ref Env", ("Env", {"dev": "dev", "prod": "prod"})),
        ("!Ref Open", "?Open"),
        ("!Ref Ids", ["a", "b"]),
        ("!Ref Nobody", "?Nobody"),
        ("!Ref AWS::Region", "${AWS::Region}"),
        ("!Ref AWS::StackName", "${AWS::StackName}"),
        ("!Sub '${Name}-${AWS::AccountId}'", "app-${AWS::AccountId}"),
        ("!Sub '${!aws:username} ${'", "${aws:username} ${"),
        ("!Sub '${K.Arn}'", "${K.Arn}"),
        ("!Sub ['${A}/${Name}', {A: !Ref AWS::Partition}]", "${AWS::Partition}/app"),
        ("{'Fn::Sub': 'x${Env}'}", ("Env", {"dev": "xdev", "prod": "xprod"})),
        ("!Sub '${self:custom.x}'", "?self:custom.x"),
        ("!Sub '${Env}${Env}'", ("Env", {"dev": "devdev", "prod": "prodprod"})),
        ("!GetAtt K.Arn", "${K.Arn}"),
        ("!GetAtt [K, Arn]", "${K.Arn}"),
        ("{'Fn::GetAtt': K.Arn}", "${K.Arn}"),
        ("{'Fn::GetAtt': [K, !Ref Name]}", "${K.app}"),
        ("!Join [':', [a, !Ref AWS::Region, 1, true]]", "a:${AWS::Region}:1:true"),
        ("!Join ['', [a, !Ref AWS::NoValue, b]]", "ab"),
        ("!Join ['-', ['', a, '']]", "-a-"),
        ("!Join ['-', [!Ref AWS::NoValue, a]]", "a"),
        ("!Join ['-', !Ref Ids]", "a-b"),
        ("!Join ['-', [x, !If [HasFlag, y, !Ref AWS::NoValue], z]]",
         ("HasFlag", {True: "x-y-z", False: "x-z"})),
        ("!Join ['-', !Ref Open]", '?Fn::Join("-", Open)'),
        ("!If [Never, a, b]", "b"),
        ("!If [HasFlag, a, b]", ("HasFlag", {True: "a", False: "b"})),
        ("!If [IsProd, a, b]", ("Env", {"dev": "b", "prod": "a"})),
        ("!If [HasFlag, a, !Ref AWS::NoValue]", ("HasFlag", {True: "a", False: "absent"})),
        ("!Select [1, !Ref Ids]", "b"),
        ("!Select ['0', [x, y]]", "x"),
        ("!Select [7, [x]]", '?Fn::Select(7, ["x"])'),
        ("!Select [0, [!If [HasFlag, x, !Ref AWS::NoValue], y]]",
         ("HasFlag", {True: "x", False: "y"})),
        ("!Split [',', 'a,b']", ["a", "b"]),
        ("!Select [4, !Split [':', !GetAtt K.Arn]]", "${AWS::AccountId}"),
        ("!Select [1, !Split ['/', !GetAtt K.Arn]]", "${K}"),
        ("!Split [',', !Ref Open]", ["..."]),
        ("!Split [',', !Sub 'a,b${Open},c']", ["a", "..."]),
        ("!Split [',', !ImportValue x]", ["..."]),
        ("!Select [0, !Split ['/', !Sub 'a/${Open}']]", "a"),
        ("!Select [1, !Split ['/', !Sub 'a/${Open}']]",
         '?Fn::Select(1, Fn::Split("/", Fn::Sub("a/${Open}")))'),
        ("!Select [!Ref Env, [x]]", '?Fn::Select(Env, ["x"])'),
        ("!Select [!Ref Index, [x, y]]", ("Index", {"0": "x", "1": "y"})),
        ("!Select [!Ref Index, [x, x]]", "x"),
        ("!Select [!Ref Index, !Ref Zones]", "?Fn::Select(Index, Zones)"),
        ("!Select ['1', !Ref Zones]", "${Zones[1]}"),
        ("!Ref Zones", ["..."]),
        ("!Select [0, !GetAZs '']", '${Fn::GetAZs("")[0]}'),
        ("!Select [2, 'Fn::GetAZs': !Ref AWS::Region]", "${Fn::GetAZs(AWS::Region)[2]}"),
        ("!Select [0, !Ref AWS::NotificationARNs]", "${AWS::NotificationARNs[0]}"),
        ("!Ref Colours",
         [("Colours has red", {True: "red", False: "absent"}),
          ("Colours has blue", {True: "blue", False: "absent"})]),
        ("!Join [',', !Ref Colours]", '?Fn::Join(",", Colours)'),
        ("!Select [0, !Ref Colours]", "?Fn::Select(0, Colours)"),
        ("!Cidr [10.0.0.0/16, 3, 8]", ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
        ("!Cidr ['2001:db8::/56', 1, 64]", ["2001:db8::/64"]),
        ("!Select [1, !Cidr [!Ref Net, 2, 8]]", "${Fn::Cidr([Net, 2, 8])[1]}"),
        ("!Cidr [!Ref Open, 2, 8]", "?Fn::Cidr(Open, 2, 8)"),
        ("!Cidr [10.0.0.0/24, 300, 8]", '?Fn::Cidr("10.0.0.0/24", 300, 8)'),
        ("!Cidr [10.0.0.0/24, 2, 8]", '?Fn::Cidr("10.0.0.0/24", 2, 8)'),
        ("!FindInMap [M, us-east-1, Acct]", "111111111111"),
        ("!FindInMap [M, !Ref AWS::Region, Acct]",
         ("AWS::Region", {"us-east-1": "111111111111", "eu-west-1": "222222222222"})),
        ("!FindInMap [M, !Ref AWS::Region, Same]", "s"),
        ("!FindInMap [M, !Ref AWS::Region, Same, {DefaultValue: o}]",
         ("AWS::Region", {
             "us-east-1": "s", "eu-west-1": "s", "ap-south-1": "o", "(another key)": "o"})),
        ("!FindInMap [M, mars, Acct]", "?Fn::FindInMap(M, mars, Acct)"),
        ("!FindInMap [P, !Ref AWS::Region, Only]", "x"),
        ("!FindInMap [P, !Ref AWS::Region, None]", "?Fn::FindInMap(P, AWS::Region, None)"),
        ("!FindInMap [P, !Ref AWS::Partition, Only, {DefaultValue: d}]",
         ("AWS::Partition", {
             "us-east-1": "x", "ap-south-1": "d", "eu-west-1": "d", "(another key)": "d"})),
        ("!FindInMap [!Ref Open, us-east-1, Acct]", "111111111111"),
        ("!FindInMap [!Ref Open, dev, L]", ["d"]),
        ("!FindInMap [!Ref Open, mars, Acct]", "?Fn::FindInMap(Open, mars, Acct)"),
        ("!FindInMap [M, !FindInMap [Next, x, y], Acct]", "222222222222"),
        ("!FindInMap [M, mars, Acct, {DefaultValue: d}]", "d"),
        ("!FindInMap [E, !Ref Env, L]", ("Env", {"dev": ["d"], "prod": ["p", "q"]})),
        ("!ImportValue shared-key", "${Fn::ImportValue(shared-key)}"),
        ("!Sub ['${A}:root', {A: !ImportValue acct}]", "${Fn::ImportValue(acct)}:root"),
        ("!Base64 x", "eA=="),
        ("!Base64 {'Fn::Sub': '${Env}'}", ("Env", {"dev": "ZGV2", "prod": "cHJvZA=="})),
        ("!Base64 {Ref: Open}", "${Fn::Base64(Open)}"),
        ("!Join ['', ['{{resolve:secretsmanager:', !Ref Secret, ':SecretString:arn}}/*']]",
         "${{{resolve:secretsmanager:${Secret}:SecretString:arn}}}/*"),
        ("!Foo {a: 1}", '?Fn::Foo({"a": 1})'),
        ("!GetAtt {x: y}", '?Fn::GetAtt({"x": "y"})'),
        ("'{{resolve:ssm:/a/b}}-x'", "${{{resolve:ssm:/a/b}}}-x"),
        ("!Sub '{{resolve:ssm:/${Name}}}'", "${{{resolve:ssm:/app}}}"),
        ("'{{resolve:ssm-secure:a:1}}'", "${{{resolve:ssm-secure:a:1}}}"),
    ],
)  # fmt: skip
def test_value(evaluate, expression, expected):
    assert evaluate(expression, SECTIONS).plain("K.Description") == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("!Ref Open", "parameter has no default; give --parameters Open=..."),
        ("!Cidr [a, 1, 8]", "the block of Fn::Cidr is no CIDR block"),
        ("!Cidr [!Ref Open, 1, 8]", "Fn::Cidr of a block that is not known"),
        ("!Join [',', !Split [',', !Ref Open]]",
         "parameter has no default; give --parameters Open=..."),
        ("!Join [',', !Split [',', !ImportValue x]]",
         "Fn::ImportValue(x) may hold the delimiter of Fn::Split"),
        ("!Join [',', !Split ['.', !Ref Net]]", "Net may hold the delimiter of Fn::Split"),
        ("!Ref Nobody", "there is no parameter or resource Nobody"),
        ("!GetAtt Nobody.Arn", "there is no resource Nobody"),
        ("!FindInMap [M, mars, Acct]", "the mapping has no key mars"),
        ("!FindInMap [M, !Ref AWS::Region, Nope]", "no row of the mapping has the key Nope"),
        ("!FindInMap [X, mars, Acct]", "there is no mapping X"),
        ("!Join [x]", "Fn::Join needs 2 arguments"),
        ("!If [HasFlag, !Ref Flag, x]", None),
    ],
)  # fmt: skip
def test_an_unknown_says_why(evaluate, expression, reason):
    value = evaluate(expression, SECTIONS).value("K.Description")
    if reason is None:
        value = value.branches[0][1]
        reason = "the default does not hold under this condition; give --parameters Flag=..."
    assert isinstance(value, Unknown)
    assert value.reason == reason
    assert value.unit == "t.yaml"


def test_the_environment_is_fixed_by_flags(read):
    text = """
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: !Sub '${AWS::Partition} ${AWS::Region} ${AWS::AccountId} ${AWS::URLSuffix}'
"""
    given = Environment("111122223333", "cn-north-1", "aws-cn")
    loaded = read(text, environment=given)
    assert loaded.plain("K.Description") == "aws-cn cn-north-1 111122223333 amazonaws.com.cn"
    assert read(text).plain("K.Description") == (
        "${AWS::Partition} ${AWS::Region} ${AWS::AccountId} ${AWS::URLSuffix}"
    )


def test_environment_symbols_stand_where_they_are_referred_to(evaluate):
    loaded = evaluate("!Ref AWS::AccountId")
    symbol = loaded.value("K.Description").symbol
    assert (symbol.type, symbol.origin, symbol.owner.unit) == (
        "account_id",
        "environment",
        "t.yaml",
    )
    assert loaded.line(symbol.position) == (6, 20)


RESOURCES = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: app, Path: /x/}
  Plain: {Type: AWS::IAM::Role}
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Sub 'alias/${AWS::StackName}', TargetKeyId: !Ref Alias2}
  Alias2:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Ref Alias2}
  Managed: {Type: AWS::IAM::ManagedPolicy}
  Queue: {Type: AWS::SQS::Queue}
  Custom: {Type: Custom::Thing}
  Nested: {Type: AWS::CloudFormation::Stack}
  Endpoint: {Type: AWS::EC2::VPCEndpoint}
  Machine: {Type: AWS::StepFunctions::StateMachine}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: !Sub '${AWS::StackName}-s'}}
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: """


@pytest.mark.parametrize(
    ("expression", "type", "reference", "shape"),
    [
        ("!Ref K", "key_id", "K", None),
        ("!GetAtt K.KeyId", "key_id", "K", None),
        ("!GetAtt K.Arn", "key_arn", "K.Arn",
         "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${K}"),
        ("!Ref Role", "role_name", "Role", "app"),
        ("!GetAtt Role.Arn", "role_arn", "Role.Arn",
         "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x/app"),
        ("!GetAtt Plain.Arn", "role_arn", "Plain.Arn",
         "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Plain}"),
        ("!Ref Managed", "policy_arn", "Managed",
         "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${Managed.ManagedPolicyName}"),
        ("!GetAtt Queue.Arn", "queue_arn", "Queue.Arn",
         "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Queue.QueueName}"),
        ("!Ref Endpoint", "endpoint_id", "Endpoint", None),
        ("!Ref Machine", "state_machine_arn", "Machine",
         ("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
         "stateMachine:${Machine.StateMachineName}")),
        ("!GetAtt Machine.Arn", "state_machine_arn", "Machine",
         ("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
         "stateMachine:${Machine.StateMachineName}")),
        ("!GetAtt Stream.Arn", "stream_arn", "Stream.Arn",
         ("arn:${AWS::Partition}:kinesis:${AWS::Region}:${AWS::AccountId}:"
         "stream/${AWS::StackName}-s")),
    ],
)  # fmt: skip
def test_symbols_of_resources(read, expression, type, reference, shape):
    symbol = read(RESOURCES + expression + "\n").value("K.Description").symbol
    assert (symbol.type, symbol.reference, symbol.origin) == (type, reference, "resource")
    assert symbol.address == reference.split(".")[0]
    assert (str(symbol.shape) if symbol.shape else None) == shape


def test_an_alias_is_its_name_where_that_is_known(read):
    assert read(RESOURCES + "!Ref Alias\n").plain("K.Description") == "alias/${AWS::StackName}"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("!GetAtt Custom.Policy", "decided by the code behind Custom::Thing"),
        ("!Ref Custom", "decided by the code behind Custom::Thing"),
        ("!GetAtt Nested.Outputs.Arn", "it has no TemplateURL that says what it deploys"),
        ("!Ref Alias2", "refers to itself"),
    ],
)
def test_what_may_be_anything_is_no_symbol(read, expression, reason):
    value = read(RESOURCES + expression + "\n").value("K.Description")
    assert isinstance(value, Unknown)
    assert value.reason == reason


def test_no_value_leaves_members_out(read):
    loaded = read("""
Conditions: {C: !Equals [!Ref AWS::Region, x]}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: !Ref AWS::NoValue
      KeyPolicy:
        Statement:
          - !Ref AWS::NoValue
          - !If [C, {Effect: Allow}, !Ref AWS::NoValue]
""")
    assert loaded.stack.by_address()["K"].attributes.get("Description") is None
    (member,) = loaded.value("K.KeyPolicy.Statement").items
    assert isinstance(member.branches[1][1], Absent)


@pytest.mark.parametrize("place", ["Properties", "KeyPolicy", "Statement", "Principal", "Effect"])
def test_if_anywhere(read, place):
    nested: object = {"Effect": "Allow", "Principal": "*"}

    def choice(one: object, other: object) -> dict[str, object]:
        return {"Fn::If": ["C", one, other]}

    if place in ("Principal", "Effect"):
        nested = {**nested, place: choice("yes", "no")}
    policy: object = {"Statement": choice([nested], []) if place == "Statement" else [nested]}
    if place == "KeyPolicy":
        policy = choice(policy, {"Ref": "AWS::NoValue"})
    properties: object = {"KeyPolicy": policy}
    if place == "Properties":
        properties = choice(properties, {"Description": "x"})
    text = json.dumps(
        {
            "Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}},
            "Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": properties}},
        }
    )
    loaded = read(text, "t.json")
    statement = {"Effect": "Allow", "Principal": "*"}
    expected = {
        "Properties": {
            "KeyPolicy": ("C", {True: {"Statement": [statement]}, False: "absent"}),
            "Description": ("C", {True: "absent", False: "x"}),
        },
        "KeyPolicy": {"KeyPolicy": ("C", {True: {"Statement": [statement]}, False: "absent"})},
        "Statement": {"KeyPolicy": {"Statement": ("C", {True: [statement], False: []})}},
        "Principal": {
            "KeyPolicy": {
                "Statement": [{**statement, "Principal": ("C", {True: "yes", False: "no"})}]
            }
        },
        "Effect": {
            "KeyPolicy": {"Statement": [{**statement, "Effect": ("C", {True: "yes", False: "no"})}]}
        },
    }
    assert loaded.plain("K") == expected[place]


def test_a_map_with_another_key_is_no_call_and_stays_open(evaluate):
    value = evaluate("{'Fn::If': [C, a, b], x: y}").value("K.Description")
    assert value.open.reason == "Fn::If is not expanded"
    assert [str(key) for key, _ in value.entries] == ["x"]


def test_condition_is_an_iam_key_not_a_call(evaluate):
    assert evaluate("{Condition: {Bool: {a: true}}}").plain("K.Description") == {
        "Condition": {"Bool": {"a": True}}
    }


def test_text_stays_text(evaluate):
    loaded = evaluate("[2012-10-17, 012345670123, 123456789012, 1.10, yes, 7, true, ~, '7']")
    assert loaded.plain("K.Description") == [
        "2012-10-17", "012345670123", 123456789012, "1.10", "yes", 7, True, None, "7",
    ]  # fmt: skip


def test_sensitivity_spreads(evaluate):
    sections = "Parameters: {S: {Type: String, NoEcho: true, Default: hunter2}}"
    value = evaluate("!Sub 'x-${S}'", sections).value("K.Description")
    assert isinstance(value, Text)
    assert value.sensitive
    assert str(value) == "(sensitive)"
    assert value.literal == "x-hunter2"
