"""What a file is, told from its content: a plan, a template, a policy, or something known by name.

Cheap byte tests come first, so that passing over a large tree of other YAML and JSON costs little
more than reading it.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import NamedTuple

from kmsiac.errors import SourceError
from kmsiac.reading.source import SourceFile

PLAN = "plan"
CLOUDFORMATION = "cloudformation"
POLICY = "policy"

SHOW_PLAN = "make one with `terraform plan -out tfplan && terraform show -json tfplan > plan.json`"
SHOW_JSON = "run `terraform show -json PLANFILE > plan.json` and scan that"


class Recognised(NamedTuple):
    """`kind` is one of `PLAN`, `CLOUDFORMATION`, `POLICY`, or empty.

    `problem` and `hint` are set for a kind that is known and cannot be read as it is.
    """

    kind: str = ""
    problem: str = ""
    hint: str = ""


OTHER = Recognised()
"""Nothing that kmsiac reads."""

TERRAGRUNT = Recognised(
    problem="Terragrunt configuration is not read",
    hint="run `terragrunt plan -out tfplan`, then `terragrunt show -json tfplan > plan.json`",
)
STACKS = Recognised(problem="Terraform stacks are not read", hint=SHOW_PLAN)

_HCL = re.compile(
    rb"^[ \t]*+(?:(?:resource|data|module|variable|provider|output)[ \t]+\"|(?:terraform|locals)[ \t]*\{)",
    re.MULTILINE,
)
_LOG = re.compile(rb"\s*\{\s*\"@level\"\s*:")
_SECTION = re.compile(rb"^[\"']?(?:AWSTemplateFormatVersion|Resources)[\"']?\s*:", re.MULTILINE)
_AWS_TYPE = re.compile(rb"\bType[\"']?\s*:\s*[\"']?(?:AWS|Custom|Alexa)::")


def recognise(file: SourceFile) -> Recognised:
    """What the file is, by its content."""
    data = _utf8(file.data)
    if data.startswith(b"PK\x03\x04"):
        if b"tfplan" in data:
            return Recognised(problem="this is a binary Terraform plan", hint=SHOW_JSON)
        return OTHER
    terraform = _terraform(data)
    if terraform is not OTHER:
        return terraform
    if _may_be_template(data):
        if _is_template(data, file):
            return Recognised(CLOUDFORMATION)
        return OTHER
    if b'"Statement"' in data and b'"Effect"' in data and _is_policy(data):
        return Recognised(POLICY)
    return OTHER


def is_hcl(data: bytes) -> bool:
    """Whether text without a file name looks like Terraform's HCL."""
    return _HCL.search(_utf8(data)) is not None


def _terraform(data: bytes) -> Recognised:
    if _LOG.match(data):
        problem = "this is the log of `terraform plan -json`, not a plan"
        return Recognised(problem=problem, hint=SHOW_PLAN)
    if b'"terraform_version"' not in data:
        return OTHER
    if b'"resource_changes"' in data or b'"planned_values"' in data:
        return Recognised(PLAN)
    if b'"lineage"' in data or b'"serial"' in data:
        return Recognised(problem="this is a Terraform state file, not a plan", hint=SHOW_PLAN)
    if b'"format_version"' in data and b'"values"' in data:
        return Recognised(problem="this is Terraform state as JSON, not a plan", hint=SHOW_PLAN)
    return OTHER


def _may_be_template(data: bytes) -> bool:
    return b"AWSTemplateFormatVersion" in data or (b"Resources" in data and b"::" in data)


def _is_template(data: bytes, file: SourceFile) -> bool:
    """Whether the sections of a template stand at the top, not inside of something else."""
    if data.lstrip()[:1] == b"{":
        loaded = _loaded(data)
        if loaded is not None:
            return _has_sections(loaded)
        # Broken JSON that plainly means to be a template: reading it says what is wrong.
        return b"AWSTemplateFormatVersion" in data or _AWS_TYPE.search(data) is not None
    if _SECTION.search(data):
        return b"\nAWSTemplateFormatVersion" in b"\n" + data or _AWS_TYPE.search(data) is not None
    # Sections may be indented as a whole; a template inside a ConfigMap is indented too.
    return _AWS_TYPE.search(data) is not None and _parses_as_template(file)


def _parses_as_template(file: SourceFile) -> bool:
    from kmsiac.frontends.cloudformation.detect import is_template  # noqa: PLC0415 - needs yaml
    from kmsiac.reading.yaml_reader import read_yaml  # noqa: PLC0415 - needs yaml

    try:
        return is_template(read_yaml(file))
    except SourceError:
        return False


def _has_sections(loaded: dict[str, object]) -> bool:
    if "AWSTemplateFormatVersion" in loaded:
        return True
    resources = loaded.get("Resources")
    if not isinstance(resources, dict):
        return False
    types = (body.get("Type") for body in resources.values() if isinstance(body, dict))
    return any(isinstance(name, str) and "::" in name for name in types)


def _is_policy(data: bytes) -> bool:
    loaded = _loaded(data)
    if loaded is None:
        return False
    statements = loaded.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    return isinstance(statements, list) and any(
        isinstance(statement, dict) and "Effect" in statement for statement in statements
    )


def _loaded(data: bytes) -> dict[str, object] | None:
    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _utf8(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(codecs.BOM_UTF8)
