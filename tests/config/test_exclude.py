"""`exclude` and `.kmsiacignore`: a search does not find what they mean; nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.conftest import ROTATION, Kmsiac, write

TEMPLATE = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
TREE = {"app/main.tf": ROTATION, "legacy/old.tf": ROTATION, "legacy/t.yaml": TEMPLATE,
        "legacy/values.yaml": "a: b\n", "t.json": '{"Resources": {"K": {"Type": "AWS::KMS::Key"}}}'}  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "found", "excluded"),
    [
        ("[]", ["app", "legacy/old", "legacy/t", "t"], 0),
        ("[legacy]", ["app", "t"], 2),
        ("[legacy/]", ["app", "t"], 2),
        ("[/legacy/**]", ["app", "t"], 2),
        ("['*.tf']", ["legacy/t", "t"], 2),
        ("['*.yaml']", ["app", "legacy/old", "t"], 1),
        ("['*.yaml', '!t.yaml']", ["app", "legacy/old", "legacy/t", "t"], 0),
        ("[nothing]", ["app", "legacy/old", "legacy/t", "t"], 0),
        ("['**']", [], 4),
    ],
)
def test_what_is_left_out_is_counted(
    kmsiac: Kmsiac, patterns: str, found: list[str], excluded: int
) -> None:
    ran = kmsiac({**TREE, ".kmsiac.yaml": f"exclude: {patterns}\n"}, "scan", "-f", "json")
    paths = [
        rule.partition(" ")[2].replace("/main", "").rpartition(".")[0] or "app"
        for rule in ran.rules
    ]
    assert sorted(path.removesuffix(".tf") for path in paths) == sorted(found)
    assert ran.report["summary"]["excluded"] == excluded


def test_an_ignore_file_says_the_same(kmsiac: Kmsiac) -> None:
    text = "# what is old\n\nlegacy/   \n*.json\n"
    ran = kmsiac({**TREE, ".kmsiacignore": text}, "scan", "-f", "json")
    assert ran.rules == ["KEY-01 app/main.tf"]
    assert ran.settings == [("exclude", "legacy/", "tree"), ("exclude", "*.json", "tree")]


def test_patterns_count_from_the_folder_of_their_file(kmsiac: Kmsiac) -> None:
    files = {**TREE, "legacy/.kmsiacignore": "/old.tf\n"}
    ran = kmsiac(files, "scan", "-f", "json", "legacy")
    assert ran.rules == ["KEY-01 legacy/t.yaml"]
    assert kmsiac(files, "scan", "-f", "json", ".").report["summary"]["excluded"] == 0


def test_what_is_named_is_scanned(kmsiac: Kmsiac) -> None:
    files = {**TREE, ".kmsiacignore": "legacy/\n"}
    for path in ("legacy/old.tf", "legacy/t.yaml"):
        assert kmsiac(files, "scan", "-f", "json", path).rules == [f"KEY-01 {path}"]
    both = kmsiac(files, "scan", "-f", "json", "legacy")
    assert both.rules == ["KEY-01 legacy/old.tf", "KEY-01 legacy/t.yaml"]


def test_what_is_named_beside_its_folder_does_not_count_as_left_out(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, ".kmsiacignore": "legacy/\n"}, "scan", "-f", "json", ".", "legacy")
    assert ran.report["summary"]["excluded"] == 0
    assert len(ran.rules) == 4


def test_a_module_that_is_called_is_read_all_the_same(kmsiac: Kmsiac) -> None:
    files = {
        "main.tf": 'module "key" {\n  source = "./modules/key"\n}\n',
        "modules/key/main.tf": ROTATION,
        "modules/other/main.tf": ROTATION,
        ".kmsiacignore": "modules/\n",
    }
    ran = kmsiac(files, "scan", "-f", "json")
    assert [f["resource"] for f in ran.report["findings"]] == ["module.key.aws_kms_key.k"]
    assert ran.report["summary"]["excluded"] == 1  # the other one


def test_one_file_of_a_module_cannot_be_taken_out_of_it(kmsiac: Kmsiac) -> None:
    files = {
        "main.tf": 'output "x" {\n  value = 1\n}\n',
        "keys.tf": ROTATION,
        ".kmsiacignore": "keys.tf\n",
    }
    ran = kmsiac(files, "scan", "-f", "json")
    assert (ran.rules, ran.report["summary"]["excluded"]) == (["KEY-01 keys.tf"], 0)


def test_mistakes_have_their_line(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, ".kmsiacignore": "ok\n../up\n!\n", ".kmsiac.yaml": "a: b\n"}, "scan")
    assert ran.code == 2
    assert ".kmsiacignore:2:1: " in ran.err
    assert ".kmsiacignore:3:1: " in ran.err
    assert '.kmsiac.yaml:1:1: unknown key "a"' in ran.err


def test_a_link_that_leads_out(kmsiac: Kmsiac, repository: Path) -> None:
    write(repository.parent, {"secret": "token\n"})
    (repository / ".kmsiacignore").symlink_to(repository.parent / "secret")
    ran = kmsiac(TREE, "scan")
    assert (ran.code, "leads outside the scanned tree" in ran.err) == (2, True)


def test_patterns_made_to_take_for_ever_do_not(kmsiac: Kmsiac) -> None:
    pattern = "**/" + "*a" * 100 + "b"
    files = {"/".join(["a" * 40] * 8) + "/main.tf": ROTATION, ".kmsiacignore": f"{pattern}\n"}
    assert kmsiac(files, "scan").code == 1
