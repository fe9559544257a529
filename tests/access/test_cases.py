from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases.__main__ import main
from tests.cases.runner import read_cases, run_cases

FOLDER = Path(__file__).parents[1] / "cases"
FILES = sorted(FOLDER.glob("*.jsonl"))
CASES = [case for file in FILES for case in read_cases(file)]


def test_there_are_cases_and_each_says_why_and_where_from() -> None:
    assert len(CASES) >= 150
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["why"] and case["source"] for case in CASES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_cases_from_the_documentation(file: Path) -> None:
    outcomes = list(run_cases(read_cases(file)))
    assert [one.line() for one in outcomes if one.status != "passed"] == []


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
REQUEST = {
    "principal": "arn:aws:iam::111122223333:user/bob",
    "action": "kms:Decrypt",
    "resource": "arn:aws:kms:eu-west-1:111122223333:key/1",
}


def case(id: str, expected: object = "Allowed", **more: object) -> dict[str, object]:
    return {"id": id, "key_policy": {"Statement": ALLOW}, "expected": expected, **more} | {
        "request": REQUEST
    }


def run(folder: Path, *cases: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    file = folder / "cases.jsonl"
    file.write_text("\n\n".join(json.dumps(one) for one in cases), encoding="utf-8")
    code = main([str(file)])
    return code, capsys.readouterr().out.splitlines()


def test_the_runner_prints_what_failed_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(tmp_path, case("a"), case("b", "Denied"), capsys=capsys)
    assert code == 1
    assert lines == ["FAILED b: expected Denied, got Allowed", "1 passed, 1 failed"]
    assert run(tmp_path, case("a"), capsys=capsys) == (0, ["1 passed, 0 failed"])


def test_what_is_not_documented_passes_as_cannot_tell_else_it_is_not_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_one = case("a", identity_policies=[7]) | {
        "key_policy": {"Statement": ALLOW | {"Effect": "Maybe"}}
    }
    code, lines = run(
        tmp_path,
        open_one | {"confidence": "undoc"},
        case("b", "Denied", confidence="undoc"),
        capsys=capsys,
    )
    assert code == 0
    assert lines == [
        "undoc b: expected Denied, got Allowed",
        (
            "2 not documented by AWS: 1 answered cannot tell (passed), "
            "1 answered otherwise (not counted)"
        ),
        "1 passed, 0 failed",
    ]


def test_a_case_in_other_spellings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grant = {"GranteePrincipal": REQUEST["principal"], "Operations": ["kms:Decrypt"]}
    cases = [
        {"request": REQUEST, "expected": "ImplicitlyDenied", "key_policy": '{"Statement": []}'},
        case("b", key_policy={"Statement": []}, grants=[grant]),
        case("c", "Denied", scps=[{"Statement": []}]),
        {"operator": "Bool", "key": "aws:SecureTransport", "values": True, "expected": True}
        | {"context": {"aws:SecureTransport": True}},
        {"condition": {"Null": {"aws:TokenIssueTime": "true"}}, "expected": True, "context": None},
    ]
    assert run(tmp_path, *cases, capsys=capsys) == (0, ["5 passed, 0 failed"])


def test_a_case_that_is_not_understood_has_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(tmp_path, case("a", "perhaps"), case("b", grants=["x"]), capsys=capsys)
    assert code == 1
    assert lines == [
        "FAILED a: expected perhaps, got nothing (what is expected is not understood: perhaps)",
        "FAILED b: expected Allowed, got nothing (a grant is an object: x)",
        "0 passed, 2 failed",
    ]


@pytest.mark.parametrize("content", ["{", "[1]", '{"id": "x"}', "\x00"])
def test_unreadable_input_is_one_line_and_exit_code_2(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(content, encoding="utf-8")
    assert main([str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert main([str(tmp_path / "absent")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
