"""Resolves closed templates with cfn-lint's resolver and with ours, and compares.

    python -m tests.oracles.cfn_lint FOLDER...     compare over the templates under folders
    python -m tests.oracles.cfn_lint --record      write the goldens of `data/cfn_lint` anew

Both need cfn-lint to be importable; nothing else does. A template is closed by a value for every
parameter (its default, its first allowed value, or one made for its type), an account and a
Region. What cfn-lint leaves as a function (attributes of resources, conditions that compare what
other functions give, lists in Mappings) is not compared. Differences that are meant, all of them
cfn-lint's, over the templates of public repositories:

* the value of a parameter of type `AWS::SSM::Parameter::Value<...>` is the name under which it is
  stored: to us that is no value;
* `!Equals [!Ref P, true]` is false where P is `"true"`: CloudFormation compares texts;
* `${!Literal}` keeps its exclamation mark;
* conditions that compare what `Fn::Split` or `Fn::Select` give are false;
* `Yes` and `No` without quotes are `true` and `false`: to us text stays text.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kmsiac.errors import KmsiacError
from kmsiac.frontends.cloudformation.load import SINKS, load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from kmsiac.values import Bool, Choice, List, Map, Null, Number, Text, Value

Json = Any

DATA = Path(__file__).parent / "data" / "cfn_lint"
ACCOUNT, REGION, PARTITION = "111122223333", "eu-west-1", "aws"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": PARTITION,
    "AWS::URLSuffix": "amazonaws.com",
}
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")
_SUFFIXES = {".yaml", ".yml", ".json", ".template"}


class Difference(NamedTuple):
    """Where the two resolvers differ: `kind` is `unknown` (we do not know it), or `different`."""

    place: str
    kind: str
    detail: str


# -- ours ------------------------------------------------------------------------------------------


def ours(path: Path, root: Path, given: Mapping[str, str]) -> dict[str, Json]:
    """The properties of each sink as our front end resolves them; a part that is not known as a
    map with the one key `?`.
    """
    inputs = Inputs(Environment(ACCOUNT, REGION, PARTITION), parameters=given)
    stack = load(UnitSource("cloudformation", path), SourceTree(root), inputs)
    return {
        resource.address: _plain(resource.attributes)
        for resource in stack.resources
        if resource.type in SINKS and not resource.call_chain
    }


def _plain(value: Value) -> Json:
    if isinstance(value, Text):
        return value.literal if value.literal is not None else {"?": str(value)}
    if isinstance(value, Number | Bool):
        return str(value)
    if isinstance(value, Null):
        return None
    if isinstance(value, List) and value.open is None:
        return [_plain(item) for item in value.items]
    if isinstance(value, Map) and value.open is None:
        return {str(key): _plain(member) for key, member in value.entries}
    return {"?": f"choice by {value.guard.name}" if isinstance(value, Choice) else repr(value)}


# -- cfn-lint's ------------------------------------------------------------------------------------


def theirs(path: Path, given: Mapping[str, str]) -> dict[str, Json]:
    """The properties of each sink as cfn-lint resolves them; functions where it does not."""
    import cfnlint.decode  # type: ignore[import-not-found]  # noqa: PLC0415 - development only
    from cfnlint.jsonschema import CfnTemplateValidator  # type: ignore[import-not-found]  # noqa: PLC0415
    from cfnlint.template import Template  # type: ignore[import-not-found]  # noqa: PLC0415

    root, problems = cfnlint.decode.decode(str(path))
    if root is None or problems:
        raise ValueError("cfn-lint does not read it")
    _spell_out(root)
    template = Template(str(path), root, [REGION])
    references: dict[str, Json] = dict(PSEUDO)
    for name, text in given.items():
        declared = root["Parameters"][name]
        is_list = "List<" in str(declared.get("Type")) or declared["Type"] == "CommaDelimitedList"
        references[name] = [one.strip() for one in text.split(",")] if is_list else text
    validator = CfnTemplateValidator({}, cfn=template)
    context = validator.context
    known = [name for name in context.pseudo_parameters if name in PSEUDO]
    walker = _Walker(
        validator.evolve(context=context.evolve(ref_values=references, pseudo_parameters=known))
    )
    found: dict[str, Json] = {}
    for name, resource in root["Resources"].items():
        if resource.get("Type") in SINKS and walker.exists(resource.get("Condition")):
            found[name] = walker.resolved(resource.get("Properties", {}))
    return found


def _spell_out(root: Json) -> None:
    """Values of parameters as the texts that CloudFormation makes of them: cfn-lint finds that
    `true` is none of `[true, false]` where it is compared with a text.
    """
    for declared in (root.get("Parameters") or {}).values():
        if "AllowedValues" in declared:
            declared["AllowedValues"] = [_text(value) for value in declared["AllowedValues"]]
        if "Default" in declared:
            declared["Default"] = _text(declared["Default"])


_NOTHING = object()


class _Walker:
    def __init__(self, validator: Any) -> None:
        self._validator = validator

    def exists(self, condition: object) -> bool:
        return condition is None or self._holds(condition) is not False

    def _holds(self, condition: object) -> bool | None:
        answers = {value for value, _, _ in self._of({"Fn::If": [condition, "yes", "no"]})}
        return answers == {"yes"} if len(answers) == 1 else None

    def _of(self, node: Json) -> Iterator[Any]:
        return self._validator.resolve_value(node)  # type: ignore[no-any-return]

    def resolved(self, node: Json) -> Json:
        if isinstance(node, list):
            items = [self.resolved(item) for item in node]
            return [item for item in items if item is not _NOTHING]
        if not isinstance(node, dict):
            return _text(node)
        if len(node) == 1:
            (name, argument), *_ = node.items()
            if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
                holds = self._holds(argument[0])
                if holds is None:
                    return {"?": name}
                return self.resolved(argument[1 if holds else 2])
            if name == "Ref" and argument == "AWS::NoValue":
                return _NOTHING
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._function(node, str(name))
        members = {str(key): self.resolved(value) for key, value in node.items()}
        return {key: value for key, value in members.items() if value is not _NOTHING}

    def _function(self, node: Json, name: str) -> Json:
        found = [value for value, _, error in self._of(node) if error is None]
        return self.resolved(found[0]) if len(found) == 1 else {"?": name}


def _text(value: Json) -> Json:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


# -- both ------------------------------------------------------------------------------------------


def differences(expected: Json, found: Json, place: str = "") -> Iterator[Difference]:
    """Where what we found is not what cfn-lint did; what it leaves open is no difference."""
    if isinstance(expected, dict) and set(expected) == {"?"}:
        return
    if isinstance(found, dict) and set(found) == {"?"}:
        yield Difference(place, "unknown", f"{_short(expected)} is {_short(found['?'])}")
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            if key not in found or key not in expected:
                side = "we lack" if key not in found else "we add"
                yield Difference(f"{place}/{key}", "different", side)
            else:
                yield from differences(expected[key], found[key], f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{place}/{index}")
    elif expected != found:
        yield Difference(place, "different", f"{_short(expected)} is {_short(found)}")


def _short(value: Json) -> str:
    return json.dumps(value, default=str)[:120]


def values_for(path: Path) -> dict[str, str] | None:
    """A value for each parameter of a template; None for a file that is none, or is transformed."""
    import cfnlint.decode  # noqa: PLC0415 - development only

    root, problems = cfnlint.decode.decode(str(path))
    if problems or not isinstance(root, dict) or not isinstance(root.get("Resources"), dict):
        return None
    if root.get("Transform", "AWS::LanguageExtensions") != "AWS::LanguageExtensions":
        return None
    return {
        str(name): _value(declared) for name, declared in (root.get("Parameters") or {}).items()
    }


def _value(declared: Json) -> str:
    allowed = declared.get("AllowedValues")
    if "Default" in declared:
        return str(_text(declared["Default"]))
    if allowed:
        return str(_text(allowed[0]))
    type_ = str(declared.get("Type", ""))
    if "Number" in type_:
        return "7"
    return "one,two" if "List" in type_ else "given"


def main(arguments: list[str]) -> None:
    """Compare, or record."""
    if arguments == ["--record"]:
        for path in sorted(DATA.glob("*.yaml")):
            given = values_for(path)
            assert given is not None
            golden = {"given": given, "resources": theirs(path, given)}
            text = json.dumps(golden, indent=1, sort_keys=True) + "\n"
            path.with_suffix(".golden.json").write_text(text, encoding="utf-8")
        return
    counts: Counter[str] = Counter()
    for folder in (Path(name).resolve() for name in arguments):
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                _compare(path, folder, counts)
    for kind, count in sorted(counts.items()):
        sys.stdout.write(f"{count:7,}  {kind}\n")


def _compare(path: Path, folder: Path, counts: Counter[str]) -> None:
    try:
        given = values_for(path)
        if given is None:
            return
        expected = theirs(path, given)
    except Exception:
        counts["templates that cfn-lint does not take"] += 1
        return
    try:
        found = ours(path, folder, given)
    except KmsiacError as error:
        counts["templates that we do not take"] += 1
        sys.stdout.write(f"{path}: {error}\n")
        return
    counts["templates"] += 1
    counts["resources"] += len(expected)
    for difference in differences(expected, found):
        counts[difference.kind] += 1
        sys.stdout.write(f"{path}: {' '.join(difference)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
