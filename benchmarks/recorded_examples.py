"""Compares what kmsiac reads in the examples of public modules with recorded plans of them.

    python -m benchmarks.recorded_examples CHECKOUTS RECORDINGS [--rows 3,17] [--show 5]

`recorded-examples.tsv` beside this file lists the examples: number, repository, commit, folder and
inputs. CHECKOUTS holds `OWNER+NAME` folders with the files that were planned (recorded-examples.md
says what was edited in them); RECORDINGS holds `NNN.plan.json` and `NNN.expected.json` as
`tests/oracles/recording.py` makes them. Every policy and every `aws_iam_policy_document` of a plan
is counted once: *equal*; *symbols* (what the plan does not know, or knows from a look-up only, is a
symbol or an unknown of ours, and all else is equal); *different*; *missing*; *open* (nothing in the
plan says what the document is).
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.oracles.documents import Difference, differences

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
HOLE = re.compile(r"\$\{(?![\w-]+:[^}]*\})[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
MODULES = re.compile(r"^(module\.[\w-]+(\[[^\]]*\])?(\.|: ))*")
SETS = frozenset({"Action", "NotAction", "Resource", "NotResource"})

Json = Any


def main() -> int:
    """Print a line for each example, its differences, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--rows", default="", help="numbers of examples, with commas between")
    parser.add_argument("--show", type=int, default=5, help="differences to print of an example")
    arguments = parser.parse_args()
    wanted = {int(row) for row in arguments.rows.split(",") if row}
    sums: collections.Counter[str] = collections.Counter()
    for line in (HERE / "recorded-examples.tsv").read_text().splitlines():
        number, repository, _, folder, inputs = [*line.split("\t"), ""][:5]
        plan_path = arguments.recordings / f"{int(number):03}.plan.json"
        if not plan_path.is_file() or (wanted and int(number) not in wanted):
            continue
        example = arguments.checkouts / repository.replace("/", "+") / folder
        counts, told = compare(example, inputs, plan_path)
        sums.update(counts)
        print(number, repository, folder, inputs, dict(counts))
        for each in told[: arguments.show]:
            print("   ", each[:300])
    print(dict(sums))
    return 0


def compare(
    example: Path, inputs: str, plan_path: Path
) -> tuple[collections.Counter[str], list[str]]:
    """How many documents of one example are what, and what is different."""
    plan = json.loads(plan_path.read_text())
    expected = json.loads(plan_path.with_suffix("").with_suffix(".expected.json").read_text())
    options = []
    for word in inputs.split():
        flag, _, value = word.partition("=")
        options += [flag, str(example / value) if flag == "--var-file" else value]
    plain = inventory(example, expected, options)
    at_first = {each.address for each in differences(expected, plain)}
    ours = looked_up(plain, lookups(plan, example.name))
    theirs = inventory(plan_path, expected, [])
    found: dict[str, list[Difference]] = collections.defaultdict(list)
    for difference in differences(expected, ours):
        found[difference.address].append(difference)
    counts: collections.Counter[str] = collections.Counter()
    told: list[str] = []
    mine, plans = by_place(ours), by_place(theirs)
    for name, entry in [*expected["policies"].items(), *expected.get("data", {}).items()]:
        place = (entry.get("address", name), entry.get("attribute", ""))
        outcome, reasons = judge(entry, mine.get(place), plans.get(place), found.get(name, []))
        if outcome == "equal" and name in at_first:
            outcome = "symbols"  # the plan knows it from a look-up
        counts[outcome] += 1
        told += [f"{name}: {reason}" for reason in reasons]
    return counts, told


def inventory(path: Path, expected: Json, options: list[str]) -> Json:
    """What `kmsiac inventory` prints, told the account and the Region of the recording."""
    where = expected["environment"]
    command = [sys.executable, "-m", "kmsiac", "inventory", str(path), "-f", "json", "--no-config"]
    command += ["--account-id", where["account_id"], "--region", where["region"]]
    command += ["--partition", where["partition"], *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode not in (0, 3):  # 3: a part could not be read, or nothing was found
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return json.loads(done.stdout)


def by_place(told: Json) -> dict[tuple[str, str], Json]:
    """The documents of an inventory by address and attribute; data documents have no attribute."""
    places = {(each["resource"], each["attribute"]): each for each in told["policies"]}
    return places | {(each["address"], ""): each for each in told["data"]}


def judge(
    entry: Json, ours: Json | None, theirs: Json | None, found: list[Difference]
) -> tuple[str, list[str]]:
    """What one document of a recording is beside ours."""
    known = entry.get("known") or entry.get("document") is not None
    if known or entry.get("default_policy") or entry.get("static") is not None:
        if not found:
            return ("equal" if known or entry.get("default_policy") else "symbols"), []
        if same_but_told_otherwise(entry, ours):
            return "symbols", []
        kind = "missing" if found[0].kind == "missing" else "different"
        return kind, [str(each.detail) for each in found]
    if ours is not None and ours.get("default_policy"):
        return "symbols", []  # a plan shows no policy and an unknown one alike
    if ours is None or theirs is None or not isinstance(theirs["document"], dict):
        return "open", []
    if not isinstance(ours["document"], dict):
        return "different", [str(ours["unknown"])]
    reasons = list(statements_differ(theirs, ours["document"]))
    return ("different" if reasons else "symbols"), reasons


def statements_differ(theirs: Json, ours: Json) -> Iterator[str]:
    """What a plan says of a deferred document and ours has not: its known leaves."""
    wanted, found = normal(theirs["document"]), normal(ours)
    if not any(re.fullmatch(r"/Statement(/[^/]*)?", u["pointer"]) for u in theirs["unknown"]):
        yield from unlike(wanted, found, "", ours=False)
        return
    for statement in wanted.get("Statement", []):
        if isinstance(statement, dict) and all(
            any(unlike(statement, other, "", ours=False)) for other in found.get("Statement", [])
        ):
            yield f"a statement of the plan that is not ours: {statement!r}"


def same_but_told_otherwise(entry: Json, ours: Json | None) -> bool:
    """Whether our symbols stand for what the apply made of the document."""
    if ours is None or not isinstance(ours["document"], dict):
        return False
    found = normal(ours["document"])
    made, static = entry.get("applied"), entry.get("static")
    if isinstance(made, dict) and not any(unlike(normal(made), found, "", ours=True)):
        return True
    return isinstance(static, dict) and not any(unlike(normal(static), found, "", ours=False))


def unlike(wanted: Json, found: Json, path: str, *, ours: bool) -> Iterator[str]:
    """Where two documents cannot be the same. Placeholders of `wanted` (with `ours`: of `found`)
    stand for anything.
    """
    open_text = found if ours else wanted
    if isinstance(open_text, str) and HOLE.search(open_text):
        pattern = ".*".join(re.escape(piece) for piece in HOLE.split(open_text))
        if ours and not (isinstance(wanted, str) and re.fullmatch(pattern, wanted, re.DOTALL)):
            yield f"{path}: {wanted!r} != {found!r}"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        holes = [key for key in (found if ours else wanted) if HOLE.search(key)]
        for key in wanted.keys() & found.keys():
            yield from unlike(wanted[key], found[key], f"{path}/{key}", ours=ours)
        if not holes and wanted.keys() != found.keys():
            yield f"{path}: {sorted(wanted)} != {sorted(found)}"
    elif isinstance(wanted, frozenset) and isinstance(found, frozenset):
        yield from _sets_unlike(wanted, found, path, ours=ours)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path}: {len(wanted)} members, ours {len(found)}"
        for number, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from unlike(one, other, f"{path}/{number}", ours=ours)
    elif wanted != found:
        yield f"{path}: {wanted!r} != {found!r}"


def _sets_unlike(
    wanted: frozenset[Json], found: frozenset[Json], path: str, *, ours: bool
) -> Iterator[str]:
    plain = [one for one in wanted - found if ours or not _open(one)]
    left = found - wanted
    for one in plain:
        if not ours or not any(_open(o) and not any(unlike(one, o, "", ours=True)) for o in left):
            yield f"{path}: {one!r} is not in {sorted(map(str, found))}"
    if any(not _open(other) for other in left) and (ours or not any(map(_open, wanted))):
        yield f"{path}: only ours has {sorted(map(str, left))}"


def _open(member: Json) -> bool:
    return isinstance(member, str) and HOLE.search(member) is not None


def normal(document: Json, key: str = "") -> Json:
    """A document with the lists that AWS reads as sets as sets; one statement is a list of one."""
    if isinstance(document, dict):
        inside = {name: normal(value, name) for name, value in document.items()}
        if isinstance(inside.get("Statement"), dict):
            inside["Statement"] = [inside["Statement"]]
        for name in ("Principal", "NotPrincipal", "Condition"):
            if isinstance(document.get(name), dict):
                inside[name] = _sets_below(document[name])
        return inside
    if key in SETS:
        return _as_set(document)
    return [normal(item) for item in document] if isinstance(document, list) else document


def _sets_below(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _sets_below(member) for name, member in value.items()}
    return _as_set(value)


def _as_set(value: Json) -> Json:
    members = value if isinstance(value, list) else [value]
    return members if any(isinstance(m, dict | list) for m in members) else frozenset(members)


def lookups(plan: Json, root: str) -> dict[str, str]:
    """What a plan knows from look-ups in the account and from the machine it ran on."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    found["basename(path.cwd)"] = {root}
    found['replace(basename(path.cwd), "_", "-")'] = {root.replace("_", "-")}
    modules = [plan.get("prior_state", {}).get("values", {}).get("root_module", {})]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            for name, value in (resource.get("values") or {}).items():
                place = f"data.{resource['type']}.{resource['name']}.{name}"
                items = value if isinstance(value, list) else [value]
                for index, item in enumerate(items):
                    if resource["mode"] == "data" and isinstance(item, str):
                        found[place if item is value else f"{place}[{index}]"].add(item)
    return {place: values.pop() for place, values in found.items() if len(values) == 1}


def looked_up(told: Json, known: dict[str, str]) -> Json:
    """An inventory with the look-ups of the plan put in place of their symbols."""

    def put(match: re.Match[str]) -> str:
        name = re.sub(r"(data\.[\w-]+\.[\w-]+)\[[^\]]*\]", r"\1", MODULES.sub("", match[0][2:-1]))
        return known.get(name, match[0])

    def walk(value: Json) -> Json:
        if isinstance(value, dict):
            return {walk(key): walk(member) for key, member in value.items()}
        if isinstance(value, list):
            return [walk(member) for member in value]
        return HOLE.sub(put, value) if isinstance(value, str) else value

    result = walk(told)
    for each in [*result["policies"], *result["data"]]:
        each["symbols"] = [s for s in each["symbols"] if HOLE.search(s["text"])]
        texts = [(u, HOLE.sub(put, f"${{{u['expression']}}}")) for u in each["unknown"]]
        each["unknown"] = [unknown for unknown, text in texts if HOLE.search(text)]
        if each["document"] is None and len(texts) == 1 and texts[0][1].startswith("{"):
            each["document"] = json.loads(texts[0][1])
    return result


if __name__ == "__main__":
    sys.exit(main())
