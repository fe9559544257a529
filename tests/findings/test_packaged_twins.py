"""A template and what a tool has packaged of it, in one scan: one finding, with both places."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.findings.finding import ScanResult
from kmsiac.scan import ScanOptions, scan

TEMPLATE = """\
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: {EnableKeyRotation: false, KeySpec: SYMMETRIC_DEFAULT}
"""


def scanned(folder: Path, **texts: str) -> ScanResult:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/').replace('dot', '.')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return scan(ScanOptions(paths=(folder,), working_directory=folder, select=("KEY-01",)))


def places(result: ScanResult) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (one.location.path, [(message, span.path) for message, span in one.related])
        for one in result.findings
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("packaged", "packaged.yaml"),
        ("template-packaged", "template-packaged.yaml"),
        ("output-template", "output-template.yaml"),
        ("dotaws-sam__build__template", ".aws-sam/build/template.yaml"),
    ],
)
def test_both_are_one_finding(tmp_path, name, path):
    result = scanned(tmp_path, template=TEMPLATE, **{name: "# packaged\n" + TEMPLATE})
    assert places(result) == [("template.yaml", [("in the packaged template", path)])]
    assert len(result.findings[0].addresses) == 1


def test_what_differs_stands_alone(tmp_path):
    other = TEMPLATE.replace("Key:", "Other:")
    assert len(places(scanned(tmp_path, template=TEMPLATE, packaged=other))) == 2


def test_two_that_it_may_be_made_of(tmp_path):
    result = scanned(tmp_path, a=TEMPLATE, b=TEMPLATE, packaged=TEMPLATE)
    assert [path for path, _ in places(result)] == ["a.yaml", "b.yaml", "packaged.yaml"]


def test_copies_that_no_tool_has_made_are_each_told(tmp_path):
    result = scanned(tmp_path, dev__t=TEMPLATE, prod__t=TEMPLATE)
    assert [path for path, _ in places(result)] == ["dev/t.yaml", "prod/t.yaml"]


def test_an_ignore_at_the_source_counts_for_both(tmp_path):
    text = TEMPLATE.replace("  Key:", "  Key:  # kmsiac: ignore[KEY-01]")
    result = scanned(tmp_path, template=text, packaged=TEMPLATE)
    assert all(one.suppressed for one in result.findings)
