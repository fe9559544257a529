"""The templates of `language/`: includes, loops, macros, and functions of the language extensions.

Beside each lies what comes of it: the resources with their properties (`?x` is an unknown x, see
`plain`), what is not evaluated and what is wrong. With `KMSIAC_WRITE=1` the test writes that again,
to be read before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.frontends.cloudformation.templates import read_template
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Stack
from tests.frontends.cloudformation.conftest import plain
from tests.oracles.cfn_lint_loops import GOLDEN, TEMPLATE

_FOLDER = Path(__file__).parent / "language"
_TEMPLATES = sorted(_FOLDER.glob("*.yaml"))


def _loaded(path: Path, root: Path) -> tuple[Stack, SourceTree]:
    tree = SourceTree(root)
    return load(UnitSource("cloudformation", path), tree, Inputs()), tree


def _told(stack: Stack, tree: SourceTree) -> dict[str, object]:
    resources: dict[str, object] = {}
    for resource in stack.resources:
        span = tree.span(resource.position)
        assert span is not None
        told: dict[str, object] = {"at": str(span), **_members(plain(resource.attributes))}
        if resource.attributes.open is not None:
            told["..."] = resource.attributes.open.reason
        if resource.exists is not None:
            told["exists"] = [f"{guard.name} = {atom}" for guard, atom in resource.exists]
        if resource.absent is not None:
            told["absent"] = resource.absent.reason
        resources[resource.address] = told
    gaps = [f"{gap.resource} {gap.attribute}: {gap.reason}" for gap in stack.gaps]
    return {
        "resources": resources,
        "gaps": gaps,
        "errors": [str(error) for error in stack.errors],
        "files": sorted(stack.files),
    }


def _members(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.stem)
def test_what_comes_of_a_template(path: Path) -> None:
    told = json.loads(json.dumps(_told(*_loaded(path, _FOLDER))))
    expected = path.with_suffix(".expected.json")
    if os.environ.get("KMSIAC_WRITE"):
        expected.write_text(json.dumps(told, indent=1) + "\n", "utf-8", newline="\n")
    assert told == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.stem)
def test_json_says_the_same(path: Path, tmp_path: Path) -> None:
    for part in (_FOLDER / "parts").iterdir():
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / part.name).write_bytes(part.read_bytes())
    written = read_template(SourceTree(_FOLDER).read(path))
    (tmp_path / "t.json").write_text(json.dumps(_long_form(written)))
    told = _told(*_loaded(tmp_path / "t.json", tmp_path))
    expected = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
    for address, resource in expected["resources"].items():
        resource["at"] = told["resources"][address]["at"]  # type: ignore[index]
    for key in ("resources", "gaps"):
        assert json.loads(json.dumps(told[key])) == expected[key]


def _long_form(node: Node) -> object:
    """A template as JSON has it."""
    call = as_call(node)
    if call is not None and node.tag:
        return {call.name: _long_form(call.argument)}
    if isinstance(node, Mapping):
        assert all(isinstance(key, Scalar) for key, _ in node.entries)
        return {name: _long_form(value) for name, value in node.items()}
    if isinstance(node, Sequence):
        return [_long_form(item) for item in node.items]
    assert isinstance(node, Scalar)
    if node.kind in ("bool", "null", "number"):
        return json.loads(node.text)
    return node.text


def test_loops_are_written_out_as_cfn_lint_does(tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_bytes(GOLDEN.read_bytes())
    golden = _told(*_loaded(tmp_path / "golden.json", tmp_path))["resources"]
    ours = _told(*_loaded(TEMPLATE, _FOLDER))["resources"]
    assert isinstance(golden, dict) and isinstance(ours, dict)
    for told in (*golden.values(), *ours.values()):
        del told["at"]
    assert ours == golden
