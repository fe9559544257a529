"""What starting costs: `--version`, `rules list`, and a scan of ten files, warm and cold.

    python benchmarks/startup.py [--peers]

`--peers` adds checkov and cfn-lint where they are on the path. Exit code 1 where `kmsiac --version`
costs 1.5 times what `--version` of a bare typer program costs, or more.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import measure, table

LIMIT = 1.5
BARE = """
import typer
from typing import Annotated
app = typer.Typer()
def show(wanted: bool):
    if wanted:
        print("bare 1.0")
        raise typer.Exit()
@app.callback()
def root(version: Annotated[bool, typer.Option("--version", callback=show, is_eager=True)] = False): pass
@app.command()
def hello(name: str = "you"): print("hello", name)
app()
"""
"""A program as typer's own documentation writes it, with `--version` and one command."""

KEY = """
data "aws_caller_identity" "me{n}" {{}}

resource "aws_kms_key" "k{n}" {{
  enable_key_rotation = true
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ AWS = "arn:aws:iam::${{data.aws_caller_identity.me{n}.account_id}}:root" }}
      Action    = "kms:*"
      Resource  = "*"
    }}]
  }})
}}
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for number in range(10):
            (tree / f"key{number}.tf").write_text(KEY.format(n=number))
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        kmsiac = [sys.executable, "-m", "kmsiac"]
        cold = ["env", f"XDG_CACHE_HOME={folder}/none{os.sep}", "sh", "-c"]
        cold_scan = f"rm -rf {folder}/none && exec {sys.executable} -m kmsiac scan {tree}"
        commands = {
            "bare typer program --version": [sys.executable, str(bare), "--version"],
            "bare typer program, one command": [sys.executable, str(bare), "hello"],
            "kmsiac --version": [*kmsiac, "--version"],
            "kmsiac rules list": [*kmsiac, "rules", "list"],
            "kmsiac scan, ten files": [*kmsiac, "scan", str(tree)],
            "kmsiac scan, ten files, no grammar cache": [*cold, cold_scan],
        }
        if "--peers" in sys.argv[1:]:
            peers = {
                "checkov": ["checkov", "-d", str(tree), "--quiet"],
                "cfn-lint": ["cfn-lint", "--version"],
            }
            commands |= {name: command for name, command in peers.items() if shutil.which(name)}
        figures = measure(commands)
    print(table(figures, "bare typer program, one command"))
    ratio = figures["kmsiac --version"].cpu / figures["bare typer program --version"].cpu
    print(f"\n`kmsiac --version`: {ratio:.2f} times a bare `--version` (limit {LIMIT})")
    return 1 if ratio >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
