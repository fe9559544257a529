"""The line that says how to mend a finding, out of a rule's remediation."""

from __future__ import annotations

from kmsiac.errors import Span
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Finding, ScanResult

_TERRAFORM_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")


def remedy_of(finding: Finding, result: ScanResult) -> str:
    """How to mend a finding, on one line; empty where its rule does not say."""
    remedy = finding.remediation
    if not remedy and result.prose is not None:
        remedy = str(result.prose(finding.rule).get("remediation", ""))
    return remedy_line(remedy, finding.rule, finding.location)


def remedy_line(remediation: str, rule: str, span: Span) -> str:
    """The paragraph for the framework of `span`, with its snippet if that is one line.

    Of a longer snippet it says where it is to be read.
    """
    paragraphs = _paragraphs(remediation)
    if not paragraphs:
        return ""
    terraform = bool(span.pointer) or span.path.endswith(_TERRAFORM_SUFFIXES)
    framework = "Terraform" if terraform else "CloudFormation"
    fitting = [p for p in paragraphs if framework in p[0] and p[1]]
    intro, snippet = (fitting or paragraphs)[0]
    told = one_line(" ".join(intro.split()))
    if len(snippet) == 1:
        return f"{told} {one_line(snippet[0])}"
    if told.endswith(":"):
        sentences, stop, last = told.rpartition(". ")
        if stop and len(last.split()) < 3:  # only says what the snippet is
            told = sentences
        return f"{told.removesuffix(':')} (kmsiac explain {one_line(rule)} shows how)"
    return told


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
