"""Parameters: supplied, by default, and open."""

from __future__ import annotations

import pytest

from kmsiac.frontends.cloudformation.patterns import forbids_wildcards
from kmsiac.values import List, Unknown, unknowns


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ("{Type: String, Default: d}", {}, "d"),
        ("{Type: String, Default: d}", {"P": "x"}, "x"),
        ("{Type: String, Default: 7}", {}, "7"),
        ("{Type: Number, Default: 7}", {}, 7),
        ("{Type: Number}", {"P": "30"}, 30),
        ("{Type: String, AllowedValues: [a, b], Default: a}", {}, ("P", {"a": "a", "b": "b"})),
        ("{Type: String, AllowedValues: [a, b]}", {"P": "b"}, "b"),
        ("{Type: String, AllowedValues: [a]}", {}, "a"),
        ("{Type: CommaDelimitedList, Default: ' a ,b'}", {}, ["a", "b"]),
        ("{Type: CommaDelimitedList, Default: ''}", {}, [""]),
        ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", {"P": "b, a"}, ["b", "a"]),
        ("{Type: CommaDelimitedList, AllowedPattern: '[a-z]+'}", {}, ["..."]),
        ("{Type: String, Default: True}", {}, "true"),
        ("{Type: String, AllowedValues: [True, False]}", {},
         ("P", {"true": "true", "false": "false"})),
        ("{Type: Number}", {}, "${P}"),
        ("{Type: 'AWS::SSM::Parameter::Value<List<String>>'}", {}, ["..."]),
        ("{Type: 'AWS::EC2::SecurityGroup::GroupName'}", {}, "?P"),
        ("{Type: 'List<Number>'}", {"P": "1,2"}, ["1", "2"]),
        ("{Type: CommaDelimitedList}", {}, ["..."]),
        ("{Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b}", {}, "${P}"),
        ("{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /a}", {}, "${P}"),
        ("{Type: 'AWS::EC2::VPC::Id'}", {}, "${P}"),
        ("{Type: String, AllowedPattern: '^\\d{12}$'}", {}, "${P}"),
        ("{Type: String, AllowedPattern: '.*'}", {}, "?P"),
        ("{Type: String, NoEcho: true, Default: s3cret}", {}, "(sensitive)"),
        (
            "{Type: String, NoEcho: true, AllowedValues: [s3cret, t0ps3cret]}",
            {},
            ("P", {"allowed value 1": "(sensitive)", "allowed value 2": "(sensitive)"}),
        ),
    ],
)  # fmt: skip
def test_value(evaluate, declared, given, expected):
    loaded = evaluate("!Ref P", f"Parameters:\n  P: {declared}", **given)
    assert loaded.plain("K.Description") == expected


@pytest.mark.parametrize("default", ["[a, b]", "{Ref: x}", "", "!Ref x"])
def test_a_default_that_is_no_text_is_an_error(evaluate, default):
    loaded = evaluate("!Ref P", f"Parameters:\n  P:\n    Type: String\n    Default: {default}")
    assert loaded.plain("K.Description") == "?P"
    assert [error.split(": ", 1)[1] for error in loaded.errors] == [
        "the default of parameter P is no text (write lists as one text with commas)"
    ]


def test_a_narrow_pattern_gives_a_typed_symbol(evaluate):
    declared = "Parameters:\n  P: {Type: String, AllowedPattern: '[0-9]{12}'}"
    symbol = evaluate("!Ref P", declared).value("K.Description").symbol
    assert (symbol.type, symbol.origin) == ("account_id", "parameter")


def test_a_default_stands_where_it_is_written(evaluate):
    loaded = evaluate("!Ref P", "Parameters:\n  P:\n    Type: String\n    Default: d")
    assert loaded.line(loaded.value("K.Description").position) == (4, 14)


def test_a_list_without_a_value_is_open(evaluate):
    value = evaluate("!Ref P", "Parameters: {P: {Type: CommaDelimitedList}}").value("K.Description")
    assert isinstance(value, List)
    assert value.open.reason == "parameter has no default; give --parameters P=..."


def test_too_many_allowed_values(evaluate):
    values = ", ".join(f"v{i}" for i in range(65))
    value = evaluate("!Ref P", f"Parameters: {{P: {{Type: String, AllowedValues: [{values}]}}}}")
    unknown = value.value("K.Description")
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "parameter has 65 allowed values; give --parameters P=..."


@pytest.mark.parametrize(
    ("pattern", "safe"),
    [
        (r"^[a-zA-Z0-9-_]+$", True),
        (r"arn:aws:iam::\d{12}:role/[\w+=,.@-]+", True),
        (r"(?:dev|prod)(-[a-z]+)?", True),
        (r"vpc-[0-9a-f]*", True),
        ("", False),
        (".+", False),
        (r"[^ ]+", False),
        (r"\S+", False),
        (r"[!-~]+", False),
        (r"[a-z*]+", False),
        (r"a\*", False),
        (r"(?=x)[a-z]+", False),
        (r"[a-z", False),
        (r"\p{L}", False),
        (r"\x2a", False),
    ],
)
def test_patterns(pattern, safe):
    assert forbids_wildcards(pattern) is safe


@pytest.mark.parametrize(
    "declared",
    ["NoEcho: yes", "NoEcho: on", "NoEcho: !Sub 'true'", "NoEcho: true, NoEcho: false"],
)
def test_no_echo_is_off_only_where_it_is_surely_off(read, declared):
    loaded = read(f"""\
Parameters:
  Secret: {{Type: String, Default: hidden-text, {declared}}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties: {{Description: !Ref Secret}}
""")
    assert loaded.value("K.Description").sensitive


@pytest.mark.parametrize(
    "expression",
    [
        "!FindInMap [Names, !Ref Secret, b]",
        "!FindInMap [!Ref Secret, a, b]",
        "!FindInMap [Names, a, !Ref Secret]",
        "!GetAtt [!Ref Secret, Arn]",
        "!GetAtt [K, !Ref Secret]",
        "{Ref: !Ref Secret}",
    ],
)
def test_a_secret_is_not_printed_as_a_name_that_is_not_there(read, expression):
    loaded = read(f"""\
Transform: AWS::LanguageExtensions
Parameters:
  Secret: {{Type: String, Default: hidden-text, NoEcho: true}}
Mappings:
  Names: {{a: {{b: c}}}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties: {{Description: {expression}}}
""")
    [unknown] = unknowns(loaded.value("K.Description"))
    told = [unknown.expression, unknown.reason, *loaded.errors]
    assert not any("hidden-text" in text for text in told)


def test_two_secret_keys_of_a_map_are_two_questions(read):
    loaded = read("""\
Parameters:
  One: {Type: String, Default: o, NoEcho: true}
  Two: {Type: String, Default: t, NoEcho: true}
Mappings:
  Names: {a: {b: c}, d: {b: e}}
Resources:
  K:
    Type: AWS::KMS::Key
    Properties:
      Description: !FindInMap [Names, !Sub "${One}${AWS::Region}", b]
      Other: !FindInMap [Names, !Sub "${Two}${AWS::Region}", b]
""")
    one, other = loaded.value("K.Description"), loaded.value("K.Other")
    assert one.guard != other.guard
