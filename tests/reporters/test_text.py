"""The text report, as people see it."""

from __future__ import annotations

import io
from dataclasses import replace

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.findings.finding import (
    Address,
    BlamedExpression,
    Finding,
    ScanResult,
    Setting,
    Summary,
    Suppression,
    Unresolved,
)
from kmsiac.reporters import text
from kmsiac.reporters.base import ReportOptions
from tests.reporters import samples
from tests.reporters.samples import ROTATION, URL, everything

PUBLIC = replace(
    samples.PUBLIC,
    when=((("IsProd", True),), (("IsTest", False), ("Stage", "b"))),
    evidence=("principal is *",),
)


def prose(rule: str) -> dict[str, object]:
    return {"remediation": f"Mend {rule}\nwith care.\n\nMore words."}


def report(result: ScanResult, **options: bool) -> str:
    stream = io.StringIO()
    text.write(result, stream, ReportOptions(**options))
    return stream.getvalue()


def scanned() -> ScanResult:
    return ScanResult(
        findings=[PUBLIC, replace(PUBLIC, addresses=(), related=(), call_chain=(), when=()), ROTATION],
        unresolved=[
            Unresolved("aws_kms_key.x", "policy", "local.p: not evaluated", ("KP-20", "KP-21"),
                       Span("x.tf", 9, 3, 9, 9)),
        ],
        errors=[SourceError("not closed", Span("bad.tf", 2, 4, 2, 5), "close the brace")],
        settings=[Setting("ignore", "KP-01", "tree")],
        summary=Summary(files=12, keys=5, policies=14, grants=1, endpoints=1, rules=18, skipped=3),
        prose=prose,
    )  # fmt: skip


EXPECTED = """\
critical[KP-20] Key policy lets any AWS account use the key
  --> infra/main.tf:14:7  module.a.aws_kms_key.payments
   |
14 |       Principal = "*"
   |       ^^^^^^^^^
   = statement "Share" lets any AWS account call kms:Decrypt
   = when: IsProd, or not IsTest and Stage = b
   = also: module.b.aws_kms_key.payments
   = note: value written at variables.tf:3:13
   = called from main.tf:20:1 module.a
   = fix: Mend KP-20 with care.

critical[KP-20] Key policy lets any AWS account use the key
  --> infra/main.tf:14:7  module.a.aws_kms_key.payments
   |
14 |       Principal = "*"
   |       ^^^^^^^^^
   = statement "Share" lets any AWS account call kms:Decrypt

medium[KEY-01] Automatic rotation is off
 --> z.tf:1:1  aws_kms_key.k
  = aws_kms_key.k does not rotate
  = cannot tell: var.rotate: has no value (v.tf:2:1)
  = fix: Mend KEY-01 with care.

could not decide (1):
  x.tf:9:3  aws_kms_key.x (policy): local.p: not evaluated [KP-20, KP-21]

not read, or not in full (1):
  error: bad.tf:2:4: not closed (close the brace)

settings that can hide findings:
  ignore: KP-01 (from the scanned tree)

3 findings (2 critical, 1 medium); looked at 12 files, 5 keys, 14 policies, 1 grant, 1 endpoint \
with 18 rules; 1 unresolved, 1 file not read, 3 other files passed over
"""


def test_the_report() -> None:
    assert report(scanned()) == EXPECTED


def test_verbose_says_why_and_where_to_read_on() -> None:
    told = report(scanned(), verbose=True)
    assert "   = because: principal is *\n" in told
    assert told.count(f"   = see: {URL}\n") == 1


def test_each_framework_has_the_remedy_of_a_rule_once() -> None:
    found = [replace(ROTATION, location=Span(p, 1, 1, 1, 9)) for p in ("a.tf", "b.yaml", "c.tf")]

    def prose(rule: str) -> dict[str, object]:
        return {"remediation": "Terraform:\n\n    on = true\n\nCloudFormation:\n\n    On: true\n"}

    told = report(ScanResult(found, summary=Summary(files=3), prose=prose))
    fixes = [line.strip() for line in told.splitlines() if "fix:" in line]
    assert fixes == ["= fix: Terraform: on = true", "= fix: CloudFormation: On: true"]


def test_quiet_keeps_findings_unread_files_settings_and_summary() -> None:
    told = report(scanned(), quiet=True)
    assert "could not decide" not in told
    assert "fix:" not in told
    for kept in ("critical[KP-20]", "bad.tf:2:4", "ignore: KP-01", "3 findings"):
        assert kept in told


def test_nothing_found_says_what_was_looked_at() -> None:
    result = ScanResult(summary=Summary(files=1, keys=1, rules=18))
    assert report(result) == (
        "No findings; looked at 1 file, 1 key, 0 policies, 0 grants, 0 endpoints with 18 rules\n"
    )


def test_nothing_to_scan_says_so() -> None:
    told = report(ScanResult(summary=Summary(skipped=4)))
    assert told.startswith(
        "Nothing to scan: no Terraform, plan, CloudFormation or policy was found.\n"
    )
    assert "4 other files passed over" in told


def test_only_broken_files_claims_to_have_looked_at_nothing() -> None:
    result = ScanResult(errors=[SourceError("empty", whole_file("a.tf"))])
    assert report(result).splitlines()[-1] == (
        "No findings; nothing could be looked at; 1 file not read"
    )


def test_unresolved_entries_are_cut_at_ten_and_all_shown_with_verbose() -> None:
    entries = [Unresolved(f"r{i:02}", "policy", "unknown", ("KP-20",), None) for i in range(13)]
    result = ScanResult(unresolved=entries, summary=Summary(files=1))
    assert report(result).count("r0") == 10
    assert "  ... and 3 more (-v shows all)\n" in report(result)
    assert "r12 (policy): unknown" in report(result, verbose=True)


def test_the_same_rules_open_at_one_place_are_one_line_where_there_is_much() -> None:
    span = Span("m/main.tf", 4, 2, 4, 9)
    entries = [
        Unresolved(f"module.m{i}.k", "policy", f"module.m{i}.x: not read", ("KP-20",), span)
        for i in range(12)
    ]
    result = ScanResult(
        unresolved=[*entries, Unresolved("k", "policy", "unknown", ("KP-20",), None)],
        summary=Summary(files=1),
    )
    assert report(result).startswith(
        "could not decide (13):\n"
        "  m/main.tf:4:2  module.m0.k (policy): module.m0.x: not read [KP-20] (and 11 more like it)\n"
        "  k (policy): unknown [KP-20]\n\n"
    )
    assert "module.m11.k (policy)" in report(result, verbose=True)


def test_places_that_the_same_expressions_keep_open_are_one_line_where_there_is_much() -> None:
    def entry(path: str, line: int, rule: str, *names: str) -> Unresolved:
        blame = tuple(BlamedExpression(name, "no default", None) for name in names)
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        place = Span(path, line, 3, line, 9)
        return Unresolved("k", "policy", f"{names[0]}: no default{more}", (rule,), place, blame)

    entries = [entry("a.yaml", line, f"KP-{line:02}", "A") for line in range(10, 14)]
    entries += [entry("a.yaml", 10, "KP-01", "A", "B"), entry("b.yaml", 4, "KP-02", "A")]
    entries += [entry("b.yaml", 5, "KP-03", "B"), entry("b.yaml", 5, "KP-04", "B")]
    entries += [entry("b.yaml", line, "KP-05", "A", "C") for line in range(6, 9)]
    assert report(ScanResult(unresolved=entries, summary=Summary(files=2))).startswith(
        "could not decide (11):\n"
        "  a.yaml:10:3  k (policy): A: no default"
        " [KP-01, KP-02, KP-10, KP-11, KP-12, KP-13] (and 4 more places in 2 files)\n"
        "  b.yaml:5:3  k (policy): B: no default [KP-03, KP-04]\n"
        "  b.yaml:6:3  k (policy): A: no default (and 1 more) [KP-05] (and 2 more places)\n\n"
    )


def test_many_rules_that_stay_open_are_counted_unless_more_is_asked_for() -> None:
    rules = tuple(f"KP-{i:02}" for i in range(1, 28))
    result = ScanResult(
        unresolved=[Unresolved("k", "policy", "unknown", rules, None)], summary=Summary(files=1)
    )
    assert (
        "  k (policy): unknown [KP-01, KP-02, KP-03, KP-04, KP-05 and 22 more rules]\n"
        in report(result)
    )
    assert "KP-27]" in report(result, verbose=True)


def test_what_a_plan_does_not_know_names_the_option_that_tells_more() -> None:
    hint = (
        "  what a plan does not know, its code may say: --source-dir DIR, the folder it was made of"
    )
    place = Span("plan.json", 1, 90, 1, 99, "/resource_changes/0/change/after_unknown/policy")
    entry = Unresolved("k", "policy", "k.policy: known after apply", ("KP-20",), place)
    planned = ScanResult(unresolved=[entry], summary=Summary(files=1))
    assert hint in report(planned).splitlines()
    code = replace(entry, location=Span("main.tf", 4, 2, 4, 9), reason="k: known after apply")
    assert hint not in report(ScanResult(unresolved=[code], summary=Summary(files=1)))


def test_what_keeps_rules_open_comes_first_and_equal_causes_are_one_line() -> None:
    gaps = [Unresolved(f"module.m{i}", "source", "not here", (), None) for i in range(20)]
    result = ScanResult(
        unresolved=[*gaps, Unresolved("k", "policy", "unknown", ("KP-20",), None)],
        summary=Summary(files=1),
    )
    assert report(result).startswith(
        "could not decide (21):\n  k (policy): unknown [KP-20]\n"
        "  module.m0 (source): not here (and 19 more like it)\n\n"
    )


def test_modules_that_are_not_there_are_one_line_unless_more_is_asked_for() -> None:
    gaps = [
        Unresolved(f"module.m{i}", "source", f'module source "s/{i % 7}" is not in the scanned tree: run `terraform init` before the scan', (), None)
        for i in range(12)
    ]  # fmt: skip
    result = ScanResult(
        unresolved=[*gaps, Unresolved("k", "policy", "unknown", ("KP-20",), None)],
        summary=Summary(files=1),
    )
    assert report(result).startswith(
        "could not decide (13):\n  k (policy): unknown [KP-20]\n"
        "  12 module calls have sources that are not in the scanned tree, run `terraform init` before the scan: "
        '"s/0", "s/1", "s/2", "s/3", "s/4" and 2 more (-v shows all)\n\n'
    )
    assert report(result, verbose=True).count("module source") == 12
    few = replace(result, unresolved=gaps[:2])
    assert report(few).count("module source") == 2


def test_suppressed_findings_are_counted_and_shown_with_verbose() -> None:
    quiet = replace(PUBLIC, suppressed=Suppression("inline", "known", "2027-01-31"))
    result = ScanResult([quiet], summary=Summary(files=1))
    assert "KP-20" not in report(result)
    assert report(result).startswith("No findings; ")
    assert "; 1 suppressed (1 inline)\n" in report(result)
    assert "= suppressed: inline, until 2027-01-31: known\n" in report(result, verbose=True)


def test_a_place_in_a_plan_is_a_pointer_without_a_caret() -> None:
    place = Span("plan.json", 1, 90, 1, 99, "/resource_changes/0/change/after/policy")
    finding = replace(PUBLIC, location=place, excerpt='{"Effect": "Allow"}')
    told = report(ScanResult([finding], summary=Summary(files=1)))
    assert " --> plan.json#/resource_changes/0/change/after/policy  module.a" in told
    assert '  | {"Effect": "Allow"}\n' in told
    assert "^" not in told


def test_notes_settings_with_their_place_and_what_was_cut_are_told_even_when_quiet() -> None:
    result = everything()
    result.keep_worst(3)
    told = report(result, quiet=True)
    assert (
        "settings that can hide findings:\n"
        "  ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)\n\n"
        "notes:\n  infra/main.tf:2:1: an ignore of KP-02 covers nothing\n\n"
        "4 more findings left out, the least severe (--max-findings 3)\n"
    ) in told
    assert "4 findings (1 critical, 2 high, 1 medium)" in told
    assert "3 suppressed (1 baseline, 1 config, 1 inline)" in told


EVIL = "a\x1b[2J\x07\x9b31m\u202eb\r\nforged: error\u2028c"


def test_no_control_character_of_a_template_reaches_the_terminal() -> None:
    place = Span(EVIL, 1, 2, 1, 3)
    finding = Finding(
        rule="KP-20", name=EVIL, severity="high", category="c", title=EVIL, message=EVIL,
        verdict="cannot-tell", resource=EVIL, location=place, fingerprint="f", url=EVIL,
        remediation=EVIL, addresses=(Address(EVIL, "f"), Address(EVIL + "2", "g")),
        related=((EVIL, place),), call_chain=((EVIL, place),), when=(((EVIL, EVIL),),),
        evidence=(EVIL,), blame=(BlamedExpression(EVIL, EVIL, place),), excerpt=EVIL,
    )  # fmt: skip
    result = ScanResult(
        [finding], [Unresolved(EVIL, EVIL, EVIL, (), place)], [SourceError(EVIL, place, EVIL)],
        [Setting(EVIL, EVIL, "tree")],
    )  # fmt: skip
    for verbose in (False, True):
        told = report(result, verbose=verbose)
        assert not set("\x1b\x07\x9b\u202e\r\u2028") & set(told)
        assert not any(line.startswith("forged") for line in told.split("\n"))


def test_colour_and_links_only_when_asked() -> None:
    told = report(ScanResult([PUBLIC], summary=Summary(files=1)), color=True, links=True)
    assert told.startswith(f"\x1b[1;35mcritical[\x1b]8;;{URL}\x1b\\KP-20\x1b]8;;\x1b\\]\x1b[0m ")
    assert "\x1b" not in report(ScanResult([PUBLIC], summary=Summary(files=1)))
