"""`kmsiac can`: what its words mean, what is refused, and the exit codes."""

from __future__ import annotations

import io
import json
import sys

import pytest

from tests.cli.access_project import CLOUDFORMATION, KEYS, TERRAFORM, CommandLine

OTHER_UNIT = """\
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "r" {
  role   = aws_iam_role.r.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })
}
"""
STRANGE = "it is in another unit (b), and whether that is in the account of"
ROLE, KEY = "aws_iam_role.app", "aws_kms_key.one"


def meant(command: CommandLine, *words: str) -> dict[str, object]:
    ran = command("can", *words, "-f", "json")
    assert ran.out, ran.err
    report: dict[str, object] = json.loads(ran.out)
    return report


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("aws_kms_key.one", "aws_kms_key.one"),
        ("aws_kms_key.one.arn", "aws_kms_key.one"),
        ("aws_kms_key.one.key_id", "aws_kms_key.one"),
        ('aws_kms_key.each["b"]', 'aws_kms_key.each["b"]'),
        ("aws_kms_key.each[b]", 'aws_kms_key.each["b"]'),
        ("aws_kms_key.counted", "aws_kms_key.counted[0]"),
        ("aws_kms_key.counted[0]", "aws_kms_key.counted[0]"),
        ("alias/one", "aws_kms_key.one"),
        ("aws_kms_alias.one", "aws_kms_key.one"),
        ("aws_kms_alias.open", 'aws_kms_key.each["a"]'),
    ],
)
def test_a_key_by_any_of_its_names(command: CommandLine, word: str, address: str) -> None:
    assert meant(command, ROLE, "kms:Decrypt", word)["key"] == address


def test_an_alias_by_its_arn_needs_its_account_and_region(command: CommandLine) -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:alias/one"
    refused = command("can", ROLE, "kms:Decrypt", arn)
    assert refused.code == 2
    assert "may be the alias aws_kms_alias.one" in refused.err
    place = ("--account-id", "111122223333", "--region", "eu-west-1")
    assert meant(command, ROLE, "kms:Decrypt", arn, *place)["key"] == KEY
    other = command("can", ROLE, "kms:Decrypt", arn.replace("west", "south"), *place)
    assert other.code == 2


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("aws_iam_role.app", "aws_iam_role.app"),
        ("aws_iam_role.app.arn", "aws_iam_role.app"),
        ("aws_iam_user.eve", "aws_iam_user.eve"),
        ("s3.amazonaws.com", "s3.amazonaws.com"),
        ("logs.eu-west-1.amazonaws.com", "logs.eu-west-1.amazonaws.com"),
        ("444455556666", "account 444455556666"),
        ("o-a1b2c3d4e5", "organization o-a1b2c3d4e5"),
        ("*", "anyone"),
        ("root", "root"),
        ("arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root"),
        ("arn:aws:iam::444455556666:role/ci", "arn:aws:iam::444455556666:role/ci"),
        ("arn:aws:iam::444455556666:user/a/b", "arn:aws:iam::444455556666:user/a/b"),
        ("arn:aws-cn:sts::444455556666:assumed-role/ci/run",
         "arn:aws-cn:sts::444455556666:assumed-role/ci/run"),
        ("arn:aws:sts::444455556666:federated-user/bob",
         "arn:aws:sts::444455556666:federated-user/bob"),
    ],
)  # fmt: skip
def test_a_principal_by_any_of_its_names(command: CommandLine, word: str, label: str) -> None:
    report = meant(command, word, "kms:Decrypt", KEY)
    assert (report["principal"], report["notes"]) == (label, [])


@pytest.mark.parametrize(
    "word",
    [
        "arn:aws:iam::111122223333:role/service/app",
        "arn:aws:sts::111122223333:assumed-role/app/session",
    ],
)
def test_an_arn_may_be_a_role_of_the_scan(command: CommandLine, word: str) -> None:
    notes = meant(command, word, "kms:Decrypt", KEY)["notes"]
    told = f"{word} may be aws_iam_role.app: its account or name is not known; if it is, "
    assert notes == [f"{told}name it by its address or give --account-id"]
    assert meant(command, word, "Decrypt", KEY, "--account-id", "111122223333")["notes"] == []


def test_an_action_with_or_without_its_service_in_any_case(command: CommandLine) -> None:
    for word in ("kms:Decrypt", "Decrypt", "KMS:decrypt", "DECRYPT"):
        assert meant(command, ROLE, word, KEY)["action"] == "kms:Decrypt"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("aws_iam_role.ap", "kms:Decrypt", KEY),
         'no principal "aws_iam_role.ap" in what was scanned (did you mean "aws_iam_role.app"?)'),
        (("app", "kms:Decrypt", KEY), 'no principal "app" in what was scanned (did you mean "aws_iam'),
        (("aws_iam_group.staff", "kms:Decrypt", KEY), "a group is no principal"),
        (("arn:aws:iam::111122223333:group/staff", "kms:Decrypt", KEY), "a group is no principal"),
        (("arn:aws:iam::111122223333:role/*", "kms:Decrypt", KEY), "not the ARN of a principal"),
        (("arn:aws:s3:::bucket", "kms:Decrypt", KEY), "is not the ARN of a principal (like arn:aws:"),
        (("aws_kms_key.one", "kms:Decrypt", KEY), '"aws_kms_key.one" is no role or user'),
        ((ROLE, "kms:*", KEY), "is no single action (kmsiac who-can 'kms:*' KEY takes wildcards)"),
        ((ROLE, "kms:Decript", KEY), 'no KMS action "kms:Decript" (did you mean "kms:Decrypt"?)'),
        ((ROLE, "kms:ListKeys", KEY), "kms:ListKeys acts on no key"),
        ((ROLE, "s3:GetObject", KEY), 'there is no KMS action "s3:GetObject"'),
        ((ROLE, "kms:Decrypt", "aws_kms_key.on"), '(did you mean "aws_kms_key.one"?)'),
        ((ROLE, "kms:Decrypt", "alis/one"), '(did you mean "alias/one"?)'),
        ((ROLE, "kms:Decrypt", "alias/prod"), '"alias/prod" may be the alias aws_kms_alias.open'),
        ((ROLE, "kms:Decrypt", "alias/foreign"), "belongs to a key that is not in what was scanned"),
        ((ROLE, "kms:Decrypt", ROLE), '"aws_iam_role.app" is no key'),
        ((ROLE, "kms:Decrypt", "aws_kms_key.each"),
         '"aws_kms_key.each" means 2 keys (aws_kms_key.each["a"], aws_kms_key.each["b"])'),
        ((ROLE, "kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1"),
         "the ARN of a new key is known only after deployment"),
        ((ROLE, "kms:Decrypt", KEY, "--context", "kms:ViaServic=x"),
         'there is no condition key "kms:ViaServic" (did you mean "kms:ViaService"?)'),
        ((ROLE, "kms:Decrypt", KEY, "--context", "SourceIp=x"), '"SourceIp" is not a condition key'),
        ((ROLE, "kms:Decrypt", KEY, "--context", "aws:SourceIp"), "--context does not take"),
        ((ROLE, "kms:Decrypt", KEY, "--context", "aws:SourceVpce=aws_vpc_endpoint.km"),
         '(did you mean "aws_vpc_endpoint.kms"?)'),
        ((ROLE, "kms:Decrypt", KEY, "--context", "aws:SourceVpce=aws_vpc_endpoint.kms",
          "--context", "aws:SourceVpce=aws_vpc_endpoint.s3"), "takes one endpoint"),
        ((ROLE, "kms:Decrypt", KEY, "--expect", "maybe"), '--expect does not take "maybe"'),
        ((ROLE, "kms:Decrypt", KEY, "--var", "nope=1"), "--var nope: nothing that is scanned takes"),
        ((ROLE, "kms:Decrypt"), "Missing argument 'KEY'"),
        ((ROLE + "\x1b[2J\n::error::", "kms:Decrypt", KEY), "\\x1b[2J ::error::"),
    ],
)  # fmt: skip
def test_wrong_use_is_2_and_one_line_says_why(
    command: CommandLine, words: tuple[str, ...], message: str
) -> None:
    ran = command("can", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    told = [line for line in ran.err.splitlines() if line.startswith("kmsiac: error: ")]
    assert len(told) == 1 or "Usage:" in ran.err


def test_a_name_in_two_units_is_refused_with_both(command: CommandLine) -> None:
    command.write("a/main.tf", KEYS)
    command.write("b/main.tf", KEYS)
    ran = command("can", ROLE, "kms:Decrypt", KEY, "a", "b")
    assert ran.code == 2
    assert (
        '"aws_kms_key.one" means 2 keys (aws_kms_key.one (a), aws_kms_key.one (b); '
        "name one with its unit, as a:aws_kms_key.one)" in ran.err
    )
    assert command("can", ROLE, "kms:Decrypt", KEY, "b").code != 2


def test_a_principal_of_another_unit_counts_only_in_the_same_account(command: CommandLine) -> None:
    command.write("a/main.tf", 'resource "aws_kms_key" "k" {}\n')
    command.write("b/main.tf", OTHER_UNIT)
    words = ("aws_iam_role.r", "kms:Decrypt", "aws_kms_key.k", "a", "b")
    report = meant(command, *words)
    assert report["answer"] == "cannot-tell"
    blame: list[dict[str, str]] = report["blame"]  # type: ignore[assignment]
    assert [(one["expression"], one["reason"]) for one in blame] == [
        ("aws_iam_role.r", f"{STRANGE} aws_kms_key.k is not known; give --account-id if it is")
    ]
    account = ("--account-id", "111122223333")
    assert meant(command, *words, *account)["answer"] == "yes"
    listed = command("principal-can", "aws_iam_role.r", "a", "b")
    assert "aws_iam_role.r can do nothing" in listed.out and STRANGE in listed.out
    assert "aws_kms_key.k" in command("principal-can", "aws_iam_role.r", "a", "b", *account).out


@pytest.mark.parametrize(
    ("pair", "note"),
    [
        (
            "aws:SourceVpc3=x",
            "aws:SourceVpc3 is not a condition key that kmsiac knows (did you mean",
        ),
        ("acme:Team=x", "acme:Team is not a condition key that kmsiac knows"),
        ("kms:KeySpec=RSA", 'kms:KeySpec is never "RSA": its values are '),
        ("kms:GrantOperations=Decrypt", "no request of kms:Decrypt carries kms:GrantOperations"),
        (
            "aws:SourceVpce=vpce-1",
            "vpce-1 is not in what was scanned: its endpoint policy does not",
        ),
        (
            "aws:SourceVpce=aws_vpc_endpoint.s3",
            "aws_vpc_endpoint.s3 is an endpoint of s3, not of KMS",
        ),
    ],
)
def test_odd_context_is_noted(command: CommandLine, pair: str, note: str) -> None:
    ran = command("can", ROLE, "kms:Decrypt", KEY, "--context", pair)
    assert ran.code != 2
    assert f"kmsiac: note: {note}" in ran.err


@pytest.mark.parametrize(
    "pair",
    [
        "aws:SourceVpce=aws_vpc_endpoint.kms",
        "AWS:SOURCEVPCE=aws_vpc_endpoint.kms.id",
        "kms:EncryptionContext:a=b=c",
        "aws:PrincipalTag/team=blue",
        "aws:SourceArn=aws_iam_role.app",
        "kms:ViaService=s3.eu-west-1.amazonaws.com",
    ],
)
def test_usual_context_is_taken_without_a_word(command: CommandLine, pair: str) -> None:
    assert command("can", ROLE, "kms:Decrypt", KEY, "--context", pair).err == ""


def test_what_no_policy_says_is_noted(command: CommandLine) -> None:
    told = "kmsiac: note: kms:Sign fails on aws_kms_key.one whoever calls it: it is of SYMMETRIC"
    assert told in command("can", ROLE, "kms:Sign", KEY).err


def test_a_key_that_may_not_be_there_is_noted(command: CommandLine) -> None:
    command.write(
        "x/main.tf", 'variable "n" {}\nresource "aws_kms_key" "k" {\n  count = var.n\n}\n'
    )
    ran = command("can", "*", "kms:Decrypt", "aws_kms_key.k", "x")
    assert "kmsiac: note: aws_kms_key.k[0] may not be created: " in ran.err


@pytest.mark.parametrize("arguments", [("missing",), ("empty",)])
def test_nothing_to_ask_about_is_3(command: CommandLine, arguments: tuple[str, ...]) -> None:
    (command.folder / "empty").mkdir()
    ran = command("can", ROLE, "kms:Decrypt", KEY, *arguments)
    assert (ran.code, ran.out) == (3, "")
    assert "nothing to ask about" in ran.err
    assert ("missing: no such file or directory" in ran.err) is (arguments == ("missing",))


def test_an_unread_file_is_3_where_the_answer_is_the_expected_one(command: CommandLine) -> None:
    words = ("can", "aws_iam_role.app", "kms:Encrypt", "aws_kms_key.documents", TERRAFORM)
    answer = json.loads(command(*words, "-f", "json").out)["answer"]
    others = {"yes", "no", "cannot-tell"} - {answer}
    assert command(*words, "--expect", answer).code == 0
    assert {command(*words, "--expect", other).code for other in others} == {1}
    command.write("bad/broken.tf", 'resource "a" "b" {')
    doubtful = command(*words, "bad/broken.tf", "--expect", answer)
    assert doubtful.code == 3
    assert "this block is never closed" in doubtful.out
    assert command(*words, "bad/broken.tf", "--expect", others.pop()).code == 1


def test_reports_go_where_they_are_wanted(command: CommandLine) -> None:
    ran = command(
        "can", ROLE, "kms:Sign", KEY, "-f", "text=a.txt", "-f", "json=a.json", "--color", "always"
    )
    assert ran.out == ""
    text = (command.folder / "a.txt").read_text()
    report = json.loads((command.folder / "a.json").read_text())
    assert "\x1b" not in text
    assert "note: kms:Sign fails on aws_kms_key.one" in text
    assert report["notes"][0].startswith("kms:Sign fails on aws_kms_key.one")
    assert command("can", ROLE, "Sign", KEY, "--color", "always").out.startswith("\x1b[1m")


def test_a_plan_by_pipe(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"address": "aws_kms_key.p", "mode": "managed", "type": "aws_kms_key", "name": "p"}
    arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    change = {"actions": ["no-op"], "before": {}, "after": {"arn": arn, "key_id": arn[-36:]}}
    plan = {
        "format_version": "1.2", "terraform_version": "1.9.0",
        "resource_changes": [{**address, "change": change}],
    }  # fmt: skip
    for word in ("aws_kms_key.p", arn, arn[-36:]):
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps(plan).encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        assert meant(command, "*", "kms:Decrypt", word, "-")["key"] == "aws_kms_key.p"


def test_logical_ids_name_things_in_cloudformation(command: CommandLine) -> None:
    for role, key in (("AppRole", "DocumentsKey"), ("AppRole.Arn", "alias/documents")):
        report = meant(command, role, "kms:Decrypt", key, CLOUDFORMATION)
        assert (report["principal"], report["key"]) == ("AppRole", "DocumentsKey")


@pytest.mark.parametrize("place", ["b", "./b", "b/", "stacks/b"])
def test_a_unit_before_the_address_says_which_is_meant(command: CommandLine, place: str) -> None:
    command.write("a/main.tf", KEYS)
    command.write("stacks/b/main.tf", KEYS)
    report = meant(
        command, f"a:{ROLE}", "kms:Decrypt", f"{place}:{KEY}.arn", "a", "stacks", "--account-id",
        "111122223333",
    )  # fmt: skip
    assert (report["principal"], report["key"]) == (ROLE, KEY)
    assert "stacks/b/main.tf" in str(report)
    for alias in ("alias/one", "aws_kms_alias.one"):
        words = (f"a:{ROLE}", "kms:Decrypt", f"{place}:{alias}", "a", "stacks")
        assert meant(command, *words)["key"] == KEY
    door = f"aws:SourceVpce={place}:aws_vpc_endpoint.kms"
    words = (f"a:{ROLE}", "kms:Decrypt", f"a:{KEY}", "a", "stacks", "--context", door)
    assert command("can", *words).code in (0, 1)


def test_a_unit_that_is_not_there_or_does_not_have_it_is_refused(command: CommandLine) -> None:
    command.write("a/main.tf", KEYS)
    command.write("b/main.tf", OTHER_UNIT)
    for word in (f"c:{KEY}", f"b:{KEY}", f"a/{KEY}"):
        ran = command("can", "*", "kms:Decrypt", word, "a", "b")
        assert (ran.code, ran.out) == (2, "")
        assert f'no key "{word}"' in ran.err


def test_a_value_that_the_parameter_does_not_allow_is_2(command: CommandLine) -> None:
    template = """\
Parameters:
  Service: {Type: String, AllowedValues: [s3, ec2]}
  Many: {Type: CommaDelimitedList, AllowedValues: [a, b], Default: a}
  Secret: {Type: String, AllowedValues: [t0psecret], NoEcho: true}
Resources:
  K: {Type: AWS::KMS::Key, Properties: {Description: !Ref Service}}
"""
    command.write("t.yaml", template)
    asked = ("can", "*", "kms:Decrypt", "K", "t.yaml", "--parameters")
    ran = command(*asked, "Service=S3")
    assert (ran.code, ran.out) == (2, "")
    told = '--parameters Service: t.yaml does not allow "S3" (its allowed values are s3, ec2)'
    assert told in ran.err
    assert command("scan", "t.yaml", "--parameters", "Many=a,c").code == 2
    assert command("inventory", "t.yaml", "--parameters", "Service=S3").code == 2
    for right in ("Service=s3", "Many=b, a", "Secret=t0psecret"):
        assert command(*asked, right).code == 1
    hidden = command(*asked, "Secret=hunter2")
    assert hidden.code == 2
    assert "hunter2" not in hidden.err
    assert "t0psecret" not in hidden.err
