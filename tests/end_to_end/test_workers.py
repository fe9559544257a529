"""Workers: the same bytes as without, whatever units read; what dies is told, nothing hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.generate import generate_bytes, write
from kmsiac.sharing import WORTH
from kmsiac.workers import Died, Workers, processors

pytestmark = pytest.mark.skipif(processors() < 2, reason="needs Linux and two processors")

SHARED = """
resource "aws_kms_key" "shared" {
  policy = templatefile("${path.module}/policy.json", { account = var.account })
}
variable "account" {}
"""
POLICY = """{"Statement": [
  {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"},
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account}:root"}, "Action": "kms:*",
   "Resource": "*"}
]}
"""
IGNORED = """
# kmsiac: ignore[KEY-01] -- the shared key is turned by hand
resource "aws_kms_key" "own" {
  policy = file("../../policies/open.json")
}
module "shared" {
  source  = "registry/shared/kms"
  account = local.account
}
locals {
  account = "111122223333"
}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated tree, and roots that share a recorded module and policies in files."""
    folder = tmp_path_factory.mktemp("tree")
    write(folder / "made", generate_bytes("estate", WORTH + 20_000))
    (folder / "policies").mkdir()
    (folder / "policies/open.json").write_text(POLICY.replace("${account}", "111122223333"))
    for number in range(6):
        root = folder / f"roots/r{number}"
        module = root / ".terraform/modules/shared"
        module.mkdir(parents=True)
        (root / "main.tf").write_text(IGNORED)
        (module / "main.tf").write_text(SHARED)
        (module / "policy.json").write_text(POLICY)
        rows = [{"Key": "shared", "Source": "s", "Dir": ".terraform/modules/shared"}]
        (root / ".terraform/modules/modules.json").write_text(json.dumps({"Modules": rows}))
    (folder / "template.yaml").write_text(
        "Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties: {KeyPolicy: {Statement: []}}\n"
    )
    (folder / ".git").mkdir()
    return folder


def _scan(tree: Path, format: str, processors: set[int]) -> tuple[int, bytes]:
    command = [sys.executable, "-m", "kmsiac", "scan", "--no-config", "-f", format, str(tree)]
    done = subprocess.run(
        command,
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: os.sched_setaffinity(0, processors),
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("format", ["json", "text"])
def test_workers_give_the_bytes_of_one_process(tree: Path, format: str) -> None:
    every = os.sched_getaffinity(0)
    alone = _scan(tree, format, {min(every)})
    shared = _scan(tree, format, every)
    assert shared == alone
    assert b"policies/open.json" in shared[1]
    assert b".terraform/modules/shared/policy.json" in shared[1]


def test_what_a_dead_worker_had_is_told_and_the_rest_is_done() -> None:
    def work(task: int) -> int:
        if task in (2, 5):
            os.kill(os.getpid(), signal.SIGKILL)
        return task * task

    results: list[object] = []
    with Workers(9, 2, work, lambda: None) as workers:
        for task in range(9):
            try:
                results.append(workers.result(task)[1])
            except Died:
                results.append(None)
    assert results == [0, 1, None, 9, 16, None, 36, 49, 64]


def test_workers_that_cannot_begin_do_not_begin_for_ever() -> None:
    def begin() -> None:
        raise OSError("no memory")

    with Workers(3, 2, lambda task: task, begin) as workers, pytest.raises(Died):
        workers.result(0)


def test_work_that_raises_an_error_is_left_to_who_asks() -> None:
    def work(task: int) -> int:
        return 1 // task

    with Workers(2, 1, work, lambda: None) as workers:
        assert workers.result(0)[1] is None
        assert workers.result(1)[1] == 1


def test_more_tasks_than_a_pipe_holds_and_large_results() -> None:
    with Workers(20_000, 2, lambda task: "x" * (task % 7 * 30_000), lambda: None) as workers:
        assert all(
            len(workers.result(task)[1]) == task % 7 * 30_000 for task in range(0, 20_000, 1000)
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_worker_outlives_a_scan_that_is_stopped(number: int) -> None:
    program = """
        import os, signal, sys, time
        from kmsiac.workers import Workers

        def work(task):
            os.write(1, b"%d\\n" % os.getpid())
            time.sleep(60)

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored behind a shell's &
        with Workers(2, 2, work, lambda: None) as workers:
            workers.result(0)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet) as running:
        assert running.stdout is not None
        children = [int(running.stdout.readline()) for _ in range(2)]
        running.send_signal(number)
        running.wait(60)
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
