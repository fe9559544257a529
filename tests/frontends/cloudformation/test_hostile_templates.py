"""Templates made to take for ever: each ends soon, with what is known and what is not."""

from __future__ import annotations

import json
import time

import pytest

from kmsiac.values import Unknown, unknowns


def key_with(description: str) -> str:
    return (
        f"Resources: {{K: {{Type: 'AWS::KMS::Key', Properties: {{Description: {description}}}}}}}"
    )


def free(count: int) -> str:
    """`count` conditions over free parameters: C0, C1, ..."""
    names = "".join(f"  P{i}: {{Type: String}}\n" for i in range(count))
    tests = "".join(f"  C{i}: !Equals [!Ref P{i}, x]\n" for i in range(count))
    return f"Parameters:\n{names}Conditions:\n{tests}"


def allowed(count: int) -> str:
    return "Parameters:\n" + "".join(
        f"  P{i}: {{Type: String, AllowedValues: [a, b]}}\n" for i in range(count)
    )


def xor(depth: int) -> str:
    """Conditions whose reduced form doubles with each step."""
    steps = "".join(
        f"  X{i + 1}: !Or [!And [!Condition X{i}, !Not [!Condition C{i}]],"
        f" !And [!Not [!Condition X{i}], !Condition C{i}]]\n"
        for i in range(depth)
    )
    return free(depth) + "  X0: !Equals [!Ref P0, y]\n" + steps


def nested(call: str, depth: int) -> str:
    return call * depth + "x" + "]" * depth


HOSTILE = {
    "nested sub": key_with(nested("!Join ['', [", 45).replace("]" * 45, "]]" * 45)),
    "nested if": free(45)
    + key_with("".join(f"!If [C{i}, a, " for i in range(45)) + "b" + "]" * 45),
    "70 branches": free(70)
    + key_with("".join(f"!If [C{i}, a, " for i in range(70)) + "b" + "]" * 70),
    "2^30 cases of a text": allowed(30)
    + key_with("!Sub '" + "".join(f"${{P{i}}}" for i in range(30)) + "'"),
    "conditions made of two others": "Conditions:\n"
    + "".join(
        f"  C{i}: !Or [!Condition C{i + 1}, !Condition C{i + 2}, !Equals [!Ref AWS::StackName, s{i}]]\n"
        for i in range(130)
    )
    + "  C130: !Equals [!Ref AWS::Region, r]\n  C131: !Equals [!Ref AWS::Region, s]\n"
    + key_with("!If [C0, a, b]"),
    "2^30 combinations": xor(30) + key_with("!If [X30, a, b]"),
    "and of many": free(3000)
    + "  Z: !And ["
    + ", ".join(f"!Condition C{i}" for i in range(3000))
    + "]\n"
    + key_with("!If [Z, a, b]"),
    "long chain of conditions": free(1)
    + "".join(f"  D{i}: !Condition D{i + 1}\n" for i in range(5000))
    + "  D5000: !Condition C0\n"
    + key_with("!If [D0, a, b]"),
    "long chain of aliases": "Resources:\n"
    + "".join(
        f"  A{i}: {{Type: AWS::KMS::Alias, Properties: {{AliasName: !Ref A{i + 1}}}}}\n"
        for i in range(2000)
    ),
    "text that multiplies": "Parameters: {P: {Type: String, Default: "
    + "x" * 100_000
    + "}}\n"
    + key_with("!Sub '" + "${P}" * 100_000 + "'"),
    "list that multiplies": "Parameters: {P: {Type: CommaDelimitedList, Default: '"
    + "x," * 100_000
    + "'}}\n"
    + key_with("[" + "!Ref P, " * 20_000 + "]"),
    "deep doubling": allowed(0)
    + "  P: {Type: String, AllowedValues: [a, b, c]}\nConditions: {N: !Not [!Equals [!Ref P, a]]}\n"
    + key_with("".join("{x: !If [N, y, " for _ in range(40)) + "b" + "]}" * 40),
    "5,000 digits": key_with("7" * 5000),
    "many variables": key_with("!Sub '" + "".join(f"${{V{i}}}" for i in range(50_000)) + "'"),
    "many ifs under many parameters": free(60).replace("String}", "String, Default: y}")
    + "  Z: !Or ["
    + ", ".join(f"!Condition C{i}" for i in range(60))
    + "]\n"
    + key_with("[" + "!If [Z, a, b], " * 5000 + "]"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_soon(read, name):
    start = time.process_time()
    loaded = read(HOSTILE[name])
    assert loaded.stack.resources
    list(unknowns(loaded.stack.resources[0].attributes))  # walking it ends soon, too
    assert time.process_time() - start < 60


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("70 branches", "too many alternatives"),
        ("2^30 cases of a text", "too many alternatives"),
        ("text that multiplies", "this template takes too many steps to evaluate"),
        ("long chain of aliases", "more than 20 references deep"),
    ],
)
def test_a_budget_says_so(read, name, reason):
    values = read(HOSTILE[name]).stack.resources[0].attributes.entries
    found = [unknown.reason for _, value in values for unknown in unknowns(value)]
    assert reason in found


def test_a_condition_too_big_to_reduce_is_its_own_guard(read):
    guard, _ = read(HOSTILE["2^30 combinations"]).plain("K.Description")
    assert guard in (
        "X28",
        "X30",
    )  # one of the conditions that it is made of, where that is the one


def test_json_of_anything_loads(read):
    odd = ["x", 1, None, [], {}, {"Ref": []}, {"Fn::Sub": [1]}, {"Fn::If": [{}, 1, 2]}]
    odd += [{"Fn::Join": [{}, {}]}, {"Fn::Select": [[], 1]}, {"Fn::FindInMap": [{}, [], 1]}]
    odd += [{"Fn::GetAtt": [["a"], {}]}, {"Fn::Split": ["", "a"]}, {"Fn::ImportValue": []}]
    properties = {f"P{i}": value for i, value in enumerate(odd)}
    resources = {"K": {"Type": "AWS::KMS::Key", "Properties": properties}}
    loaded = read(json.dumps({"Resources": resources}), "t.json")
    values = [value for _, value in loaded.stack.resources[0].attributes.entries]
    assert all(isinstance(value, Unknown) for value in values[5:])
