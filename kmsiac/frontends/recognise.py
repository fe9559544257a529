"""What a file is, told from its content: a plan, a template, a policy, or something known by name.

Cheap byte tests come first, so that passing over a large tree of other YAML and JSON costs little
more than reading it.
"""

from __future__ import annotations

import json
import re

from kmsiac.errors import SourceError
from kmsiac.frontends.chatter import Extent, is_plain_json, json_extent, yaml_extent
from kmsiac.frontends.known_kinds import (
    OTHER,
    Recognised,
    archive,
    other_tool,
    terraform_output,
)
from kmsiac.frontends.policy_places import policies_in
from kmsiac.reading.sniff import encoding_of
from kmsiac.reading.source import SourceFile

__all__ = ["CLOUDFORMATION", "OTHER", "PLAN", "POLICY", "Recognised", "is_hcl", "recognise"]

PLAN = "plan"
CLOUDFORMATION = "cloudformation"
POLICY = "policy"

_HCL = re.compile(
    rb"^[ \t]*+(?:(?:resource|data|module|variable|provider|output)[ \t]+\"|(?:terraform|locals)[ \t]*\{)",
    re.MULTILINE,
)
_SECTION = re.compile(rb"^[\"']?(?:AWSTemplateFormatVersion|Resources)[\"']?\s*:", re.MULTILINE)
_AWS_TYPE = re.compile(
    rb"\bType[\"']?\s*:\s*[\"']?(?:(?:AWS|Custom|Alexa|Community)::|\w++::\w++::\w)"
)
_AWS_NAME = re.compile(
    rb"\b(?:AWS|Custom|Alexa|Community|Fn)::|\bType[\"']?\s*:\s*[\"']?\w++::\w++::\w|!Transform\b"
)
"""Types of resources, of AWS and of others, and what may make some."""
_ESCAPE = re.compile(rb"\\(?:(?:u00|x|U000000)([2-7][0-9A-Fa-f])|\r?\n[ \t]*)")
"""A character that is spelled as an escape, and a line of YAML that goes on in the next."""
_MAX_DEPLOYABLE = 2 * 1024 * 1024
"""CloudFormation takes templates of up to 1 MB."""
_GAP = rb"(?:\s|//[^\n]*+\n|#[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_STATEMENTS = re.compile(
    _GAP
    + rb"\{(?:"
    + _GAP
    + rb"\"(?:Version|Id)\"\s*+:\s*+\"[^\"]*+\"\s*+,)*+"
    + _GAP
    + rb"\"Statement\"\s*+:"
)
"""How a policy begins, comments in it passed over."""


def recognise(file: SourceFile) -> Recognised:
    """What the file is, by its content. What others have printed around a plan or a template is
    blanked in its text.
    """
    packed = archive(file.data)
    if packed is not OTHER:
        return packed
    data = _utf8(file.data)
    extent = _extent(data, file)
    if extent is not None:
        inner = file.text[extent.start : extent.end].encode("utf-8", "replace")
        known = _plan_or_template(inner, file)
        if known is not OTHER:
            if known.kind:
                file.keep_only(*extent)
            return known
    known = _plan_or_template(data, file)
    if known is not OTHER:
        return known
    policy = _policy(data)
    return other_tool(data) if policy is OTHER else policy


def is_hcl(data: bytes) -> bool:
    """Whether text without a file name looks like Terraform's HCL."""
    return _HCL.search(_utf8(data)) is not None


def _extent(data: bytes, file: SourceFile) -> Extent | None:
    """The document in a text that has something else around it, where one may be in it."""
    if is_plain_json(data) or not (
        _may_be_template(data) or b'"terraform_version"' in data or b'"@level"' in data
    ):
        return None
    try:
        extent = json_extent(file.text) or yaml_extent(file.text)
    except SourceError:  # its encoding: whoever reads it says so
        return None
    if extent is None:
        return None
    # JSON in a heredoc of Terraform code is no document of its own, nor is JSON inside of YAML.
    before, after = file.text[: extent.start], file.text[extent.end :]
    around = _unescaped((before + after).encode("utf-8", "replace"))
    if _HCL.search(before.encode("utf-8", "replace")) or _names_resources(around):
        return None
    return extent


def _plan_or_template(data: bytes, file: SourceFile) -> Recognised:
    known = OTHER
    if b'"terraform_version"' in data and (
        b'"resource_changes"' in data or b'"planned_values"' in data
    ):
        known = Recognised(PLAN)
    else:
        known = terraform_output(data)
    if known is not OTHER and len(data) > _MAX_DEPLOYABLE:
        return known
    seen = _unescaped(data)
    if _may_be_template(seen) and _is_template(data, seen, file, surely=known is not OTHER):
        return Recognised(CLOUDFORMATION)
    return known


def _may_be_template(data: bytes) -> bool:
    return b"AWSTemplateFormatVersion" in data or (b"Resources" in data and b"::" in data)


def _names_resources(data: bytes) -> bool:
    return b"Resources" in data and _AWS_NAME.search(data) is not None


def _unescaped(data: bytes) -> bytes:
    """Text to search words in: JSON and YAML may spell any character of theirs as an escape."""
    if any(start in data for start in (b"\\u00", b"\\x", b"\\U", b"\\\n", b"\\\r\n")):
        return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]) if found[1] else b"", data)
    return data


def _is_template(data: bytes, seen: bytes, file: SourceFile, *, surely: bool) -> bool:
    """Whether the sections of a template stand at the top, not inside of something else.

    `seen` is the data without escapes. With `surely` it has words of a plan or a state too: then
    only what reads as a template is one.
    """
    if data.lstrip()[:1] == b"{":
        loaded = _loaded(data)
        if loaded is not None and _has_sections(loaded):
            return True
        if surely:
            return loaded is None and _parses_as_template(file)
        # Broken JSON that plainly means to be a template: reading it says what is wrong.
        broken = loaded is None or seen.count(b'"Resources"') > 1
        meant = b"AWSTemplateFormatVersion" in seen or _AWS_NAME.search(seen) is not None
        return broken and meant
    section = _SECTION.search(seen)
    meant = section is not None and not _HCL.search(seen, 0, section.start())
    if meant and b"\nAWSTemplateFormatVersion" in b"\n" + seen:
        return True
    if meant and _AWS_TYPE.search(seen) is not None:
        return True
    # Sections may be indented as a whole, a type may have a tag or stand on a line of its own; a
    # template inside a ConfigMap is indented too.
    if len(data) > _MAX_DEPLOYABLE or _AWS_NAME.search(seen) is None:
        return False
    return _parses_as_template(file, broken=meant and not surely)


def _parses_as_template(file: SourceFile, *, broken: bool = False) -> bool:
    """Whether it reads as a template; `broken` is the answer where it cannot be read."""
    from kmsiac.frontends.cloudformation.detect import is_template  # noqa: PLC0415 - needs yaml
    from kmsiac.reading.yaml_reader import read_yaml  # noqa: PLC0415 - needs yaml

    try:
        return is_template(read_yaml(file))
    except SourceError:
        return broken


def _has_sections(loaded: dict[str, object]) -> bool:
    if "AWSTemplateFormatVersion" in loaded:
        return True
    resources = loaded.get("Resources")
    if not isinstance(resources, dict):
        return False
    if any(name.startswith(("Fn::Transform", "Fn::ForEach::")) for name in resources):
        return True
    types = (body.get("Type") for body in resources.values() if isinstance(body, dict))
    return any(isinstance(name, str) and "::" in name for name in types)


def _policy(data: bytes) -> Recognised:
    if b"Statement" not in data or b"Effect" not in data:
        return OTHER
    loaded = _loaded(data)
    if loaded is not None:
        return Recognised(POLICY) if policies_in(loaded) else OTHER
    # Broken JSON that means to be a policy, or a text to make one from, as a build would fill it.
    return Recognised(POLICY, sure=False) if _STATEMENTS.match(data) else OTHER


def _loaded(data: bytes) -> dict[str, object] | None:
    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _utf8(data: bytes) -> bytes:
    encoding, mark = encoding_of(data)
    if encoding != "utf-8":
        return data[mark:].decode(encoding, "replace").encode("utf-8", "replace")
    return data[mark:] if mark else data
