"""The text of `can`, `who-can` and `principal-can`, as people see it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from kmsiac.errors import Span
from kmsiac.findings.access_report import NeededContext, Verdict
from kmsiac.reporters import access_text
from kmsiac.reporters.base import ReportOptions
from tests.reporters import access_samples as samples


def told(report: access_text.Report, width: int = 100, notes: bool = False, **how: bool) -> str:
    stream = io.StringIO()
    access_text.write(report, stream, ReportOptions(**how), width, notes)
    return stream.getvalue()


def test_a_yes_says_what_allows_it_and_what_it_needs() -> None:
    assert told(samples.can(samples.YES)) == (
        "yes: aws_iam_role.app can call kms:Decrypt on aws_kms_key.data\n"
        "  --> keys.tf:7:1  aws_kms_key.data\n"
        "   = allowed by Delegates, key policy of aws_kms_key.data at keys.tf:15:7\n"
        "   = allowed by Use, identity policy of aws_iam_role_policy.app at iam.tf:9:5\n"
        "   = path: IAM policies, to which the key policy leaves it\n"
        "   = only with kms:ViaService = s3.eu-west-1.amazonaws.com\n"
    )


def test_a_no_names_the_missing_layer_and_where_to_mend_it() -> None:
    assert told(samples.can(samples.NO)) == (
        "no: aws_iam_role.app cannot call kms:Decrypt on aws_kms_key.data\n"
        "  --> keys.tf:7:1  aws_kms_key.data\n"
        "   = identity-policy: no IAM policy of the principal allows it\n"
        "   = to mend: allow kms:Decrypt on the key in a policy of the role (at iam.tf:3:1)\n"
    )


def test_a_no_without_a_layer_says_that_nothing_lets_it_in() -> None:
    assert told(samples.can(Verdict("no"))).endswith(
        "   = no statement lets such a caller in, conditions and Denies counted\n"
    )


def test_cannot_tell_names_what_is_open() -> None:
    assert told(samples.can(samples.OPEN)) == (
        "cannot tell whether aws_iam_role.app can call kms:Decrypt on aws_kms_key.data\n"
        "  --> keys.tf:7:1  aws_kms_key.data\n"
        "   = open: var.readers: variable has no default (vars.tf:3:1)\n"
    )


def test_each_case_stands_with_its_guard() -> None:
    assert told(samples.depends()) == (
        "cannot tell whether aws_iam_role.app can call kms:Decrypt on aws_kms_key.data: it depends\n"
        "  --> keys.tf:7:1  aws_kms_key.data\n"
        "   = when IsProd is true: yes\n"
        "       allowed by Delegates, key policy of aws_kms_key.data at keys.tf:15:7\n"
        "       path: IAM policies, to which the key policy leaves it\n"
        "   = when IsProd is false: no\n"
        "       key-policy: the key policy does not allow it\n"
        "       to mend: name the role\n"
        "   = open: IsProd: the answer depends on it; give --parameters\n"
    )


def test_quiet_is_one_line_and_verbose_has_the_witness_without_secrets() -> None:
    quiet = told(samples.can(samples.YES), quiet=True)
    assert quiet == "yes: aws_iam_role.app can call kms:Decrypt on aws_kms_key.data\n"
    verbose = told(samples.can(samples.YES), verbose=True)
    assert 'such as: {"principal": "arn:aws:sts::111122223333:assumed-role/app/session"' in verbose
    assert '"(sensitive)": "(sensitive)"' in verbose


def test_what_was_not_read_ends_every_report() -> None:
    report = told(samples.can(samples.YES, around=samples.AROUND), notes=True)
    assert report.endswith(
        "\n"
        "note: aws_kms_key.data exists only when IsProd is true\n"
        "could not decide (1):\n"
        "  m.tf:1:1  module.x: a remote module is not read\n"
        "\n"
        "not read, or not in full (1):\n"
        "  error: bad.tf:2:4: not closed (close the brace)\n"
    )


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (NeededContext("kms:GrantOperations", "ForAllValues:StringEquals", ("Decrypt",)),
         "kms:GrantOperations ForAllValues:StringEquals Decrypt"),
        (NeededContext("aws:SourceIp", "IpAddress", ("10.0.0.0/8", "192.0.2.0/24")),
         "aws:SourceIp in 10.0.0.0/8 or 192.0.2.0/24"),
        (NeededContext("aws:SourceVpce", "Null", ("true",)), "aws:SourceVpce absent"),
        (NeededContext("aws:SourceVpce", "Null", ("false",)), "aws:SourceVpce present"),
        (NeededContext("kms:ViaService", "StringNotLike", ("s3.*",)), "kms:ViaService not like s3.*"),
    ],
)  # fmt: skip
def test_needs_read_like_sentences(need: NeededContext, words: str) -> None:
    report = told(samples.can(Verdict("yes", needs=(need,))))
    assert f"   = only with {words}\n" in report


def test_who_can_is_a_table_grouped_by_capability() -> None:
    report = replace(samples.who(samples.ADMIN, samples.APP, samples.BUILD), action="kms:*")
    assert (
        told(replace(report, surroundings=samples.Surroundings()))
        == """\
who can call kms:* on aws_kms_key.data (keys.tf:7:1)

  PRINCIPAL                             ANSWER       ACTIONS       PATH               WRITTEN AT
administer
  arn:aws:iam::111122223333:role/admin  yes          PutKeyPolicy  key policy         keys.tf:20:7
use
  aws_iam_role.app                      yes          Decrypt       delegation to IAM  keys.tf:20:7
      only with kms:ViaService = s3.eu-west-1.amazonaws.com
  arn:aws:iam::444455556666:role/ci     cannot tell  Decrypt       key policy         keys.tf:20:7
      when IsProd is true
      open: arn:aws:iam::444455556666:role/ci: not in the scan
"""
    )


@pytest.mark.parametrize("width", [60, 80, 100, 400])
def test_a_table_keeps_to_the_width(width: int) -> None:
    lines = told(samples.who(samples.ADMIN, samples.APP, samples.BUILD), width).splitlines()
    table = lines[: next(at for at, line in enumerate(lines) if "could not decide" in line)]
    assert max(map(len, table)) <= width


def test_one_action_needs_no_column() -> None:
    report = told(samples.who(samples.APP, action="kms:Decrypt"), 160)
    assert "ACTIONS" not in report
    assert "  aws_iam_role.app  yes     delegation to IAM  keys.tf:20:7\n" in report


def test_nobody_and_nothing_are_said() -> None:
    nobody = told(samples.who(action="kms:Decrypt"))
    assert nobody.startswith("nobody that is known can call kms:Decrypt on aws_kms_key.data")
    assert told(samples.principal()) == (
        "aws_iam_role.app can do nothing that is known with the 2 keys of this scan\n"
    )


def test_principal_can_has_a_table_for_each_key() -> None:
    other = replace(samples.APP, key="aws_kms_key.logs")
    report = told(samples.principal(samples.APP, other), 140)
    assert report.splitlines()[:6] == [
        "what aws_iam_role.app can do",
        "",
        "aws_kms_key.data",
        "",
        "  ANSWER  ACTIONS  PATH               WRITTEN AT",
        "use",
    ]
    assert "aws_kms_key.logs" in report


def test_long_lists_of_actions_are_shortened_unless_asked() -> None:
    names = [f"kms:{letter}" for letter in "ABCDEFGHIJ"]
    some = samples.holding("x", "use", *names)
    every = replace(some, all_of_capability=True)
    assert "A, B, C, D, E, F, 4 more" in told(samples.who(some), 200)
    assert "all 10" in told(samples.who(every), 200)
    assert "A, B, C, D, E, F, G, H, I, J" in told(samples.who(every), 200, verbose=True)


def test_names_cannot_move_the_terminal_or_speak_to_a_build_server() -> None:
    bad = "a\x1b[2J\u202ekey\n::error::x ##[group]"
    report = replace(
        samples.can(replace(samples.NO, mend=bad)), principal=bad, key=bad,
        key_location=Span(bad, 1, 1, 1, 1),
    )  # fmt: skip
    table = samples.who(samples.holding(bad, "use", "kms:Decrypt", location=Span(bad, 1, 1, 1, 1)))
    for text in (told(report), told(table), told(table, 40)):
        assert "\x1b" not in text and "\u202e" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
        assert "##[" not in text


def test_colour_only_where_asked() -> None:
    assert "\x1b[1m" in told(samples.can(samples.YES), color=True)
    assert "\x1b" not in told(samples.can(samples.YES))
