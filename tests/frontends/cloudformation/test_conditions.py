"""Conditions: reduced to atomic guards, closed ones folded, open ones correlated."""

from __future__ import annotations

import pytest

PARAMETERS = """
Parameters:
  Env: {Type: String, AllowedValues: [dev, test, prod], Default: dev}
  Flag: {Type: String, Default: "false"}
  Free: {Type: String, Default: ""}
"""


def conditions(*lines: str) -> str:
    return PARAMETERS + "Conditions:\n" + "".join(f"  {line}\n" for line in lines)


ON = "On: !Equals [!Ref Flag, 'true']"
FREE = "HasFree: !Not [!Equals ['', !Ref Free]]"


@pytest.mark.parametrize(
    ("lines", "given", "expected"),
    [
        (["C: !Equals [a, a]"], {}, "y"),
        (["C: !Equals ['true', true]"], {}, "y"),
        (["C: !Equals [!Ref AWS::Region, !Ref AWS::Region]"], {}, "y"),
        (["C: !Equals [!Ref Flag, 'true']"], {}, ("C", {True: "y", False: "n"})),
        (["C: !Equals [!Ref Flag, 'true']"], {"Flag": "true"}, "y"),
        (["C: !Equals [!Ref Flag, 'true']"], {"Flag": "no"}, "n"),
        (["C: !Not [!Equals [!Ref Flag, 'true']]"], {}, ("C", {True: "y", False: "n"})),
        # No text, yet the same wherever it is looked at.
        (["C: !Equals [!Ref AWS::NoValue, x]"], {}, ("C", {True: "y", False: "n"})),
        ([ON, "C: !Not [!Condition On]"], {}, ("On", {True: "n", False: "y"})),
        ([ON, "C: !Not [{'Fn::Equals': ['true', {Ref: Flag}]}]"], {},
         ("On", {True: "n", False: "y"})),
        ([ON, "C: {Condition: On}"], {}, ("On", {True: "y", False: "n"})),
        ([ON, FREE, "C: !And [!Condition On, !Condition HasFree]"], {},
         ("On", {True: ("HasFree", {True: "y", False: "n"}), False: "n"})),
        ([ON, FREE, "C: !Or [!Condition On, !Condition HasFree]"], {},
         ("On", {True: "y", False: ("HasFree", {True: "y", False: "n"})})),
        ([ON, "C: !And [!Condition On, !Not [!Condition On]]"], {}, "n"),
        ([ON, "C: !Or [!Condition On, !Equals [a, a]]"], {}, "y"),
        (["C: !Equals [!Ref Env, prod]"], {}, ("Env", {"dev": "n", "test": "n", "prod": "y"})),
        (["C: !Equals [!Ref Env, mars]"], {}, "n"),
        (["C: !Or [!Equals [!Ref Env, dev], !Equals [!Ref Flag, x]]"], {},
         ("Env", {
             "dev": "y",
             "test": ('Flag == "x"', {True: "y", False: "n"}),
             "prod": ('Flag == "x"', {True: "y", False: "n"}),
         })),
    ],
)  # fmt: skip
def test_if(evaluate, lines, given, expected):
    loaded = evaluate("!If [C, y, n]", conditions(*lines), **given)
    assert loaded.plain("K.Description") == expected
    assert loaded.errors == []


def exists(read, condition: str, *lines: str, **given: str):
    text = conditions(*lines)
    text += f"Resources:\n  K:\n    Type: AWS::KMS::Key\n    Condition: {condition}\n"
    resources = read(text, **given).stack.resources
    return [(guard.name, atom) for guard, atom in resources[0].exists or ()] if resources else None


@pytest.mark.parametrize(
    ("line", "given", "expected"),
    [
        ("C: !Equals [!Ref Flag, 'other']", {}, [("C", True)]),
        ("C: !Equals [!Ref Flag, 'true']", {"Flag": "true"}, []),
        ("C: !Equals [!Ref Flag, 'true']", {"Flag": "x"}, None),
        ("C: !Condition On", {}, [("On", True)]),
        ("C: !Not [!Condition On]", {}, [("On", False)]),
        ("C: !And [!Condition On, !Condition HasFree]", {}, [("On", True), ("HasFree", True)]),
        ("C: !Or [!Condition On, !Condition HasFree]", {}, [("C", True)]),
        ("C: !Equals [!Ref Env, prod]", {}, [("Env", "prod")]),
        ("C: !Not [!Equals [!Ref Env, prod]]", {}, [("C", True)]),
        ("C: !Equals [!Ref Env, mars]", {}, None),
    ],
)
def test_exists(read, line, given, expected):
    assert exists(read, "C", ON, FREE, line, **given) == expected


def test_an_undefined_condition_is_an_error_and_both_branches_stay(evaluate):
    loaded = evaluate("!If [Nope, y, n]")
    assert loaded.plain("K.Description") == ("Nope", {True: "y", False: "n"})
    assert loaded.errors == ["t.yaml:6:25: there is no condition Nope"]


def test_a_cycle_is_an_error(evaluate):
    loaded = evaluate("!If [A, y, n]", conditions("A: !Not [!Condition B]", "B: !Condition A"))
    assert loaded.plain("K.Description") == ("A", {True: "y", False: "n"})
    assert loaded.errors == ["t.yaml:8:6: condition A depends on itself"]


def test_a_default_that_the_branch_rules_out_is_not_used(read):
    loaded = read(
        conditions(FREE)
        + """
Resources:
  K:
    Type: AWS::KMS::Key
    Condition: HasFree
    Properties: {Description: !Ref Free}
  L:
    Type: AWS::KMS::Key
    Properties: {Description: !If [HasFree, !Ref Free, !Sub '<${Free}>']}
"""
    )
    assert loaded.plain("K.Description") == "?Free"
    assert loaded.plain("L.Description") == ("HasFree", {True: "?Free", False: "<>"})


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("!Equals [a]", "Fn::Equals takes a list of two values"),
        ("!Not [!Equals [a, a], !Equals [a, b]]", "Fn::Not takes a list of one condition"),
        ("!And yes", "Fn::And takes a list of conditions"),
        ("!Nand [!Equals [a, a]]", "Fn::Nand is no function of conditions"),
        ("maybe", "a condition is one of And, Or, Not, Equals, Condition"),
    ],
)
def test_what_is_no_condition_says_what_it_would_have_to_be(read, condition, reason):
    loaded = read(conditions(f"C: {condition}") + "Resources: {}\n")
    assert loaded.errors == [f"t.yaml:7:6: this condition cannot be read: {reason}"]


@pytest.mark.parametrize(
    ("lines", "expression", "expected"),
    [
        (["C: !Equals [!Ref Flag, 'true']"], "!If [C, !Sub 'on-${Flag}', !Sub 'off-${Flag}']",
         ("C", {True: "on-true", False: "off-false"})),
        (["C: !Equals [prod, !Ref Free]"], "!If [C, !Ref Free, x]",
         ("C", {True: "prod", False: "x"})),
        # No default, and a number.
        (["C: !Equals [!Ref Bare, 012345678901]"], "!If [C, !Ref Bare, x]",
         ("C", {True: "012345678901", False: "x"})),
        (["C: !Equals [!Ref Bare, prod]"], "!If [C, x, !Ref Bare]",
         ("C", {True: "x", False: "?Bare"})),
        (["C: !Not [!Equals [!Ref Bare, prod]]"], "!If [C, !Ref Bare, !Ref Bare]",
         ("C", {True: "?Bare", False: "prod"})),
        (["D: !Equals [!Ref Bare, prod]", "C: !And [!Condition D, !Equals [!Ref Flag, 'true']]"],
         "!If [C, !Sub '${Bare} ${Flag}', x]",
         ("D", {True: ('Flag == "true"', {True: "prod true", False: "x"}), False: "x"})),
        (["D: !Equals [!Ref Bare, prod]", "C: !Or [!Condition D, !Equals [!Ref Flag, 'true']]"],
         "!If [C, x, !Sub '${Flag}']",
         ("D", {True: "x", False: ('Flag == "true"', {True: "x", False: "false"})})),
        # What is stored under a name is not what is compared.
        (["C: !Equals [!Ref Stored, /a]"], "!If [C, !Ref Stored, x]",
         ("C", {True: "${Stored}", False: "x"})),
    ],
)  # fmt: skip
def test_what_is_found_equal_to_a_text_is_that_text(evaluate, lines, expression, expected):
    more = "  Bare: {Type: String}\n  Stored: {Type: 'AWS::SSM::Parameter::Value<String>'}\n"
    head = conditions(*lines).replace("Conditions:\n", f"{more}Conditions:\n")
    assert evaluate(expression, head).plain("K.Description") == expected


def test_what_a_resource_hangs_on_says_what_a_parameter_is(read):
    loaded = read(
        conditions("C: !Equals [!Ref Free, prod]")
        + """
Resources:
  K:
    Type: AWS::KMS::Key
    Condition: C
    Properties: {Description: !Ref Free}
  L:
    Type: AWS::KMS::Key
    Properties: {Description: !Ref Free}
"""
    )
    assert loaded.plain("K.Description") == "prod"
    assert loaded.line(loaded.value("K.Description").position) == (7, 26)
    assert loaded.plain("L.Description") == ""


def test_a_comparison_says_what_is_compared(read):
    """So that no case has something be two texts at once, nor another than its row of a map."""
    loaded = read("""
Conditions:
  China: !Equals [!Ref AWS::Region, cn-north-1]
  Elsewhere: !Not [!Equals [eu-west-1, !Ref AWS::Region]]
Mappings: {M: {cn-north-1: {A: c}, eu-west-1: {A: e}}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: !If [China, a, b]
      KeySpec: !If [Elsewhere, a, b]
      KeyUsage: !FindInMap [M, !Ref AWS::Region, A]
""")
    guards = [loaded.value(f"K.{name}").guard for name in ("Description", "KeySpec", "KeyUsage")]
    china, elsewhere, region = guards
    assert (china.subject, china.literal, china.positive) == (region, "cn-north-1", True)
    assert (elsewhere.subject, elsewhere.literal, elsewhere.positive) == (
        region, "eu-west-1", False
    )  # fmt: skip


def test_what_depends_on_the_same_guards_is_not_multiplied(read):
    names = [f"C{index}: !Equals [!Ref Flag, '{index}']" for index in range(5)]
    both = "Both: !And [!Condition C0, !Condition C1, !Condition C2, !Condition C3, !Condition C4]"
    inner = "!If [Both, a, !If [C0, b, !If [C1, c, d]]]"
    loaded = read(
        conditions(*names, both)
        + f"""
Resources:
  K:
    Type: AWS::KMS::Key
    Properties: {{Description: !If [Both, {inner}, !Sub ['x${{A}}', {{A: {inner}}}]]}}
"""
    )
    found = str(loaded.plain("K.Description"))
    assert "?" not in found
    assert found.count("'a'") == 1


def test_a_condition_that_is_a_literal_is_refused_and_hides_nothing(read):
    loaded = read(
        conditions("A: false")
        + "\nResources:\n  K: {Type: AWS::KMS::Key, Condition: A, Properties: {Description: a}}\n"
    )
    [error] = loaded.stack.errors
    assert "this condition cannot be read" in error.message
    assert [guard.name for guard, _ in loaded.stack.resources[0].exists] == ["A"]
