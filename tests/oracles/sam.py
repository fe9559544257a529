"""SAM templates as aws-sam-translator transforms them, against what the front end makes of them.

    python -m tests.oracles.sam translate FOLDER   (in a virtual environment with aws-sam-translator)
    python -m tests.oracles.sam compare FOLDER     (in one with kmsiac)

`translate` writes beside each `x.yaml` (or `.yml`, `.json`, `.template`) what the transform makes of
it, as `x.sam.json`: of its resources only those that decide access to keys, use one or hold a policy.
What deploying would do before (packaging of local code) is made up. `compare` takes the inventories
of both and prints what differs:

* identities, whether they exist, their managed policies, path and boundary;
* policies, case by case. Of a document that the transform adds by itself (a policy template, an
  event, a connector) only the statements count that grant an action of KMS: ours has no others;
* what uses a key.

The policy of an API's domain name is ours at the API: the name of what SAM makes of it is a hash.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = Any

_SUFFIXES = (".yaml", ".yml", ".json", ".template")
_CODE = ("CodeUri", "DefinitionUri", "ContentUri", "SchemaUri", "ImageUri")
_LEFT_OUT = re.compile(r"AWS::(Lambda::(Permission|Version|Alias)|ApiGateway::(Deployment|Stage))")
"""Types that hold nothing to compare; the role for deployments in steps is not made by us, either."""


# -- the transform ---------------------------------------------------------------------------------


def translate(text: str) -> Json:
    """The template that the transform makes of one."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    import boto3  # noqa: PLC0415 - the oracle's own
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415

    template = yaml_parse(text)
    _package(template)
    session = boto3.session.Session(region_name="us-east-1")
    translator = Translator({}, Parser(), boto_session=session)
    made = translator.translate(template, {})
    made.pop("Transform", None)
    return _shortened(made)


def _package(template: Json) -> None:
    """Name places on S3 for local code, as packaging does."""
    resources = template.get("Resources", {}).values()
    sections = template.get("Globals", {}).values()
    for body in [*(resource.get("Properties") for resource in resources), *sections]:
        for name in _CODE if isinstance(body, dict) else ():
            if isinstance(body.get(name), str) and not body[name].startswith("s3://"):
                body[name] = "s3://bucket/key"
    for resource in resources:
        if not isinstance(resource.get("Properties"), dict):
            resource["Properties"] = {}
        kind = str(resource.get("Type", "")).removeprefix("AWS::Serverless::")
        _code_of(kind, resource["Properties"])


def _code_of(kind: str, body: Json) -> None:
    location = body.get("Location")
    if kind == "Function" and body.get("PackageType") == "Image":
        body.setdefault("ImageUri", "1.dkr.ecr.us-east-1.amazonaws.com/a:b")
    elif kind == "Function" and "InlineCode" not in body:
        body["CodeUri"] = "s3://bucket/key"
        body.setdefault("Handler", "a.b")
        body.setdefault("Runtime", "python3.13")
    elif kind == "StateMachine" and not {"Definition", "DefinitionUri"} & set(body):
        body["DefinitionUri"] = "s3://bucket/key"
    elif kind == "LayerVersion":
        body["ContentUri"] = "s3://bucket/key"
    elif kind == "Application" and isinstance(location, str) and not location.startswith("http"):
        body["Location"] = "https://s3.amazonaws.com/bucket/key"


def _shortened(template: Json) -> Json:
    """Without what has nothing to do with keys or policies."""
    kept = {}
    for name, written in template.get("Resources", {}).items():
        if _LEFT_OUT.match(written["Type"]) or name == "CodeDeployServiceRole":
            continue
        resource = dict(written)
        properties = resource.get("Properties", {})
        if isinstance(properties, dict):
            dropped = ("Tags", "Code", "Environment", "DefinitionString", "Handler", "Runtime")
            code = properties.get("Code")
            left = {key: value for key, value in properties.items() if key not in dropped}
            if isinstance(code, dict) and "SourceKMSKeyArn" in code:
                left["Code"] = {"SourceKMSKeyArn": code["SourceKMSKeyArn"]}
            resource["Properties"] = left
        kept[name] = resource
    sections = ("Parameters", "Mappings", "Conditions")
    head = {name: template[name] for name in sections if name in template}
    return {"AWSTemplateFormatVersion": "2010-09-09", **head, "Resources": kept}


# -- the comparison --------------------------------------------------------------------------------


def compare(ours: Path, theirs: Path) -> list[str]:
    """What differs between a SAM template and what the transform made of it; empty for nothing."""
    own, made = _inventory(ours), _inventory(theirs)
    return [
        *_differ("identity", _identities(own), _identities(made)),
        *_differ("key use", _consumers(own), _consumers(made)),
        *_policies(own, made),
    ]


def _inventory(path: Path) -> Json:
    from kmsiac.config import ScanOptions  # noqa: PLC0415 - not there beside the translator
    from kmsiac.scan import take_inventory  # noqa: PLC0415

    return take_inventory(ScanOptions(paths=(path,), working_directory=path.parent))


def _differ(what: str, own: list[str], made: list[str]) -> Iterator[str]:
    left, right = Counter(own), Counter(made)
    yield from (f"only ours: {what} {one}" for one in (left - right).elements())
    yield from (f"only theirs: {what} {one}" for one in (right - left).elements())


def _identities(inventory: Json) -> list[str]:
    found = []
    for identity in inventory["identities"]:
        shown = [identity["resource"], identity["type"], identity["maybe_absent"]]
        for case in identity.get("cases") or [{"when": [], "settings": identity["settings"]}]:
            settings = case["settings"] or {}
            managed = settings.get("managed_policies") or []
            names = sorted({_last(arn) for arn in managed}) if isinstance(managed, list) else []
            shown += [case["when"], names, settings.get("boundary"), settings.get("path")]
        found.append(json.dumps(shown, sort_keys=True))
    return found


def _last(arn: Json) -> str:
    return arn.rpartition("/")[2] if isinstance(arn, str) else json.dumps(arn, sort_keys=True)


def _consumers(inventory: Json) -> list[str]:
    return [
        json.dumps([one["resource"], one["attribute"], one.get("settings"), one.get("cases")])
        for one in inventory["consumers"]
    ]


def _policies(own: Json, made: Json) -> Iterator[str]:
    left_out = ("document", "Domain.Policy")
    mine = [_policy(policy) for policy in own["policies"] if policy["attribute"] not in left_out]
    left = Counter(json.dumps(policy, sort_keys=True) for policy in mine)
    for policy in made["policies"]:
        if policy["attribute"] == "document":
            continue
        whole = json.dumps(_policy(policy), sort_keys=True)
        if left[whole]:
            left[whole] -= 1
            continue
        short = _policy(policy, only_kms=True)
        if short[2] in ([], [["", None]]) or not any(document for _, document in short[2]):
            continue
        brief = json.dumps(short, sort_keys=True)
        match = next((one for one in left if left[one] and _brief(one) == brief), None)
        if match is None:
            yield f"only theirs: policy {whole}"
        else:
            left[match] -= 1
    yield from (f"only ours: policy {one}" for one in left.elements())


def _brief(policy: str) -> str:
    resource, kind, cases = json.loads(policy)
    return json.dumps([resource, kind, [[w, _kms(d)] for w, d in cases]], sort_keys=True)


def _policy(policy: Json, only_kms: bool = False) -> list[Json]:
    if policy["cases"]:
        cases = [
            [json.dumps(case["when"], sort_keys=True), case["document"]] for case in policy["cases"]
        ]
    else:
        cases = [["", policy["document"]]]
    shape = _kms if only_kms else _plain
    return [policy["resource"], policy["kind"], sorted([w, shape(d)] for w, d in cases)]


def _plain(document: Json) -> Json:
    """A document with lists where one text may stand for a list of one."""
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": [_lists(statement) for statement in statements]}


def _lists(statement: Json) -> Json:
    if not isinstance(statement, dict):
        return statement
    whole = dict(statement)
    for key in ("Action", "NotAction", "Resource", "NotResource"):
        if key in whole:
            whole[key] = _listed(whole[key])
    for key in ("Principal", "NotPrincipal"):
        if isinstance(whole.get(key), dict):
            whole[key] = {name: _listed(member) for name, member in whole[key].items()}
    return whole


def _listed(value: Json) -> Json:
    return value if isinstance(value, list) else [value]


def _kms(document: Json) -> Json:
    """The statements of a document that grant an action of KMS, without its version."""
    if not isinstance(document, dict):
        return document
    kept = []
    for statement in _plain(document)["Statement"]:
        actions = statement.get("Action") if isinstance(statement, dict) else None
        if actions is None or any(
            "kms:" in str(one) or str(one).startswith("*") for one in actions
        ):
            kept.append(statement)
    return {"Statement": kept} if kept else None


# -- by hand ---------------------------------------------------------------------------------------


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        named = path.suffix in _SUFFIXES and not path.name.endswith(".sam.json")
        if named and path.is_file() and b"AWS::Serverless" in path.read_bytes():
            yield path


def golden_of(path: Path) -> Path:
    """Where what the transform makes of a template is kept."""
    return path.with_suffix(".sam.json")


def main(arguments: list[str]) -> int:
    """Translate or compare every SAM template of a folder."""
    folder = Path(arguments[1]).resolve()
    counts: Counter[str] = Counter()
    for path in _sources(folder):
        golden = golden_of(path)
        if arguments[0] == "translate":
            try:
                made = translate(path.read_text(encoding="utf-8"))
            except Exception as error:
                counts["refused"] += 1
                sys.stdout.write(f"{path}: {str(error)[:200]}\n")
                continue
            golden.write_text(json.dumps(made, indent=1, default=str) + "\n", encoding="utf-8")
            counts["translated"] += 1
        elif golden.exists():
            found = compare(path, golden)
            counts["differ" if found else "equal"] += 1
            for line in found:
                sys.stdout.write(f"{path}: {line}\n")
    sys.stdout.write(f"{dict(counts)}\n")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
