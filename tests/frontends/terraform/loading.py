"""Root modules written in tests, read by the real front end, and their values as plain data."""

from pathlib import Path

from kmsiac.frontends.terraform.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Resource, Stack
from kmsiac.values import Bool, Choice, List, Map, Null, Text, Unknown, Value

Project = dict[str, str]


def read(tmp_path: Path, files: Project, inputs: Inputs | None = None) -> tuple[Stack, SourceTree]:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    tree = SourceTree(tmp_path)
    return load(UnitSource("terraform", tmp_path), tree, inputs or Inputs()), tree


def plain(value: Value | None) -> object:
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, List):
        return [plain(item) for item in value.items]
    if isinstance(value, Map):
        return {str(key): plain(member) for key, member in value.entries}
    if isinstance(value, Unknown):
        return f"?{value.expression}"
    if isinstance(value, Choice):
        return {value.guard.name: [plain(branch) for _, branch in value.branches]}
    if isinstance(value, Bool):
        return value.value
    return None if value is None or isinstance(value, Null) else str(value)


def policy(resource: Resource) -> Map:
    value = resource.attributes.get("policy")
    assert isinstance(value, Text)
    assert isinstance(value.document, Map)
    return value.document


def result(tmp_path: Path, expression: str, more: str = "") -> object:
    """An expression as Terraform would put it into a key's description."""
    text = f'{more}\nresource "aws_kms_key" "k" {{\n  description = {expression}\n}}\n'
    stack, _ = read(tmp_path, {"main.tf": text})
    assert stack.errors == []
    return plain(stack.resources[0].attributes.get("description"))
