"""A result that has everything a report must tell, and how to write it."""

from __future__ import annotations

import io
from dataclasses import replace

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.findings.finding import (
    ActiveRule,
    Address,
    BlamedExpression,
    Finding,
    Note,
    ScanResult,
    Setting,
    Summary,
    Suppression,
    Unresolved,
)
from kmsiac.reporters import reporter
from kmsiac.reporters.base import ReportOptions

URL = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"

PUBLIC = Finding(
    rule="KP-20", name="public-key-policy", severity="critical", category="key-policies",
    title="Key policy lets any AWS account use the key",
    message='statement "Share" lets any AWS account call kms:Decrypt', verdict="yes",
    resource="module.a.aws_kms_key.payments", location=Span("infra/main.tf", 14, 7, 14, 16),
    fingerprint="1" * 32, url=URL,
    addresses=(
        Address("module.a.aws_kms_key.payments", "1" * 32),
        Address("module.b.aws_kms_key.payments", "2" * 32),
    ),
    related=(("value written", Span("variables.tf", 3, 13, 3, 16)),),
    call_chain=(("module.a", Span("main.tf", 20, 1, 20, 11)),),
    when=((("IsProd", True),),), excerpt='      Principal = "*"\n',
)  # fmt: skip

ROTATION = Finding(
    rule="KEY-01", name="rotation-off", severity="medium", category="key-settings",
    title="Automatic rotation is off", message="aws_kms_key.k does not rotate",
    verdict="cannot-tell", resource="aws_kms_key.k", location=Span("z.tf", 1, 1, 1, 9),
    fingerprint="3" * 32, url="",
    blame=(BlamedExpression("var.rotate", "has no value", Span("v.tf", 2, 1, 2, 3)),),
)  # fmt: skip

IN_PLAN = replace(
    PUBLIC, location=Span("plan.json", 1, 90, 1, 99, "/resource_changes/0/change/after/policy"),
    fingerprint="4" * 32, addresses=(), related=(), call_chain=(), when=(), severity="high",
    excerpt='{"Effect": "Allow"}',
)  # fmt: skip

IN_STDIN = replace(
    IN_PLAN, location=Span("<stdin>", 1, 5, 1, 9, "/resource_changes/1/change/after/policy"),
    fingerprint="5" * 32,
)  # fmt: skip

BY_INLINE = replace(
    PUBLIC, fingerprint="6" * 32, suppressed=Suppression("inline", "agreed with X", "2027-01-31")
)
BY_CONFIG = replace(ROTATION, fingerprint="7" * 32, suppressed=Suppression("config", "legacy"))
BY_BASELINE = replace(ROTATION, fingerprint="8" * 32, suppressed=Suppression("baseline"))

RULES = (
    ActiveRule("COND-01", "unknown-key", "Condition key that KMS does not have", "high", "condition-keys"),
    ActiveRule("KEY-01", "rotation-off", "Automatic rotation is off", "medium", "key-settings"),
    ActiveRule("KEY-08", "alias-name", "Alias name that AWS KMS refuses", "low", "key-settings"),
    ActiveRule("KP-20", "public-key-policy", "Key policy lets any AWS account use the key", "critical",
               "key-policies"),
)  # fmt: skip


def prose(rule: str) -> dict[str, object]:
    return {
        "rationale": f"Why {rule} matters.\nIt does.",
        "remediation": f"Mend {rule}:\n\n    enable_key_rotation = true\n\nMore words.",
        "false_positives": "A key that is meant to be public.",
        "references": [URL, "https://docs.aws.amazon.com/b"],
    }


def everything() -> ScanResult:
    """Findings in files, a plan and standard input, suppressed ones, and all that is none."""
    return ScanResult(
        findings=[IN_STDIN, PUBLIC, BY_INLINE, IN_PLAN, ROTATION, BY_CONFIG, BY_BASELINE],
        unresolved=[
            Unresolved("aws_kms_key.x", "policy", "local.p: not evaluated", ("COND-01", "KP-20"),
                       Span("x.tf", 9, 3, 9, 9)),
            Unresolved("aws_kms_key.y", "policy", "known after apply", ("KP-20",), None, never=True),
        ],
        errors=[SourceError("not closed", Span("bad.tf", 2, 4, 2, 5), "close the brace"),
                SourceError("empty", whole_file("e.tf"))],
        settings=[Setting("ignore", "KP-01", "tree", Span(".kmsiac.yaml", 3, 1, 3, 7))],
        notes=[Note("an ignore of KP-02 covers nothing", Span("infra/main.tf", 2, 1, 2, 9))],
        summary=Summary(files=12, keys=5, policies=14, grants=1, endpoints=1, rules=4, skipped=3),
        prose=prose, rules=RULES,
    )  # fmt: skip


def written(format: str, result: ScanResult, options: ReportOptions | None = None) -> str:
    """A result in a format."""
    stream = io.StringIO()
    reporter(format)(result, stream, options or ReportOptions())
    return stream.getvalue()
