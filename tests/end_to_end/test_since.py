"""`--since REF`: the findings of an earlier commit do not count, whatever its tree tries."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Files, Ran, write_files

KEY = 'resource "aws_kms_key" "{}" {{}}\n'
PUBLIC = """resource "aws_kms_key" "{}" {{
  enable_key_rotation = true
  policy = jsonencode({{ Statement = [{{ Sid = "S", Effect = "Allow", Principal = var.who, Action = "kms:Sign", Resource = "*" }}] }})
}}
variable "who" {{}}
"""
SELECT = ("--select", "KP-20,KEY-01")


class Repository:
    """A git repository in a folder, with its own identity and no configuration of the machine."""

    def __init__(self, folder: Path, kmsiac: Callable[..., Ran]) -> None:
        self.folder = folder
        self._kmsiac = kmsiac
        folder.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        identity = {
            f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }  # fmt: skip
        nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, check=True, capture_output=True,
            env={**kept, **identity, **nowhere},
        )  # fmt: skip
        return done.stdout.decode().strip()

    def commit(self, files: Files, message: str = "x") -> str:
        write_files(self.folder, files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message, "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def scan(self, ref: str, files: Files, *more: str) -> Ran:
        write_files(self.folder, files)
        return self._kmsiac({}, "scan", "-f", "json", *SELECT, "--since", ref, *more)

    def new(self, ref: str, files: Files, *more: str) -> list[tuple[str, str]]:
        """Rule and resource of what counts."""
        ran = self.scan(ref, files, *more)
        assert ran.out, ran.err
        report: dict[str, Any] = json.loads(ran.out)
        return [(f["rule"], f["resource"]) for f in report["findings"] if not f["suppressed"]]


@pytest.fixture
def repository(
    tmp_path: Path, kmsiac: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Repository]:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Repository(tmp_path, kmsiac)


def state(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_only_what_is_new_counts(repository: Repository) -> None:
    repository.commit({"main.tf": KEY.format("old")})
    ran = repository.scan("HEAD", {"main.tf": KEY.format("old") + KEY.format("new")})
    report = json.loads(ran.out)
    assert ran.code == 1
    assert [(f["resource"], f["suppressed"]) for f in report["findings"]] == [
        ("aws_kms_key.old", {"by": "baseline", "reason": "present at HEAD", "until": None}),
        ("aws_kms_key.new", None),
    ]
    assert report["settings"] == [
        {"key": "select", "value": "KP-20", "origin": "flag", "location": None},
        {"key": "select", "value": "KEY-01", "origin": "flag", "location": None},
        {"key": "since", "value": "HEAD: 1 finding", "origin": "flag", "location": None},
    ]
    assert repository.scan("HEAD", {"main.tf": KEY.format("old")}).code == 0


def test_nothing_is_written_into_the_repository(repository: Repository) -> None:
    repository.commit({"main.tf": KEY.format("old"), "a/b.tf": KEY.format("b")})
    before = state(repository.folder)
    assert repository.new("HEAD", {}) == []
    assert state(repository.folder) == before


def test_a_changed_value_acts_where_nothing_changed(repository: Repository) -> None:
    repository.commit(
        {
            "main.tf": PUBLIC.format("k"),
            "terraform.tfvars": 'who = "arn:aws:iam::111122223333:root"\n',
        }
    )
    assert repository.new("HEAD", {}) == []
    assert repository.new("HEAD", {"terraform.tfvars": 'who = "*"\n'}) == [
        ("KP-20", "aws_kms_key.k")
    ]


TEMPLATE = """Parameters: {Who: {Type: String}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Statement: [{Sid: S, Effect: Allow, Principal: !Ref Who, Action: kms:Sign, Resource: "*"}]
"""


@pytest.mark.parametrize("configured", [False, True])
def test_a_changed_file_of_parameters_acts_too(repository: Repository, configured: bool) -> None:
    files: Files = {"t.yaml": TEMPLATE, "prod.json": '{"Who": "arn:aws:iam::111122223333:root"}'}
    if configured:
        files[".kmsiac.yaml"] = "inputs: [{root: t.yaml, parameters: [prod.json]}]\n"
    more = () if configured else ("--parameters", "prod.json")
    repository.commit(files)
    assert repository.new("HEAD", {}, *more) == []
    assert repository.new("HEAD", {"prod.json": '{"Who": "*"}'}, *more) == [("KP-20", "K")]
    repository.commit({})
    assert repository.new("HEAD", {}, *more) == []


def test_a_root_with_inputs_that_was_not_there(repository: Repository) -> None:
    repository.commit({"t.yaml": "Resources: {K: {Type: AWS::KMS::Key}}\n"})
    config = "inputs: [{root: new, var_files: [a.tfvars]}]\n"
    files: Files = {".kmsiac.yaml": config, "new/main.tf": KEY.format("k"), "new/a.tfvars": ""}
    assert repository.new("HEAD", files) == [("KEY-01", "aws_kms_key.k")]


def test_a_changed_value_of_the_configuration_acts_too(repository: Repository) -> None:
    repository.commit({"main.tf": PUBLIC.format("k"), ".kmsiac.yaml": 'var: {who: "me"}\n'})
    config = {".kmsiac.yaml": 'var: {who: "*"}\n'}
    assert repository.new("HEAD", config) == [("KP-20", "aws_kms_key.k")]


def test_a_commit_that_the_tree_names_is_a_setting_of_the_tree(repository: Repository) -> None:
    repository.commit({"main.tf": PUBLIC.format("k").replace("var.who", '"*"')})
    ran = repository._kmsiac({".kmsiac.yaml": "since: HEAD\n"}, "scan", "-f", "json", *SELECT)
    (setting,) = [s for s in json.loads(ran.out)["settings"] if s["key"] == "since"]
    assert (ran.code, setting["value"], setting["origin"]) == (0, "HEAD: 1 finding", "tree")


def test_an_earlier_configuration_that_is_wrong(repository: Repository) -> None:
    repository.commit({"main.tf": KEY.format("k"), ".kmsiac.yaml": "nope: 1\n"})
    ran = repository.scan("HEAD", {".kmsiac.yaml": "pedantic: false\n"})
    assert ran.code == 0
    (note,) = json.loads(ran.out)["notes"]
    assert note["message"].startswith("--since HEAD: the configuration of that commit is not used")


def test_options_are_those_of_the_scan(repository: Repository) -> None:
    repository.commit({"main.tf": PUBLIC.format("k")})
    assert repository.new("HEAD", {}, "--var", "who=*") == []


def test_paths_rules_and_baseline_are_those_of_the_scan(repository: Repository) -> None:
    first = repository.commit({"a/main.tf": KEY.format("a")})
    assert repository.new(first, {"b/main.tf": KEY.format("a")}, "b") == [
        ("KEY-01", "aws_kms_key.a")
    ]
    assert repository.new(first, {}, "a/main.tf") == []
    repository.git("add", "-A")
    repository.commit({})
    # Each finding is taken out once: by the baseline, or because it was there.
    baseline = {"known.json": json.dumps({"version": 1, "findings": []})}
    assert repository.new("HEAD", baseline, "--baseline", "known.json") == []


def test_an_ignore_that_is_dropped_shows_its_finding(repository: Repository) -> None:
    repository.commit({"main.tf": "# kmsiac: ignore[KEY-01]\n" + KEY.format("k")})
    assert repository.new("HEAD", {"main.tf": KEY.format("k")}) == [("KEY-01", "aws_kms_key.k")]


def test_what_is_wrong_with_an_earlier_ignore_is_no_error_now(repository: Repository) -> None:
    repository.commit({"main.tf": "# kmsiac: ignore[NOT-1]\n" + KEY.format("k")})
    assert repository.new("HEAD", {"main.tf": KEY.format("k")}) == []


def test_an_earlier_file_that_cannot_be_read(repository: Repository) -> None:
    repository.commit({"main.tf": 'resource "aws_kms_key" {', "b.tf": KEY.format("b")})
    assert repository.new("HEAD", {"main.tf": KEY.format("a")}) == [("KEY-01", "aws_kms_key.a")]


def test_moved_files_and_folders(repository: Repository) -> None:
    repository.commit({"dev/main.tf": KEY.format("a")})
    (repository.folder / "dev").rename(repository.folder / "test")
    assert repository.new("HEAD", {}) == []


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("mian", '--since: there is no commit "mian" (did you mean "main"?)'),
        ("0" * 40, f'--since: there is no commit "{"0" * 40}" (git fetch it first, if it is a branch of the server)'),
        ("--upload-pack=touch x", '--since does not take "--upload-pack=touch x" (give a branch, tag or commit)'),
        ("-h", '--since does not take "-h" (give a branch, tag or commit)'),
        ("", '--since does not take "" (give a branch, tag or commit)'),
        ("main\nmain", '--since does not take "main main" (give a branch, tag or commit)'),
        ("HEAD:main.tf", '--since: there is no commit "HEAD:main.tf" (git fetch it first, if it is a branch of the server)'),
    ],
)  # fmt: skip
def test_refs_that_are_none(repository: Repository, ref: str, told: str) -> None:
    repository.commit({"main.tf": KEY.format("k")})
    ran = repository._kmsiac({}, "scan", f"--since={ref}")
    assert (ran.code, ran.out, ran.err) == (2, "", f"kmsiac: error: {told}\n")
    assert not (repository.folder / "x").exists()


def test_a_shallow_clone_says_how_to_deepen_it(
    repository: Repository, tmp_path: Path, kmsiac: Callable[..., Ran]
) -> None:
    first = repository.commit({"main.tf": KEY.format("k")})
    repository.commit({"main.tf": KEY.format("l")})
    repository.git("clone", "-q", "--depth=1", repository.folder.as_uri(), "clone")
    ran = kmsiac({}, "scan", "clone", "--since", first)
    assert ran.code == 2
    assert "the clone is shallow: on GitHub set fetch-depth: 0 for actions/checkout" in ran.err


def test_without_a_repository_or_git_or_files(
    tmp_path: Path,
    kmsiac: Callable[..., Ran],
    process: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = kmsiac({"main.tf": KEY.format("k")}, "scan", "--since", "HEAD")
    assert ran.err == "kmsiac: error: --since: what is scanned is in no git repository\n"
    piped = process({}, "scan", "-", "--since", "HEAD", stdin=b'{"Version": "2012-10-17"}')
    told = "--since compares files, and standard input has no earlier version"
    assert (piped.code, piped.err) == (2, f"kmsiac: error: {told}\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / "git").write_text("#!/bin/sh\ntouch ran\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", str(tmp_path))))
    ran = kmsiac({}, "scan", "--since", "HEAD")
    assert ran.err == (
        "kmsiac: error: --since needs git, and there is none on the PATH (install git)\n"
    )
    assert not (tmp_path / "ran").exists()


def test_what_a_repository_may_have_set_does_not_run(repository: Repository) -> None:
    """Hooks, monitors, filters, drivers, attributes: none of them has a say."""
    evil = repository.folder / ".git" / "evil"
    evil.write_text('#!/bin/sh\necho ran >> "$(git rev-parse --git-dir)/ran"\ncat\n')
    evil.chmod(0o755)
    repository.commit({"main.tf": KEY.format("k")})
    attributes = "*.tf filter=evil diff=evil export-ignore export-subst ident\n"
    repository.commit({".gitattributes": attributes, "main.tf": KEY.format("k")})
    for name in (
        "core.fsmonitor", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",
        "diff.external", "core.pager", "core.sshCommand", "core.alternateRefsCommand",
    ):  # fmt: skip
        repository.git("config", name, str(evil))
    hooks = repository.folder / ".git" / "hooks"
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (hooks / hook).write_text(evil.read_text())
        (hooks / hook).chmod(0o755)
    (repository.folder / ".git" / "ran").unlink(missing_ok=True)
    assert repository.new("HEAD", {}) == []
    assert not (repository.folder / ".git" / "ran").exists()


def test_links_and_submodules_of_an_earlier_tree(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "main.tf").write_text(KEY.format("outside"))
    commit = repository.commit({"main.tf": KEY.format("k"), "a/main.tf": KEY.format("a")})
    index = (
        f"160000 commit {commit}\tmodule\n"
        f"120000 blob {repository.git('hash-object', '-w', '--stdin', stdin=str(outside).encode())}\tlink\n"
        f"120000 blob {repository.git('hash-object', '-w', '--stdin', stdin=b'a')}\tinside\n"
        f"100644 blob {repository.git('hash-object', '-w', '--stdin', stdin=KEY.format('k').encode())}\tmain.tf\n"
    )
    tree = repository.git("mktree", "--missing", stdin=index.encode())
    earlier = repository.git("commit-tree", tree, "-m", "x")
    assert repository.new(earlier, {}) == [("KEY-01", "aws_kms_key.a")]
    assert {path.name for path in outside.iterdir()} == {"main.tf"}


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "."])
def test_names_that_no_tree_may_have(repository: Repository, name: str) -> None:
    """Trees made by hand: git would not check them out, and neither do we."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=KEY.format("x").encode())
    inner = bytes.fromhex(repository.git("mktree", stdin=f"100644 blob {blob}\tx.tf\n".encode()))
    raw = b"40000 " + name.encode() + b"\0" + inner
    data = b"tree %d\0" % len(raw) + raw
    tree = hashlib.sha1(data).hexdigest()
    folder = repository.folder / ".git" / "objects" / tree[:2]
    folder.mkdir(exist_ok=True)
    (folder / tree[2:]).write_bytes(zlib.compress(data))
    commit = repository.git("commit-tree", tree, "-m", "x")
    assert repository.new(commit, {"main.tf": KEY.format("x")}) == [("KEY-01", "aws_kms_key.x")]
