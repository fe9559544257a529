from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.errors import ErrorGroup, RuleError
from kmsiac.rules.loader import builtin_rules_folder, examples, load_rules

Rule = Callable[..., str]


def errors_of(folder: Path, text: str) -> list[str]:
    (folder / "r.yaml").write_text(text)
    with pytest.raises(ErrorGroup) as caught:
        load_rules([folder])
    assert all(isinstance(error, RuleError) for error in caught.value.errors)
    return [str(error).removeprefix(f"{folder}/") for error in caught.value.errors]


@pytest.mark.parametrize(
    ("when", "target", "expected"),
    [
        (
            "{efect: Allow}",
            "statement",
            'r.yaml:7:8: a statement has no field "efect" (did you mean "effect"?)',
        ),
        ("{spec: Allow}", "statement", 'r.yaml:7:8: a statement has no field "spec"'),
        (
            "{public: yes}",
            "statement",
            "r.yaml:7:16: true or false was expected here",
        ),
        (
            "{effect: true}",
            "statement",
            'r.yaml:7:16: text was expected here (write "true" in quotes if it is text)',
        ),
        (
            "{sid: {less_than: 3}}",
            "statement",
            "r.yaml:7:14: `less_than` cannot be asked of sid, a text",
        ),
        (
            "{actions: kms:Decrypt}",
            "statement",
            "r.yaml:7:17: actions is a list: say some, every or none ({some: kms:Decrypt})",
        ),
        (
            "{actions: {count: {at_lest: 3}}}",
            "statement",
            'r.yaml:7:26: `count` has no "at_lest" (did you mean "at_least"?)',
        ),
        (
            "{actions: {som: x}}",
            "statement",
            'r.yaml:7:18: actions is a list: "som" is no operator of lists (did you mean "some"?)',
        ),
        (
            "{name: {format: alias_nam}}",
            "alias",
            'r.yaml:7:23: unknown format "alias_nam" (did you mean "alias_name"?)',
        ),
        (
            "{operations: {some: {in_table: grant_operation}}}",
            "grant",
            'r.yaml:7:38: unknown table "grant_operation" (did you mean "grant_operations"?)',
        ),
        (
            "{values: {some: {in_table: values_of_condition_key}}}",
            "condition",
            "r.yaml:7:34: the table values_of_condition_key needs a `row`",
        ),
        (
            "{values: {some: {in_table: values_of_condition_key, row: key}}}",
            "condition",
            'r.yaml:7:64: references are rooted (write "target.key" or "this.key")',
        ),
        (
            "{siblings: {some: {sid: {same_as: sid}}}}",
            "statement",
            'r.yaml:7:41: references are rooted (write "target.sid" or "this.sid")',
        ),
        (
            "{kind: accont}",
            "principal",
            'r.yaml:7:14: "accont" is none of the values (did you mean "account"?)',
        ),
        (
            "{ordered_after: true}",
            "principal",
            'r.yaml:7:8: "ordered_after" cannot be asked yet (it is coming)',
        ),
        (
            "{principals: {some: x}}",
            "statement",
            "r.yaml:7:27: an element is a principal, not a value (name one of its fields)",
        ),
        (
            "{not: {effect: {written_as: literal}}}",
            "statement",
            'r.yaml:7:23: "written_as" cannot be asked yet (it is coming)',
        ),
        (
            "{operations: {count: {at_least: params.many}}}",
            "grant",
            'r.yaml:7:39: the rule has no parameter "many"',
        ),
        ("{effect: Allow, effect: Deny}", "statement", 'r.yaml:7:23: "effect" stands here twice'),
        ("{}", "statement", "r.yaml:7:7: an empty mapping matches everything"),
        ("{any: []}", "statement", "r.yaml:7:13: `any` takes a list of matchers"),
    ],
)
def test_wrong_terms_are_placed(
    tmp_path: Path, rule: Rule, when: str, target: str, expected: str
) -> None:
    assert errors_of(tmp_path, rule(when, target)) == [expected]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"target": "statment"},
            'r.yaml:6:9: unknown target "statment" (did you mean "statement"?)',
        ),
        ({"severity": "hihg"}, 'r.yaml:4:11: unknown severity "hihg" (did you mean "high"?)'),
        ({"category": "grant"}, 'r.yaml:5:11: unknown category "grant" (did you mean "grants"?)'),
        (
            {"id": "KP-99"},
            "r.yaml:1:5: the prefix KP- belongs to the shipped rules (choose a prefix of your own)",
        ),
        ({"id": "nonsense"}, 'r.yaml:1:5: "nonsense" is no id of a rule (write it as KP-20)'),
        ({"messge": "x"}, 'r.yaml:9:1: unknown key "messge" (did you mean "message"?)'),
        ({"in_": "[keys]"}, 'r.yaml:9:6: unknown kind of policy "keys" (did you mean "key"?)'),
        (
            {"yields_to": "[TEST-02]"},
            'r.yaml:9:12: there is no rule "TEST-02" (did you mean "TEST-01"?)',
        ),
        ({"yields_to": "[TEST-01]"}, "r.yaml:9:12: TEST-01 yields to itself, by way of TEST-01"),
        (
            {"point_at": "princpal"},
            'r.yaml:9:11: unknown point_at "princpal" (did you mean "principal"?)',
        ),
        ({"params": "{many: 3}"}, 'r.yaml:9:1: the parameter "many" is not used'),
        (
            {"escalate": "[{when: {effect: Allow}, severity: low}]"},
            "r.yaml:9:46: an escalation goes upward from medium",
        ),
        (
            {"message": '"{stmt}"'},
            (
                'r.yaml:8:10: the message has an unknown placeholder "{stmt}" ({statement} is known, and '
                "what `kmsiac rules vocabulary statement` lists)"
            ),
        ),
        (
            {"message": '"{sidd}"'},
            'r.yaml:8:10: the message has an unknown placeholder "{sidd}" (did you mean "sid"?)',
        ),
        (
            {"message": '"{witness.action}"'},
            "r.yaml:8:10: {witness.action}: no term of `when` gives a witness",
        ),
        (
            {"message": '"100% {"'},
            "r.yaml:8:10: a brace in the message is no placeholder (write {name} or {name.field})",
        ),
    ],
)
def test_wrong_keys_are_placed(
    tmp_path: Path, rule: Rule, keys: dict[str, str], expected: str
) -> None:
    assert errors_of(tmp_path, rule("{effect: Allow}", **keys)) == [expected]


def test_in_has_no_sense_outside_policies(tmp_path: Path, rule: Rule) -> None:
    text = rule("{rotation: false}", "key", in_="[key]")
    assert errors_of(tmp_path, text) == ["r.yaml:9:1: `in` has no sense for the target key"]


BINDS = "the message has an unknown placeholder"


@pytest.mark.parametrize(
    ("when", "good"),
    [
        ("{principals: {some: {kind: role}}}", True),
        ("{any: [{principals: {some: {kind: role}}}, {principals: {some: {kind: user}}}]}", True),
        ("{any: [{principals: {some: {kind: role}}}, {effect: Deny}]}", False),
        ("{not: {principals: {some: {kind: role}}}}", False),
        ("{principals: {none: {kind: role}}}", False),
    ],
)
def test_only_a_certain_some_binds(tmp_path: Path, rule: Rule, when: str, good: bool) -> None:
    text = rule(when, message='"{principals.kind}"')
    if good:
        (tmp_path / "r.yaml").write_text(text)
        assert len(load_rules([tmp_path])) == 1
    else:
        (found,) = errors_of(tmp_path, text)
        assert found.startswith(f"r.yaml:8:10: {BINDS}")
        assert "all branches of an any, binds" in found


def test_all_errors_of_all_files_come_at_once(tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "a.yaml").write_text(rule("{efect: Allow, sed: x}"))
    (tmp_path / "b.yaml").write_text("id: [\n")
    (tmp_path / "c.yaml").write_text(rule("{effect: Allow}", id="TEST-03", severity="bad"))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    files = [Path(error.span.path).name for error in caught.value.errors if error.span]
    assert files == ["a.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_ids_and_aliases_are_unique(tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "a.yaml").write_text(rule("{effect: Allow}", aliases="[OLD-01]"))
    (tmp_path / "b.yaml").write_text(rule("{effect: Allow}", id="OLD-01"))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    (error,) = caught.value.errors
    assert error.message.startswith('the id "OLD-01" is taken by ')
    assert error.span is not None
    assert error.span[1:3] == (1, 5)


def test_cycles_of_yields_to(tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "a.yaml").write_text(rule("{effect: Allow}", yields_to="[TEST-02]"))
    (tmp_path / "b.yaml").write_text(rule("{effect: Allow}", id="TEST-02", yields_to="[TEST-01]"))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    assert [error.message.split(",")[0] for error in caught.value.errors] == [
        "TEST-01 yields to itself",
        "TEST-02 yields to itself",
    ]


def test_prose_stands_last_in_folders_of_users(tmp_path: Path, rule: Rule) -> None:
    text = "rationale: because\n" + rule("{effect: Allow}")
    found = errors_of(tmp_path, text)
    assert found[0] == 'r.yaml:2:1: "id" stands after "rationale" (prose stands last)'


def test_prose_and_examples_are_read_when_asked(tmp_path: Path, rule: Rule) -> None:
    prose = "rationale: |\n  because\nreferences: [https://x]\nexamples: {bad: [{name: a}]}\n"
    (tmp_path / "r.yaml").write_text(rule("{effect: Allow}") + prose)
    rules = load_rules([tmp_path])
    assert rules.prose("TEST-01")["rationale"] == "because\n"
    assert rules.prose("TEST-01")["references"] == ["https://x"]
    assert examples(rules, "TEST-01") == {"bad": [{"name": "a"}]}


def test_a_missing_folder_and_an_endless_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ErrorGroup, match="no such folder"):
        load_rules([tmp_path / "none"])
    (tmp_path / "r.yaml").write_text("x: " + "[" * 500)
    with pytest.raises(ErrorGroup, match="deep"):
        load_rules([tmp_path])


def test_shipped_rules_load_and_have_prose() -> None:
    rules = load_rules()
    assert rules.get("KP-20") is not None
    assert rules.get("SVC-05") is rules.get("COND-12")
    for rule in rules:
        assert {"rationale", "remediation", "references", "examples"} <= set(rules.prose(rule.id))


def test_the_prose_of_shipped_rules_is_not_read_before_it_is_asked_for(
    tmp_path: Path, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rule("{effect: Allow}", id="KP-001") + "rationale: |\n  some prose\n]: not YAML: [\n"
    (tmp_path / "one.yaml").write_text(text)
    monkeypatch.setattr("kmsiac.rules.loader.builtin_rules_folder", tmp_path.resolve)
    rules = load_rules()
    assert list(rules.rules) == ["KP-001"]
    with pytest.raises(RuleError):
        rules.prose("KP-001")
    assert builtin_rules_folder().name == "rules"
