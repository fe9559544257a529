"""The job summary."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.errors import SourceError, Span
from kmsiac.findings.finding import Finding, Note, ScanResult, Setting, Summary, Unresolved
from kmsiac.reporters.markdown import MAX_BYTES
from tests.reporters.rendered import OURS, Page
from tests.reporters.samples import BY_INLINE, PUBLIC, URL, everything, written


def test_the_summary() -> None:
    told = written("markdown", everything())
    assert told.startswith("## kmsiac: 4 findings (1 critical, 2 high, 1 medium)\n")
    assert told.splitlines()[2].startswith("Looked at 12 files, 5 keys, ")
    headings = [line for line in told.splitlines() if line.startswith("## ")]
    assert headings[1:] == [
        "## Not read, or not in full", "## Settings that can hide findings", "## Notes", "## Findings",
        "## Could not be decided", "## Suppressed", "## Details",
    ]  # fmt: skip
    for line in (
        "| 1 | 2 | 1 | 0 | 0 |",
        "* `bad.tf:2:4: not closed (close the brace)`",
        "* `ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)`",
        "* `infra/main.tf:2:1: an ignore of KP-02 covers nothing`",
        (
            f"| critical | [KP-20](<{URL}>) | Key policy lets any AWS account use the key "
            "| `module.a.aws_kms_key.payments` and 1 more | `infra/main.tf:14:7` |"
        ),
        "* `x.tf:9:3: aws_kms_key.x (policy): local.p: not evaluated [COND-01, KP-20]`",
        (
            "* critical KP-20 `infra/main.tf:14:7 module.a.aws_kms_key.payments`: "
            "`inline, until 2027-01-31: agreed with X`"
        ),
    ):
        assert f"\n{line}\n" in told


def test_the_details_of_a_finding_are_folded_up() -> None:
    told = written(
        "markdown", ScanResult([PUBLIC], summary=Summary(files=1), prose=everything().prose)
    )
    assert told.partition("## Details\n\n")[2] == (
        "<details>\n<summary><strong>critical</strong> <code>KP-20</code> "
        "<code>module.a.aws_kms_key.payments</code> at <code>infra/main.tf:14:7</code></summary>\n\n"
        "Key policy lets any AWS account use the key\n\n"
        '```text\n   |\n14 |       Principal = "*"\n   |       ^^^^^^^^^\n```\n\n'
        '* `statement "Share" lets any AWS account call kms:Decrypt`\n* `when: IsProd`\n'
        "* also `module.b.aws_kms_key.payments`\n* note: `value written` at `variables.tf:3:13`\n"
        "* called from `main.tf:20:1` `module.a`\n"
        "* fix: Mend KP-20&#58; enable&#95;key&#95;rotation &#61; true\n"
        f"* [read more](<{URL}>)\n\n</details>\n\n\n"
    )


def test_it_renders_with_our_tags_only_and_links_to_references() -> None:
    page = Page(written("markdown", everything()))
    assert page.tags <= OURS
    assert page.attributes <= {"href", "align", "lang", "class"}
    assert set(page.links) == {URL}


def test_no_findings_is_short() -> None:
    told = written("markdown", ScanResult(summary=Summary(files=1)))
    assert told.startswith("## kmsiac: No findings\n")
    assert told.count("## ") == 1
    assert "Nothing to scan" in written("markdown", ScanResult())


def test_it_stays_below_the_limit_of_github_and_says_what_is_left_out() -> None:
    place = PUBLIC.location
    long = "é" * 390

    def several(finding: Finding, number: int) -> list[Finding]:
        return [replace(finding, resource=f"{long}{at}", message=long) for at in range(number)]

    number = 3000
    result = ScanResult(
        [*several(PUBLIC, number), *several(BY_INLINE, number)],
        [Unresolved(f"{long}{at}", "policy", long, ("KP-20",), place) for at in range(number)],
        [SourceError(f"{long}{at}", Span(f"{at}.tf", 1, 1, 1, 2)) for at in range(number)],
        [Setting("ignore", f"{long}{at}", "tree", place) for at in range(number)],
        Summary(files=1),
        notes=[Note(f"{long}{at}", place) for at in range(number)],
    )
    told = written("markdown", result)
    assert len(told.encode()) <= MAX_BYTES < 1024 * 1024
    assert told.count("more are left out here for size") == 7
    assert Page(told).tags <= OURS
    listed = told.count("| critical |")
    assert f"_{number - listed + 1} more are left out here" in told
    assert told.count("<details>") > 100


def test_what_was_cut_is_said() -> None:
    result = everything()
    result.keep_worst(2)
    assert "5 more findings left out, the least severe" in written("markdown", result)
