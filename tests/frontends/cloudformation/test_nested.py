"""Nested stacks and stack sets: parameters down, outputs up, and what cannot be followed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kmsiac.frontends.cloudformation.load import load
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import Environment
from kmsiac.values import Text, Unknown
from tests.frontends.cloudformation.conftest import Loaded, plain

KEY = """\
Parameters:
  Who: {Type: String}
  Env: {Type: String, Default: dev}
  Accounts: {Type: CommaDelimitedList, Default: ""}
Conditions:
  Prod: !Equals [!Ref Env, prod]
Resources:
  Key:
    Type: AWS::KMS::Key
    DependsOn: Role
    Properties:
      Description: !Sub "${Who} ${AWS::AccountId}"
      KeyPolicy: {Statement: !If [Prod, !Ref Accounts, none]}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Env}}
Outputs:
  Arn: {Value: !GetAtt Key.Arn}
  Role: {Value: !GetAtt Role.Arn, Condition: Prod}
  Self: {Value: !Ref Who}
"""
STACK = "  {name}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}{more}}}}}\n"


def stack(name: str = "A", url: str = "key.yaml", parameters: str = "") -> str:
    """A nested stack in flow style."""
    more = f", Parameters: {parameters}" if parameters else ""
    return STACK.format(name=name, url=url, more=more)


@pytest.fixture
def nest(tmp_path: Path) -> Callable[..., Loaded]:
    def nest(text: str, given: dict[str, str] | None = None, **files: str) -> Loaded:
        root = tmp_path / "tree"
        for name, content in {"main": text, "key": KEY, **files}.items():
            path = root / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        tree = SourceTree(root)
        inputs = Inputs(Environment(), parameters=given or {})
        source = UnitSource("cloudformation", root / "main.yaml")
        return Loaded(load(source, tree, inputs), tree)

    return nest


def reasons(loaded: Loaded) -> list[tuple[str, str, str]]:
    return [(gap.resource, gap.attribute, gap.reason) for gap in loaded.stack.gaps]


def test_resources_stand_in_the_parent(nest):
    loaded = nest("Resources:\n" + stack(parameters="{Who: x}"))
    key, role = loaded.stack.resources
    assert (key.address, role.address, key.depends_on) == ("A/Key", "A/Role", ("A/Role",))
    assert [(call.address, loaded.line(call.position)) for call in key.call_chain] == [
        ("A", (2, 3))
    ]
    assert loaded.tree.span(key.position).path == "key.yaml"
    assert loaded.stack.files == {"main.yaml", "key.yaml"}
    assert plain(key.attributes.get("Description")) == "x ${AWS::AccountId}"
    assert (loaded.errors, loaded.stack.gaps) == ([], [])


def test_symbols_keep_their_identity(nest):
    loaded = nest(f"""\
Resources:
  Role: {{Type: AWS::IAM::Role}}
{stack(parameters="{Who: !GetAtt Role.Arn}")}
{stack("B", parameters="{Who: !GetAtt A.Outputs.Arn}")}
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: !GetAtt Role.Arn
      PolicyDocument: [!GetAtt A.Outputs.Arn, !GetAtt A.Outputs.Self, !GetAtt B.Outputs.Self,
        !GetAtt B.Outputs.Arn, !Sub "${{A.Outputs.Role}}", !Ref AWS::AccountId]
""")
    document = loaded.value("P.PolicyDocument").items
    own = loaded.value("P.PolicyName").symbol
    child = loaded.value("A/Key.Description").parts
    assert document[0].symbol.reference == "A/Key.Arn"
    assert document[0].symbol.address == "A/Key"
    assert document[1].symbol == own == child[0]
    assert document[2].symbol == document[0].symbol
    assert document[3].symbol != document[0].symbol
    assert document[4].symbol.reference == "A/Role.Arn"
    assert document[5].symbol == child[2]


ALLOWED = """\
Parameters:
  E: {Type: String, AllowedValues: [prod, dev]}
  L: {Type: CommaDelimitedList, Default: 'q,r'}
"""
OPEN = """\
Parameters: {E: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref E, prod]}
"""


@pytest.mark.parametrize(
    ("parameters", "head", "expected"),
    [
        ("{Who: x, Env: prod, Accounts: 'a, b'}", "", ["a", "b"]),
        ("{Who: x, Env: prod, Accounts: !Join [',', [a, !Ref AWS::Region]]}", "",
         ["a", "${AWS::Region}"]),
        ("{Who: x, Env: prod, Accounts: [a, b]}", "", ["a", "b"]),
        ("{Who: x, Env: prod, Accounts: 7}", "", ["7"]),
        ("{Who: x, Env: prod}", "", [""]),
        ("{Who: x, Env: dev}", "", "none"),
        ("{Who: x}", "", "none"),
        ("{Who: x, Env: !Ref E, Accounts: !Ref L}", ALLOWED,
         ("E", {"prod": ["q", "r"], "dev": "none"})),
        ("{Who: x, Env: !Ref E, Accounts: z}", "Parameters: {E: {Type: String, Default: dev}}\n",
         ("A/Prod", {True: ["z"], False: "none"})),
        ("{Who: x, Env: !Ref E, Accounts: z}", OPEN, ("IsProd", {True: ["z"], False: "none"})),
        ("{Who: x, Env: !If [IsProd, prod, dev], Accounts: z}", OPEN,
         ("IsProd", {True: ["z"], False: "none"})),
        ("!If [IsProd, {Who: x, Env: prod, Accounts: z}, {Who: x, Env: dev, Accounts: z}]", OPEN,
         ("IsProd", {True: ["z"], False: "none"})),
    ],
)  # fmt: skip
def test_parameters_are_bound(nest, parameters, head, expected):
    loaded = nest(f"{head}Resources:\n{stack(parameters=parameters)}")
    assert loaded.plain("A/Key.KeyPolicy.Statement") == expected
    assert loaded.errors == []


def test_a_default_of_the_parent_does_not_hold_where_a_condition_rules_it_out(nest):
    child = """\
Parameters: {Who: {Type: String}}
Conditions: {Given: !Not [!Equals [!Ref Who, ""]]}
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {Description: !If [Given, !Ref Who, none]}}
"""
    text = 'Parameters: {W: {Type: String, Default: ""}}\nResources:\n'
    loaded = nest(text + stack(url="child.yaml", parameters="{Who: !Ref W}"), child=child)
    assert loaded.plain("A/Key.Description") == ("A/Given", {True: "?W", False: "none"})


def test_no_echo_hides_what_the_parent_gives(nest):
    child = """\
Parameters: {Who: {Type: String, NoEcho: true}}
Resources: {Key: {Type: AWS::KMS::Key, Properties: {Description: !Ref Who}}}
"""
    loaded = nest("Resources:\n" + stack(url="c.yaml", parameters="{Who: secret}"), c=child)
    assert loaded.plain("A/Key.Description") == "(sensitive)"


def test_what_is_not_given_is_unknown(nest):
    loaded = nest("Resources:\n" + stack())
    unknown = loaded.value("A/Key.Description").parts[0]
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "the stack around this one gives no value for it"


def test_what_the_child_demands_of_the_unknown(nest):
    child = """\
Parameters: {Who: {Type: String, AllowedValues: [a, b]}}
Resources: {Key: {Type: AWS::KMS::Key, Properties: {Description: !Ref Who}}}
"""
    text = "Parameters: {W: {Type: String}}\nResources:\n"
    loaded = nest(text + stack(url="c.yaml", parameters="{Who: !Ref W}"), c=child)
    assert loaded.plain("A/Key.Description") == ("A/Who", {"a": "a", "b": "b"})


def test_a_parameter_that_the_child_does_not_have(nest):
    loaded = nest("Resources:\n" + stack(parameters="{Who: x, Whom: y}"))
    assert [error.split(": ", 1)[1] for error in loaded.errors] == [
        "key.yaml has no parameter Whom"
    ]


def test_conditions_guard_all_inside(nest):
    child = KEY.replace("    DependsOn: Role\n", "    Condition: Prod\n")
    loaded = nest(
        """\
Parameters: {E: {Type: String}}
Conditions: {On: !Equals [!Ref E, "on"], Off: !Not [!Condition On], Never: !Equals [a, b]}
Resources:
  A:
    Type: AWS::CloudFormation::Stack
    Condition: On
    Properties: {TemplateURL: child.yaml, Parameters: {Who: x, Env: !Ref E}}
  B:
    Type: AWS::CloudFormation::Stack
    Condition: Off
    Properties: {TemplateURL: child.yaml, Parameters: {Who: x, Env: !If [On, prod, dev]}}
  C:
    Type: AWS::CloudFormation::Stack
    Condition: Never
    Properties: {TemplateURL: nowhere.yaml}
""",
        child=child,
    )
    found = {
        resource.address: [(guard.name, atom) for guard, atom in resource.exists]
        for resource in loaded.stack.resources
    }
    # The key of B is there where On is false and where it is true: nowhere.
    assert found == {
        "A/Key": [("On", True), ("A/Prod", True)],
        "A/Role": [("On", True)],
        "B/Role": [("On", False)],
    }
    assert reasons(loaded) == []


def test_four_deep(nest):
    files = {
        f"d{n}": "Parameters: {Who: {Type: String}}\nResources:\n"
        + stack(f"N{n}", f"d{n + 1}.yaml" if n < 3 else "key.yaml", "{Who: !Ref Who}")
        + f"Outputs: {{Arn: {{Value: !GetAtt N{n}.Outputs.Arn}}}}\n"
        for n in (1, 2, 3)
    }
    loaded = nest(
        "Resources:\n"
        + stack("N0", "d1.yaml", "{Who: !Ref AWS::Region}")
        + "  P: {Type: AWS::KMS::Key, Properties: {Description: !GetAtt N0.Outputs.Arn}}\n",
        **files,
    )
    assert loaded.plain("N0/N1/N2/N3/Key.Description") == "${AWS::Region} ${AWS::AccountId}"
    assert loaded.plain("P.Description") == "${N0/N1/N2/N3/Key.Arn}"
    key = loaded.stack.by_address()["N0/N1/N2/N3/Key"]
    assert [call.address for call in key.call_chain] == ["N0", "N0/N1", "N0/N1/N2", "N0/N1/N2/N3"]


@pytest.mark.parametrize(
    ("resource", "attribute", "reason"),
    [
        (stack(url="https://s3.amazonaws.com/b/key.yaml"), "TemplateURL",
         "its template lies behind a URL, which is not followed"),
        (stack(url="s3://b/key.yaml"), "TemplateURL",
         "its template lies behind a URL, which is not followed"),
        (stack(url="!Sub 'https://${AWS::Region}/key.yaml'"), "TemplateURL",
         "its template lies behind a URL, which is not followed"),
        (stack(url="!Ref AWS::StackName"), "TemplateURL",
         "its TemplateURL is no plain path to a file"),
        (stack(url="empty.yaml"), "TemplateURL", "there are no Resources in empty.yaml"),
        ("  A: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: {a: b}}}\n",
         "TemplateBody", "there are no Resources in this map"),
        ("  A: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: !Rain::Embed x}}\n",
         "TemplateBody", "its template x: no such file or directory"),
        (stack(url="none.yaml"), "TemplateURL",
         "its template none.yaml: no such file or directory"),
        (stack(url="../out.yaml"), "TemplateURL",
         "its template ../out.yaml: this path leads outside the scanned tree"),
        (stack(url="/etc/passwd"), "TemplateURL",
         "its template /etc/passwd: this path leads outside the scanned tree"),
        (stack(url="."), "TemplateURL", "its template .: not a regular file"),
        (stack(url='"a\\0b"'), "TemplateURL", "its template a\0b: cannot be read: not a usable name"),
        ("  A: {Type: AWS::CloudFormation::Stack}\n", "TemplateURL",
         "it has no TemplateURL that says what it deploys"),
        ("  A: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: x}}}\n",
         "Location", "its template lies in the application repository, which is not read"),
        ("  A: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: !Sub x}}\n",
         "TemplateBody", "the template is put together by functions, which is not read"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed(nest, tmp_path, resource, attribute, reason):
    (tmp_path / "out.yaml").write_text(KEY)
    use = "  K: {Type: AWS::KMS::Key, Properties: {Description: !GetAtt A.Outputs.Arn}}\n"
    transform = "Transform: AWS::Serverless-2016-10-31\n" if "Serverless" in resource else ""
    loaded = nest(f"{transform}Resources:\n" + resource + use, empty="a: b\n")
    assert reasons(loaded) == [("A", attribute, reason)]
    value = loaded.value("K.Description")
    assert (value.reason if isinstance(value, Unknown) else type(value)) in (reason, Text)
    assert loaded.errors == []


def test_a_broken_template_is_told_once(nest):
    loaded = nest("Resources:\n" + stack(url="bad.yaml") + stack("B", "bad.yaml"), bad="a: [")
    assert len(loaded.errors) == 1
    assert [reason[0] for reason in reasons(loaded)] == ["A", "B"]


def test_a_circle_is_one_clear_error(nest):
    loaded = nest(
        "Resources:\n" + stack(url="other.yaml"), other="Resources:\n" + stack("Back", "main.yaml")
    )
    assert loaded.errors == [
        "other.yaml:2:57: nested stacks lead in a circle: main.yaml > other.yaml > main.yaml (break it)"
    ]
    assert [resource for resource, _, _ in reasons(loaded)] == ["A/Back"]


def test_itself(nest):
    loaded = nest("Resources:\n" + stack(url="./main.yaml"))
    assert len(loaded.errors) == 1
    assert "the stack nests itself" in loaded.errors[0]


def test_outputs_and_parameters_in_a_circle(nest):
    use = "  K: {Type: AWS::KMS::Key, Properties: {Description: !GetAtt A.Outputs.Self}}\n"
    loaded = nest(
        "Resources:\n"
        + stack(parameters="{Who: !GetAtt B.Outputs.Self}")
        + stack("B", parameters="{Who: !GetAtt A.Outputs.Self}")
        + use
    )
    assert loaded.value("K.Description").reason == "refers to itself"


def test_ever_deeper_through_links(nest, tmp_path):
    if sys.platform == "win32":
        pytest.skip("links need rights there")
    (tmp_path / "tree" / "d").mkdir(parents=True)
    (tmp_path / "tree" / "d" / "d").symlink_to(".")
    loaded = nest(
        "Resources:\n" + stack(url="d/x.yaml"), d__x="Resources:\n" + stack("A", "d/x.yaml")
    )
    assert len(loaded.stack.gaps) + len(loaded.errors) >= 1


def test_a_chain_of_a_thousand_and_ten_thousand_calls(nest):
    chain = {f"c{n}": "Resources:\n" + stack("N", f"c{n + 1}.yaml") for n in range(200)}
    loaded = nest("Resources:\n" + stack("N", "c0.yaml"), **chain)
    assert [reason for _, _, reason in reasons(loaded)] == ["stacks nested over 30 deep"]
    many = "".join(stack(f"N{n}", parameters="{Who: x}") for n in range(10_000))
    loaded = nest("Resources:\n" + many)
    assert len(loaded.stack.resources) == 2_000
    assert len(loaded.stack.gaps) == 1
    assert "more than 1,000 nested stacks" in loaded.stack.gaps[0].reason


def test_the_template_that_cdk_names(nest):
    resource = """\
  A:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: !Sub "https://s3.${AWS::Region}.amazonaws.com/b/0a.json"
      Parameters: {Who: x}
    Metadata: {aws:asset:path: key.yaml, aws:asset:property: TemplateURL}
"""
    assert len(nest("Resources:\n" + resource).stack.resources) == 2


def test_the_template_that_assets_list_by_hash(nest, tmp_path):
    digest = "ab" * 32
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "x.assets.json").write_text(
        f'{{"files": {{"{digest}": {{"source": {{"path": "key.yaml"}}}}}}}}'
    )
    url = f'!Sub "https://s3.${{AWS::Region}}.amazonaws.com/b/{digest}.json"'
    assert len(nest("Resources:\n" + stack(url=url)).stack.resources) == 2


BODY = """\
Parameters: {Who: {Type: String}}
Resources:
  Key:
    Type: AWS::KMS::Key  # the key
    Properties: {Description: !Sub "${Who} ${AWS::AccountId}"}
"""


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


JSON_BODY = (
    '{\\"Parameters\\": {\\"Who\\": {\\"Type\\": \\"String\\"}}, \\n\\"Resources\\": {\\"Key\\": '
    '{\\"Type\\": \\"AWS::KMS::Key\\", \\"Properties\\": {\\"Description\\": {\\"Fn::Sub\\": '
    '\\"${Who} ${AWS::AccountId}\\"}}}}}'
)
PLAIN_BODY = JSON_BODY.replace("\\n", "").replace("\\", "")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("|\n" + _indented(BODY, 8), (11, 11)),
        ("\n" + _indented(BODY, 8), (11, 11)),
        (f'"{JSON_BODY}"\n', (8, 22 + JSON_BODY.index('\\"Key'))),
        (f"'{PLAIN_BODY}'\n", (8, 22 + PLAIN_BODY.index('"Key'))),
    ],
)
def test_stack_sets_with_a_template_inside(nest, body, place):
    loaded = nest(f"""\
Resources:
  Set:
    Type: AWS::CloudFormation::StackSet
    Properties:
      Parameters:
        - ParameterKey: Who
          ParameterValue: !Ref AWS::AccountId
      TemplateBody: {body}""")
    assert (loaded.errors, loaded.stack.gaps) == ([], [])
    [key] = loaded.stack.resources
    assert key.address == "Set/Key"
    assert loaded.line(key.position) == place
    given, _, own = key.attributes.get("Description").parts
    assert (given.type, own.type) == ("account_id", "account_id")
    assert given != own
    assert own == key.provider.account.symbol


@pytest.mark.parametrize("written", ["!Rain::Embed key.yaml", "{Rain::Embed: key.yaml}"])
def test_stack_sets_with_a_file_that_rain_embeds(nest, written):
    resource = "  A: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateBody: %s,"
    given = " Parameters: [{ParameterKey: Who, ParameterValue: x}]}}\n"
    loaded = nest("Resources:\n" + resource % written + given)
    assert loaded.plain("A/Key.Description") == "x ${AWS::AccountId}"


def test_metadata_of_a_template_nested_twice_is_there_once(nest):
    key = KEY.replace("    DependsOn", "    Metadata: {a: b}\n    DependsOn")
    loaded = nest("Resources:\n" + stack(url="k.yaml") + stack("B", "k.yaml"), k=key)
    assert len(loaded.stack.remarks) == 1


def test_inputs_of_the_command_line_are_for_the_outermost(nest):
    text = "Parameters: {Env: {Type: String}}\nResources:\n" + stack(parameters="{Who: !Ref Env}")
    loaded = nest(text, {"Env": "prod"})
    assert loaded.plain("A/Key.Description") == "prod ${AWS::AccountId}"
    assert loaded.plain("A/Role.RoleName") == "dev"
    assert loaded.stack.declared == {"Env"}
