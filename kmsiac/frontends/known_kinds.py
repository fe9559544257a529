"""Kinds of input that are known and not read, each with the command that gives something readable.

Some show by their content, some by the name of the file alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SHOW_PLAN = "make one with `terraform plan -out tfplan && terraform show -json tfplan > plan.json`"
SHOW_JSON = "run `terraform show -json PLANFILE > plan.json` and scan that"


class Recognised(NamedTuple):
    """`kind` is one of `PLAN`, `CLOUDFORMATION`, `POLICY`, or empty.

    `problem` and `hint` are set for a kind that is known and cannot be read as it is. `made` is
    the folder beside such a file, or below it, that its tool writes what can be read to: where a
    unit was found there, there is nothing to say. `sure`: it is this also where nobody named it.
    """

    kind: str = ""
    problem: str = ""
    hint: str = ""
    made: str = ""
    sure: bool = True


OTHER = Recognised()
"""Nothing that kmsiac reads."""

BINARY_PLAN = Recognised(problem="this is a binary Terraform plan", hint=SHOW_JSON)
STATE = Recognised(problem="this is a Terraform state file, not a plan", hint=SHOW_PLAN)
SHOWN_STATE = Recognised(problem="this is Terraform state as JSON, not a plan", hint=SHOW_PLAN)
PLAN_LOG = Recognised(
    problem="this is the log of `terraform plan -json`, not a plan", hint=SHOW_PLAN
)
PLAN_TEXT = Recognised(problem="this is what Terraform shows to people, not a plan", hint=SHOW_PLAN)
TERRAGRUNT = Recognised(
    problem="Terragrunt configuration is not read",
    hint="run `terragrunt plan -out tfplan`, then `terragrunt show -json tfplan > plan.json`",
    made=".",
)
TERRAGRUNT_STACK = Recognised(
    problem="Terragrunt stacks are not read",
    hint="run `terragrunt stack generate`, then in each unit `terragrunt plan -out tfplan` and"
    " `terragrunt show -json tfplan > plan.json`",
)
STACKS = Recognised(problem="Terraform stacks are not read", hint=SHOW_PLAN)
CDK = Recognised(
    problem="a CDK app is not read, but what it makes",
    hint="run `cdk synth` and scan cdk.out",
    made="cdk.out",
)
CDK_TERRAFORM = Recognised(
    problem="a CDK for Terraform app is not read, but the plan of what it makes",
    hint="run `cdktf synth`, then in cdktf.out/stacks/NAME `terraform plan -out tfplan` and"
    " `terraform show -json tfplan > plan.json`",
)
SERVERLESS = Recognised(
    problem="Serverless Framework configuration is not read, but the template it makes",
    hint="run `serverless package` and scan .serverless",
    made=".serverless",
)
PULUMI = Recognised(
    problem="Pulumi programs and previews are not read",
    hint="scan the policy of a deployed key:"
    " `aws kms get-key-policy --key-id ID --policy-name default | kmsiac scan -`",
)
STACK_OUTPUT = Recognised(
    problem="this is the output of `aws cloudformation get-template`, not a template",
    hint="add `--query TemplateBody`, for a YAML template `--output text` too",
)
GZIP = Recognised(
    problem="this file is compressed with gzip", hint="run `gunzip -c FILE | kmsiac scan -`"
)
ZIP = Recognised(problem="this is a zip archive", hint="unpack it and scan what is in it")
RENDERED = Recognised(
    problem="a text that another program makes a template of is not read",
    hint="scan the template that it makes",
)
RENDERED_SUFFIXES = (
    ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".mustache", ".hbs", ".erb", ".ejs",
)  # fmt: skip
"""What files end in that Jinja, Go templates and their like fill in."""

_NAMES = {
    "terragrunt.hcl": TERRAGRUNT,
    "root.hcl": TERRAGRUNT,
    "terragrunt.stack.hcl": TERRAGRUNT_STACK,
    "cdk.json": CDK,
    "cdktf.json": CDK_TERRAFORM,
    "Pulumi.yaml": PULUMI,
    "Pulumi.yml": PULUMI,
    **dict.fromkeys(
        [f"serverless.{ending}" for ending in ("yml", "yaml", "json", "ts", "js")], SERVERLESS
    ),
}
_STACKS = (".tfcomponent.hcl", ".tfstack.hcl", ".tfdeploy.hcl")

_LOG = re.compile(rb"\s*+\{\s*+\"@level\"\s*+:")
_NO_STATE = re.compile(rb"\s*+\{\s*\"format_version\"\s*:\s*\"[0-9.]+\"\s*\}\s*")
_SHOWN = re.compile(
    rb"(?:Terraform|OpenTofu) (?:will perform the following|used the selected providers)"
    rb"|Your infrastructure matches the configuration"
    rb"|^(?:\x1b\[[0-9;]*+m)*+[ \t]*+# [^\n]{1,300} (?:will|must) be (?:created|updated|destroyed|replaced|read)"
    rb"|^# [^\n]{1,300}:\r?\n(?:resource|data) \"",
    re.MULTILINE,
)
_SERVICE = re.compile(rb"^service[ \t]*:", re.MULTILINE)
_PROVIDER = re.compile(rb"^provider[ \t]*:(?:[ \t]*aws|[ \t\r]*\n[ \t]+name[ \t]*:)", re.MULTILINE)
_PULUMI = re.compile(rb"\"(?:urn|steps)\"\s*+:\s*+(?:\"urn:pulumi:|\[)")
_TEMPLATE_BODY = re.compile(rb"\s*+\{\s*+\"TemplateBody\"\s*+:")
_SHOWN_WITHIN = 1_000_000
_SHOWN_WORDS = (
    b"will perform the following", b"used the selected providers", b"infrastructure matches the",
    *(b" " + word + b" be " + deed for word in (b"will", b"must")
      for deed in (b"created", b"updated", b"destroyed", b"replaced", b"read")),
    b'\nresource "', b'\ndata "',
)  # fmt: skip
"""One of these is in whatever the pattern finds: looking for them costs a hundredth of it."""


def by_name(name: str) -> Recognised | None:
    """The kind that the name of a file alone tells."""
    return STACKS if name.endswith(_STACKS) else _NAMES.get(name)


def archive(data: bytes) -> Recognised:
    """Binary plans and compressed files, by their first bytes."""
    if data.startswith(b"PK\x03\x04"):
        return BINARY_PLAN if b"tfplan" in data else ZIP
    return GZIP if data.startswith(b"\x1f\x8b") else OTHER


def terraform_output(data: bytes) -> Recognised:
    """What Terraform writes as JSON and is no plan."""
    if _LOG.match(data):
        return PLAN_LOG
    if _NO_STATE.fullmatch(data, 0, min(len(data), 100)):
        return SHOWN_STATE
    if b'"terraform_version"' not in data:
        return OTHER
    if b'"lineage"' in data or b'"serial"' in data:
        return STATE
    if b'"format_version"' in data and b'"values"' in data:
        return SHOWN_STATE
    return OTHER


def other_tool(data: bytes) -> Recognised:
    """What other tools write that is about AWS infrastructure."""
    if _TEMPLATE_BODY.match(data):
        return STACK_OUTPUT
    if b"urn:pulumi:" in data and _PULUMI.search(data):
        return PULUMI
    if data.lstrip()[:1] == b"{":  # in JSON nothing of the following begins a line
        return OTHER
    if b"service" in data and _SERVICE.search(data) and _PROVIDER.search(data):
        return SERVERLESS
    if not any(words in data for words in _SHOWN_WORDS):
        return OTHER
    return PLAN_TEXT if _SHOWN.search(data, 0, _SHOWN_WITHIN) else OTHER
