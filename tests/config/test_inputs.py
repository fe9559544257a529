"""Inputs of single roots, variable files, and files of parameters."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from kmsiac.config.parameter_files import read_parameter_file
from kmsiac.config.parameter_texts import pairs_in
from kmsiac.errors import ConfigError
from kmsiac.reading.source import SourceFile
from tests.config.conftest import ROTATION, Kmsiac, write

ENVS = {
    "envs/app/main.tf": ROTATION,
    "envs/app/prod.tfvars": "rotate = true\n",
    "envs/app/dev.tfvars": "rotate = false\n",
}
TWO = (
    "inputs:\n  - {root: envs/app, name: prod, var_files: [prod.tfvars]}\n"
    "  - {root: envs/app, var_files: [dev.tfvars]}\n"
)
TEMPLATE = (
    "Parameters:\n  Rotate: {Type: String}\n  Zones: {Type: CommaDelimitedList, Default: a}\n"
    "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: !Ref Rotate}\n"
)


def test_a_finding_of_one_of_two_inputs_says_so(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**ENVS, ".kmsiac.yaml": TWO}, "scan", "-f", "json")
    (finding,) = ran.report["findings"]
    assert finding["when"] == [[{"condition": "inputs", "value": "dev.tfvars"}]]
    (address,) = finding["addresses"]
    assert address["fingerprint"] == finding["fingerprint"]
    assert (address["address"], address["unit"]) == ("aws_kms_key.k", "envs/app")
    assert ran.report["summary"]["keys"] == 1
    assert ran.settings == [
        ("inputs", "envs/app (prod): prod.tfvars", "tree"),
        ("inputs", "envs/app: dev.tfvars", "tree"),
    ]


def test_a_finding_of_both_says_nothing(kmsiac: Kmsiac) -> None:
    files = {**ENVS, "envs/app/prod.tfvars": "rotate = false\n", ".kmsiac.yaml": TWO}
    (finding,) = kmsiac(files, "scan", "-f", "json").report["findings"]
    assert finding["when"] == []


def test_a_finding_under_different_conditions_names_both(kmsiac: Kmsiac) -> None:
    template = (
        "Parameters:\n  Env: {Type: String}\n  On: {Type: String, AllowedValues: [a, b]}\n"
        "Conditions:\n  Off: !Or [!Equals [!Ref Env, dev], !Equals [!Ref On, a]]\n"
        "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
        "    Properties: {EnableKeyRotation: !If [Off, false, true]}\n"
    )
    text = (
        "inputs:\n  - {root: t.yaml, name: dev, parameters: {Env: dev}}\n"
        "  - {root: t.yaml, name: prod, parameters: {Env: prod}}\n"
    )
    (finding,) = kmsiac({"t.yaml": template, ".kmsiac.yaml": text}, "scan", "-f", "json").report[
        "findings"
    ]
    assert [{c["condition"]: c["value"] for c in case} for case in finding["when"]] == [
        {"inputs": "dev"},
        {"inputs": "prod", "On": "a"},
    ]


def test_the_command_line_wins_and_the_general_ones_do_not_count(kmsiac: Kmsiac) -> None:
    files = {**ENVS, ".kmsiac.yaml": TWO + "var: {rotate: true}\n"}
    assert len(kmsiac(files, "scan", "-f", "json").rules) == 1
    assert kmsiac(files, "scan", "--var", "rotate=true").code == 0


def test_a_root_that_is_none_is_an_error(kmsiac: Kmsiac) -> None:
    files = {**ENVS, "envs/ap/readme.txt": "", ".kmsiac.yaml": "inputs: [{root: envs/ap}]\n"}
    ran = kmsiac(files, "scan")
    assert ran.code == 2
    assert (
        '.kmsiac.yaml:1:10: nothing that takes inputs was found at "envs/ap"'
        ' (did you mean "envs/app"?)'
    ) in ran.err
    assert kmsiac(files, "scan", "envs/app").code == 1, "it is not under the PATH"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inputs: [{root: envs/app, parameters: {A: b}}]", "folders take var_files, templates"),
        ("inputs: [{root: t.yaml, var_files: [t.yaml]}]", "folders take var_files, templates"),
        ("inputs: [{root: envs/app, var_files: [no.tfvars]}]", 'there is no file "no.tfvars"'),
        ("inputs: [{root: ../..}]", '"../.." leads outside the scanned tree'),
        ("inputs: [{root: t.yaml, name: a}, {root: ./t.yaml, name: a}]", 'root are called "a"'),
        ("inputs: [{root: t.yaml, parameters: {Rotat: b}}]", 'no parameter "Rotat" (did you mean'),
        ("inputs: [{root: t.yaml, parameters: [p.json]}]", 'p.json:1:2: unknown key "Parametrs"'),
    ],
)
def test_wrong_ones(kmsiac: Kmsiac, text: str, message: str) -> None:
    files = {**ENVS, "t.yaml": TEMPLATE, "p.json": '{"Parametrs": {}, "Parameters": {}}'}
    ran = kmsiac({**files, ".kmsiac.yaml": text + "\n"}, "scan")
    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_a_configured_value_that_nothing_takes_is_a_note(kmsiac: Kmsiac) -> None:
    files = {**ENVS, ".kmsiac.yaml": "var: {rotat: true}\n"}
    ran = kmsiac(files, "who-can", "kms:Decrypt", "aws_kms_key.k")
    assert ran.code == 0
    assert '"rotat" in var: nothing that is scanned takes it (did you mean "rotate"?)' in ran.err


def test_questions_name_the_unit_with_its_inputs(kmsiac: Kmsiac) -> None:
    files = {**ENVS, ".kmsiac.yaml": TWO}
    ran = kmsiac(files, "who-can", "kms:Decrypt", "aws_kms_key.k")
    assert (ran.code, "envs/app[prod]" in ran.err) == (2, True)
    assert kmsiac(files, "who-can", "kms:Decrypt", "envs/app[prod]:aws_kms_key.k").code == 0
    ran = kmsiac(files, "who-can", "kms:Decrypt", "envs/app:aws_kms_key.k")
    assert (ran.code, "name one with its unit, as envs/app[prod]:aws_kms_key.k" in ran.err) == (
        2,
        True,
    )


# -- --var-file ------------------------------------------------------------------------------------


def test_variable_files_of_the_command_line_may_lie_anywhere(
    kmsiac: Kmsiac, tmp_path: Path
) -> None:
    write(
        tmp_path, {"on.tfvars": "rotate = true\nelse = 1\n", "off.tfvars.json": '{"rotate": false}'}
    )
    assert kmsiac(ENVS, "scan", "--var-file", str(tmp_path / "on.tfvars")).code == 0
    both = ("--var-file", "../on.tfvars", "--var-file", "../off.tfvars.json")
    assert kmsiac(ENVS, "scan", *both).code == 1


def test_a_variable_file_that_is_not_there(kmsiac: Kmsiac) -> None:
    ran = kmsiac(ENVS, "scan", "--var-file", "no.tfvars")
    assert (ran.code, ran.err) == (
        2,
        "kmsiac: error: --var-file no.tfvars: there is no such file\n",
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_variable_file_may_be_a_pipe(kmsiac: Kmsiac, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.tfvars"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("rotate = true\n",))
    writer.start()
    assert kmsiac({**ENVS, "other/main.tf": ROTATION}, "scan", "--var-file", str(pipe)).code == 0
    writer.join()


# -- --parameters ----------------------------------------------------------------------------------

FORMS = [
    ("p.json", '[{"ParameterKey": "Rotate", "ParameterValue": "true"}]'),
    ("p.json", '{"Parameters": {"Rotate": "true"}, "Tags": {"a": "b"}}'),
    ("p.json", '{"Rotate": true}'),
    ("p.json", '["Rotate=true"]'),
    ("p.yaml", "Rotate: true\n"),
    ("p.yaml", "Parameters:\n  Rotate: 'true'\n"),
    ("p.yaml", "- ParameterKey: Rotate\n  ParameterValue: true\n"),
    ("p.params", '{"Rotate": "true"}'),
    ("p.json", '{"StackName": "s", "Parameters": [{"ParameterKey": "Rotate", "ParameterValue": "true"}]}'),
    ("p.json", '["ParameterKey=Rotate,ParameterValue=true"]'),
    ("p.yaml", "template-file-path: t.yaml\nparameters:\n  Rotate: 'true'\ntags: {a: b}\n"),
    ("rain.yaml", "Parameters:\n  Rotate: true\nTags:\n  a: b\n"),
    ("samconfig.toml", '[default.deploy.parameters]\nparameter_overrides = "A=b Rotate=\\"true\\""\n'),
    ("samconfig.toml", '[default.global.parameters]\nparameter_overrides = ["Rotate=true"]\n'),
    ("samconfig.toml#prod",
     '[default.deploy.parameters]\nparameter_overrides = "Rotate=false"\n[prod.deploy.parameters]\nparameter_overrides = "Rotate=true"'),
    ("samconfig.yaml#prod",
     "version: 0.1\nprod: {deploy: {parameters: {parameter_overrides: [Rotate=true]}}}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), FORMS)
def test_every_form_of_a_file(kmsiac: Kmsiac, name: str, text: str) -> None:
    files = {"t.yaml": TEMPLATE.replace("  Rotate:", "  A: {Type: String, Default: a}\n  Rotate:")}
    files[name.partition("#")[0]] = text
    assert kmsiac(files, "scan", "t.yaml", "--strict").code == 3
    assert kmsiac(files, "scan", "t.yaml", "--strict", "--parameters", name).code == 0
    assert (
        kmsiac(files, "scan", "t.yaml", "--parameters", name, "--parameters", "Rotate=false").code
        == 1
    )
    quoted = json.dumps([name])
    assert kmsiac({".kmsiac.yaml": f"parameters: {quoted}\n"}, "scan", "t.yaml").code == 0
    one = f"inputs: [{{root: t.yaml, parameters: {quoted}}}]\n"
    assert kmsiac({".kmsiac.yaml": one}, "scan", "t.yaml").code == 0


@pytest.mark.parametrize(
    "given",
    ["Rotate=true", "ParameterKey=Rotate,ParameterValue=true",
     'ParameterValue="true",ParameterKey=Rotate'],
)  # fmt: skip
def test_every_form_of_an_argument(kmsiac: Kmsiac, given: str) -> None:
    assert kmsiac({"t.yaml": TEMPLATE}, "scan", "t.yaml", "--parameters", given).code == 0


def test_a_parameter_that_keeps_its_value_takes_back_an_earlier_one(kmsiac: Kmsiac) -> None:
    given = (
        "--parameters",
        "Rotate=true",
        "--parameters",
        "ParameterKey=Rotate,UsePreviousValue=true",
    )
    assert kmsiac({"t.yaml": TEMPLATE}, "scan", "t.yaml", "--strict", *given).code == 3


SYNC = "template-file-path: {}\nparameters:\n  Rotate: '{}'\n"


def test_a_file_of_git_sync_is_for_its_template_alone(kmsiac: Kmsiac) -> None:
    files = {
        "a/t.yaml": TEMPLATE,
        "b/t.yaml": TEMPLATE,
        "deploy/a.yaml": SYNC.format("a/t.yaml", "true"),
        "deploy/b.yaml": SYNC.format("./b/t.yaml", "false"),
        ".git/HEAD": "",
    }
    ran = kmsiac(files, "scan", "--parameters", "deploy/a.yaml")
    assert ("a/t.yaml" in ran.out, "b/t.yaml" in ran.out) == (False, True)
    both = ("--parameters", "deploy/a.yaml", "--parameters", "deploy/b.yaml")
    ran = kmsiac(files, "scan", "--format", "concise", *both)
    assert [line.split(":")[0] for line in ran.out.splitlines() if "KEY-" in line] == ["b/t.yaml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SYNC.format("no.yaml", "true"),
         'd.yaml:1:21: there is no template "no.yaml" (paths count from the repository)'),
        (SYNC.format("t.yaml", "true").replace("Rotate", "Rotat"),
         'd.yaml:1:21: the template has no parameter "Rotat" (did you mean "Rotate"?)'),
        ("template-file-path: t.yaml\nparameter: {}\n",
         'd.yaml:2:1: unknown key "parameter" (did you mean "parameters"?)'),
        ("template-file-path: [t.yaml]\n", "d.yaml:1:21: template-file-path is no path"),
        ("template-file-path: t.yaml\nparameters: [a]\n", "d.yaml:2:13: parameters are a mapping"),
    ],
)  # fmt: skip
def test_wrong_files_of_git_sync(kmsiac: Kmsiac, text: str, message: str) -> None:
    files = {"t.yaml": TEMPLATE, "d.yaml": text}
    ran = kmsiac(files, "scan", "t.yaml", "--parameters", "d.yaml")
    assert (ran.code, message in ran.err) == (2, True), ran.err


TWO_ENVIRONMENTS = """
[dev.deploy.parameters]
parameter_overrides = "A=1"
[prod.deploy.parameters]
parameter_overrides = "A=2"
"""


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        (TWO_ENVIRONMENTS, "",
         "s.toml:3:1: parameters for several environments (dev, prod) (name s.toml#dev)"),
        (TWO_ENVIRONMENTS, "prd",
         's.toml:3:1: no parameter_overrides for "prd" (did you mean "prod"?)'),
        ("[default.deploy.parameters]\n", "", "s.toml: no parameter_overrides in it"),
        ("a = \n", "", "s.toml:1:5: not TOML: Invalid value"),
        ("a = " + "[" * 5000, "", "s.toml: not TOML that can be read"),
        ('[default.deploy.parameters]\nparameter_overrides = "A"', "",
         's.toml:2:1: "A" in parameter_overrides is no parameter (write NAME=VALUE)'),
        ('[default.deploy.parameters]\nparameter_overrides = "file://p.json"', "",
         's.toml:2:1: "file://p.json" in parameter_overrides is no parameter (name that file)'),
        ("[default.deploy.parameters]\nparameter_overrides = 7", "",
         "s.toml:2:1: parameter_overrides is a text or a list of texts"),
    ],
)  # fmt: skip
def test_wrong_files_of_sam(text: str, environment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_parameter_file(SourceFile(1, "s.toml", text.encode()), environment)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('Env=prod Owner="Team A" X=', [("Env", "prod"), ("Owner", "Team A"), ("X", "")]),
        ('ParameterKey=A,ParameterValue="b c" ParameterKey=C,ParameterValue=d',
         [("A", "b c"), ("C", "d")]),
        (r'A=a\ b B="x\"y"', [("A", "a b"), ("B", 'x"y')]),
        (r"ParameterKey=S,ParameterValue=a\,b", [("S", "a,b")]),
        ("ParameterKey=S,UsePreviousValue=true", [("S", None)]),
        ("Arn=arn:aws:iam::1:role/a=b", [("Arn", "arn:aws:iam::1:role/a=b")]),
        ("A=x stray B=c", [("A", "x"), "stray", ("B", "c")]),
    ],
)  # fmt: skip
def test_several_parameters_in_a_text(text: str, pairs: list[object]) -> None:
    assert list(pairs_in(text)) == pairs


def parameters(text: str, name: str = "p.json") -> dict[str, str]:
    return read_parameter_file(SourceFile(1, name, text.encode())).values


def test_values() -> None:
    assert parameters('{"A": ["x", "y"], "B": 1.50, "C": false, "D": ""}') == {
        "A": "x,y",
        "B": "1.50",
        "C": "false",
        "D": "",
    }
    assert parameters("A: 0012\nB: True\n", "p.yaml") == {"A": "0012", "B": "true"}
    assert parameters('[{"ParameterKey": "A", "UsePreviousValue": true}]') == {}
    assert parameters('["A=x=y,z"]') == {"A": "x=y,z"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"ParameterKey": "A"}]', "p.json:1:2: an entry has no ParameterValue"),
        ('[{"ParameterValue": "A"}]', "p.json:1:2: an entry has no ParameterKey"),
        ('[{"ParameterKy": "A"}]', 'unknown key "ParameterKy" (did you mean "ParameterKey"?)'),
        ('["A"]', 'p.json:1:2: "A" is no parameter (write NAME=VALUE)'),
        ('"A"', "a file of parameters is a list or a mapping"),
        ('{"A": {"b": "c"}}', "p.json:1:7: the value of A must be text, or a list of text"),
        ('{"A": null}', "the value of A must be text"),
        ('{"a-b": "c"}', '"a-b" is no name of a parameter (letters and digits only)'),
        ('{"A": "1", "A": "2"}', 'p.json:1:12: "A" stands here twice'),
        ('{"Parameters": {}, "Tag": {}}', 'unknown key "Tag" (did you mean "Tags"?)'),
        ("{", "p.json:1:"),
        ("", "the file is empty"),
    ],
)
def test_wrong_files(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parameters(text)
    assert message in str(caught.value)


def test_a_file_that_is_not_there(kmsiac: Kmsiac) -> None:
    ran = kmsiac({"t.yaml": TEMPLATE}, "scan", "t.yaml", "--parameters", "nope.json")
    assert (ran.code, "--parameters nope.json: No such file or directory" in ran.err) == (2, True)
