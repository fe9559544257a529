"""Expressions that want all memory or time end at once, with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.terraform.symbolic import Budget as Steps
from kmsiac.frontends.terraform.symbolic import OverBudget, broken_part
from kmsiac.values import Value, unknowns
from tests.frontends.terraform.evaluating import evaluated

HOSTILE = {
    "range(1000000000)": "more than 1,024 values",
    "range(0, 1, 0.0000001)": "more than 1,024 values",
    'format("%999999999s", "a")': "wider",
    'format("%.999999999f", 1)': "wider",
    'format("%9999s%9999s", "a", "b")': "",
    'join("", [for i in range(1024) : format("%9999s", i)])': "too long",
    'replace(format("%9999s", "a"), "/ /", format("%9999s", "b"))': "too long",
    'replace(format("%9999s", "a"), "", format("%9999s", "b"))': "too long",
    'regex("(a+)+$", format("%09999s!", "a"))': "",
    'regex("(x+x+)+y", format("%09999s", "x"))': "",
    'regex("(a|aa)+$", format("%09999s!", "a"))': "",
    'regex("((a{0,100}){0,100}){0,100}", "a")': "too large",
    'regex("(?:(?:(?:a?){1000}){1000}){1000}", "a")': "too large",
    'regexall("(.*)(.*)(.*)(.*)(.*)x", format("%09999s", "a"))': "",
    "pow(10, 1000000000)": "out of range",
    "pow(2, 100000)": "out of range",
    "1e3999 * 1e3999": "out of range",
    "1e-3999 / 1e3999": "out of range",
    'parseint("9999999999999999999999999999999999999999", 10)': "",
    'tonumber("1e999999999")': "out of range",
    'cidrsubnet("::/0", 128, 1e30)': "",
    'cidrsubnet("10.0.0.0/8", 1000000000, 1)': "no such subnet",
    'cidrhost("10.0.0.0/8", 1e300)': "no such address",
    "setproduct(range(1000), range(1000))": "over 50,000",
    "setproduct(range(99), range(99), range(99), range(99))": "over 50,000",
    "flatten([for a in range(300) : [for b in range(300) : [a, b]]])": "",
    "indent(1000000, join(\"\\n\", [for i in range(1024) : i]))": "too long",
    'yamldecode("a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\n'
    'd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]")': "nodes",
    'yamldecode(join("", [for i in range(1024) : "["]))': "",
    'yamldecode(format("a: 0x%09999s", "f"))': "too many digits",
    'jsondecode(join("", [for i in range(1024) : "["]))': "JSON",
    'timeadd("2020-01-01T00:00:00Z", "9999999999999999h")': "no duration",
    'formatdate("YYYYYYYYYYYYYYYY", "2020-01-01T00:00:00Z")': "no part of a date",
    'csvdecode(join("\\n", [for i in range(300) : join(",", range(300))]))': "",
    'base64decode(format("%9999s", "="))': "",
    'substr("abc", 1e300, 1e300)': "",
    'chunklist(range(1024), 1e300)': "",
    "element([1, 2], 1e300)": "",
    'split("", format("%9999s", "a"))': "",
    'urlencode(format("%9999s", "é"))': "",
    "1 / 3 * 1e3000 * 1e900": "",
}  # fmt: skip


def reasons(value: Value) -> list[str]:
    broken = broken_part(value, Steps(10_000_000))
    found = [broken.reason] if broken is not None else []
    return found + [unknown.reason for unknown in unknowns(value)]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda expression: expression[:40])
def test_a_hostile_expression_ends(expression: str, tmp_path: Path) -> None:
    try:
        (value,) = evaluated(tmp_path, [expression])
        told = reasons(value)
    except OverBudget:  # the unit says then that it is too complex
        return
    wanted = HOSTILE[expression]
    if wanted:
        assert any(wanted in reason for reason in told), told


def test_doubling_locals_end(tmp_path: Path) -> None:
    doubling = "".join(
        f'locals {{\n  s{at + 1} = "${{local.s{at}}}${{local.s{at}}}"\n'
        f"  l{at + 1} = [local.l{at}, local.l{at}]\n"
        f"  m{at + 1} = merge({{ a = local.m{at} }}, {{ b = local.m{at} }})\n}}\n"
        for at in range(60)
    )
    more = 'locals {\n  s0 = "ab"\n  l0 = ["ab"]\n  m0 = { x = "ab" }\n}\n' + doubling
    text, listed, mapped = evaluated(
        tmp_path, ["local.s60", "jsonencode(local.l60)", "jsonencode(local.m60)"], more
    )
    assert "text of more than 1,000,000 characters" in reasons(text)[0]
    assert "too large to encode as JSON" in reasons(listed)[0]
    assert "too large to encode as JSON" in reasons(mapped)[0]
