"""Where the configuration is found, and what is refused there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.conftest import ROTATION, Files, Kmsiac, write

NEVER = "fail_on: never\n"
TREE = {"infra/app/main.tf": ROTATION}


def test_it_is_found_from_the_path_upward_from_any_working_directory(kmsiac: Kmsiac) -> None:
    files = {**TREE, ".kmsiac.yaml": NEVER, "other/x.txt": ""}
    for path, here in (
        ("infra/app", ""),
        (".", ""),
        ("../infra", "other"),
        ("main.tf", "infra/app"),
    ):
        ran = kmsiac(files, "scan", "-f", "json", path, here=here)
        assert (ran.code, ran.settings) == (0, [("fail_on", "never", "tree")])


def test_the_nearest_one_counts_alone(kmsiac: Kmsiac) -> None:
    files = {**TREE, ".kmsiac.yaml": NEVER, "infra/.kmsiac.yaml": "strict: true\n"}
    assert kmsiac(files, "scan", "infra/app").code == 1


def test_one_above_the_repository_is_not_looked_at(kmsiac: Kmsiac, repository: Path) -> None:
    write(repository.parent, {".kmsiac.yaml": NEVER})
    assert kmsiac(TREE, "scan").code == 1


def test_one_beside_the_working_directory_is_not_looked_at(kmsiac: Kmsiac, tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/.kmsiac.yaml": NEVER})
    assert kmsiac(TREE, "scan", str(tmp_path / "repository"), here="../elsewhere").code == 1


def test_without_a_repository_it_is_searched_up_to_the_working_directory(
    kmsiac: Kmsiac, repository: Path
) -> None:
    (repository / ".git").rmdir()
    write(repository.parent, {".kmsiac.yaml": NEVER})
    files = {"a/b/main.tf": ROTATION, "a/.kmsiac.yaml": NEVER}
    assert kmsiac(files, "scan", "a/b").code == 0
    assert kmsiac(files, "scan", "b", here="a").code == 0
    assert kmsiac(files, "scan", ".", here="a/b").code == 1
    assert kmsiac(files, "scan", str(repository / "a" / "b"), here="a/b").code == 1


def test_standard_input_has_the_place_of_the_working_directory(
    kmsiac: Kmsiac, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    template = b"Resources:\n  Key:\n    Type: AWS::KMS::Key\n"
    (tmp_path / "t.yaml").write_bytes(template)
    with (tmp_path / "t.yaml").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        ran = kmsiac({"a/.kmsiac.yaml": NEVER}, "scan", "-f", "json", "-", here="a")
    assert (ran.code, ran.rules) == (0, ["KEY-01 <stdin>"])


def test_paths_with_different_ones_are_an_error_that_names_both(kmsiac: Kmsiac) -> None:
    files = {"a/main.tf": ROTATION, "b/main.tf": ROTATION, "a/.kmsiac.yaml": NEVER}
    ran = kmsiac({**files, "b/.kmsiac.yaml": "strict: true\n"}, "scan", "a", "b")
    assert ran.code == 2
    assert "a has a/.kmsiac.yaml, b has b/.kmsiac.yaml (scan them one by one" in ran.err


def test_paths_of_which_one_has_none_are_the_same_error(kmsiac: Kmsiac) -> None:
    ran = kmsiac(
        {"a/main.tf": ROTATION, "b/x.tf": ROTATION, "a/.kmsiac.yaml": NEVER}, "scan", "a", "b"
    )
    assert (ran.code, "b has no .kmsiac.yaml" in ran.err) == (2, True)
    assert kmsiac({}, "scan", "a", "b", "--no-config").code == 1
    assert kmsiac({}, "scan", "a", "b", "--config", "a/.kmsiac.yaml").code == 0


def test_no_config_reads_nothing(kmsiac: Kmsiac) -> None:
    files = {**TREE, ".kmsiac.yaml": "nonsense: [", ".kmsiacignore": "infra\n"}
    ran = kmsiac(files, "scan", "--no-config", "-f", "json")
    assert (ran.code, ran.settings) == (1, [])


def test_config_and_no_config_exclude_each_other(kmsiac: Kmsiac) -> None:
    ran = kmsiac(TREE, "scan", "--config", "x", "--no-config")
    assert (ran.code, "exclude each other" in ran.err) == (2, True)


def test_config_names_a_file_that_is_not_there(kmsiac: Kmsiac) -> None:
    ran = kmsiac(TREE, "scan", "--config", "nope.yaml")
    assert (ran.code, ran.err) == (
        2,
        "kmsiac: error: nope.yaml: cannot be read: No such file or directory\n",
    )


@pytest.mark.parametrize("name", [".kmsiac.yml", "kmsiac.yaml", "kmsiac.yml"])
def test_a_misspelt_name_is_pointed_out(kmsiac: Kmsiac, name: str) -> None:
    kmsiac({**TREE, f"infra/{name}": NEVER}, "can", "a", "kms:Decrypt", "b", "infra")
    ran = kmsiac({}, "inventory", "infra")
    assert f"kmsiac: note: infra/{name}: {name} is not read: the name is .kmsiac.yaml" in ran.err


# -- from another checkout -------------------------------------------------------------------------


def test_a_file_outside_the_scanned_root_is_trusted(kmsiac: Kmsiac, tmp_path: Path) -> None:
    write(
        tmp_path, {"base/.git/HEAD": "", "base/.kmsiac.yaml": "fail_on: high\nexclude: [legacy]\n"}
    )
    files = {**TREE, "legacy/main.tf": ROTATION, ".kmsiac.yaml": NEVER, ".kmsiacignore": "infra\n"}
    ran = kmsiac(files, "scan", "-f", "json", "--config", "../base/.kmsiac.yaml")
    assert ran.settings == [("fail_on", "high", "trusted"), ("exclude", "legacy", "trusted")]
    assert ran.rules == ["KEY-01 infra/app/main.tf"]
    assert ran.report["summary"]["excluded"] == 1


def test_its_folder_stands_for_the_same_one_of_the_scanned_tree(
    kmsiac: Kmsiac, tmp_path: Path
) -> None:
    write(tmp_path, {"base/.git/HEAD": "", "base/infra/.kmsiac.yaml": "exclude: [/app]\n"})
    ran = kmsiac(
        {**TREE, "app/a.tf": ROTATION},
        "scan",
        "--config",
        "../base/infra/.kmsiac.yaml",
        "-f",
        "json",
    )
    assert ran.rules == ["KEY-01 app/a.tf"]


def test_one_given_inside_the_tree_is_the_tree_s(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, "ci/k.yaml": NEVER}, "scan", "-f", "json", "--config", "ci/k.yaml")
    assert ran.settings == [("fail_on", "never", "tree")]


def test_no_report_names_an_absolute_path(kmsiac: Kmsiac, tmp_path: Path) -> None:
    write(tmp_path, {"base.yaml": NEVER})
    ran = kmsiac(TREE, "scan", "-f", "json", "--config", str(tmp_path / "base.yaml"))
    assert (ran.code, str(tmp_path) in ran.out) == (0, False)


# -- hostile files ---------------------------------------------------------------------------------


def refused(ran: object, message: str) -> None:
    assert (ran.code, message in ran.err) == (2, True), ran  # type: ignore[attr-defined]


def test_a_link_that_leads_out_of_the_tree(kmsiac: Kmsiac, repository: Path) -> None:
    write(repository.parent, {"secret.yaml": "token: abc\n"})
    (repository / ".kmsiac.yaml").symlink_to(repository.parent / "secret.yaml")
    ran = kmsiac(TREE, "scan")
    refused(ran, ".kmsiac.yaml: this path leads outside the scanned tree (it was not read)")
    assert "token" not in ran.err


def test_a_link_within_the_tree_is_followed(kmsiac: Kmsiac, repository: Path) -> None:
    write(repository, {"ci/kmsiac.conf": NEVER})
    (repository / ".kmsiac.yaml").symlink_to("ci/kmsiac.conf")
    assert kmsiac(TREE, "scan").code == 0


def test_a_link_to_nothing(kmsiac: Kmsiac, repository: Path) -> None:
    (repository / ".kmsiac.yaml").symlink_to("nothing")
    refused(kmsiac(TREE, "scan"), ".kmsiac.yaml: no such file or directory")


def test_a_folder_of_that_name(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, ".kmsiac.yaml/x": ""}, "scan")
    assert (ran.code, ".kmsiac.yaml: " in ran.err) == (2, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_named_pipe_does_not_hang(kmsiac: Kmsiac, repository: Path) -> None:
    os.mkfifo(repository / ".kmsiac.yaml")
    refused(kmsiac(TREE, "scan"), ".kmsiac.yaml: not a regular file")


def test_a_huge_file(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, ".kmsiac.yaml": b"#" * 1_048_577}, "scan")
    refused(ran, ".kmsiac.yaml: file of 1,048,577 bytes, over the limit of 1,048,576")


def test_bytes_that_are_no_text(kmsiac: Kmsiac) -> None:
    refused(kmsiac({**TREE, ".kmsiac.yaml": b"fail_on: \xff\xfe\xfd"}, "scan"), ".kmsiac.yaml:")


def test_hostile_text_in_a_mistake_stays_on_one_line(kmsiac: Kmsiac) -> None:
    ran = kmsiac({**TREE, ".kmsiac.yaml": '"\\e[2J\\n::error::x": 1\n'}, "scan")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert not any(line.startswith("::") for line in ran.err.splitlines())


def test_what_flags_name_in_the_tree_is_told_alike_from_everywhere(kmsiac: Kmsiac) -> None:
    files: Files = {
        ".kmsiac.yaml": "severity: {KEY-01: low}\n",
        "known.json": '{"version": 1, "findings": []}\n',
        "rules/README": "none yet\n",
        "infra/main.tf": ROTATION,
        "infra/on.tfvars": "rotate = false\n",
    }
    names = {"--config": ".kmsiac.yaml", "--baseline": "known.json", "--rules": "rules"}
    names["--var-file"] = "infra/on.tfvars"

    def told(to_root: str, here: str) -> str:
        flags = [f"{flag}={to_root}{name}" for flag, name in names.items()]
        return kmsiac(files, "scan", "-f", "json", *flags, f"{to_root}infra", here=here).out

    assert told("", "") == told("../", "infra")
    assert '"../' not in told("../", "infra")
