"""What is known of a value holds whatever the unknown in it turns out to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kmsiac.frontends.terraform.symbolic import Budget, Invalid, ListOf, broken_part
from kmsiac.values import Absent, Bool, Choice, List, Map, Null, Number, Text, Unknown, Value
from tests.frontends.terraform.evaluating import evaluated

EXPRESSIONS = """
"a${var.u}b"
"${var.u}"
["a", var.u]
{ a = var.u, b = 1 }
jsonencode({ a = [var.u, "x"], b = "y" })
jsondecode(jsonencode({ a = var.u })).a
startswith("ab${var.u}", "ab")
startswith("ab${var.u}", "x")
startswith("ab${var.u}", "abx")
endswith("${var.u}ab", "b")
endswith("${var.u}ab", "x")
strcontains("ab${var.u}", "a")
strcontains("ab${var.u}", "zz")
substr("hello${var.u}", 0, 3)
substr("hello${var.u}", 3, 9)
length([var.u, "b"])
length("ab${var.u}")
length(toset(["a", var.u]))
length(distinct(["a", var.u]))
length(compact(["a", var.u]))
toset(["b", var.u, "a"])
distinct(["a", "a", var.u])
compact(["a", "", var.u])
join(",", ["a", var.u])
join(",", toset(["b", var.u]))
join(",", distinct(["a", var.u]))
join(",", compact(["a", var.u]))
split(",", "a,b${var.u},c")[0]
split(":", "arn:aws:sqs:${var.u}:x")[2]
length(split(",", "a,${var.u}"))
sort(["b", var.u, "a"])
sort(["b", var.u, "a"])[0]
reverse(sort(["b", var.u]))
join(",", sort(["b", var.u]))
sort(tolist(toset(["b", var.u])))
tolist(toset(["b", var.u]))[0]
tolist(distinct(["b", var.u]))[1]
contains(["a", var.u], "a")
contains(["a"], var.u)
concat(["a"], [var.u])
flatten([["a"], [var.u]])
merge({ a = 1 }, { b = var.u })
lookup({ a = 1 }, var.u, 2)
lookup({ a = var.u }, "a", 2)
{ (var.u) = 1 }
{ for x in ["a", var.u] : x => 1... }
[for x in ["a", var.u] : upper(x)]
[for x in ["a", var.u] : x if x != "a"]
length([for x in ["a", var.u] : x if x != "a"])
{ for k, v in { a = var.u } : k => "${v}!" }
var.u == "x" ? "yes" : "no"
var.u == "x" ? ["a"] : []
var.u == "x" ? [1] : ["a", "b"]
true ? "x" : var.u
true ? 1 : var.u
false ? var.u : ["a"]
var.u == "x" && true
false && var.u == "x"
true || var.u == "x"
!(var.u == "x")
var.u == var.u
var.u == null
"a${var.u}" == "b"
"a${var.u}" == "ab"
[1, var.u] == [2, var.u]
format("%s-%s", "a", var.u)
format("%5s", var.u)
formatlist("%s!", ["a", var.u])
coalesce(var.u, "x")
coalesce("x", var.u)
coalesce(null, var.u)
try(var.u, "x")
can(jsonencode(var.u))
replace("a${var.u}", "a", "b")
upper("a${var.u}")
trimprefix("ab${var.u}", "a")
element(["a", var.u], 0)
element(compact([var.u, "b"]), 0)
index(["a", var.u], "a")
one([var.u])
keys({ a = var.u })
values({ a = var.u, b = 1 })
zipmap(["a", "b"], [var.u, 1])
reverse(["a", var.u])
slice(["a", var.u, "b"], 0, 1)
chunklist(["a", var.u, "b"], 2)
setunion(["a"], [var.u])
setintersection(["a"], [var.u])
setsubtract(["a", "b"], [var.u])
setproduct(["a"], [var.u])
tolist(["a", var.u])
tomap({ a = "x", b = var.u })
[{ a = var.u }, { a = 1 }][*].a
coalescelist([var.u], ["x"])
transpose({ a = ["x", var.u] })
matchkeys(["a", "b"], ["x", var.u], ["x"])
alltrue([var.u == "x", false])
anytrue([var.u == "x", true])
templatefile("t.tpl", { u = var.u })
"%{ if var.u == "x" }yes%{ else }no%{ endif }"
"%{ for x in ["a", var.u] }${x};%{ endfor }"
regexall("a", "ab${var.u}")
base64encode("a${var.u}")
"${var.u}${var.u}"
"""
LISTED = [line for line in EXPRESSIONS.splitlines() if line]
GIVEN = ['""', '"x"', '"a"', '"b"', '"a,b"', '"x:y"', '"é"', '"10"', '"true"', '"{\\"k\\": 1}"']


@pytest.fixture(scope="module")
def open_values(tmp_path_factory: pytest.TempPathFactory) -> list[Value]:
    return _values(tmp_path_factory.mktemp("open"), 'variable "u" {\n  type = string\n}\n')


def _values(folder: Path, variable: str) -> list[Value]:
    (folder / "t.tpl").write_text("<${u}>")
    return evaluated(folder, LISTED, variable)


@pytest.mark.parametrize("given", GIVEN)
def test_what_is_known_holds_for_every_value(
    given: str, open_values: list[Value], tmp_path: Path
) -> None:
    closed = _values(tmp_path, f'variable "u" {{\n  type = string\n  default = {given}\n}}\n')
    wrong = [
        f"{expression}: {before!r} became {after!r}"
        for expression, before, after in zip(LISTED, open_values, closed, strict=True)
        if broken_part(after, Budget(100_000)) is None and not allows(before, after)
    ]
    assert wrong == []


def test_known_parts_are_kept(open_values: list[Value]) -> None:
    kept = dict(zip(LISTED, open_values, strict=True))
    document = kept['jsonencode({ a = [var.u, "x"], b = "y" })']
    assert isinstance(document, Text)
    assert isinstance(document.document, Map)
    assert document.document.get("b") is not None
    assert kept['startswith("ab${var.u}", "x")'].value is False  # type: ignore[attr-defined]
    assert isinstance(kept['var.u == "x" ? "yes" : "no"'], Choice)
    assert isinstance(kept['["a", var.u]'], List)
    ordered = kept['sort(["b", var.u, "a"])']
    assert isinstance(ordered, List)
    assert [str(item) for item in ordered.items[:2]] == ["a", "b"]
    assert isinstance(ordered.items[2], Unknown)
    assert kept['split(":", "arn:aws:sqs:${var.u}:x")[2]'].literal == "sqs"  # type: ignore[attr-defined]


def allows(before: Value, after: Value) -> bool:
    """Whether a value of which parts are unknown may turn out to be another."""
    if isinstance(before, Invalid):
        return False
    if isinstance(before, Unknown):
        return True
    if isinstance(before, Choice):
        return any(allows(branch, after) for _, branch in before.branches)
    if isinstance(before, Text):
        return _allows_text(before, after)
    if isinstance(before, List):
        return isinstance(after, List) and _allows_list(before, after)
    if isinstance(before, Map):
        return isinstance(after, Map) and _allows_map(before, after)
    if isinstance(before, Number | Bool) and isinstance(after, Text):
        # An unknown has no type, so a number beside it may still become a text.
        return str(before) == str(after)
    if isinstance(before, Number):
        return isinstance(after, Number) and before.number == after.number
    if isinstance(before, Bool):
        return isinstance(after, Bool) and before.value == after.value
    return isinstance(before, Null) and isinstance(after, Null)


def _allows_text(before: Text, after: Value) -> bool:
    if not isinstance(after, Text) or after.literal is None:
        return False
    pattern = "".join(re.escape(p) if isinstance(p, str) else ".*" for p in before.parts)
    return re.fullmatch(pattern, after.literal, re.DOTALL) is not None


def _may_vanish(value: Value) -> bool:
    return isinstance(value, Choice) and any(
        isinstance(branch, Absent) or _may_vanish(branch) for _, branch in value.branches
    )


def _allows_list(before: List, after: List) -> bool:
    loose = before.open is not None or (isinstance(before, ListOf) and bool(before.uncertain))
    if not loose and not any(_may_vanish(item) for item in before.items):
        return len(before.items) == len(after.items) and all(
            allows(one, two) for one, two in zip(before.items, after.items, strict=True)
        )
    certain = [item for item in before.items if isinstance(item, Text | Number | Bool)]
    sure = [item for item in certain if not isinstance(item, Text) or item.literal]
    return all(any(allows(item, other) for other in after.items) for item in sure) and (
        before.open is not None
        or all(any(allows(item, other) for item in before.items) for other in after.items)
    )


def _allows_map(before: Map, after: Map) -> bool:
    for key, member in before.entries:
        if key.literal is None:
            continue
        found = after.get(key.literal)
        if found is None:
            if not _may_vanish(member):
                return False
        elif not allows(member, found):
            open_keys = any(other.literal is None for other, _ in before.entries)
            if not open_keys and before.open is None:
                return False
    return True
