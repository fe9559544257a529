"""Whatever ignores stand wherever: they only take findings out, and --no-ignores undoes them."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kmsiac.config import ScanOptions
from kmsiac.findings.finding import ScanResult
from kmsiac.scan import scan

HCL = """
data "aws_iam_policy_document" "d" {
  statement {
    actions = ["kms:Sign"]

    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  dynamic "statement" {
    for_each = ["kms:Verify", "kms:Sign"]
    content {
      actions   = [statement.value]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_kms_key" "a" {
  policy = data.aws_iam_policy_document.d.json
  tags = {
    x = <<-EOT
      text
    EOT
  }
}
resource "aws_kms_key" "b" {
  count  = 2
  policy = jsonencode({ Statement = [
    { Effect = "Allow", Principal = "*",
      Action = "kms:Sign", Resource = "*" }, {
      Effect    = "Allow"
      Principal = { AWS = ["*"] }
      Action    = "kms:Verify"
      Resource  = "*"
    }
  ] })
}
"""
YAML = """
Resources:
  A:
    Type: AWS::KMS::Key
    Properties:
      Description: |
        text

        more
      KeyPolicy:
        Statement:
          - Effect: Allow
            Principal: "*"

            Action: kms:Sign
            Resource: "*"
          - {Effect: Allow, Principal: {AWS: "*"},
             Action: kms:Verify, Resource: "*"}
  B: {Type: AWS::KMS::Key}
  C:
    Type: AWS::KMS::Key
"""
WORDS = ["KP-20", "kp-20, KEY-01", "key-settings", "KP-01, KP-03", "KEY-08"]
TAILS = ["", " -- why", " until=2026-01-01 -- over", " until=2028-01-01"]
comments = st.lists(
    st.tuples(
        st.integers(1, 40), st.integers(0, 12), st.booleans(), st.sampled_from(WORDS), st.sampled_from(TAILS)
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


def _written(text: str, wanted: list[tuple[int, int, bool, str, str]], marked: bool) -> str:
    """The text with comments in it; without `marked` they say nothing to kmsiac."""
    lines = text.split("\n")
    inside = False
    fit = []
    for line in lines:  # a line of a heredoc takes no comment
        fit.append(not inside and "<<" not in line and not line.endswith("|"))
        inside = ("<<" in line or line.endswith("|") or inside) and line.strip() not in (
            "EOT",
            "more",
        )
    for number, indent, behind, words, tail in sorted(wanted, reverse=True):
        at = number % len(lines)
        told = f"# {'kmsiac: ignore' if marked else 'other ........'}[{words}]{tail}"
        if not fit[at] or (at and not fit[at - 1]):
            continue
        if behind and lines[at].strip() and "#" not in lines[at]:
            lines[at] += f" {told}"
        else:
            lines[at] = f"{' ' * indent}{told}\n{lines[at]}"
    return "\n".join(lines)


def _found(result: ScanResult) -> Counter[tuple[object, ...]]:
    return Counter(
        (f.rule, f.severity, a.fingerprint, a.address, f.location)
        for f in result.findings
        for a in f.addresses
    )


def _counting(result: ScanResult) -> Counter[tuple[object, ...]]:
    return Counter(
        (f.rule, f.severity, a.fingerprint, a.address, f.location)
        for f in result.findings
        for a in f.addresses
        if a.suppressed is None
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hcl=comments, yaml=comments)
@example(hcl=[(40, 0, True, "KP-20", "")], yaml=[(40, 12, False, "KP-20", "")])
def test_ignores_only_take_out(
    hcl: list[tuple[int, int, bool, str, str]], yaml: list[tuple[int, int, bool, str, str]]
) -> None:
    results = []
    for marked, obeyed in ((False, True), (True, True), (True, False)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            (folder / "main.tf").write_text(_written(HCL, hcl, marked))
            (folder / "t.yaml").write_text(_written(YAML, yaml, marked))
            results.append(scan(ScanOptions(paths=(folder,), use_ignores=obeyed)))
    stripped, with_ignores, without = results
    assert not stripped.errors and len(stripped.findings) > 8
    assert _found(with_ignores) == _found(stripped)
    assert _found(without) == _counting(without) == _found(stripped)
    assert _counting(with_ignores) <= _counting(stripped)
    out = _found(with_ignores) - _counting(with_ignores)
    assert bool(out) == bool(with_ignores.settings)
    assert with_ignores.unresolved == stripped.unresolved
    assert all(
        f.suppressed is None or all(a.suppressed for a in f.addresses)
        for f in with_ignores.findings
    )
