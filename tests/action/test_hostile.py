"""What a pull request, or a careless workflow, may hand to the action: it stays data."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.action.conftest import CLOSED_KEY, OPEN_KEY, OPEN_LINE
from tests.action.runner import Result, Runner

Act = Callable[..., Result]

LINES = [
    "infra; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a' || touch pwned || '",
    'a" && touch pwned && "',
    "exit-code<<EOF",
    "x%0A::error::forged",
    "::error title=forged::forged",
    "##[error]forged",
    "${{ github.token }}",
    "\u202e",
    "../../etc",
]


def _nothing_happened(result: Result, runner: Runner) -> None:
    assert "forged" not in {command.message for command in result.commands}
    assert not any(command.properties.get("title") == "forged" for command in result.commands)
    assert not list(runner.workspace.rglob("pwned"))
    assert result.outputs["findings"] in {"", "0"}


def test_paths_stay_paths(act: Act, runner: Runner) -> None:
    result = act({"key.yaml": CLOSED_KEY}, paths="\n".join(LINES))
    assert result.outputs["exit-code"] == "3"
    _nothing_happened(result, runner)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("select", "$(touch pwned)"),
        ("fail_on", "never\nexit-code=0"),
        ("region", "::error title=forged::forged"),
        ("config", "a'; touch pwned; '"),
        ("since", "--upload-pack=touch pwned"),
        ("trusted_accounts", "%0A::error::forged"),
    ],
)
def test_values_stay_values(act: Act, runner: Runner, name: str, text: str) -> None:
    result = act({"key.yaml": CLOSED_KEY}, **{name: text})
    assert result.outputs["exit-code"] == "2"
    _nothing_happened(result, runner)


@pytest.mark.parametrize("name", ["sarif_file", "json_file"])
@pytest.mark.parametrize("text", ["a\nfindings=0", "--x", "a\rb"])
def test_names_of_files_stay_names(act: Act, name: str, text: str) -> None:
    result = act({"main.tf": OPEN_KEY}, **{name: text})
    assert result.outputs["exit-code"] == "2"


def test_a_name_of_a_file_cannot_forge_an_output(act: Act, runner: Runner) -> None:
    result = act({"main.tf": OPEN_KEY}, sarif_file="a=b<<EOF%0Afindings=0.sarif")
    assert Path(result.outputs["sarif-file"]).parent == runner.workspace
    assert int(result.outputs["findings"]) > 0


def test_paths_that_look_like_options_are_refused(act: Act) -> None:
    result = act({"key.yaml": CLOSED_KEY}, paths="--no-ignores")
    (annotation,) = result.annotations("error")
    assert 'the input "paths" holds "--no-ignores", which looks like an option' in str(annotation)


def test_more_arguments_cannot_end_the_options(act: Act) -> None:
    result = act({"key.yaml": CLOSED_KEY}, extra_args="--pedantic\n--\nelsewhere")
    (annotation,) = result.annotations("error")
    assert 'the input "extra-args" holds "--"' in annotation.message


HOSTILE_MODULE = "open('pwned', 'w').close(); raise SystemExit('pwned')\n"


def test_nothing_of_the_workspace_is_imported(act: Act, runner: Runner) -> None:
    modules = ("json", "yaml", "typer", "hashlib", "venv", "pip", "sitecustomize", "usercustomize")
    files = {f"{name}.py": HOSTILE_MODULE for name in modules}
    files |= {"kmsiac/__init__.py": HOSTILE_MODULE, "kmsiac/cli/__init__.py": HOSTILE_MODULE}
    files |= {"evil.pth": "import os; open('pwned', 'w')\n", "main.tf": OPEN_KEY}
    files |= {"pyvenv.cfg": "home = .\n", "python3": "#!/bin/sh\ntouch pwned\n"}
    result = act(files)
    assert result.outputs["exit-code"] == "1", result.log
    assert not list(runner.workspace.rglob("pwned"))


def test_python_variables_that_earlier_steps_left_are_not_used(act: Act, runner: Runner) -> None:
    environment = {
        "PYTHONPATH": str(runner.workspace),
        "PYTHONSTARTUP": str(runner.workspace / "json.py"),
        "PYTHONHOME": str(runner.workspace),
        "PYTHONUSERBASE": str(runner.workspace),
        "PYTHONWARNINGS": "error::json.Warning",
        "PYTHONINSPECT": "1",
        "PYTHONSAFEPATH": "",
    }
    result = act({"json.py": HOSTILE_MODULE, "main.tf": OPEN_KEY}, environment)
    assert result.outputs["exit-code"] == "1", result.log
    assert not list(runner.workspace.rglob("pwned"))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("link", ["report.sarif", "reports"])
def test_reports_are_not_written_through_links(act: Act, runner: Runner, link: str) -> None:
    outside = runner.home / "outside"
    outside.mkdir()
    target = outside / "report.sarif"
    target.write_text("precious", encoding="utf-8")
    (runner.workspace / link).symlink_to(target if link == "report.sarif" else outside)
    name = "report.sarif" if link == "report.sarif" else "reports/report.sarif"
    result = act({"main.tf": OPEN_KEY}, sarif_file=name)
    assert target.read_text(encoding="utf-8") == "precious"
    assert result.outputs["exit-code"] == "2"
    assert "link" in result.annotations("error")[-1].message


def test_templates_forge_no_commands(act: Act) -> None:
    forged = "::error file=a.tf,line=1::forged"
    text = OPEN_KEY.replace("Everybody", f"x\\n{forged}\\n##[error]forged")
    text = text.replace("Anybody may", f"{forged} ##[error]forged ::stop-commands::x")
    result = act({f"a{forged.replace('/', '')}.tf": text, "main.tf": f'x "{forged}" {{{{'})
    assert not result.success
    assert result.annotations("error")
    for command in result.commands:
        assert command.name in {"error", "warning", "notice"}
        assert command.message != "forged"
        assert command.properties.get("file") != "a.tf"


def _git(folder: Path, *words: str) -> None:
    settings = ("user.name=t", "user.email=t@example.com", "commit.gpgsign=false")
    given = [word for setting in settings for word in ("-c", setting)]
    subprocess.run(["git", *given, *words], cwd=folder, check=True, capture_output=True)


def test_a_bad_pull_request_is_annotated_on_its_line(act: Act, runner: Runner) -> None:
    """Checked out beside the base branch: paths are those of the repository all the same."""
    closed = OPEN_KEY.replace('Principal = "*"', 'Principal = { AWS = "111122223333" }')
    head = runner.workspace / "head"
    (head / "infra").mkdir(parents=True)
    file = head / "infra" / "main.tf"
    file.write_text(closed, encoding="utf-8")
    _git(head, "init", "--quiet")
    _git(head, "add", ".")
    _git(head, "commit", "--quiet", "--message", "A key of the account")
    assert act({}, paths="head", fail_on="high").success
    file.write_text(OPEN_KEY, encoding="utf-8")
    _git(head, "commit", "--quiet", "--all", "--message", "Let everybody decrypt")
    result = act({}, paths="head", fail_on="high")
    assert not result.success
    (annotation,) = [one for one in result.annotations("error") if "KP-20" in str(one)]
    assert annotation.properties["file"] == "infra/main.tf"
    assert annotation.properties["line"] == str(OPEN_LINE)
