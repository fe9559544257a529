"""`Fn::ImportValue` of what other templates of the scan export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Exporter, Exporters, Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.scan import ScanOptions, take_inventory
from kmsiac.stack import Environment
from kmsiac.values import Text, Unknown, Value
from tests.frontends.cloudformation.conftest import Loaded, plain

Read = Callable[..., Loaded]

_KEY = """\
Resources:
  Key: {Type: AWS::KMS::Key}
Outputs:
  Arn: {Value: !GetAtt Key.Arn, Export: {Name: shared-key}}
"""


@pytest.fixture
def read_first(tmp_path: Path) -> Read:
    """Load the first of several templates that are scanned together."""

    def read(*texts: str, environment: Environment | None = None, **given: str) -> Loaded:
        paths = [tmp_path / f"t{number}.yaml" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        tree = SourceTree(tmp_path)
        inputs = Inputs(environment or Environment(), parameters=given)
        sources = [UnitSource("cloudformation", path) for path in paths]
        exporters = Exporters(Exporter(source, inputs) for source in sources)
        inputs = Inputs(inputs.environment, parameters=given, exporters=exporters)
        return Loaded(load(sources[0], tree, inputs), tree)

    return read


def importing(expression: str, sections: str = "") -> str:
    return (
        f"{sections}\nResources:\n  K:\n    Type: AWS::KMS::Key\n"
        f"    Properties:\n      Description: {expression}\n"
    )


def description(loaded: Loaded) -> Value:
    return loaded.value("K.Description")


def reason(value: Value) -> str:
    assert isinstance(value, Unknown), plain(value)
    return value.reason


def is_open(value: Value) -> bool:
    """Whether an import is nothing but what another stack exports."""
    symbol = value.symbol if isinstance(value, Text) else None
    return symbol is not None and symbol.origin == "import"


def test_an_import_is_the_resource_of_the_other_template(read_first: Read) -> None:
    value = description(read_first(importing("!ImportValue shared-key"), _KEY))
    assert isinstance(value, Text) and value.symbol is not None
    symbol = value.symbol
    assert (symbol.type, symbol.reference, symbol.owner.unit) == ("key_arn", "Key.Arn", "t1.yaml")
    # It is in the account and the Region of the template that imports it.
    assert symbol.shape is not None
    owners = {part.owner.unit for part in symbol.shape.parts if not isinstance(part, str)}
    assert owners == {"t0.yaml", "t1.yaml"}
    account = next(
        p for p in symbol.shape.parts if not isinstance(p, str) and p.type == "account_id"
    )
    assert account.owner.unit == "t0.yaml"


def test_positions_are_those_of_the_exporting_template(read_first: Read) -> None:
    loaded = read_first(importing('!Sub ["${X}", {X: !ImportValue shared-key}]'), _KEY)
    value = description(loaded)
    assert isinstance(value, Text) and value.symbol is not None
    span = loaded.tree.span(value.symbol.position)
    assert (span.path, span.line) == ("t1.yaml", 4)


@pytest.mark.parametrize(
    ("exported", "imported"),
    [
        ('{"Fn::Sub": "${AWS::Region}-key"}', '{"Fn::Sub": "${AWS::Region}-key"}'),
        ('{"Fn::Join": ["-", [a, b]]}', "a-b"),
        ('{"Fn::Sub": "${Stage}-key"}', "dev-key"),
    ],
)
def test_names_are_compared_when_they_are_worked_out(
    read_first: Read, exported: str, imported: str
) -> None:
    other = (
        "Parameters: {Stage: {Type: String, Default: dev}}\nResources: {}\n"
        f"Outputs: {{O: {{Value: x, Export: {{Name: {exported}}}}}}}"
    )
    text = importing(f'{{"Fn::ImportValue": {imported}}}')
    assert plain(description(read_first(text, other))) == "x"


def test_the_stack_name_is_never_guessed(read_first: Read) -> None:
    other = _KEY.replace("shared-key", '!Sub "${AWS::StackName}-Key"')
    sections = "Parameters: {Stack: {Type: String, Default: keys}}"
    text = importing('{"Fn::ImportValue": {"Fn::Sub": "${Stack}-Key"}}', sections)
    assert is_open(description(read_first(text, other)))
    text = importing('{"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-Key"}}')
    assert is_open(description(read_first(text, other)))


def test_two_exports_of_one_name_cannot_be_told_apart(read_first: Read) -> None:
    value = description(read_first(importing("!ImportValue shared-key"), _KEY, _KEY))
    assert reason(value) == "it is exported by t1.yaml and t2.yaml"


def test_an_export_that_is_nowhere_stays_open(read_first: Read) -> None:
    value = description(read_first(importing("!ImportValue shared-key")))
    assert is_open(value)


def test_cases_of_a_name_go_with_cases_of_the_value(read_first: Read) -> None:
    sections = "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}"
    other = (
        f"{sections}\nConditions: {{IsProd: !Equals [!Ref Stage, prod]}}\nResources: {{}}\n"
        'Outputs: {O: {Value: !If [IsProd, "*", !Ref Stage], Export: {Name: !Sub "${Stage}-x"}}}'
    )
    assert plain(description(read_first(importing("!ImportValue prod-x"), other))) == "*"
    assert plain(description(read_first(importing("!ImportValue dev-x"), other))) == "dev"
    text = importing('{"Fn::ImportValue": {"Fn::Sub": "${Stage}-x"}}', sections)
    value = plain(description(read_first(text, other)))
    assert value == ("Stage", {"dev": "dev", "prod": "*"})
    text = importing('{"Fn::ImportValue": {"Fn::Sub": "${Stage}-y"}}', sections)
    value = plain(description(read_first(text, other)))
    assert value == ("Stage", {v: f"${{Fn::ImportValue({v}-y)}}" for v in ("dev", "prod")})


def test_exports_made_of_imports(read_first: Read) -> None:
    middle = "Resources: {}\nOutputs: {O: {Value: !ImportValue shared-key, Export: {Name: again}}}"
    value = description(read_first(importing("!ImportValue again"), middle, _KEY))
    assert isinstance(value, Text) and value.symbol is not None
    assert value.symbol.owner.unit == "t2.yaml"


def test_circles_end(read_first: Read) -> None:
    one = importing("!ImportValue b") + "Outputs: {O: {Value: !ImportValue b, Export: {Name: a}}}\n"
    two = "Resources: {}\nOutputs: {O: {Value: !ImportValue a, Export: {Name: b}}}"
    assert "in a circle" in reason(description(read_first(one, two)))
    named = "Resources: {}\nOutputs: {O: {Value: x, Export: {Name: !ImportValue b}}}"
    assert is_open(description(read_first(importing("!ImportValue b"), named)))


def test_long_chains_end(read_first: Read) -> None:
    chain = [
        f"Resources: {{}}\nOutputs: {{O: {{Value: !ImportValue e{n + 1}, Export: {{Name: e{n}}}}}}}"
        for n in range(60)
    ]
    assert "too many templates" in reason(
        description(read_first(importing("!ImportValue e0"), *chain))
    )


def test_exports_of_broken_and_nested_templates(read_first: Read) -> None:
    broken = "Resources: [\nOutputs: {O: {Value: x, Export: {Name: shared-key}}}"
    parent = "Resources: {Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: t3.yaml}}}\n# Export"
    value = description(read_first(importing("!ImportValue shared-key"), broken, parent))
    assert is_open(value)


def test_what_is_no_text_is_unknown(read_first: Read) -> None:
    other = "Resources: {}\nOutputs: {O: {Value: [a], Export: {Name: list}}}"
    assert "not one text" in reason(description(read_first(importing("!ImportValue list"), other)))


def test_a_literal_account_is_that_of_both(read_first: Read) -> None:
    environment = Environment("111122223333", "eu-west-1", "aws")
    loaded = read_first(importing("!ImportValue shared-key"), _KEY, environment=environment)
    value = description(loaded)
    assert isinstance(value, Text) and value.symbol is not None and value.symbol.shape is not None
    assert value.symbol.shape.prefix == "arn:aws:kms:eu-west-1:111122223333:key/"


def test_an_export_of_another_region_is_not_meant(tmp_path: Path) -> None:
    output = {"O": {"Value": {"Ref": "AWS::Region"}, "Export": {"Name": "n"}}}
    handle = {"H": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    exporter = {"Resources": handle, "Outputs": output}
    key = {"Type": "AWS::KMS::Key", "Properties": {"Description": {"Fn::ImportValue": "n"}}}
    importer = {"Resources": {"K": key}}
    regions = {"one": "eu-west-1", "two": "us-east-1", "here": "eu-west-1"}
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://111122223333/{region}",
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name, region in regions.items()
    }
    (tmp_path / "manifest.json").write_text(
        json.dumps({"version": "36.0.0", "artifacts": artifacts})
    )
    for name in regions:
        document = importer if name == "here" else exporter
        (tmp_path / f"{name}.template.json").write_text(json.dumps(document))
    options = ScanOptions((tmp_path,), working_directory=tmp_path)
    keys = take_inventory(options)["keys"]
    assert [key["settings"]["description"] for key in keys] == ["eu-west-1"]
