"""`kmsiac baseline create`, a scan with it, `prune`: known findings do not count, new ones do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.config import ScanOptions
from kmsiac.scan import scan as run

Run = Callable[..., Any]
NAME = ".kmsiac-baseline.json"
USE = ("--baseline", NAME)


def key(name: str, *principals: str, sid: str = "", rotate: bool = True) -> str:
    """A key with a public statement for each principal."""
    statements = ", ".join(
        f'{{ Sid = "{sid or f"S{n}"}", Effect = "Allow", Principal = {who}, '
        'Action = "kms:Sign", Resource = "*" }'
        for n, who in enumerate(principals)
    )
    rotation = f"  enable_key_rotation = {str(rotate).lower()}\n"
    policy = f"  policy = jsonencode({{ Statement = [{statements}] }})\n" if principals else ""
    return f'resource "aws_kms_key" "{name}" {{\n{rotation}{policy}}}\n'


STAR, WIDER = '"*"', '{ AWS = ["*", "arn:aws:iam::111122223333:root"] }'
SELECT = ("--select", "KP-20,KEY-01")


def scan(kmsiac: Run, files: dict[str, str], *more: str) -> tuple[int, dict[str, Any]]:
    ran = kmsiac(files, "scan", "-f", "json", *SELECT, *USE, *more)
    return ran.code, json.loads(ran.out)


def entries(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((folder / NAME).read_text())["findings"]
    return found


def counting(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f["rule"], f["resource"]) for f in report["findings"] if f["suppressed"] is None]


def test_known_findings_do_not_count_and_new_ones_do(kmsiac: Run, tmp_path: Path) -> None:
    files = {"main.tf": key("a", STAR)}
    made = kmsiac(files, "baseline", "create", *SELECT)
    assert (made.code, made.out) == (0, "")
    assert made.err == f"kmsiac: 1 finding written to {NAME}\n"
    code, report = scan(kmsiac, {})
    assert code == 0
    assert report["summary"]["suppressed"] == 1
    assert report["findings"][0]["suppressed"] == {"by": "baseline", "reason": "", "until": None}
    assert report["settings"][-1] == {
        "key": "baseline", "value": f"{NAME}: 1 finding", "origin": "tree", "location": None,
    }  # fmt: skip
    code, report = scan(kmsiac, {"more.tf": key("b", STAR)})
    assert code == 1
    assert counting(report) == [("KP-20", "aws_kms_key.b")]


def test_lines_and_files_may_move(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    (tmp_path / "main.tf").unlink()
    code, _ = scan(kmsiac, {"keys.tf": "# moved\n\n" + key("a", STAR)})
    assert code == 0


def test_a_widened_statement_under_its_old_sid_is_new(kmsiac: Run) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    code, report = scan(kmsiac, {"main.tf": key("a", WIDER)})
    assert code == 1
    assert counting(report) == [("KP-20", "aws_kms_key.a")]


ACTIONS = ['"kms:Sign"', '["kms:Sign"]', '["kms:Sign", "kms:Decrypt"]', '"kms:*"']


@pytest.mark.parametrize(("action", "code"), [*zip(ACTIONS, (0, 0, 1, 1), strict=True)])
def test_more_actions_for_the_same_principal_are_new(
    kmsiac: Run, tmp_path: Path, action: str, code: int
) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    (known,) = entries(tmp_path)
    after = key("a", STAR).replace(ACTIONS[0], action)
    found, report = scan(kmsiac, {"main.tf": after})
    assert found == code
    assert report["findings"][0]["fingerprint"] == known["fingerprint"]


def test_a_condition_that_is_dropped_is_new(kmsiac: Run) -> None:
    limit = 'Condition = { StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }, '
    open_grant = key("a", '{ AWS = "arn:aws:iam::111122223333:role/r" }').replace(
        "kms:Sign", "kms:CreateGrant"
    )
    limited = open_grant.replace("Resource =", f"{limit}Resource =")
    select = ("--select", "GRANT-01")
    kmsiac({"main.tf": limited}, "baseline", "create", *select)
    ran = kmsiac({}, "scan", "--fail-on", "low", *select, *USE)
    assert ran.code == 0
    ran = kmsiac({"main.tf": open_grant}, "scan", "--fail-on", "low", *select, *USE)
    assert ran.code == 1


def test_a_more_severe_finding_is_new(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    known = (tmp_path / NAME).read_text().replace('"critical"', '"high"')
    code, report = scan(kmsiac, {NAME: known})
    assert code == 1
    assert counting(report) == [("KP-20", "aws_kms_key.a")]


def test_the_file_is_sorted_stable_and_without_lines(kmsiac: Run, tmp_path: Path) -> None:
    files = {"b.tf": key("b", STAR, rotate=False), "a.tf": key("a", STAR, STAR)}
    kmsiac(files, "baseline", "create", *SELECT)
    text = (tmp_path / NAME).read_text()
    told = [
        (e["path"], e["resource"], e["rule"], e["statement"], e["unit"]) for e in entries(tmp_path)
    ]
    assert told == [
        ("a.tf", "aws_kms_key.a", "KP-20", "S0", "."),
        ("a.tf", "aws_kms_key.a", "KP-20", "S1", "."),
        ("b.tf", "aws_kms_key.b", "KEY-01", "", "."),
        ("b.tf", "aws_kms_key.b", "KP-20", "S0", "."),
    ]
    kmsiac({"a.tf": "\n\n" + files["a.tf"]}, "baseline", "create", *SELECT)
    assert (tmp_path / NAME).read_text() == text


def test_equal_findings_are_counted(kmsiac: Run, tmp_path: Path) -> None:
    """Two statements with one Sid and one principal have one fingerprint."""
    one, two = key("a", STAR, sid="S"), key("a", STAR, STAR, sid="S")
    kmsiac({"main.tf": one}, "baseline", "create", *SELECT)
    code, report = scan(kmsiac, {"main.tf": two})
    assert code == 1
    assert [f["suppressed"] is None for f in report["findings"]] == [False, True]
    assert len({f["fingerprint"] for f in report["findings"]}) == 1
    kmsiac({}, "baseline", "create", *SELECT)
    assert len(entries(tmp_path)) == 2
    assert scan(kmsiac, {})[0] == 0


def test_the_same_address_in_another_root_is_new(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"dev/main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    code, report = scan(kmsiac, {"aprod/main.tf": key("a", STAR)})
    assert code == 1
    (new,) = [f for f in report["findings"] if f["suppressed"] is None]
    assert new["location"]["path"] == "aprod/main.tf"
    # A root that was renamed takes its entries along.
    (tmp_path / "aprod/main.tf").unlink()
    (tmp_path / "dev").rename(tmp_path / "staging")
    assert scan(kmsiac, {})[0] == 0


def test_more_instances_of_known_code_are_known_another_call_is_not(kmsiac: Run) -> None:
    call = 'module "{}" {{\n  source = "./m"\n}}\n'
    each = key("k", STAR).replace("{\n", '{\n  for_each = toset(["x"])\n', 1)
    files = {"m/main.tf": each, "main.tf": call.format("a")}
    kmsiac(files, "baseline", "create", *SELECT)
    more = each.replace('"x"', '"x", "y"')
    assert scan(kmsiac, {"m/main.tf": more})[0] == 0
    code, report = scan(kmsiac, {"main.tf": call.format("a") + call.format("b")})
    assert code == 1
    assert [a["suppressed"] is None for a in report["findings"][0]["addresses"]] == [
        False, False, True, True,
    ]  # fmt: skip
    assert report["findings"][0]["resource"].startswith("module.b.")


def test_what_an_ignore_covers_is_in_no_baseline(kmsiac: Run, tmp_path: Path) -> None:
    files = {"main.tf": "# kmsiac: ignore[KP-20]\n" + key("a", STAR)}
    kmsiac(files, "baseline", "create", *SELECT)
    assert entries(tmp_path) == []
    assert (tmp_path / NAME).read_text() == '{\n  "version": 1,\n  "findings": []\n}\n'
    assert scan(kmsiac, {"main.tf": key("a", STAR)})[0] == 1


def test_prune_drops_what_is_done_and_never_adds(kmsiac: Run, tmp_path: Path) -> None:
    files = {"a/main.tf": key("a", STAR, STAR), "b/main.tf": key("b", STAR)}
    kmsiac(files, "baseline", "create", *SELECT)
    _, report = scan(kmsiac, {"a/main.tf": key("a", STAR) + key("new", STAR)})
    assert report["summary"]["suppressed"] == 2
    ran = kmsiac({}, "baseline", "prune", *SELECT)
    assert (ran.code, ran.err) == (0, f"kmsiac: 1 dropped, 2 entries in {NAME}\n")
    assert [e["resource"] for e in entries(tmp_path)] == ["aws_kms_key.a", "aws_kms_key.b"]


@pytest.mark.parametrize("arguments", [("a",), ("--select", "KEY-01")])
def test_prune_keeps_what_was_not_looked_at(
    kmsiac: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    kmsiac({"a/main.tf": "", "b/main.tf": key("b", STAR)}, "baseline", "create", *SELECT)
    kmsiac({"b/main.tf": key("b")}, "baseline", "prune", *arguments)
    assert len(entries(tmp_path)) == 1
    kmsiac({}, "baseline", "prune")
    assert entries(tmp_path) == []


def test_prune_keeps_what_stands_in_a_file_that_cannot_be_read(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    ran = kmsiac({"main.tf": 'resource "aws_kms_key" {'}, "baseline", "prune", *SELECT)
    assert ran.code == 3
    assert len(entries(tmp_path)) == 1


def test_moves_are_followed_where_they_are_certain(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"main.tf": key("old", STAR)}, "baseline", "create", *SELECT)
    (before,) = entries(tmp_path)
    moved = {"main.tf": key("new", STAR)}
    assert scan(kmsiac, moved)[0] == 1  # a scan never guesses that something moved
    ran = kmsiac({}, "baseline", "prune", *SELECT, "--follow-moves")
    assert ran.err == f"kmsiac: 0 dropped, 1 moved, 1 entry in {NAME}\n"
    (after,) = entries(tmp_path)
    assert after["resource"] == "aws_kms_key.new"
    assert after["fingerprint"] != before["fingerprint"]
    assert after["content"] == before["content"]
    assert scan(kmsiac, {})[0] == 0


def test_moves_that_are_not_certain_are_not_followed(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"main.tf": key("old", STAR)}, "baseline", "create", *SELECT)
    two = {"main.tf": key("new", STAR) + key("other", STAR)}
    kmsiac(two, "baseline", "prune", *SELECT, "--follow-moves")
    assert entries(tmp_path) == []
    kmsiac({"main.tf": key("old", STAR)}, "baseline", "create", *SELECT)
    wider = {"main.tf": key("new", WIDER)}
    kmsiac(wider, "baseline", "prune", *SELECT, "--follow-moves")
    assert entries(tmp_path) == []


def test_a_baseline_outside_the_tree_is_trusted(kmsiac: Run, tmp_path: Path) -> None:
    kmsiac({"tree/main.tf": key("a", STAR)}, "baseline", "create", "tree", *SELECT)
    ran = kmsiac({"tree/.git/x": ""}, "scan", "tree", "-f", "json", *USE)
    assert [s["origin"] for s in json.loads(ran.out)["settings"]] == ["trusted"]


def test_the_baseline_of_the_configuration(kmsiac: Run, tmp_path: Path) -> None:
    files = {"main.tf": key("a", STAR), ".kmsiac.yaml": "baseline: known.json\n", "known.json": ""}
    made = kmsiac(files, "baseline", "create", *SELECT)
    assert made.err == "kmsiac: 1 finding written to known.json\n"
    ran = kmsiac({}, "scan", "-f", "json", *SELECT)
    assert ran.code == 0
    (setting,) = [s for s in json.loads(ran.out)["settings"] if s["key"] == "baseline"]
    assert (setting["value"], setting["origin"]) == ("known.json: 1 finding", "tree")
    assert setting["location"]["path"] == ".kmsiac.yaml"


ENTRY = {
    "path": "main.tf", "resource": "aws_kms_key.a", "rule": "KP-20", "severity": "critical",
    "statement": "S0",
    "unit": ".", "fingerprint": "0" * 32, "content": "0" * 16,
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ":1:1: "),
        ("[]", ":1:1: a baseline is a map (kmsiac baseline create writes one)"),
        ("{", ":1:2: "),
        ('{"version": 2, "findings": []}', ":1:13: this version of a baseline is not known (kmsiac baseline create writes version 1)"),
        ('{"findings": []}', ":1:1: a baseline needs version (kmsiac baseline create writes one)"),
        ('{"version": 1, "finding": []}', ':1:16: a baseline has no "finding" (did you mean "findings"?)'),
        ('{"version": 1, "findings": {}}', ":1:28: findings is no list"),
        ('{"version": 1, "findings": [1]}', ":1:29: an entry of a baseline is a map (kmsiac baseline create writes one)"),
        (json.dumps({"version": 1, "findings": [{**ENTRY, "fingerprint": "x"}]}), ":1:166: this is no fingerprint (kmsiac baseline create writes one)"),
        (json.dumps({"version": 1, "findings": [{**ENTRY, "rule": 20}]}), ":1:86: rule is no text"),
        ("[" * 5000, ":1:9: "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [("scan",), ("baseline", "prune")])
def test_broken_baselines(kmsiac: Run, content: str, told: str, command: tuple[str, ...]) -> None:
    ran = kmsiac({"main.tf": key("a"), NAME: content}, *command, *USE)
    assert ran.code == 2
    assert ran.out == ""
    assert f"kmsiac: error: {NAME}{told}" in ran.err


def test_a_missing_baseline(kmsiac: Run) -> None:
    ran = kmsiac({"main.tf": key("a")}, "scan", *USE)
    assert ran.code == 2
    assert ran.err == (
        f"kmsiac: error: {NAME}: there is no such baseline (kmsiac baseline create writes one)\n"
    )


def test_stale_entries_are_pointed_out(tmp_path: Path, kmsiac: Run) -> None:
    kmsiac({"main.tf": key("a", STAR)}, "baseline", "create", *SELECT)
    (tmp_path / "main.tf").write_text(key("a"))
    given = ScanOptions(working_directory=tmp_path, baseline=Path(NAME))
    notes = [f"{n.location}: {n.message}" for n in run(given).notes]
    assert notes == [
        f"{NAME}:4:5: 1 entry matches nothing any more; kmsiac baseline prune takes out what is done"
    ]
    other_rule = ScanOptions(working_directory=tmp_path, baseline=Path(NAME), select=("KEY-01",))
    assert run(other_rule).notes == []


def test_the_kind_of_a_bare_policy_can_be_said_for_a_baseline_too(kmsiac: Run) -> None:
    policy = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    kind = ("--policy-kind", "key")
    files = {"policy.json": json.dumps({"Statement": [policy]})}
    made = kmsiac(files, "baseline", "create", "--select", "KP-20", *kind)
    assert made.err == f"kmsiac: 1 finding written to {NAME}\n"
    scanned = kmsiac({}, "scan", "policy.json", "--select", "KP-20", *kind, *USE)
    assert scanned.code == 0
    pruned = kmsiac({}, "baseline", "prune", "policy.json", "--select", "KP-20", *kind)
    assert pruned.err == f"kmsiac: 0 dropped, 1 entry in {NAME}\n"
