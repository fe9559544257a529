"""Where an ignore in a comment counts: on its line, on what begins below it, in its block."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.findings.ignoring import counting, ignored, said, scanned

IGNORE = "kmsiac: ignore[KP-20] -- known"
HCL = """{0}
resource "aws_kms_key" "k" {{ {1}
  {2}
  enable_key_rotation = true {3}
  {4}
  policy = jsonencode({{ Statement = [ {5}
    {6}
    {{
      {7}
      Effect    = "Allow" {8}
      Principal = "*" {9}
      Action    = ["kms:Decrypt"]
      Resource  = "*"
    }}, {10}
    {11}
    {{ Effect = "Allow", Principal = "*", Action = "kms:Sign", Resource = "*" }}, {12}
  ] }}) {13}
  {14}

  {15}
}} {16}
"""
FIRST, SECOND = ("KP-20", 11), ("KP-20", 16)


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        (0, [FIRST, SECOND]),  # above the resource
        (1, [FIRST, SECOND]),  # on its header
        (2, []),  # above an attribute: on that attribute
        (3, []),  # behind an attribute
        (4, [FIRST, SECOND]),  # above the attribute that holds them
        (5, [FIRST, SECOND]),  # on its first line
        (6, [FIRST]),  # above a statement: not its siblings
        (7, []),  # in a statement, above one of its elements: on that element
        (8, []),
        (9, [FIRST]),  # on the line itself
        (10, []),  # behind a closing bracket
        (11, [SECOND]),
        (12, [SECOND]),
        (13, []),
        (14, [FIRST, SECOND]),  # above a blank line: on the resource that it stands in
        (15, [FIRST, SECOND]),  # above a closing bracket: the same
        (16, []),
    ],
)
@pytest.mark.parametrize("comment", [f"# {IGNORE}", f"// {IGNORE}", f"/* {IGNORE} */"])
def test_where_it_counts_in_hcl(
    tmp_path: Path, place: int, covered: list[tuple[str, int]], comment: str
) -> None:
    holes = [comment if hole == place else "# other" for hole in range(17)]
    result = scanned(tmp_path, {"main.tf": HCL.format(*holes)})
    assert ignored(result) == covered
    assert counting(result) == [each for each in (FIRST, SECOND) if each not in covered]
    assert len(said(result)) == (0 if covered else 1)  # an ignore that covers nothing is named


YAML = """Resources: {0}
  {1}
  Key: {2}
    {3}
    Type: AWS::KMS::Key {4}
    Properties:
      EnableKeyRotation: true
      {5}
      KeyPolicy: {6}
        Statement:
          {7}
          - Effect: Allow {8}
            {9}
            Principal: "*" {10}
            Action: kms:Decrypt
            Resource: "*" {11}
          {12}
          - {{Effect: Allow, Principal: "*", Action: kms:Sign, Resource: "*"}} {13}
            {14}
      {15}

    {16}
  {17}
  Other: {{Type: AWS::SNS::Topic}}
"""
ONE, TWO = ("KP-20", 14), ("KP-20", 18)


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        (0, [ONE, TWO]),
        (1, [ONE, TWO]),
        (2, [ONE, TWO]),
        (3, []),
        (4, []),
        (5, [ONE, TWO]),
        (6, [ONE, TWO]),
        (7, [ONE]),
        (8, [ONE]),  # the first line of a statement stands for it
        (9, [ONE]),
        (10, [ONE]),
        (11, []),
        (12, [TWO]),
        (13, [TWO]),
        (14, [TWO]),  # indented below the last item: it belongs to it
        (15, [ONE, TWO]),
        (16, [ONE, TWO]),
        (17, []),  # above the next resource
    ],
)
def test_where_it_counts_in_yaml(
    tmp_path: Path, place: int, covered: list[tuple[str, int]]
) -> None:
    holes = [f"# {IGNORE}" if hole == place else "# other" for hole in range(18)]
    result = scanned(tmp_path, {"t.yaml": YAML.format(*holes)})
    assert ignored(result) == covered
    assert counting(result) == [each for each in (ONE, TWO) if each not in covered]
    assert len(said(result)) == (0 if covered else 1)


def test_what_is_missing_in_a_block_is_ignored_directly_in_it(tmp_path: Path) -> None:
    text = (
        'resource "aws_kms_key" "k" {{\n  # kmsiac: ignore[KEY-01]\n  description = "x" {}\n'
        '  tags = {{\n    # {}\n    a = "b"\n  }}\n}}\n'
    )
    for behind, nested, covered in (("", "", 1), ("# x", "kmsiac: ignore[KEY-01]", 1)):
        result = scanned(tmp_path, {"main.tf": text.format(behind, nested)})
        assert len(ignored(result)) == covered
    nested_only = text.replace("# kmsiac: ignore[KEY-01]", "# x")
    result = scanned(tmp_path, {"main.tf": nested_only.format("", "kmsiac: ignore[KEY-01]")})
    assert counting(result) == [("KEY-01", 1)]
    result = scanned(tmp_path, {"main.tf": nested_only.format("# kmsiac: ignore[KEY-01]", "x")})
    assert ignored(result) == [("KEY-01", 1)]


def test_a_run_of_comments_belongs_to_what_follows_it(tmp_path: Path) -> None:
    text = '# kmsiac: ignore[KEY-01]\n# more\n/* over\n   two lines */\nresource "aws_kms_key" "k" {}\n'
    assert counting(scanned(tmp_path, {"main.tf": text})) == []
    apart = text.replace("# more\n", "\n")
    result = scanned(tmp_path, {"main.tf": apart})
    assert counting(result) == [("KEY-01", 6 - 1)]
    assert said(result) == [
        "main.tf:1:3: the ignore of KEY-01 covers no finding: it stands above nothing and in no block"
    ]


def test_each_line_of_a_block_comment_is_read(tmp_path: Path) -> None:
    text = '/*\n * Two:\n * kmsiac: ignore[KEY-01] -- one\n */\nresource "aws_kms_key" "k" {}\n'
    assert ignored(scanned(tmp_path, {"main.tf": text})) == [("KEY-01", 5)]


@pytest.mark.parametrize(
    "value",
    ['"# kmsiac: ignore[KEY-01]"', "<<EOT\n# kmsiac: ignore[KEY-01]\nEOT", '"// kmsiac: nothing"'],
)
def test_strings_are_no_comments(tmp_path: Path, value: str) -> None:
    text = f'resource "aws_kms_key" "k" {{\n  description = {value}\n}}\n'
    result = scanned(tmp_path, {"main.tf": text})
    assert counting(result) == [("KEY-01", 1)]
    assert said(result) == []


@pytest.mark.parametrize(
    "spelling",
    [
        "kmsiac: ignore[KEY-01]",
        "KMSIAC:IGNORE[key-01]--why",
        "kmsiac :  Ignore [ KP-20 , Key-01 ]  until = 2027-01-31  --  why",
        "kmsiac: ignore[automatic-rotation-off] -- by name",
        "kmsiac: ignore[key-settings] -- by category",
        "kmsiac: ignore[KEY-01] \u2014 why",
    ],
)
def test_spellings(tmp_path: Path, spelling: str) -> None:
    name = "rotation-off"
    spelling = spelling.replace("automatic-rotation-off", name)
    text = f'resource "aws_kms_key" "k" {{}} # {spelling}\n'
    assert ignored(scanned(tmp_path, {"main.tf": text})) == [("KEY-01", 1)]


def test_the_place_where_the_value_was_written_counts(tmp_path: Path) -> None:
    text = """locals {
  everyone = "*" # kmsiac: ignore[KP-20] -- a public key
}
resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({ Statement = [{
    Effect = "Allow", Action = "kms:Verify", Resource = "*"
    Principal = local.everyone
  }] })
}
"""
    assert ignored(scanned(tmp_path, {"main.tf": text})) == [("KP-20", 8)]


SHARED = """data "aws_iam_policy_document" "d" {
  # kmsiac: ignore[KP-20] -- the first
  statement {
    actions   = ["kms:Verify"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  statement {
    actions   = ["kms:Sign"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
resource "aws_kms_key" "a" {
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.d.json # kmsiac: ignore[KP-20] -- here it may
}
resource "aws_kms_key" "b" {
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.d.json
}
"""


def test_documents_in_blocks(tmp_path: Path) -> None:
    result = scanned(tmp_path, {"main.tf": SHARED})
    first, second = result.findings
    assert first.suppressed is not None and first.suppressed.reason == "the first"
    assert second.suppressed is None
    assert second.resource == "aws_kms_key.b"
    assert [(a.address, a.suppressed and a.suppressed.reason) for a in second.addresses] == [
        ("aws_kms_key.a", "here it may"),
        ("aws_kms_key.b", None),
    ]
    assert [note.split(": ", 1)[1] for note in said(result)] == [
        "KP-20 is suppressed for 1 of 2 resources that stand here"
    ]
