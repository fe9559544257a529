#!/usr/bin/env python3
"""Record what a real `terraform plan` says about the projects of `fixtures/recorded`.

usage: python -m tests.oracles.record FOLDER ...

Each folder is a root module. It is copied to a temporary folder; there `terraform init`, `plan` and
`show -json` run against a mock of AWS, and the folder gets `plan.json` and `expected.json`. What the
plan does not know is applied to the mock (on the copy), so that `expected.json` can say what it is
made of. For development only: fixtures/recorded/README.md says what it needs.

Environment: AWS_ENDPOINT_URL, the address of the mock, which must be this machine;
TF_CLI_CONFIG_FILE, where the provider comes from a mirror. Nothing else reaches Terraform.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.oracles.recording import expected_of, notes_of, open_addresses

REGION = "us-east-1"
SECONDS = 240
"""How long one terraform command may take."""

OURS = ("plan.json", "expected.json")


class RecordingError(Exception):
    """Terraform refused; the text is what it said."""


def main(folders: list[str]) -> int:
    """Record the folders; 1 where one could not be."""
    failed = False
    for folder in map(Path, folders):
        try:
            said = record(folder.resolve(), _endpoint())
        except RecordingError as error:
            failed = True
            said = f"FAILED: {error}"
        sys.stdout.write(f"{folder.name}: {said}\n")
        sys.stdout.flush()
    return int(failed)


def record(project: Path, endpoint: str) -> str:
    """Write `plan.json` and `expected.json`; a line that says what is in them."""
    _empty(endpoint)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / project.name
        ignore = shutil.ignore_patterns(".terraform*", "*.tfstate*", *OURS)
        shutil.copytree(project, work, ignore=ignore)
        run = _Terraform(work, _environment(endpoint, Path(scratch)))
        run.prepare()
        plan, shown = run.plan()
        applied, refused = None, ""
        if wanted := open_addresses(plan):
            try:
                targets = (f"-target={address}" for address in wanted)
                run("apply", "-input=false", "-no-color", "-lock=false", "-auto-approve", *targets)
            except RecordingError as error:
                refused = f"; not applied: {str(error)[-400:]}"
            applied = json.loads(run("show", "-json"))
        if scratch in shown:
            raise RecordingError("the plan names a path of this machine")
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(project.rglob("*"))
        if path.is_file() and path.name not in OURS
    )
    notes = notes_of(_main_file(project).read_text(encoding="utf-8").splitlines())
    expected = expected_of(plan, applied, source, notes, REGION)
    (project / "plan.json").write_text(shown, encoding="utf-8", newline="\n")
    text = json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
    (project / "expected.json").write_text(text, encoding="utf-8", newline="\n")
    return _summary(expected) + refused


def _main_file(project: Path) -> Path:
    main_tf = project / "main.tf"
    return main_tf if main_tf.is_file() else project / "NOTES.txt"


class _Terraform:
    """The terraform command in one folder and one environment."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder, self._variables = folder, variables

    def __call__(self, *arguments: str) -> str:
        """What it prints."""
        try:
            done = subprocess.run(
                ["terraform", *arguments],
                cwd=self._folder,
                env=self._variables,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RecordingError(f"{arguments[0]} took over {SECONDS} s") from None
        if done.returncode:
            raise RecordingError(f"{arguments[0]}: {done.stdout[-1000:]}{done.stderr[-3000:]}")
        return done.stdout

    def prepare(self) -> None:
        """Get modules and the provider; with a provider that is installed already, modules only."""
        mirror = self._variables.get("TF_CLI_CONFIG_FILE")
        if mirror and "dev_overrides" in Path(mirror).read_text(encoding="utf-8"):
            self("get", "-no-color")
        else:
            self("init", "-input=false", "-no-color", "-backend=false")

    def plan(self) -> tuple[Any, str]:
        """The plan, and its text without what differs in every run."""
        self("plan", "-input=false", "-no-color", "-lock=false", "-out=recorded.tfplan")
        plan = json.loads(self("show", "-json", "recorded.tfplan"))
        plan.pop("timestamp", None)
        plan.get("relevant_attributes", []).sort(key=json.dumps)
        text = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
        return plan, text + "\n"


def _endpoint() -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise RecordingError("AWS_ENDPOINT_URL must name a mock of AWS on this machine")
    return endpoint


def _environment(endpoint: str, home: Path) -> dict[str, str]:
    """The whole environment that Terraform gets: the mock, fixed credentials, nothing private."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    if mirror := os.environ.get("TF_CLI_CONFIG_FILE"):
        variables["TF_CLI_CONFIG_FILE"] = mirror
    return variables


def _empty(endpoint: str) -> None:
    """Start the mock afresh: nothing of an earlier project is there."""
    request = urllib.request.Request(endpoint.rstrip("/") + "/moto-api/reset", method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer.read()


def _summary(expected: Any) -> str:
    policies = expected["policies"].values()
    unknown = [entry for entry in policies if not entry["known"]]
    lost = [e["address"] for e in unknown if not e.get("static") and not e.get("default_policy")]
    return (
        f"{len(policies)} policies ({len(unknown)} unknown), {len(expected['grants'])} grants, "
        f"{len(expected['keys'])} keys, {len(expected['data'])} data documents"
        + (f"; nothing symbolic for {', '.join(lost)}" if lost else "")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
