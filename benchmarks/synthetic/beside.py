"""Files that are no templates, as they stand beside them in every repository."""

from __future__ import annotations

import json

from benchmarks.synthetic.drawing import Draw


def other_file(draw: Draw, number: int) -> tuple[str, str]:
    """The path and the text of a file that a scan passes over."""
    return draw.one((_readme, _workflow, _deployment, _values, _package, _program))(draw, number)


def _readme(draw: Draw, number: int) -> tuple[str, str]:
    steps = "".join(
        f"{at}. Step {at}: run `make step-{at}`.\n" for at in range(1, draw.below(9) + 3)
    )
    return f"docs/note-{number:04d}.md", f"# Note {number}\n\n{steps}"


def _workflow(draw: Draw, number: int) -> tuple[str, str]:
    jobs = "".join(
        f"  job{at}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make job{at}\n"
        for at in range(draw.below(4) + 1)
    )
    return f".github/workflows/build-{number:04d}.yml", f"name: build\non: push\njobs:\n{jobs}"


def _deployment(draw: Draw, number: int) -> tuple[str, str]:
    return f"deploy/app-{number:04d}.yaml", (
        "apiVersion: apps/v1\nkind: Deployment\n"
        f"metadata:\n  name: app-{number}\nspec:\n  replicas: {draw.below(5) + 1}\n"
        "  template:\n    spec:\n      containers:\n"
        f"        - name: app\n          image: registry.example.com/app:{number}\n"
    )


def _values(draw: Draw, number: int) -> tuple[str, str]:
    lines = "".join(f"  option{at}: {draw.below(1000)}\n" for at in range(draw.below(20) + 3))
    return f"charts/app-{number:04d}/values.yaml", f"replicas: 2\nsettings:\n{lines}"


def _package(draw: Draw, number: int) -> tuple[str, str]:
    needs = {
        f"library-{at}": f"^{draw.below(9)}.{draw.below(20)}.0" for at in range(draw.below(15))
    }
    body = {"name": f"app-{number}", "version": "1.0.0", "dependencies": needs}
    return f"apps/app-{number:04d}/package.json", json.dumps(body, indent=2) + "\n"


def _program(draw: Draw, number: int) -> tuple[str, str]:
    body = "".join(f"def step{at}():\n    return {at}\n\n\n" for at in range(draw.below(20) + 1))
    return f"apps/app-{number:04d}/main.py", body
