"""What starting costs: `--version`, `rules list`, and a scan of ten files, warm and cold.

    python benchmarks/startup.py [--peers]

`--peers` adds checkov and cfn-lint where they are on the path.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import measure, table

BARE = """
import typer
app = typer.Typer()
@app.callback(invoke_without_command=True)
def main(version: bool = False): print("1.0")
app()
"""

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


def main() -> None:
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
            "bare typer program": [sys.executable, str(bare)],
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
        print(table(measure(commands), "bare typer program"))


if __name__ == "__main__":
    main()
