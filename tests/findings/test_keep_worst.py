"""`--max-findings`: the least severe go, and everything still counts."""

from __future__ import annotations

from dataclasses import replace

from kmsiac.errors import Span
from kmsiac.findings.finding import Finding, ScanResult, Suppression, worst_first

FINDING = Finding(
    rule="R-01", name="n", severity="low", category="c", title="t", message="m", verdict="yes",
    resource="r", location=Span("a.tf", 1, 1, 1, 2), fingerprint="f", url="",
)  # fmt: skip


def of(*severities: str) -> ScanResult:
    return ScanResult([replace(FINDING, severity=one, fingerprint=str(at)) for at, one in enumerate(severities)])  # fmt: skip


def test_the_worst_stay_in_their_order() -> None:
    result = of("low", "high", "info", "critical", "high")
    result.keep_worst(3)
    assert [one.severity for one in result.findings] == ["high", "critical", "high"]
    assert (result.cut, result.count("low"), result.count("info")) == (2, 1, 1)


def test_of_equal_ones_the_last_go() -> None:
    result = of("low", "low", "low")
    result.keep_worst(2)
    assert [one.fingerprint for one in result.findings] == ["0", "1"]


def test_nothing_is_cut_where_all_fit() -> None:
    result = of("low", "low")
    result.keep_worst(2)
    assert (len(result.findings), result.cut) == (2, 0)


def test_suppressed_ones_go_first_and_count_as_suppressed() -> None:
    hidden = replace(FINDING, severity="critical", suppressed=Suppression("config"))
    result = ScanResult([hidden, FINDING, hidden])
    assert worst_first(result.findings) == [FINDING, hidden, hidden]
    result.keep_worst(1)
    assert result.findings == [FINDING]
    assert (result.count("critical"), result.suppressed_by()) == (0, {"config": 2})
