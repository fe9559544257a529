"""`serverless.yml`: its own resources and roles, files that it reads, variables that stay unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import ScanOptions, read_units
from kmsiac.values import unknowns
from tests.frontends.cloudformation.conftest import Loaded

HEAD = "service: shop\nprovider: {name: aws}\n"
KEY = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {Description: %s}\n"


def indented(text: str, by: int = 2) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


@pytest.fixture
def service(tmp_path: Path):
    def service(text: str, **files: str) -> Loaded:
        for name, content in {"serverless": text, **files}.items():
            path = tmp_path / "app" / f"{name.replace('__', '/')}.yml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        tree = SourceTree(tmp_path / "app")
        source = UnitSource("cloudformation", tmp_path / "app" / "serverless.yml")
        return Loaded(load(source, tree, Inputs()), tree)

    return service


def reasons(loaded: Loaded) -> list[str]:
    return [f"{gap.attribute}: {gap.reason}" for gap in loaded.stack.gaps]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain ${AWS::Region}", "plain ${AWS::Region}"),
        ("${self:custom.a}", "?self:custom.a"),
        ("a-${self:custom.a}-b", "a-${self:custom.a}-b"),
        ("a-${self:custom.${opt:stage, 'dev'}.a}", "a-${self:custom.${opt:stage, 'dev'}.a}"),
        ('!Sub "${AWS::Region}/${sls:stage}"', "${AWS::Region}/${sls:stage}"),
        ('!Sub ["${x}/${env:Y}", {x: "${ssm:/a}"}]', "${ssm:/a}/${env:Y}"),
        ("{Fn::Sub: '${AWS::Region}'}", "${AWS::Region}"),
        ("${self:custom.a", "?self:custom.a"),
    ],
)
def test_variables_are_unknown(service, written, expected):
    written = written if written[0] in "!{" else f'"{written}"'
    loaded = service(HEAD + "resources:\n" + indented(KEY % written))
    assert loaded.plain("Key.Description") == expected
    assert loaded.errors == []
    told = [one.reason for one in unknowns(loaded.value("Key.Description"))]
    assert set(told) <= {"a variable of the Serverless Framework"}
    symbols = {part.reference for part in getattr(loaded.value("Key.Description"), "parts", ())
               if not isinstance(part, str) and hasattr(part, "reference")}  # fmt: skip
    assert symbols <= {"AWS::Region"}


def test_resources_in_a_list_and_in_files(service):
    loaded = service(
        HEAD
        + "resources:\n  - ${file(res/key.yml)}\n  - Resources: ${file(./res/more.yml):inner.all}\n"
        + "  - Conditions: {A: !Equals [a, a]}\n    Resources: {Q: {Type: AWS::KMS::Key}}\n"
        + "    extensions: {X: {}}\n",
        res__key=KEY % "'${self:service}'",
        res__more="inner:\n  all: {More: {Type: AWS::KMS::Key}}\n",
    )
    assert [one.address for one in loaded.stack.resources] == ["Key", "More", "Q"]
    key = loaded.stack.by_address()["Key"]
    assert loaded.tree.span(key.position)[:3] == ("res/key.yml", 2, 3)
    assert loaded.stack.files == {"serverless.yml", "res/key.yml", "res/more.yml"}
    assert reasons(loaded) == [
        "extensions: what extensions change of generated resources is not read"
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.yml", "file: none.yml: no such file or directory"),
        ("../out.yml", "file: ../out.yml: this path leads outside the scanned tree"),
        ("key.js", "file: key.js: code is not run"),
        ("bad.yml", "file: bad.yml: not valid YAML"),
        ("self.yml", "file: self.yml: files that stand for each other, too deep"),
    ],
)
def test_files_that_are_not_read(service, tmp_path, name, reason):
    (tmp_path / "out.yml").write_text(KEY % "x")
    loaded = service(
        f"{HEAD}resources: ${{file({name})}}\n", bad="a: [", self="Resources: ${file(self.yml)}\n"
    )
    assert reasons(loaded)[0].startswith(reason)
    assert loaded.stack.resources == []


ROLES = [
    "provider:\n  name: aws\n  iam: {role: {statements: [{Action: a}]}}\n",
    "provider:\n  name: aws\n  iamRoleStatements: [{Action: a}]\n",
]


@pytest.mark.parametrize("provider", ROLES)
def test_the_role_of_all_functions(service, provider):
    loaded = service("service: shop\n" + provider)
    [role] = loaded.stack.resources
    assert (role.address, role.type) == ("IamRoleLambdaExecution", "AWS::IAM::Role")
    assert loaded.line(role.position)[0] == 4
    policy = loaded.plain("IamRoleLambdaExecution.Policies.0.PolicyDocument")
    assert policy == {"Version": "2012-10-17", "Statement": [{"Action": "a"}]}


def test_roles_of_single_functions(service):
    loaded = service(
        "service: shop\n"
        + ROLES[1]
        + "functions:\n  my-first: {iamRoleStatementsInherit: true, iamRoleStatements: [{Action: b}]}\n"
        + "  second: {iamRoleStatements: '${file(x.js):y}'}\n  third: {handler: x}\n"
    )
    assert [one.address for one in loaded.stack.resources] == [
        "IamRoleLambdaExecution",
        "MyDashfirstIamRoleLambdaExecution",
        "SecondIamRoleLambdaExecution",
    ]
    both = loaded.value("MyDashfirstIamRoleLambdaExecution.Policies.0.PolicyDocument.Statement")
    assert len(both.items) == 2
    assert loaded.plain("SecondIamRoleLambdaExecution.Policies.0.PolicyDocument.Statement") == (
        "?file(x.js):y"
    )
    assert any("functions and events is not read" in reason for reason in reasons(loaded))


def test_a_service_is_a_unit_unless_its_package_was_found(tmp_path):
    text = HEAD + "resources: ${file(key.yml)}\n"
    (tmp_path / "serverless.yml").write_text(text)
    (tmp_path / "key.yml").write_text(KEY % "x")

    def units(*paths: str) -> list[str]:
        given = tuple(tmp_path / path for path in paths)
        read = read_units(ScanOptions(paths=given, working_directory=tmp_path))
        return [one.unit for one in read.inventories]

    assert units(".") == ["serverless.yml"]
    assert units("serverless.yml") == ["serverless.yml"]
    (tmp_path / ".serverless").mkdir()
    (tmp_path / ".serverless" / "cloudformation-template-update-stack.json").write_text(
        '{"Resources": {"Key": {"Type": "AWS::KMS::Key"}}}'
    )
    assert ".serverless/cloudformation-template-update-stack.json" in units(".")
    assert "serverless.yml" not in units(".")
    (tmp_path / "serverless.yml").write_text(HEAD)
    read = read_units(ScanOptions(paths=(tmp_path / "serverless.yml",), working_directory=tmp_path))
    assert "serverless package" in str(read.errors[0])
