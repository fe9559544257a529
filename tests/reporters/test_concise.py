"""One line a finding."""

from __future__ import annotations

from kmsiac.reporters.base import ReportOptions
from tests.reporters.samples import everything, written


def test_the_report() -> None:
    result = everything()
    result.keep_worst(6)
    assert written("concise", result).splitlines() == [
        (
            '<stdin>#/resource_changes/1/change/after/policy: high[KP-20] statement "Share" lets any '
            "AWS account call kms:Decrypt (module.a.aws_kms_key.payments)"
        ),
        (
            'infra/main.tf:14:7: critical[KP-20] statement "Share" lets any AWS account call kms:Decrypt;'
            " when: IsProd (module.a.aws_kms_key.payments and 1 more)"
        ),
        (
            'plan.json#/resource_changes/0/change/after/policy: high[KP-20] statement "Share" lets any '
            "AWS account call kms:Decrypt (module.a.aws_kms_key.payments)"
        ),
        (
            "z.tf:1:1: medium[KEY-01] aws_kms_key.k does not rotate; cannot tell: var.rotate: has no value"
            " (aws_kms_key.k)"
        ),
        "bad.tf:2:4: error: not closed (close the brace)",
        "e.tf: error: empty",
        "setting: ignore: KP-01 (from the scanned tree at .kmsiac.yaml:3:1)",
        "note: infra/main.tf:2:1: an ignore of KP-02 covers nothing",
        "1 more finding left out, the least severe (--max-findings 6)",
        (
            "4 findings (1 critical, 2 high, 1 medium); looked at 12 files, 5 keys, 14 policies, 1 grant, "
            "1 endpoint with 4 rules; 2 unresolved, 2 files not read, "
            "3 suppressed (1 baseline, 1 config, 1 inline), 3 other files passed over"
        ),
    ]


def test_verbose_adds_what_is_suppressed_and_what_is_open() -> None:
    told = written("concise", everything(), ReportOptions(verbose=True))
    assert "(suppressed: inline, until 2027-01-31: agreed with X)\n" in told
    assert "x.tf:9:3: cannot tell: aws_kms_key.x (policy): local.p: not evaluated" in told
