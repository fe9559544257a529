"""`kmsiac rules new`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.authoring.examples import check
from kmsiac.authoring.lint import lint
from kmsiac.authoring.problem import ERROR
from kmsiac.cli import run
from kmsiac.rules.loader import builtin_rules_folder, load_rules


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my rules"


def test_a_new_rule_loads_and_passes_as_it_is(
    rules: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "new", "ACME-01", str(rules), "--name", "my-rule"]) == 0
    assert capfd.readouterr().out == f"{rules / 'ACME-01-my-rule.yaml'}\n"
    known = load_rules((builtin_rules_folder(), rules))
    checked = check(known, [known.rules["ACME-01"]])
    assert checked.failures == []
    assert checked.mutants > 0


def test_lint_says_what_is_still_missing_and_nothing_else(rules: Path) -> None:
    run(["rules", "new", "ACME-01", str(rules), "--name", "my-rule"])
    linted = lint([rules])
    assert linted.count(ERROR) == 0
    missing = {problem.message for problem in linted.problems}
    keys = ("rationale", "remediation", "false_positives", "references")
    assert missing == {f'the rule has no "{key}"' for key in keys}
    file = rules / "ACME-01-my-rule.yaml"
    text = file.read_text(encoding="utf-8").replace('""', "It matters.")
    text = text.replace("[] #", "[https://docs.aws.amazon.com/kms/latest/developerguide/] #")
    file.write_text(text, encoding="utf-8")
    assert lint([rules]).problems == []


def test_defaults_are_the_folder_and_a_name_made_of_the_id(rules: Path) -> None:
    rules.mkdir()
    assert run(["rules", "new", "ACME-02"]) == 0
    assert Path("ACME-02-acme-02.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["acme"], '"acme" is no id of a rule (write it as ACME-01)'),
        (["KP-99"], 'the prefix "KP" is that of shipped rules (take a prefix of your own)'),
        (["ACME-01", "--name", "A B"], '"A B" is no name of a rule'),
        (["ACME-01", "--name", "public-key-policy"], 'the name "public-key-policy" is that of KP-20'),
        (["ACME-01", "--category", "keys"], 'there is no category "keys"'),
        (["ACME-77", "."], "ACME-77-acme-77.yaml exists"),
        (["ACME-77", ".", "--name", "another"], "ACME-77-acme-77.yaml exists (take the next"),
    ],
)  # fmt: skip
def test_what_will_not_do(
    rules: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    Path("ACME-77-acme-77.yaml").write_text("precious", encoding="utf-8")
    assert run(["rules", "new", *arguments]) == 2
    assert told in capfd.readouterr().err
    assert Path("ACME-77-acme-77.yaml").read_text(encoding="utf-8") == "precious"
