"""The line that says how to mend a finding, out of a rule's remediation."""

from __future__ import annotations

import re

from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Finding, ScanResult

_LABEL = re.compile(r"(Terraform|CloudFormation)(,[^:]*)?:")
"""`Terraform, in aws_iam_policy_document:`: words that only say what the snippet after them is."""
_TERRAFORM_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")


def remedy_of(finding: Finding, result: ScanResult) -> str:
    """How to mend a finding, on one line; empty where its rule does not say."""
    remedy = finding.remediation
    if not remedy and result.prose is not None:
        remedy = str(result.prose(finding.rule).get("remediation", ""))
    return remedy_line(remedy, finding.rule, finding.location)


def remedy_line(remediation: str, rule: str, span: Span) -> str:
    """The paragraph for the framework of `span` if its snippet is one line, else the first one.

    Of a longer snippet it says where it is to be read.
    """
    paragraphs = _paragraphs(remediation)
    if not paragraphs:
        return ""
    terraform = bool(span.pointer) or span.path.endswith(_TERRAFORM_SUFFIXES)
    framework = "Terraform" if terraform else "CloudFormation"
    fitting = [p for p in paragraphs if framework in p[0] and len(p[1]) == 1]
    intro, snippet = (fitting or paragraphs)[0]
    told = one_line(" ".join(intro.split()))
    if len(snippet) == 1:
        return f"{told} {one_line(snippet[0])}"
    if not told.endswith(":"):
        return told
    sentences, stop, last = told.rpartition(". ")
    if _LABEL.fullmatch(last):  # only says what the snippet is
        told = sentences + stop.rstrip()
    shows = f"kmsiac explain {one_line(rule)} shows how"
    return f"{told.rstrip('.:')} ({shows})" if told else shows


def _paragraphs(text: str) -> list[tuple[str, list[str]]]:
    """Paragraphs, each with the lines of the indented or fenced snippet that follows it."""
    found: list[tuple[str, list[str]]] = []
    fenced = before_blank = False
    for line in text.strip().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif (fenced or line.startswith("    ")) and found:
            if line.strip():
                found[-1][1].append(line)
        elif not line.strip():
            before_blank = True
            continue
        elif found and not before_blank and not found[-1][1]:
            found[-1] = (f"{found[-1][0]} {line}", found[-1][1])
        else:
            found.append((line, []))
        before_blank = False
    return found
