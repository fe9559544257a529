"""Policies without a template around them: their kind, and the outputs of the AWS CLI they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.frontends.unit import Inputs
from kmsiac.scan import scan, take_inventory


def policy(**elements: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


PUBLIC = policy(Principal="*")
IDENTITY = policy()
TRUST = policy(Principal="*", Action="sts:AssumeRole")
KINDS = ("key", "identity", "trust", "boundary", "session", "endpoint", "scp", "rcp", "resource")


def options(document: object, kind: str | None = None) -> ScanOptions:
    text = document if isinstance(document, str) else json.dumps(document, indent=4)
    return ScanOptions(stdin=text.encode(), inputs=Inputs(policy_kind=kind))


def judged(document: object, kind: str | None = None) -> ScanResult:
    result = scan(options(document, kind))
    assert result.errors == []
    return result


def kinds(document: object, kind: str | None = None) -> list[tuple[str, str]]:
    found = take_inventory(options(document, kind))["policies"]
    return [(entry["resource"], entry["kind"]) for entry in found]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (PUBLIC, "key"),
        (IDENTITY, "identity"),
        (TRUST, "unknown"),
        (policy(Principal="*", Effect="Deny"), "unknown"),
        (policy(Principal="*", Action="s3:*"), "unknown"),
    ],
)
def test_the_kind_shows_or_is_one_unresolved_entry(document: dict[str, object], kind: str) -> None:
    assert kinds(document) == [("<stdin>", kind)]
    open_ones = [e for e in judged(document).unresolved if "kind of this policy" in e.reason]
    assert len(open_ones) == (kind == "unknown")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("document", [PUBLIC, IDENTITY, TRUST])
def test_the_kind_that_is_given_counts(document: dict[str, object], kind: str) -> None:
    assert kinds(document, kind) == [("<stdin>", kind)]
    assert not [e for e in judged(document, kind).unresolved if "kind of this" in e.reason]


def test_rules_follow_the_kind() -> None:
    role = policy(Principal={"AWS": "arn:aws:iam::111122223333:role/app"}, Action="kms:Decrypt")
    alone = {f.rule: f.severity for f in judged(role).findings}
    # Said to be the key policy, it is all of it: what it lacks counts in full.
    said = {f.rule: f.severity for f in judged(role, "key").findings}
    assert (alone["KP-01"], said["KP-01"]) == ("low", "medium")
    assert "KP-20" in {f.rule for f in judged(PUBLIC).findings}
    assert "KP-20" not in {f.rule for f in judged(PUBLIC, "scp").findings}
    assert not {f.rule for f in judged(PUBLIC, "unknown").findings} & {"KP-01", "KP-20"}


KEY_TEXT = json.dumps(PUBLIC, indent=2)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"Policy": KEY_TEXT, "PolicyName": "default"}, [("<stdin>", "key")]),
        ({"Policy": KEY_TEXT}, [("<stdin>", "key")]),
        ({"Policy": json.dumps(policy(Principal="*", Action="s3:*"))}, [("<stdin>", "unknown")]),
        ({"PolicyVersion": {"Document": IDENTITY, "VersionId": "v1"}}, [("<stdin>", "identity")]),
        (
            {"RoleName": "r", "PolicyName": "p", "PolicyDocument": IDENTITY},
            [("<stdin>", "identity")],
        ),
        (
            {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}},
            [("<stdin>", "trust")],
        ),
        (
            {
                "Policy": {
                    "PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"},
                    "Content": json.dumps(IDENTITY),
                }
            },
            [("<stdin>", "scp")],
        ),
        (
            {
                "VpcEndpoints": [
                    {"VpcEndpointId": "vpce-1", "PolicyDocument": json.dumps(PUBLIC)},
                    {"VpcEndpointId": "vpce-2"},
                    {"VpcEndpointId": "vpce-3", "PolicyDocument": json.dumps(PUBLIC)},
                ]
            },
            [
                ("<stdin>#/VpcEndpoints/0/PolicyDocument", "endpoint"),
                ("<stdin>#/VpcEndpoints/2/PolicyDocument", "endpoint"),
            ],
        ),
        ({"ResourcePolicy": json.dumps(PUBLIC)}, [("<stdin>", "resource")]),
        ({"Attributes": {"Policy": json.dumps(PUBLIC)}}, [("<stdin>", "resource")]),
    ],
)
def test_what_the_aws_cli_prints(
    document: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert kinds(document) == expected


def test_a_place_inside_of_a_text_is_found_where_it_stands() -> None:
    text = KEY_TEXT.replace("{", '{ "Id": "\\tcl\u00e9 \U0001f511",', 1)
    for ascii_only in (True, False):
        piped = json.dumps(
            {"PolicyName": "default", "Policy": text}, indent=4, ensure_ascii=ascii_only
        )
        (finding,) = [f for f in judged(piped).findings if f.rule == "KP-20"]
        line = piped.splitlines()[finding.location.line - 1]
        assert line[finding.location.column - 1 :].startswith('\\"Principal\\": \\"*\\"')


def test_what_only_looks_like_one_is_no_policy() -> None:
    for document in (
        {"Policy": "Statement Effect"},
        {"Policy": '{"Statement": [{"Effect"'},
        {"Policy": {"Statement": {"Effect": 1}}, "x": "Effect"},
        {"PolicyNames": ["Statement", "Effect"]},
        {"PolicyVersion": {"Document": "%7B%22Statement%22 Effect"}},
    ):
        result = scan(options(document))
        read = [e.message for e in result.errors]
        assert read in ([], ["not a template, plan or policy that kmsiac reads"])
        assert bool(read) != bool(result.summary.policies)


def test_named_files_take_the_kind_too(tmp_path: Path) -> None:
    (tmp_path / "role.json").write_text(json.dumps(IDENTITY), encoding="utf-8")
    (tmp_path / "key.txt").write_text(json.dumps(PUBLIC), encoding="utf-8")
    wanted = ScanOptions(
        paths=(Path("role.json"), Path("key.txt")),
        working_directory=tmp_path,
        inputs=Inputs(policy_kind="boundary"),
    )
    found = take_inventory(wanted)["policies"]
    assert [(e["resource"], e["kind"]) for e in found] == [
        ("key.txt", "boundary"),
        ("role.json", "boundary"),
    ]


def test_policy_kind_on_the_command_line(kmsiac) -> None:  # type: ignore[no-untyped-def]
    files = {"p.json": json.dumps(IDENTITY)}
    shown = kmsiac(files, "inventory", "-f", "json", "--policy-kind", "scp", "p.json")
    assert json.loads(shown.out)["policies"][0]["kind"] == "scp"
    wrong = kmsiac({}, "scan", "--policy-kind", "kye", "p.json")
    assert wrong.code == 2
    assert '--policy-kind does not take "kye" (did you mean "key"?)' in wrong.err


STATEMENTS = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "All", "Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    {"Sid": "Roles", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
  ]
}
"""


def tree(tmp_path: Path, main: str, count: str = "") -> ScanOptions:
    (tmp_path / "policy.json").write_text(STATEMENTS)
    resource = f'resource "aws_iam_policy" "p" {{\n{count}\n  name = "p"\n  policy = {main}\n}}\n'
    (tmp_path / "main.tf").write_text(resource)
    return ScanOptions(paths=(tmp_path,), working_directory=tmp_path)


@pytest.mark.parametrize(
    ("expression", "listed"),
    [
        ('file("policy.json")', ["aws_iam_policy.p"]),
        ('file("${path.module}/policy.json")', ["aws_iam_policy.p"]),
        ('jsonencode(jsondecode(file("policy.json")))', ["aws_iam_policy.p"]),
        ('templatefile("policy.json", {})', ["aws_iam_policy.p"]),
        (
            'jsonencode({ Version = "2012-10-17", Statement = jsondecode(file("policy.json")).Statement })',
            ["aws_iam_policy.p"],
        ),
        # One statement of it is in no policy.
        (
            'jsonencode({ Statement = [jsondecode(file("policy.json")).Statement[0]] })',
            ["aws_iam_policy.p", "policy.json"],
        ),
        ('jsonencode({ Statement = [] })', ["aws_iam_policy.p", "policy.json"]),
    ],
)  # fmt: skip
def test_a_policy_file_that_a_template_uses_is_one_policy(
    tmp_path: Path, expression: str, listed: list[str]
) -> None:
    options = tree(tmp_path, expression)
    found = take_inventory(options)["policies"]
    assert [entry["resource"] for entry in found] == listed
    result = scan(options)
    assert result.summary.policies == len(listed)
    assert result.summary.files == 2
    assert {f.resource for f in result.findings if f.rule == "IAM-02"} <= set(listed)


def test_a_policy_file_of_a_resource_that_is_not_made_stays(tmp_path: Path) -> None:
    options = tree(tmp_path, 'file("policy.json")', "count = 0")
    found = take_inventory(options)["policies"]
    assert [entry["resource"] for entry in found] == ["policy.json"]


def test_a_policy_file_that_a_policy_document_takes_in(tmp_path: Path) -> None:
    options = tree(tmp_path, "data.aws_iam_policy_document.d.json")
    with (tmp_path / "main.tf").open("a") as main:
        main.write(
            'data "aws_iam_policy_document" "d" {\n'
            '  source_policy_documents = [file("policy.json")]\n'
            "}\n"
        )
    found = take_inventory(options)["policies"]
    assert [entry["resource"] for entry in found] == ["aws_iam_policy.p"]
    assert {f.resource for f in scan(options).findings} == {"aws_iam_policy.p"}
