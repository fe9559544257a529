"""What wins over what, what reports say of it, and what is found to be wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kmsiac.config import ScanOptions
from kmsiac.config.resolve import Request, resolve
from kmsiac.findings.finding import ScanResult
from kmsiac.scan import scan
from tests.config.conftest import ROTATION, Kmsiac, write

TREE = {"main.tf": ROTATION}


def configured(text: str) -> dict[str, str | bytes]:
    return {"main.tf": ROTATION, ".kmsiac.yaml": text}


# -- flag > environment > configuration > default --------------------------------------------------


def test_each_wins_over_the_next(kmsiac: Kmsiac, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kmsiac(TREE, "scan").code == 1
    assert kmsiac(configured("fail_on: high\n"), "scan").code == 0
    monkeypatch.setenv("KMSIAC_FAIL_ON", "medium")
    ran = kmsiac({}, "scan", "-f", "json")
    assert (ran.code, ran.settings) == (1, [("fail_on", "medium", "flag")])
    ran = kmsiac({}, "scan", "-f", "json", "--fail-on", "never")
    assert (ran.code, ran.settings) == (0, [("fail_on", "never", "flag")])


def test_a_switch_can_be_put_back(kmsiac: Kmsiac, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        **configured("strict: true\nfail_on: never\n"),
        "b.tf": 'module "m" {\n  source = "x/y/z"\n}\n',
    }
    assert kmsiac(files, "scan").code == 3
    assert kmsiac(files, "scan", "--no-strict").code == 0
    monkeypatch.setenv("KMSIAC_STRICT", "0")
    assert kmsiac(files, "scan").code == 0


def test_a_list_replaces_the_configured_one(kmsiac: Kmsiac) -> None:
    files = configured("select: [KP-20]\n")
    assert kmsiac(files, "scan", "-f", "json").rules == []
    assert kmsiac(files, "scan", "-f", "json", "--select", "KEY-01").rules == ["KEY-01 main.tf"]


def test_variables_are_added_name_by_name(kmsiac: Kmsiac) -> None:
    files = configured("var: {rotate: true}\n")
    assert kmsiac(files, "scan").code == 0
    assert kmsiac(files, "scan", "--var", "rotate=false").code == 1


def test_a_variable_file_of_the_command_line_wins_over_configured_variables(
    kmsiac: Kmsiac,
) -> None:
    files = {**configured("var: {rotate: true}\n"), "off.tfvars": "rotate = false\n"}
    assert kmsiac(files, "scan", "--var-file", "off.tfvars").code == 1
    assert kmsiac(files, "scan", "--var-file", "off.tfvars", "--var", "rotate=true").code == 0


def test_configured_variables_keep_their_type(kmsiac: Kmsiac) -> None:
    code = (
        'variable "names" {\n  type = list(string)\n}\nresource "aws_kms_key" "k" {\n'
        "  for_each = toset(var.names)\n  enable_key_rotation = true\n}\n"
    )
    ran = kmsiac(
        {"main.tf": code, ".kmsiac.yaml": "var: {names: [a, '${b}']}\n"}, "inventory", "-f", "json"
    )
    found = [key["resource"] for key in ran.report["keys"]]
    assert found == ['aws_kms_key.k["${b}"]', 'aws_kms_key.k["a"]']


def test_lists_of_the_environment(kmsiac: Kmsiac, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMSIAC_SELECT", "KP-20,KEY-01\nKEY-08")
    ran = kmsiac(TREE, "scan", "-f", "json")
    assert [value for _, value, _ in ran.settings] == ["KP-20", "KEY-01", "KEY-08"]
    monkeypatch.setenv("KMSIAC_VAR", "rotate=true\n")
    assert kmsiac(TREE, "scan").code == 0
    monkeypatch.setenv("KMSIAC_VAR", "rotate=a b,c")
    assert kmsiac(TREE, "scan", "--var", "rotate=true").code == 0


def test_files_of_the_environment(kmsiac: Kmsiac, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMSIAC_VAR_FILE", "a b.tfvars,c.tfvars")
    files = {**TREE, "a b.tfvars": "rotate = false\n", "c.tfvars": "rotate = true\n"}
    assert kmsiac(files, "scan").code == 0
    monkeypatch.setenv("KMSIAC_NO_CONFIG", "1")
    assert kmsiac({".kmsiac.yaml": "nonsense"}, "scan").code == 0


def test_the_other_commands_take_only_what_concerns_them(kmsiac: Kmsiac) -> None:
    files = configured(
        "format: json\nfail_on: never\nvar: {rotate: true}\nseverity: {NO-99: low}\n"
    )
    ran = kmsiac(files, "who-can", "kms:Decrypt", "aws_kms_key.k")
    assert (ran.code, "note: the scanned tree sets var rotate\n" in ran.err) == (0, True)
    assert "rotation true" in kmsiac(files, "inventory").out


# -- rules -----------------------------------------------------------------------------------------


def test_severity_replaces_a_rule_s_own(kmsiac: Kmsiac) -> None:
    ran = kmsiac(configured("severity: {KEY-01: low}\n"), "scan", "-f", "json")
    assert ran.code == 0
    assert ran.report["summary"]["findings"]["low"] == 1
    assert ran.settings == [("severity", "KEY-01: low", "tree")]


def test_severity_replaces_escalations_too(kmsiac: Kmsiac) -> None:
    policy = (
        'resource "aws_kms_key" "k" {\n  enable_key_rotation = true\n  policy = jsonencode({Statement = [{'
        'Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*"}]})\n}\n'
    )
    files = {"main.tf": policy}
    before = kmsiac(files, "scan", "-f", "json", "--select", "KP-20").report["findings"]
    assert [f["severity"] for f in before] == ["critical"]
    files[".kmsiac.yaml"] = "severity: {KP-20: info}\n"
    after = kmsiac(files, "scan", "-f", "json", "--select", "KP-20").report["findings"]
    assert [f["severity"] for f in after] == ["info"]
    assert after[0]["fingerprint"] == before[0]["fingerprint"]


def test_parameters_reach_rules(kmsiac: Kmsiac) -> None:
    policy = (
        'resource "aws_kms_key" "k" {\n  enable_key_rotation = true\n  policy = jsonencode({Statement = [{'
        'Effect = "Allow", Principal = {Service = "logs.amazonaws.com"}, Action = "kms:Decrypt", '
        'Resource = "*"}]})\n}\n'
    )
    arguments = ("scan", "-f", "json", "--select", "SVC-01")
    assert kmsiac({"main.tf": policy}, *arguments).rules == ["SVC-01 main.tf"]
    text = "params: {SVC-01: {exempt: [logs.amazonaws.com]}}\n"
    ran = kmsiac({".kmsiac.yaml": text}, *arguments)
    assert ran.rules == []
    assert ("params", "SVC-01: exempt=logs.amazonaws.com", "tree") in ran.settings


def test_every_mistake_of_form_and_meaning_at_once(kmsiac: Kmsiac) -> None:
    text = (
        "severity: {KEY-99: low}\n"
        "params: {SVC-01: {exemt: []}, KEY-01: {a: 1}}\n"
        "ignore: [{rule: KP-200}, {rule: gants}]\n"
        "select: [public-key-polcy]\n"
        "stric: true\n"
        "baseline: nope.json\n"
        "var_file: [prod.tfvar, ../../out.tfvars]\n"
        "rules: [main.tf]\n"
        "inputs: [{root: envs/prod}]\n"
    )
    ran = kmsiac({**configured(text), "prod.tfvars": "", "envs/prd/x.tf": ROTATION}, "scan")
    told = ran.err.replace("kmsiac: error: .kmsiac.yaml:", "").splitlines()
    assert ran.code == 2
    assert told == [
        '1:12: there is no rule "KEY-99" (did you mean "KEY-01"?)',
        '2:19: SVC-01 has no parameter "exemt" (did you mean "exempt"?)',
        '2:40: KEY-01 has no parameter "a" (it has no parameters)',
        '3:17: no rule or category is called "KP-200" (did you mean "KP-20"?)',
        '3:33: no rule or category is called "gants" (did you mean "grants"?)',
        '4:10: no rule or category is called "public-key-polcy" (did you mean "public-key-policy"?)',
        '5:1: unknown key "stric" (did you mean "strict"?)',
        '6:11: there is no file "nope.json"',
        '7:12: there is no file "prod.tfvar" (did you mean "prod.tfvars"?)',
        '7:24: "../../out.tfvars" leads outside the scanned tree (name it on the command line)',
        '8:9: there is no folder "main.tf"',
        '9:17: there is no folder or file "envs/prod" (did you mean "envs/prd"?)',
    ]


def test_a_wrong_rule_is_told_with_the_mistakes_of_the_configuration(kmsiac: Kmsiac) -> None:
    files = {
        **configured("rules: [mine]\nselect: [grants]\nstric: true\n"),
        "mine/a.yaml": "id: [\n",
    }
    ran = kmsiac(files, "scan")
    assert (ran.code, "mine/a.yaml:" in ran.err, "stric" in ran.err) == (2, True, True)
    assert str(Path.cwd()) not in ran.err


def test_rules_of_the_tree_run_and_are_shown(kmsiac: Kmsiac) -> None:
    rule = (
        "id: MY-01\nname: no-key\ntitle: A key\nseverity: low\ncategory: key-settings\n"
        'target: key\nwhen: {rotation: false}\nmessage: "{key} is there"\n'
    )
    files = {**configured("rules: [mine]\nseverity: {MY-01: info}\n"), "mine/MY-01.yaml": rule}
    ran = kmsiac(files, "scan", "-f", "json", "--select", "MY-01")
    assert ran.code in {0, 2}, ran.err
    if ran.code == 0:
        assert ("rules", "mine", "tree") in ran.settings


def test_a_link_in_a_folder_of_rules_that_leads_out(kmsiac: Kmsiac, repository: Path) -> None:
    write(repository.parent, {"secret.yaml": "token: abc\n"})
    (repository / "mine").mkdir()
    (repository / "mine" / "a.yaml").symlink_to(repository.parent / "secret.yaml")
    ran = kmsiac(configured("rules: [mine]\n"), "scan")
    assert ran.code == 2
    assert '1:9: "mine": the link a.yaml leads outside the scanned tree' in ran.err


# -- the settings that every report shows ----------------------------------------------------------


def test_all_that_the_tree_weakens_is_shown_with_its_place(repository: Path) -> None:
    text = (
        'trusted_accounts: ["111122223333"]\nmin_severity: high\nexclude: [a/, b/]\n'
        "severity: {KEY-01: info}\npedantic: false\nvar: {rotate: sesame}\ncolor: never\n"
    )
    write(repository, {**configured(text), ".kmsiacignore": "# all of it\nc/\n"})
    result = _scan(repository)
    assert [(s.key, s.value, s.origin, str(s.location)) for s in result.settings] == [
        ("trusted_accounts", "111122223333", "tree", ".kmsiac.yaml:1:20"),
        ("min_severity", "high", "tree", ".kmsiac.yaml:2:15"),
        ("exclude", "a/", "tree", ".kmsiac.yaml:3:11"),
        ("exclude", "b/", "tree", ".kmsiac.yaml:3:15"),
        ("severity", "KEY-01: info", "tree", ".kmsiac.yaml:4:12"),
        ("var", "rotate", "tree", ".kmsiac.yaml:6:7"),
        ("exclude", "c/", "tree", ".kmsiacignore:2:1"),
    ]


def _scan(folder: Path) -> ScanResult:
    return scan(resolve(Request(working_directory=folder)).scan)


def test_values_of_variables_are_not_printed(kmsiac: Kmsiac) -> None:
    ran = kmsiac(
        configured("var: {rotate: true}\n"), "scan", "-f", "json", "--var", "rotate=sesame"
    )
    assert "sesame" not in ran.out
    assert ("var", "rotate", "flag") in ran.settings


def test_what_a_flag_names_in_the_tree_is_the_tree_s(kmsiac: Kmsiac, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    inside = kmsiac({**TREE, "mine/x.txt": ""}, "scan", "-f", "json", "--rules", "mine")
    outside = kmsiac(TREE, "scan", "-f", "json", "--rules", str(tmp_path / "outside"))
    assert inside.settings == [("rules", "mine", "tree")]
    assert [origin for _, _, origin in outside.settings] == ["flag"]


def test_hostile_values_of_settings_stay_text(kmsiac: Kmsiac) -> None:
    files = configured("exclude: ['::error::<b>$(x)', '=cmd|x']\n")
    ran = kmsiac(files, "scan")
    assert not any(line.startswith("::") for line in ran.out.splitlines())
    assert kmsiac(files, "scan", "-f", "json").settings[0][1] == "::error::<b>$(x)"


# -- without any file ------------------------------------------------------------------------------


def test_options_need_no_file(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": ROTATION, ".kmsiac.yaml": "nonsense: ["})
    result = scan(ScanOptions(working_directory=tmp_path, severity={"KEY-01": "info"}))
    assert [(f.rule, f.severity) for f in result.findings] == [("KEY-01", "info")]
    assert result.settings == []


def test_options_moved_to_another_place(repository: Path, tmp_path: Path) -> None:
    text = (
        "var_file: [on.tfvars]\nexclude: [legacy]\ninputs: [{root: app, var_files: [x.tfvars]}]\n"
    )
    files = {**configured(text), "on.tfvars": "", "app/x.tfvars": "", "app/a.tf": ""}
    write(repository, files)
    there = tmp_path / "there"
    write(there, {"app/x.tfvars": ""})
    moved = resolve(Request(working_directory=repository)).scan.moved(
        lambda path: there / os.path.relpath(path, repository)
    )
    assert moved.inputs.configured_variable_files == ()
    assert moved.root_inputs[0].root == there / "app"
    assert moved.root_inputs[0].inputs.configured_variable_files == (there / "app" / "x.tfvars",)
    assert moved.exclude[0].folder == there
