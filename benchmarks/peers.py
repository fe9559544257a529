"""kmsiac beside its peers on the same trees, in one run: CPU seconds, ratios, peak memory.

    python benchmarks/peers.py TREE... [--runs 5] [--timeout 600] [--json FILE] [--only trivy,checkov]
                               [--bin NAME=PROGRAM]... [--guard-rules DIR] [--kics-queries DIR]

Peers are taken from the path, or from `--bin`; which were not had is said. kmsiac is `python -m
kmsiac` of this Python, unless `--bin kmsiac=PROGRAM` names an installed one. Every tool scans the
whole tree with all its checks and prints JSON that nobody reads; only checkov is run a second time
with nothing but its three frameworks for Terraform and CloudFormation. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Run, in_turn, medians

_TEMPLATE = re.compile(rb"AWSTemplateFormatVersion|[\"']?Type[\"']?\s*:\s*[\"']?AWS::\w+::")


class Tree(NamedTuple):
    """What is scanned: the folder, what it says of itself, its CloudFormation templates."""

    folder: Path
    summary: str
    templates: tuple[str, ...]


class Tool(NamedTuple):
    """A scanner: its program, the arguments to scan a tree (None: not for this tree), and the exit
    codes that say it did.
    """

    name: str
    program: str
    arguments: Callable[[Tree, Mapping[str, str]], list[str] | None]
    done: frozenset[int]


def _trivy(tree: Tree, extra: Mapping[str, str]) -> list[str]:
    del extra
    offline = ["--skip-check-update", "--skip-version-check", "--disable-telemetry"]
    return ["config", *offline, "--quiet", "--timeout", "2h", "-f", "json", str(tree.folder)]


def _checkov(tree: Tree, extra: Mapping[str, str]) -> list[str]:
    del extra
    return ["-d", str(tree.folder), "--quiet", "--compact", "--skip-download", "-o", "json"]


def _checkov_templates(tree: Tree, extra: Mapping[str, str]) -> list[str]:
    frameworks = ["terraform", "terraform_plan", "cloudformation"]
    return [*_checkov(tree, extra), "--framework", *frameworks]


def _cfn_lint(tree: Tree, extra: Mapping[str, str]) -> list[str] | None:
    del extra
    return ["--format", "json", "--", *tree.templates] if tree.templates else None


def _cfn_guard(tree: Tree, extra: Mapping[str, str]) -> list[str] | None:
    rules = extra.get("guard_rules")
    if not rules or not tree.templates:
        return None
    shown = ["--show-summary", "none", "--structured", "-o", "json"]
    return ["validate", *shown, "--rules", rules, "--data", str(tree.folder)]


def _kics(tree: Tree, extra: Mapping[str, str]) -> list[str] | None:
    queries = extra.get("kics_queries")
    if not queries:
        return None
    written = ["--report-formats", "json", "-o", extra["scratch"]]
    return ["scan", "--ci", "--no-color", "-q", queries, *written, "-p", str(tree.folder)]


TOOLS = (
    Tool(
        "kmsiac", "kmsiac", lambda t, _: ["scan", "-f", "json", str(t.folder)], frozenset((0, 1, 3))
    ),
    Tool("trivy", "trivy", _trivy, frozenset((0,))),
    Tool("checkov", "checkov", _checkov, frozenset((0, 1))),
    Tool("checkov, templates only", "checkov", _checkov_templates, frozenset((0, 1))),
    Tool("cfn-lint", "cfn-lint", _cfn_lint, frozenset(range(2, 16)) | {0}),
    Tool("cfn-guard", "cfn-guard", _cfn_guard, frozenset((0, 19))),
    Tool("kics", "kics", _kics, frozenset((0, 20, 30, 40, 50, 60))),
)
_SUFFIXES = (".yaml", ".yml", ".json", ".template")


def read_tree(folder: Path) -> Tree:
    """Count what is in a folder."""
    templates, code, files, size = [], 0, 0, 0
    for path in sorted(folder.rglob("*")):
        if ".git" in path.relative_to(folder).parts or not path.is_file() or path.is_symlink():
            continue
        files += 1
        hcl = path.name.endswith((".tf", ".tf.json"))
        template = path.suffix in _SUFFIXES and _TEMPLATE.search(path.read_bytes())
        if template and not hcl:
            templates.append(str(path))
        code += hcl
        size += path.stat().st_size if hcl or template else 0
    commit = _commit(folder)
    summary = (
        f"{folder.name}{f' at {commit}' if commit else ''}: {files} files, {code} Terraform, "
        f"{len(templates)} CloudFormation; {size / 1e6:.1f} MB of both"
    )
    return Tree(folder, summary, tuple(templates))


def _commit(folder: Path) -> str:
    if not (folder / ".git").exists() or not shutil.which("git"):
        return ""
    asked = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def _programs(given: Iterable[str]) -> dict[str, list[str]]:
    """The command of every program that can be had."""
    chosen = dict(one.split("=", 1) for one in given)
    found = {"kmsiac": [sys.executable, "-m", "kmsiac"]}
    for program in {tool.program for tool in TOOLS}:
        path = chosen.get(program) or (program != "kmsiac" and shutil.which(program))
        if path:
            found[program] = [str(path)]
    return found


def _version(command: Sequence[str]) -> str:
    """The first thing that looks like a version in what `--version` (or `version`) prints."""
    for asked in ("--version", "version"):
        said = subprocess.run([*command, asked], capture_output=True, text=True, check=False)
        version = re.search(r"\d+\.\d+(\.\d+)?\S*", said.stdout + said.stderr)
        if said.returncode == 0 and version:
            return version[0]
    return "?"


def beside(
    tree: Tree, programs: Mapping[str, list[str]], tools: Sequence[Tool], options: Any, scratch: str
) -> dict[str, list[Run]]:
    """The runs of every tool that is had and reads such a tree."""
    extra = {"guard_rules": options.guard_rules, "kics_queries": options.kics_queries}
    extra["scratch"] = scratch
    commands = {
        tool.name: [*programs[tool.program], *arguments]
        for tool in tools
        if tool.program in programs and (arguments := tool.arguments(tree, extra)) is not None
    }
    return in_turn(commands, options.runs, options.timeout)


def table(runs: Mapping[str, list[Run]]) -> str:
    """A Markdown table: medians, and how many times kmsiac's CPU seconds the others took."""
    ours = medians(runs["kmsiac"]).cpu
    lines = [
        "| tool | CPU s | least to most | times kmsiac's | wall s | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    done = {tool.name: tool.done for tool in TOOLS}
    for name, taken in runs.items():
        figure, stopped = medians(taken), taken[0].code is None
        least, most = min(run.cpu for run in taken), max(run.cpu for run in taken)
        codes = {run.code for run in taken} - done[name]
        more, note = (">", ", stopped") if stopped else ("", "")
        note += (
            f", failed with exit code {min(c for c in codes if c is not None)}"
            if (codes - {None})
            else ""
        )
        lines.append(
            f"| {name}{note} | {more}{figure.cpu:.2f} | {least:.2f} to {most:.2f} "
            f"| {more}{figure.cpu / ours:.1f} | {figure.wall:.1f} | {figure.peak_mb:.0f} |"
        )
    return "\n".join(lines)


def overview(written: Mapping[str, Any]) -> str:
    """One table of all trees: CPU seconds, how many times kmsiac's, and peak MB."""
    names = list(dict.fromkeys(n for tree in written["trees"].values() for n in tree["runs"]))
    lines = [f"| tree | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for tree, of in written["trees"].items():
        found = {name: [Run(**run) for run in runs] for name, runs in of["runs"].items()}
        ours = medians(found["kmsiac"]).cpu
        cells = []
        for name in names:
            figure = medians(found[name]) if name in found else None
            more = ">" if figure and found[name][0].code is None else ""
            times = f", {more}{figure.cpu / ours:.1f}x" if figure and name != "kmsiac" else ""
            cells.append(f"{more}{figure.cpu:.2f}{times}, {figure.peak_mb:.0f}" if figure else "-")
        lines.append(f"| {tree} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=600, help="wall seconds of one run")
    parser.add_argument("--json", type=Path, help="write every run to this file")
    parser.add_argument("--only", help="these tools beside kmsiac, comma-separated")
    parser.add_argument("--bin", action="append", default=[], metavar="NAME=PROGRAM")
    parser.add_argument("--guard-rules", help="rules for cfn-guard, which brings none")
    parser.add_argument("--kics-queries", help="the queries of KICS")
    options = parser.parse_args()

    programs = _programs(options.bin)
    wanted = {"kmsiac", *options.only.split(",")} if options.only else None
    tools = [tool for tool in TOOLS if wanted is None or tool.program in wanted]
    versions = {p: _version(c) for p, c in programs.items() if any(t.program == p for t in tools)}
    print(f"{_machine()}; {options.runs} runs in turn, medians")
    print("; ".join(f"{program} {version}" for program, version in sorted(versions.items())))
    missing = sorted({tool.program for tool in tools} - set(programs))
    if missing:
        print(f"Not had: {', '.join(missing)}")
    written: dict[str, Any] = {"machine": _machine(), "versions": versions, "trees": {}}
    with tempfile.TemporaryDirectory() as scratch:
        for folder in options.trees:
            tree = read_tree(folder.resolve())
            runs = beside(tree, programs, tools, options, scratch)
            print(f"\n{tree.summary}\n\n{table(runs)}", flush=True)
            written["trees"][folder.name] = {
                "summary": tree.summary,
                "runs": {name: [run._asdict() for run in found] for name, found in runs.items()},
            }
            if options.json:
                options.json.write_text(json.dumps(written, indent=1) + "\n")
    print(f"\nCPU s, times kmsiac's, peak MB\n\n{overview(written)}")


def _machine() -> str:
    cores = os.cpu_count()
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {cores} cores"


if __name__ == "__main__":
    main()
