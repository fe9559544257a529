"""Names and values that try to be something else stay text in every report."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from kmsiac.findings.finding import ScanResult
from kmsiac.reporters import MODULES
from kmsiac.reporters.base import ReportOptions
from kmsiac.scan import ScanOptions, scan
from tests.reporters.rendered import OURS, Page, references
from tests.reporters.samples import written
from tests.reporters.sarif_schema import official_schema
from tests.reporters.workflow_commands import command, hidden_command

HOSTILE = Path(__file__).resolve().parents[2] / "fixtures" / "hostile"
PROJECTS = ("terraform", "cloudformation")
SOME = (
    "<script>alert(1)</script>",
    "[link](https://evil.example/a)",
    "=cmd|' /C calc'!A0",
    "{0} {{1}}",
)
"""Names that must be readable as they are, by a reader of the format."""

every_project = pytest.mark.parametrize("project", PROJECTS)


@cache
def scanned(project: str) -> ScanResult:
    return scan(ScanOptions(paths=(HOSTILE / project,), working_directory=HOSTILE))


def report(format: str, project: str) -> str:
    # All that there is to say; a report is short without it.
    return written(format, scanned(project), ReportOptions(verbose=True, links=True))


def test_the_projects_are_as_bad_as_they_should_be() -> None:
    terraform = scanned("terraform")
    assert len(terraform.findings) > 100 and len(scanned("cloudformation").findings) > 80
    assert len(terraform.errors) == 1 and len(terraform.unresolved) >= 2
    assert any("@octocat" in finding.location.path for finding in terraform.findings)


@every_project
@pytest.mark.parametrize("format", MODULES)
def test_no_report_has_control_characters_or_commands_that_are_not_ours(
    format: str, project: str
) -> None:
    told = report(format, project)
    links = re.compile(r"\x1b\]8;;(?:https://docs\.aws\.amazon\.com/[!-~]*)?\x1b\\")
    told = links.sub("", told) if format in ("text", "concise") else told
    bad = {
        c for c in told if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert not bad
    for line in told.splitlines():
        assert not hidden_command(line), line
        found = command(line)
        assert found is None or format == "github", line


@every_project
def test_json_reads_back_what_was_written(project: str) -> None:
    found = json.loads(report("json", project))
    messages = "\n".join(finding["message"] for finding in found["findings"])
    assert all(name in messages for name in SOME)


@every_project
def test_annotations_are_ours_and_have_our_properties(project: str) -> None:
    found = [command(line) for line in report("github", project).splitlines()]
    told = [one for one in found if one is not None]
    assert 10 < len(told) <= 30
    for one in told:
        assert one.name in ("error", "warning", "notice")
        assert set(one.properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        for number in ("line", "endLine", "col", "endColumn"):
            assert one.properties.get(number, "1").isdecimal()
        assert "\r" not in one.message
    files = {one.properties["file"] for one in told if "file" in one.properties}
    assert files <= {path.relative_to(HOSTILE.parents[1]).as_posix() for path in HOSTILE.rglob("*")}


@every_project
def test_sarif_is_valid_and_its_texts_make_no_links(project: str) -> None:
    log = json.loads(report("sarif", project))
    jsonschema.Draft7Validator(official_schema()).validate(log)
    texts = [result["message"]["text"] for result in log["runs"][0]["results"]]
    assert not any("](" in text for text in texts)
    assert any(SOME[0] in text for text in texts)
    for result in log["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[A-Za-z0-9._~@+=,/-]|%[0-9A-F]{2})+", uri)


@every_project
def test_markdown_renders_with_our_tags_and_links_only(project: str) -> None:
    page = Page(report("markdown", project))
    assert page.tags <= OURS
    assert page.attributes <= {"href", "align", "lang", "class"}
    assert all(link.startswith("https://docs.aws.amazon.com/") for link in page.links)
    assert not list(references(page)) and not page.comments
    assert set(page.rows) == {5}
    shown = "\n".join(page.code)
    assert all(name in shown for name in SOME)


@every_project
def test_junit_is_xml_with_our_elements_only(project: str) -> None:
    root = ET.fromstring(report("junit", project).encode())
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "skipped", "error", "properties", "property",
        "system-out",
    }  # fmt: skip
    messages = "\n".join(failure.get("message", "") for failure in root.iter("failure"))
    assert all(name in messages for name in SOME)


@every_project
def test_gitlab_has_an_entry_for_each_finding(project: str) -> None:
    entries = json.loads(report("gitlab", project))
    ours = [entry for entry in entries if not entry["check_name"].startswith("kmsiac-")]
    assert len(ours) == len(scanned(project).findings)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


@every_project
@pytest.mark.parametrize("format", ["text", "concise"])
def test_a_finding_begins_no_other_line_than_its_own(format: str, project: str) -> None:
    told = written(format, scanned(project), ReportOptions())
    heads = re.findall(
        r"^(?:\S.*: )?(?:critical|high|medium|low)\[[A-Z]+-\d+\] ", told, re.MULTILINE
    )
    assert len(heads) == len(scanned(project).findings)
