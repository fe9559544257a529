"""Whole templates: resources, lines, twins, gaps, and input that is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.errors import SourceError
from kmsiac.frontends.cloudformation.detect import is_template
from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.cloudformation.templates import read_template
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.values import Choice, Text, Unquoted, unknowns
from tests.frontends.cloudformation.conftest import plain

YAML = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  # the key
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    DependsOn: [Role, Queue]
    Metadata: {kmsiac: {ignore: []}}
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Role.Arn}
            Action: kms:*
            Resource: "*"

  # the role
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
  Queue:
    Type: AWS::SQS::Queue
"""

JSON = """\
{"AWSTemplateFormatVersion": "2010-09-09",
 "Resources": {
  "Key": {
   "Type": "AWS::KMS::Key",
   "DeletionPolicy": "Retain",
   "DependsOn": ["Role", "Queue"],
   "Metadata": {"kmsiac": {"ignore": []}},
   "Properties": {
    "EnableKeyRotation": true,
    "KeyPolicy": {
     "Version": "2012-10-17",
     "Statement": [{
      "Effect": "Allow",
      "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}},
      "Action": "kms:*",
      "Resource": "*"}]}}},
  "Role": {
   "Type": "AWS::IAM::Role",
   "Properties": {"AssumeRolePolicyDocument": {}}},
  "Queue": {"Type": "AWS::SQS::Queue"}}}
"""


@pytest.mark.parametrize(
    ("text", "name"), [(YAML, "t.yaml"), (JSON, "t.json"), (JSON, "t.template")]
)
def test_twins_are_equal(read, text, name):
    loaded = read(text, name)
    key, role = loaded.stack.resources
    assert (key.address, key.type, key.depends_on) == ("Key", "AWS::KMS::Key", ("Role", "Queue"))
    assert (role.address, role.exists, role.lifecycle) == ("Role", None, None)
    assert str(key.lifecycle.get("DeletionPolicy")) == "Retain"
    assert key.metadata.get("kmsiac") is not None
    assert loaded.plain("Key") == {
        "EnableKeyRotation": True,
        "KeyPolicy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "${Role.Arn}"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
    }
    assert (loaded.stack.unit, loaded.stack.framework) == (name, "cloudformation")
    assert loaded.stack.files == {name}
    assert (loaded.errors, loaded.stack.gaps) == ([], [])


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        (YAML, "t.yaml", [(4, 3), (17, 26), (20, 3), (23, 35), (13, 9), (16, 13), (16, 21)]),
        (JSON, "t.json", [(3, 3), (16, 27), (17, 3), (19, 51), (12, 6), (15, 7), (15, 17)]),
    ],
)
def test_lines(read, text, name, lines):
    loaded = read(text, name)
    key, role = loaded.stack.resources
    policy = loaded.value("Key.KeyPolicy")
    statement = policy.get("Statement").items[0]
    file = loaded.tree.file(key.position)
    assert [
        loaded.line(key.position),
        file.line_column(key.end),
        loaded.line(role.position),
        file.line_column(role.end),
        loaded.line(policy.key("Statement").position),
        loaded.line(statement.key("Action").position),
        loaded.line(statement.get("Action").position),
    ] == lines


@pytest.mark.parametrize("tag", ["", "!Sub "])
def test_positions_inside_a_block_of_json(read, tag):
    loaded = read(f"""\
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {tag}|
        {{"Statement":

          {{"Resource": "${{AWS::Region}}",
           "Action": "kms:*"}}}}
""")
    document = loaded.value("P.PolicyDocument")
    index = 0
    for part in document.parts:
        if isinstance(part, str) and "kms" in part:
            assert loaded.line(document.position_of(index + part.index("kms"))) == (9, 23)
            break
        index += len(part) if isinstance(part, str) else 1
    assert loaded.line(document.position_of(0)) == (6, 9)
    for part in document.parts:
        if not isinstance(part, str):
            assert loaded.line(part.position) == (8, 25)


def test_duplicate_keys_are_reported_and_both_stay(read):
    loaded = read("""\
Resources:
  K: {Type: AWS::KMS::Key, Properties: {Description: first}}
  K:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement: [{Effect: Deny, Effect: Allow}]
      Tags: [{Key: a, Key: b}]
""")
    # Of the two in a policy a rule tells.
    assert loaded.errors == []
    assert loaded.notes == [
        "t.yaml:3:3: duplicate key K: the last one counts",
        "t.yaml:8:23: duplicate key Key: the last one counts",
    ]
    statement = loaded.value("K.KeyPolicy.Statement.0")
    assert [str(key) for key, _ in statement.entries] == ["Effect", "Effect"]
    question = "line of the Effect that counts (7:36 hides 7:22)"
    assert loaded.plain("K.KeyPolicy.Statement.0.Effect") == (
        question, {"7:36": "Allow", "7:22": "Deny"},
    )  # fmt: skip
    hidden, key = loaded.stack.resources
    assert (hidden.address, plain(hidden.attributes)) == ("K", {"Description": "first"})
    assert [(guard.name, atom) for guard, atom in hidden.exists] == [
        ("line of the K that counts (3 hides 2)", "2")
    ]
    assert key.exists is None


def test_duplicate_keys_in_a_policy_that_is_not_judged_are_reported(read):
    loaded = read("""\
Resources:
  B:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Deny, Effect: Allow}]}}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [], Statement: []}
      Policies:
        - {PolicyName: a, PolicyName: b, PolicyDocument: {Statement: [{Sid: a, Sid: b}]}}
""")
    assert [note.split(":")[1] + note.split(":")[3] for note in loaded.notes] == [
        "4 duplicate key Effect",
        "8 duplicate key Statement",
        "10 duplicate key PolicyName",
    ]


def test_first_section_and_first_properties_are_cases(read):
    loaded = read("""Resources:
  A: {Type: AWS::KMS::Key, Properties: {Description: a}}
  B: {Type: AWS::SQS::Queue}
Resources:
  A:
    Type: AWS::KMS::Key
    Properties: {Description: b}
    Properties: {Description: c}
""")
    assert [
        (plain(key.attributes), [(guard.name, atom) for guard, atom in key.exists or ()])
        for key in loaded.stack.resources
    ] == [
        ({"Description": "a"}, [("line of the Resources that counts (4 hides 1)", "1")]),
        ({"Description": "b"}, [("line of the Properties that counts (8 hides 7)", "7")]),
        ({"Description": "c"}, []),
    ]


def test_equal_and_many_duplicates_make_few_cases(read):
    many = "".join(
        f"        A{n}: 1\n        A{n}: 2\n        B{n}: 1\n        B{n}: 1\n" for n in range(50)
    )
    loaded = read(f"""Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Tags:
{many}""")
    assert len(loaded.notes) == 21
    assert loaded.notes[-1] == "t.yaml:47:9: 80 more duplicate keys in this map"
    members = [value for _, value in loaded.value("K.Tags").entries]
    assert sum(isinstance(value, Choice) for value in members) == 8


def test_keys_that_are_no_text_are_unknown(read):
    loaded = read("""Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: {{ text }}
      Tags: [{? [a] : b}, {!Sub k : c}]
""")
    assert sorted(unknown.reason for unknown in unknowns(loaded.stack.resources[0].attributes)) == [
        "a key that is no text", "a key that is no text",
        "{{ }} of a language that makes templates was not rendered",
    ]  # fmt: skip


def test_gaps(read):
    loaded = read("""\
Transform: [AWS::Serverless-2016-10-31, AWS::LanguageExtensions]
Resources:
  Fn::ForEach::Keys: [X, [a], {}]
  Fn::ForEach::Odd: [X, [a]]
  Nested: {Type: AWS::CloudFormation::Stack}
  Module: {Type: My::Org::Thing::MODULE}
  Odd: !Foo x
  K:
    Type: AWS::KMS::Key
    Properties:
      Fn::Transform: {Name: AWS::Include}
      Description: !GetAtt FunctionRole.Arn
""")
    assert [(gap.resource, gap.attribute, gap.reason) for gap in loaded.stack.gaps] == [
        ("K", "", "AWS::Include without a Location"),
        ("Fn::ForEach::Odd", "", "this loop cannot be read"),
        ("Odd", "", "this resource is not written as a map"),
        ("Nested", "TemplateURL", "it has no TemplateURL that says what it deploys"),
        ("Module", "", "modules are not expanded"),
    ]  # fmt: skip
    reasons = [unknown.reason for unknown in unknowns(loaded.stack.resources[0].attributes)]
    assert "AWS::Include without a Location" in reasons
    assert (
        "there is no resource FunctionRole; AWS::Serverless-2016-10-31 may make it,"
        " and is not expanded" in reasons
    )


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "t.yaml", "the file is empty"),
        ("- a", "t.yaml", "a template is a map of sections"),
        ("{", "t.json", None),
        ("Resources: {K: *x}", "t.yaml", "undefined alias *x"),
        ("a: [" * 50_000, "t.yaml", None),
        ('{"a":' * 50_000, "t.json", None),
    ],
)
def test_what_is_no_template_is_refused(read, text, name, message):
    with pytest.raises(SourceError) as caught:
        read(text, name)
    assert message is None or caught.value.message == message


@pytest.mark.parametrize(
    "text",
    [
        "Resources: []",
        "Resources: {K: x, L: [], M: {Type: {}}, N: {}}",
        "Parameters: {P: [], Q: x, ? [a] : b}\nResources: {}",
        "Conditions: [a]\nMappings: x\nResources: ~",
        "Conditions: {C: !Equals x, D: !And [], E: x, F: !Not [!Equals [a]]}\nResources: {}",
    ],
)
def test_malformed_sections_do_not_crash(read, text):
    loaded = read(text)
    assert loaded.stack.resources == []
    assert loaded.errors or loaded.stack.gaps or "Parameters" in text


def test_is_template(tmp_path: Path):
    def node(text: str):
        (tmp_path / "t.yaml").write_text(text)
        return read_template(SourceTree(tmp_path).read(tmp_path / "t.yaml"))

    assert is_template(node("AWSTemplateFormatVersion: 2010-09-09"))
    assert is_template(node("Resources: {A: {Type: Custom::X}}"))
    assert not is_template(node("Resources: {A: {Type: Deployment}}"))
    assert not is_template(node("Resources: [a]"))
    assert not is_template(node("- a"))


def test_the_file_may_be_read_already(tmp_path: Path):
    (tmp_path / "t.yaml").write_text(YAML)
    tree = SourceTree(tmp_path)
    file = tree.read(tmp_path / "t.yaml")
    assert len(load(UnitSource("cloudformation", tmp_path, file), tree, Inputs()).resources) == 2


@pytest.mark.parametrize(
    ("type_", "told"),
    [
        ('{"Rain::Module": "../vpc.yml"}', "; run `rain pkg` and scan what it prints"),
        ('{"Fn::Sub": "AWS::KMS::Key"}', ""),
    ],
)
def test_a_type_that_is_not_written_out_is_no_missing_one(read, type_, told):
    stack = read('{"Resources": {"K": {"Type": ' + type_ + "}}}", "t.json").stack
    assert stack.errors == []
    (gap,) = stack.gaps
    assert (gap.resource, gap.attribute) == ("K", "Type")
    assert gap.reason.endswith(f": a type that is not written out{told}")


def test_digits_without_quotes_are_marked_wherever_they_go(read):
    loaded = read("""\
Parameters:
  A: {Type: String, Default: 012345670123}
  B: {Type: String, Default: "012345670123"}
  C: {Type: String, AllowedValues: [012345670123, "012345670124"]}
  D: {Type: Number, Default: 012345670123}
Mappings: {M: {x: {y: 012345670123}}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Tags:
        - 012345670123
        - !Ref A
        - !Sub "arn:aws:iam::${A}:root"
        - !Join [":", [a, !Ref A]]
        - !FindInMap [M, x, y]
        - !Ref D
        - "012345670123"
        - !Ref B
        - 112345670123
        - !!str 012345670123
        - !Ref C
""")
    *tags, choice = loaded.value("K.Tags").items

    def marks(value):
        parts = value.parts if isinstance(value, Text) else ()
        return [part.written for part in parts if isinstance(part, Unquoted)]

    assert [marks(tag) for tag in tags] == [["012345670123"]] * 6 + [[]] * 4
    assert [marks(branch) for _, branch in choice.branches] == [["012345670123"], []]
