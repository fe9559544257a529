"""The house rules that no linter knows: layers, sizes, what an import may cost."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kmsiac"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60  # the target is 40; this is where a test says no

# Modules that are one table of data and may be longer. An entry needs a reason beside it.
DATA_TABLES: frozenset[str] = frozenset()

# Costly to import, and not needed to start: their users import them at first need.
LATE_PACKAGES = frozenset({"cfn_flip", "cfn_tools", "hcl2", "lark", "rich", "yaml"})

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="needs the checkout around the tests"
)


def _name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def _environment() -> dict[str, str]:
    """The environment without what would change how our own Python or kmsiac starts."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KMSIAC_", "PYTHON", "COV_"))
    }


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_imports_only_point_down() -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    run = _python("-c", lint, "--no-cache")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_has_one_subject(module: Path) -> None:
    assert module.name != "utils.py"
    if _name(module) not in DATA_TABLES:
        lines = len(module.read_text(encoding="utf-8").splitlines())
        assert lines <= MAX_MODULE_LINES


def test_data_tables_that_may_be_long_exist() -> None:
    assert {_name(module) for module in MODULES} >= DATA_TABLES


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the end.

    Signature and docstring do not count: a command's options are a declaration, not logic.
    """
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_functions_fit_on_a_screen(module: Path) -> None:
    too_long = {
        f"{node.name} (line {node.lineno})": _body_lines(node)
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _body_lines(node) > MAX_FUNCTION_LINES
    }
    assert too_long == {}


def _is_broad(caught: ast.expr | None) -> bool:
    """Whether an `except` of this catches our own bugs too."""
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(one) for one in caught.elts)
    return isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"}


def test_only_the_outermost_handler_catches_everything() -> None:
    """An internal error is exit code 70: said once, in the command line, and nowhere else."""
    broad = [
        f"{_name(module)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type)
    ]
    assert len(broad) <= 1, broad
    assert all(place.startswith("kmsiac/cli/") for place in broad), broad


def _said(importtime: str) -> str:
    """What else stands between the lines of `-X importtime`: a traceback, if it failed."""
    lines = importtime.splitlines()
    return "\n".join(line for line in lines if not line.startswith("import time:"))


def _imported(importtime: str) -> set[str]:
    """Top-level packages in what `-X importtime` wrote."""
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in importtime.splitlines()
        if line.startswith("import time:")
    }


def test_version_starts_without_parsers_or_rich() -> None:
    run = _python("-X", "importtime", "-m", "kmsiac", "--version")
    assert run.returncode == 0, _said(run.stderr)
    imported = _imported(run.stderr)
    assert "kmsiac" in imported
    assert imported & LATE_PACKAGES == set()


def _importable(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_module_imports_a_parser_before_it_is_needed() -> None:
    names = [_importable(module) for module in MODULES if module.name != "__main__.py"]
    run = _python("-X", "importtime", "-c", "\n".join(f"import {name}" for name in names))
    assert run.returncode == 0, _said(run.stderr)
    assert _imported(run.stderr) & LATE_PACKAGES == set()


def test_errors_and_spans_import_nothing_of_ours_but_themselves() -> None:
    run = _python("-c", "import sys, kmsiac.errors; print(*sorted(sys.modules))")
    ours = {name for name in run.stdout.split() if name.startswith("kmsiac")}
    assert ours == {"kmsiac", "kmsiac.errors"}
