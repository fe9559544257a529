"""The fixtures, broken in hundreds of ways: never an internal error, always a report."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
ROUNDS = 30

ODD = [
    None, True, 0, -1, 1e308, "", [], {}, [[]], [None], {"": None}, "${x}", {"Ref": 1},
    {"Fn::If": []}, {"Fn::Sub": None}, {"Fn::Join": ["", {"Ref": "x"}]}, {"Ref": "AWS::NoValue"},
    {"Fn::GetAtt": []}, "a\nb", [{"a": [1]}], "*", '{"Statement":1}', "[]", "{", 10**30,
]  # fmt: skip
NAMES = ["Ref", "Fn::If", "type", "address", "values", "Statement", "policy", ""]
SNIPPETS = [
    "", '"', "{", "}", "${", "%{ for", "(", "]", "#", "<<EOF\n", "=", "\\", "!Sub", "*x", "&x",
    "local.", "each.key", "\t", "- ", "? ",
]  # fmt: skip

Steps = tuple[str | int, ...]


def places(value: object, path: Steps = ()) -> Iterator[Steps]:
    """The paths of all members of a JSON value."""
    members = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def at(value, path: Steps):
    for key in path:
        value = value[key]
    return value


def with_wrong_types(value: object, chance: random.Random) -> object:
    value = copy.deepcopy(value)
    for _ in range(chance.choice([1, 2, 5, 30])):
        paths = list(places(value))
        if not paths:
            break
        path = chance.choice(paths)
        holder, key = at(value, path[:-1]), path[-1]
        change = chance.randrange(4)
        if change == 0 and isinstance(holder, dict):
            del holder[key]
        elif change == 1 and isinstance(holder, dict):
            holder[chance.choice(NAMES)] = holder.pop(key)
        elif change == 2:
            holder[key] = copy.deepcopy(at(value, chance.choice(paths)))
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return value


def with_broken_lines(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.choice([1, 1, 2, 4, 10])):
        if not lines:
            break
        start = chance.randrange(len(lines))
        end = start + chance.choice([1, 1, 1, 3, 10])
        change = chance.randrange(5)
        if change == 0:
            del lines[start:end]
        elif change == 1:
            lines[start:start] = lines[start:end]
        elif change == 2:
            lines[start:end] = lines[start:end][::-1]
        elif change == 3:
            lines[start] = chance.choice(lines)
        else:
            line = lines[start]
            cut = chance.randrange(len(line) + 1)
            lines[start] = line[:cut] + chance.choice(SNIPPETS) + line[cut + chance.randrange(3) :]
    return "".join(lines)


def check(kmsiac, files: dict[str, str | bytes], chance: random.Random) -> None:
    command = chance.choice([("scan", "-f", "json"), ("scan", "-v"), ("inventory", "-f", "json")])
    ran = kmsiac(files, *command)
    assert ran.code in (0, 1, 3), ran
    assert ran.err == ""
    if "json" in command:
        report = json.loads(ran.out)
        assert all(error["location"]["path"] for error in report["errors"])
    # Nothing is passed over in silence.
    assert ran.out.strip()


@pytest.mark.parametrize("seed", range(4))
def test_plans_with_wrong_types(kmsiac, seed):
    chance = random.Random(seed)
    plans = [json.loads(path.read_text()) for path in sorted(FIXTURES.rglob("plan.json"))]
    for _ in range(ROUNDS):
        check(
            kmsiac, {"p.json": json.dumps(with_wrong_types(chance.choice(plans), chance))}, chance
        )


@pytest.mark.parametrize("seed", range(4))
def test_templates_with_wrong_types(kmsiac, seed):
    cfn_flip = pytest.importorskip("cfn_flip")
    chance = random.Random(seed)
    paths = sorted(FIXTURES.rglob("template.yaml"))
    templates = [json.loads(cfn_flip.to_json(path.read_text())) for path in paths]
    for _ in range(ROUNDS):
        broken = with_wrong_types(chance.choice(templates), chance)
        check(kmsiac, {"t.json": json.dumps(broken)}, chance)


@pytest.mark.parametrize("seed", range(2))
def test_templates_with_broken_lines(kmsiac, seed):
    chance = random.Random(seed)
    templates = [path.read_text() for path in sorted(FIXTURES.rglob("template.yaml"))]
    for _ in range(ROUNDS):
        check(kmsiac, {"t.yaml": with_broken_lines(chance.choice(templates), chance)}, chance)


@pytest.mark.parametrize("seed", range(4))
def test_terraform_with_broken_lines(kmsiac, tmp_path: Path, seed):
    chance = random.Random(seed)
    folders = sorted(path for path in FIXTURES.rglob("terraform") if path.is_dir())
    for _ in range(ROUNDS):
        shutil.rmtree(tmp_path / "w", ignore_errors=True)
        folder = chance.choice(folders)
        shutil.copytree(folder, tmp_path / "w")
        files: dict[str, str | bytes] = {
            f"w/{path.relative_to(folder).as_posix()}": with_broken_lines(path.read_text(), chance)
            for path in folder.rglob("*.tf")
            if chance.random() < 0.7
        }
        check(kmsiac, files, chance)
