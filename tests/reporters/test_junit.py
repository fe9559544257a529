"""JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from kmsiac.findings.finding import ScanResult, Summary
from tests.reporters.samples import PUBLIC, everything, written


def suite(result: ScanResult) -> ET.Element:
    root = ET.fromstring(written("junit", result))
    (found,) = root
    assert (root.tag, found.tag) == ("testsuites", "testsuite")
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        key: found.get(key) for key in ("tests", "failures", "errors", "skipped")
    }
    return found


def outcomes(found: ET.Element) -> list[tuple[str | None, str]]:
    cases = found.findall("testcase")
    return [(case.get("classname"), case[0].tag if len(case) else "passed") for case in cases]


def test_a_finding_is_a_failure_and_a_suppressed_one_is_skipped() -> None:
    found = suite(everything())
    assert outcomes(found) == [
        ("KP-20", "failure"), ("KP-20", "failure"), ("KP-20", "skipped"), ("KP-20", "failure"),
        ("KEY-01", "failure"), ("KEY-01", "skipped"), ("KEY-01", "skipped"),
        ("COND-01", "skipped"), ("KEY-08", "passed"), ("kmsiac", "error"), ("kmsiac", "error"),
    ]  # fmt: skip
    counts = {key: found.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "11", "failures": "4", "errors": "2", "skipped": "4"}


def test_a_failure_has_place_severity_message_and_source() -> None:
    result = ScanResult([PUBLIC], summary=Summary(files=1), prose=everything().prose)
    (case,) = suite(result).findall("testcase")
    assert (case.get("file"), case.get("line")) == ("infra/main.tf", "14")
    assert case.get("name") == (
        "infra/main.tf:14:7 module.a.aws_kms_key.payments: Key policy lets any AWS account use the key"
    )
    (failure,) = case
    assert failure.get("type") == "critical"
    assert failure.get("message") == 'statement "Share" lets any AWS account call kms:Decrypt'
    assert '14 |       Principal = "*"\n   |       ^^^^^^^^^\n' in (failure.text or "")
    assert "also: module.b.aws_kms_key.payments\n" in (failure.text or "")
    assert "fix: Mend KP-20: enable_key_rotation = true\n" in (failure.text or "")


def test_why_a_test_was_skipped() -> None:
    told = [case[0].get("message") for case in suite(everything()).findall("testcase") if len(case)]
    assert "suppressed: inline, until 2027-01-31: agreed with X" in told
    assert "suppressed: baseline" in told
    assert "could not be decided in 1 place: system-out names them" in told


def test_settings_are_properties_and_the_rest_is_output() -> None:
    found = suite(everything())
    pairs = [(one.get("name"), one.get("value")) for one in found.iter("property")]
    assert ("suppressed.inline", "1") in pairs
    assert ("setting", "ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)") in pairs
    told = found.findtext("system-out", "")
    assert "could not be decided: x.tf:9:3: aws_kms_key.x (policy)" in told
    assert "note: infra/main.tf:2:1: an ignore of KP-02 covers nothing" in told
    assert told.splitlines()[-1].startswith("4 findings (1 critical")


def test_nothing_to_scan_is_an_error() -> None:
    assert outcomes(suite(ScanResult())) == [("kmsiac", "error")]


def test_characters_that_xml_forbids_are_replaced() -> None:
    evil = "".join(map(chr, [*range(32), 0x7F, 0x85, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])) + "]]>&<\"'"
    finding = replace(
        PUBLIC, title=evil, message=evil, resource=evil, excerpt=evil, rule=evil,
        location=PUBLIC.location._replace(path=evil),
    )  # fmt: skip
    text = written("junit", ScanResult([finding], summary=Summary(files=1)))
    assert ET.fromstring(text.encode("utf-8")).get("tests") == "1"
