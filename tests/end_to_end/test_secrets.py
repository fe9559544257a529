"""What Terraform or CloudFormation calls secret stands in no report, on no stream."""

from __future__ import annotations

import json

import pytest

SECRET = "Sup3rSecretValue"
STATEMENT = {
    "Sid": SECRET, "Effect": "Allow", "Principal": {"AWS": ["*", SECRET]}, "Resource": "*",
    "Action": ["kms:Decrypt", f"kms:{SECRET}"],
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": SECRET}},
}  # fmt: skip
UNCONDITIONAL = {key: value for key, value in STATEMENT.items() if key != "Condition"}
POLICY = json.dumps({"Statement": [UNCONDITIONAL]})


def plan(after: object, sensitive: object) -> str:
    change = {
        "address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
        "change": {"actions": ["create"], "after": after, "after_sensitive": sensitive},
    }  # fmt: skip
    variable = {"sensitive": True, "default": SECRET}
    return json.dumps(
        {
            "format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [change],
            "variables": {"v": {"value": SECRET}},
            "configuration": {"root_module": {"variables": {"v": variable}}},
        }
    )  # fmt: skip


HCL = """\
variable "v" {
  sensitive = true
  default   = "%s"
}
locals {
  secret = sensitive("%s")
  around = "a${var.v}b"
}
resource "aws_kms_key" "k" {
  description              = local.around
  customer_master_key_spec = var.v
  deletion_window_in_days  = var.v
  tags                     = { a = var.v }
  policy = jsonencode({ Statement = [{
    Sid       = var.v
    Effect    = "Allow"
    Principal = { AWS = [var.v, "*"] }
    Action    = ["kms:Decrypt", upper(var.v), var.v]
    Resource  = local.around
    Condition = { StringEquals = { "aws:x" = local.secret, (var.v) = "b" } }
  }] })
}
resource "aws_kms_key" "l" {
  policy = var.v
}
resource "aws_kms_key" "m" {
  policy = "{${var.v}"
}
resource "aws_kms_key" "n" {
  for_each    = toset([var.v])
  description = each.key
}
resource "aws_kms_key" "o" {
  policy      = jsondecode(var.v)
  description = { a = 1 }[var.v]
}
resource "aws_kms_key" "p" {
  policy = lookup({ a = 1 }, var.v)
  tags   = { for key in [var.v, var.v] : key => 1 }
}
resource "aws_kms_key" "q" {
  policy              = tonumber(var.v)
  enable_key_rotation = tobool(var.v)
}
resource "aws_kms_alias" "a" {
  name          = "alias/${var.v}"
  target_key_id = local.secret
}
""".replace("%s", SECRET)

CLOUDFORMATION = """\
Parameters:
  P: {Type: String, NoEcho: true, Default: %s}
Conditions:
  C: !Equals [!Ref P, x]
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: !Ref P
      KeySpec: !Ref P
      PendingWindowInDays: !Ref P
      Tags: [{Key: a, Value: !Sub "x${P}"}]
      KeyPolicy:
        Statement:
          - Sid: !Ref P
            Effect: Allow
            Principal: {AWS: [!Ref P, "*"]}
            Action: [!Sub "kms:${P}", "kms:Decrypt"]
            Resource: !Join ["", [!Ref P, "b"]]
            Condition:
              StringEquals: {"aws:PrincipalTag/x": !Select [0, !Split [",", !Ref P]]}
  L:
    Type: AWS::KMS::Key
    Condition: C
    Properties: {KeyPolicy: !Ref P}
  M:
    Type: AWS::KMS::Key
    Properties: {KeyPolicy: !Sub '{"Statement": ${P}'}
  A:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Sub "alias/${P}", TargetKeyId: !Ref P}
""".replace("%s", SECRET)

FUNCTIONS = """\
Transform: AWS::LanguageExtensions
Parameters:
  Secret: {Type: String, NoEcho: true, Default: %s}
  Given: {Type: String, NoEcho: true, Default: 1%s}
  Number: {Type: String, NoEcho: true, Default: "%s"}
  List: {Type: CommaDelimitedList, NoEcho: true, Default: "%s-1,%s-2"}
  Allowed: {Type: String, NoEcho: true, AllowedValues: [%sX, %sY]}
  Members: {Type: CommaDelimitedList, NoEcho: true, AllowedValues: [%sM, %sN]}
  Open: {Type: String}
Mappings:
  M: {a: {b: c}, %s: {x: "*"}}
Conditions:
  IsA: !Equals [!Ref Secret, !Ref Open]
  IsB: !Equals [!Ref Allowed, %sX]
  IsC: !Equals [!Join ["", [!Ref Given, x]], !Ref Open]
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Sub "${Secret} ${Given} ${Number} ${Allowed}"
      KeyPolicy:
        Id: !Ref Members
        Statement:
          - Sid: !Sub "${Given}"
            Effect: !If [IsA, Allow, !If [IsB, Deny, Allow]]
            Principal: {AWS: "*"}
            Action: "kms:*"
            Resource: "*"
            Condition:
              StringEquals:
                a: !Ref Secret
                b: !Ref Given
                c: !Sub "{{resolve:ssm:/${Given}}}"
                d: !FindInMap [M, !Ref Given, b]
                e: !FindInMap [M, !Ref Secret, b]
                f: !Select [!Ref Number, [a, b]]
                g: !Split [",", !Sub "${Given},x"]
                h: !Select [9, !Split [",", !Ref Secret]]
                i: !ImportValue {"Fn::Sub": "${Given}"}
                j: {"Fn::Base64": !Ref Given}
                k: !Join [",", !Ref List]
                l: !If [IsC, !Ref Given, !Ref Members]
                m: !Cidr [!Ref Given, 1, 8]
                n: !GetAtt [Key, !Ref Given]
                o: !GetAtt [!Ref Given, x]
                p: !Select [!Ref Given, [a, b]]
                q: !FindInMap [!Ref Given, a, b]
                r: !Sub "${Secret}-x-${Open}"
          - Effect: Allow
            Principal: {AWS: !Ref Given}
            Action: !Sub "kms:${Given}"
            Resource: !Ref Secret
          - Effect: Allow
            Principal: "*"
            Action: "kms:*"
            Resource: "*"
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Given
      AssumeRolePolicyDocument: !Sub '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "${Given}", "Sid": "${Secret}"}]}'
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Sub "alias/${Given}", TargetKeyId: !Ref Key}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: {Effect: Allow, Action: "kms:Decrypt", Resource: !Sub "${Role.Arn}/${Alias}"}
""".replace("%s", SECRET)
"""Every function with a secret in every place, in a policy that is flagged."""

COMMANDS = [("scan", "-v"), ("scan", "-f", "json"), ("inventory",), ("inventory", "-f", "json")]
FILES = {
    "plan: policy": ("p.json", plan({"policy": POLICY, "tags": {"a": SECRET}},
                                    {"policy": True, "tags": {"a": True}})),
    "plan: all": ("p.json", plan({"policy": POLICY, "description": SECRET}, True)),
    "plan: wrong mask": ("p.json", plan({"policy": POLICY, "description": SECRET},
                                        {"policy": "true", "description": 1})),
    "plan: wrong types": ("p.json", plan({"policy": [SECRET], "description": {"x": SECRET}},
                                         {"policy": [True], "description": {"x": True}})),
    "plan: settings": ("p.json", plan({"customer_master_key_spec": SECRET, "is_enabled": SECRET},
                                      {"customer_master_key_spec": True, "is_enabled": True})),
    "plan: no policy": ("p.json", plan({"policy": '{"Statement": ' + SECRET}, {"policy": True})),
    "plan: cut off": ("p.json", plan({"policy": POLICY}, {"policy": True})[:-90]),
    "hcl": ("main.tf", HCL),
    "cloudformation": ("t.yaml", CLOUDFORMATION),
    "cloudformation: functions": ("t.yaml", FUNCTIONS),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("case", FILES)
def test_a_secret_stays_out_of_every_report(kmsiac, case, command):
    name, content = FILES[case]
    ran = kmsiac({name: content}, *command)
    assert SECRET not in ran.out + ran.err
    assert SECRET.upper() not in ran.out + ran.err
    assert SECRET[2:-2] not in ran.out + ran.err


def test_values_of_the_command_line_and_of_variable_files_too(kmsiac):
    hcl = HCL.replace(SECRET, "x")
    assert SECRET not in kmsiac({"main.tf": hcl}, "scan", "-v", "--var", f"v={SECRET}").out
    assert SECRET not in kmsiac({"terraform.tfvars": f'v = "{SECRET}"\n'}, "scan", "-v").out
    template = CLOUDFORMATION.replace(SECRET, "x")
    given = ("--parameters", f"P={SECRET}")
    assert SECRET not in kmsiac({"t.yaml": template}, "scan", "t.yaml", "-v", *given).out


def test_the_witness_does_not_spell_out_a_secret(kmsiac):
    policy = json.dumps({"Statement": [STATEMENT]})
    ran = kmsiac({"p.json": plan({"policy": policy}, {"policy": True})}, "scan", "-f", "json")
    assert ran.code == 1
    assert SECRET not in ran.out


def test_a_sensitive_for_each_is_one_unknown_instance(kmsiac):
    report = json.loads(kmsiac({"main.tf": HCL}, "scan", "-f", "json").out)
    addresses = {a["address"] for f in report["findings"] for a in f["addresses"]}
    assert "aws_kms_key.n" in addresses
