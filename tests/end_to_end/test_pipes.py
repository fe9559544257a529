"""What stands around a document in a pipe, how it is encoded, and what is said of everything else."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.scan import scan

ROOT = Path(__file__).resolve().parents[2]
PLAN = (ROOT / "fixtures/demo/plan.json").read_text(encoding="utf-8")
TEMPLATE = (ROOT / "fixtures/demo/cloudformation/template.yaml").read_text(encoding="utf-8")
TEMPLATE_JSON = json.dumps(
    {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "d"}}}}
)
LOCK = "Acquiring state lock. This may take a few moments...\n"
WARNING = (
    "╷\n│ Warning: Deprecated attribute\n│ \n│   on main.tf line 3:\n│    3:   x = { y = 1 }\n╵\n\n"
)
WRAPPER = "[command]/opt/tools/terraform-bin show -json tfplan\n"
WRAPPER_END = (
    "\n::debug::Terraform exited with code 0.\n"
    '::debug::stdout: {"format_version"%3A"1.2"}%0A\n::debug::stderr: \n::debug::exitcode: 0\n'
)
LOG = '{"@level":"info","@message":"Terraform 1.9.0","terraform":"1.9.0","type":"version"}\n'


def scanned(stdin: str | bytes) -> ScanResult:
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    return scan(ScanOptions(stdin=data, working_directory=ROOT))


def found(result: ScanResult, down: int = 0) -> set[tuple[str, str, int, str]]:
    """Findings by rule, resource, line, as if `down` lines stood before."""
    assert result.errors == []
    return {
        (f.rule, f.resource, f.location.line + down, f.location.pointer) for f in result.findings
    }


@pytest.fixture(scope="module")
def plan() -> ScanResult:
    return scanned(PLAN)


@pytest.fixture(scope="module")
def template() -> ScanResult:
    return scanned(TEMPLATE)


def _short_id(value: object) -> str:
    """Ids for what is too long, or binary, to be a name."""
    return ascii(value)[:30]


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LOCK, ""),
        (LOCK + "\n\n", "\nReleasing state lock. This may take a few moments...\n"),
        (WARNING, ""),
        (WRAPPER, WRAPPER_END),
        (LOG * 3, ""),
        (
            "data.aws_caller_identity.this: Reading...\r\n\x1b[0m\x1b[1mdone { x }\x1b[0m\r\n",
            "\r\n",
        ),
        ("", "\nWarning: something\n"),
    ],
)
def test_what_stands_around_a_plan_changes_nothing(before: str, after: str, pretty: bool) -> None:
    document = json.dumps(json.loads(PLAN), indent=2) if pretty else PLAN
    bare = scanned(document)
    assert {"KP-20", "KEY-01"} <= {finding.rule for finding in bare.findings}
    assert found(scanned(before + document + after)) == found(bare, before.count("\n"))


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + PLAN.encode(),
        PLAN.encode("utf-16"),
        PLAN.encode("utf-16-le"),
        PLAN.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + PLAN.encode("utf-16-be"),
        PLAN.encode("utf-32"),
        PLAN.encode("utf-32-be"),
        (LOCK + PLAN).encode("utf-16-le"),
        PLAN.replace("\n", "\r\n").encode(),
        b"\r\n \t" + PLAN.encode(),
    ],
)
def test_the_encoding_of_a_plan_changes_nothing(encoded: bytes, plan: ScanResult) -> None:
    assert {(f.rule, f.resource) for f in scanned(encoded).findings} == {
        (f.rule, f.resource) for f in plan.findings
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n> infra@1.0.0 synth\n> cdk synth\n\n", ""),
        ("yarn run v1.22.19\n$ cdk synth\n", "Done in 4.21s.\n"),
        ("$ /builds/infra/node_modules/.bin/cdk synth\n", "✨  Done in 1.80s.\n\n"),
    ],
)
def test_the_banner_of_npm_around_a_template(before: str, after: str, template: ScanResult) -> None:
    assert found(scanned(before + TEMPLATE + after)) == found(template, before.count("\n"))
    assert {f.rule for f in scanned(before + TEMPLATE_JSON + "\n" + after).findings} == {"KEY-01"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_of_a_template_changes_nothing(encoding: str, template: ScanResult) -> None:
    assert found(scanned(TEMPLATE.encode(encoding))) == found(template)
    assert found(scanned(TEMPLATE.replace("\n", "\r\n").encode(encoding))) == found(template)


PULUMI = {"config": {}, "steps": [{"op": "create", "urn": "urn:pulumi:dev::x::aws:kms/key:Key::k"}]}
SHOWN = """\

Terraform used the selected providers to generate the following execution plan.

Terraform will perform the following actions:

  # aws_kms_key.k will be created
  + resource "aws_kms_key" "k" {
      + arn = (known after apply)
    }
"""
COLORED = "\x1b[1m  # aws_kms_key.k\x1b[0m will be created\n"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*"}]}


@pytest.mark.parametrize(
    ("stdin", "problem", "hint"),
    [
        (SHOWN, "what Terraform shows to people", "terraform show -json tfplan"),
        (COLORED, "what Terraform shows to people", "terraform show -json tfplan"),
        ('# aws_kms_key.k:\nresource "aws_kms_key" "k" {\n}\n', "shows to people", "show -json"),
        ("No changes. Your infrastructure matches the configuration.\n", "to people", "show -json"),
        (
            "\x1b[1m\x1b[32mNo changes.\x1b[0m\x1b[1m Your infrastructure matches the configuration.\n",
            "shows to people",
            "show -json",
        ),
        ('{"format_version":"1.0"}\n', "Terraform state as JSON", "show -json"),
        (LOG * 3, "log of `terraform plan -json`", "terraform show -json tfplan"),
        (LOCK + LOG * 3, "log of `terraform plan -json`", "terraform show -json tfplan"),
        (json.dumps(PULUMI), "Pulumi programs and previews are not read", "aws kms get-key-policy"),
        (json.dumps({"TemplateBody": {}}), "aws cloudformation get-template", "TemplateBody"),
        (
            "service: x\nprovider:\n  name: aws\nfunctions: {}\n",
            "Serverless Framework",
            "serverless package",
        ),
        (gzip.compress(PLAN.encode(), mtime=0), "compressed with gzip", "gunzip -c"),
        (b"PK\x03\x04 lambda.py", "a zip archive", "unpack it"),
        ('resource "aws_kms_key" "k" {}\n', "Terraform code cannot be read", "name its folder"),
        (PLAN[:-200], "not valid JSON: the text ends in the middle", "cut off"),
        (LOCK + PLAN[:-200], "not valid JSON: the text ends in the middle", "cut off"),
        (PLAN + PLAN, "more text follows after the end", "one document at a time"),
        (LOCK + PLAN + PLAN, "more text follows after the end", "one document at a time"),
        ("// by hand\n" + json.dumps(POLICY), "not valid JSON", "JSON allows no comments"),
        (json.dumps(POLICY)[:-9], "not valid JSON", ""),
        (json.dumps(POLICY).replace("{", "{ // x\n", 1), "not valid JSON", "no comments"),
        (PLAN.replace("{", "{ // x\n", 1), "not valid JSON", ""),
        ("null", "not a template, plan or policy", ""),
        ("[]", "not a template, plan or policy", ""),
        (TEMPLATE.encode() + "# é".encode("latin-1"), "0xe9 is not valid UTF-8", "as UTF-8"),
        (TEMPLATE_JSON[:-1].encode() + b"\0", "it holds a NUL character", ""),
        ("  \r\n\t", "standard input is empty", "pipe a plan or a template in"),
    ],
    ids=_short_id,
)
def test_everything_else_is_one_error_that_says_what_to_do(
    stdin: str | bytes, problem: str, hint: str
) -> None:
    result = scanned(stdin)
    (error,) = result.errors
    assert (result.findings, result.summary.files) == ([], 0)
    assert error.span is not None and error.span.path == "<stdin>"
    assert problem in error.message
    assert hint in error.hint


def test_a_policy_in_a_heredoc_is_not_the_document() -> None:
    code = (
        'resource "aws_kms_key" "k" {\n  policy = <<EOF\n'
        '{\n"Resources": {"K": {"Type": "AWS::KMS::Key"}}}\nEOF\n}\n'
    )
    (error,) = scanned(code).errors
    assert "Terraform code cannot be read" in error.message
    script = f"cat > t.json <<'EOF'\n{TEMPLATE_JSON}\nEOF\n"
    (error,) = scanned(script).errors
    assert "not a template" in error.message


NAMES = ["foo", "foo.out", "plan.txt", "tfplan.json"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [LOCK + PLAN, TEMPLATE])
def test_a_named_file_goes_by_its_content(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    result = scan(ScanOptions(paths=(Path(name),), working_directory=tmp_path))
    assert {"KP-20", "KEY-01"} <= {finding.rule for finding in result.findings}
    assert {f.location.path for f in result.findings} == {name}
