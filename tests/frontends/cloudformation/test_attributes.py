"""What `Ref` and `Fn::GetAtt` return for the types that policies speak of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kmsiac.frontends.cloudformation.attributes import REF, RETURNS
from kmsiac.policy.matching import outline
from kmsiac.values import Text
from tests.frontends.cloudformation.conftest import Loaded

Read = Callable[..., Loaded]
OWN = "${AWS::Region}:${AWS::AccountId}"


@pytest.mark.parametrize(
    ("type_", "properties", "expression", "symbol", "shape"),
    [
        ("AWS::Kinesis::Stream", "Name: s", "!GetAtt R.Arn", "stream_arn", f":kinesis:{OWN}:stream/s"),
        ("AWS::Kinesis::Stream", "Name: s", "!Ref R", "stream_name", "s"),
        ("AWS::StepFunctions::StateMachine", "StateMachineName: m", "!Ref R", "state_machine_arn", f":states:{OWN}:stateMachine:m"),
        ("AWS::StepFunctions::StateMachine", "StateMachineName: m", "!GetAtt R.Arn", "state_machine_arn", f":states:{OWN}:stateMachine:m"),
        ("AWS::ECR::Repository", "RepositoryName: a/b", "!GetAtt R.Arn", "repository_arn", f":ecr:{OWN}:repository/a/b"),
        ("AWS::EFS::FileSystem", "Encrypted: true", "!GetAtt R.Arn", "file_system_arn", f":elasticfilesystem:{OWN}:file-system/${{R}}"),
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier: Db", "!GetAtt R.DBInstanceArn", "db_instance_arn", f":rds:{OWN}:db:${{R}}"),
        ("AWS::Organizations::Account", "AccountName: a", "!Ref R", "member_account_id", ""),
        ("AWS::Organizations::Account", "AccountName: a", "!GetAtt R.AccountId", "member_account_id", ""),
        ("AWS::Organizations::Organization", "FeatureSet: ALL", "!GetAtt R.Id", "organization_id", ""),
        ("AWS::Lambda::Version", "FunctionName: f", "!Ref R", "function_version_arn", ""),
        ("AWS::EC2::Instance", "ImageId: ami-1", "!Ref R", "instance_id", ""),
        ("AWS::Some::Thing", "A: a", "!GetAtt R.Arn", "thing_arn", ""),
        ("AWS::Some::Thing", "A: a", "!Ref R", "text", ""),
    ],
)  # fmt: skip
def test_return_values(
    read: Read, type_: str, properties: str, expression: str, symbol: str, shape: str
) -> None:
    loaded = read(f"""Resources:
  R: {{Type: {type_}, Properties: {{{properties}}}}}
  K: {{Type: AWS::KMS::Key, Properties: {{Description: {expression}}}}}
""")
    value = loaded.value("K.Description")
    assert isinstance(value, Text)
    assert value.symbol is not None
    assert (value.symbol.type, value.symbol.address) == (symbol, "R")
    if shape:
        assert str(outline(value)).removeprefix("arn:${AWS::Partition}") == shape


def test_a_function_of_sam_is_a_function(read: Read) -> None:
    loaded = read("""Transform: AWS::Serverless-2016-10-31
Resources:
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: f}}
  K: {Type: AWS::KMS::Key, Properties: {Description: !GetAtt Fn.Arn}}
""")
    value = loaded.value("K.Description")
    assert isinstance(value, Text)
    assert str(outline(value)).endswith(f":lambda:{OWN}:function:f")


def test_no_type_says_twice_what_ref_is() -> None:
    for type_, returns in RETURNS.items():
        assert returns.ref is not REF, type_
        assert not (returns.name and returns.ref.shape), type_
