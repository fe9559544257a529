"""Rulings of several worlds put together: one answer, or the cases that it depends on."""

from __future__ import annotations

from kmsiac.access.model import Deciding, Request
from kmsiac.access.results import Need, Ruling
from kmsiac.asking.verdicts import joined
from kmsiac.errors import Span
from kmsiac.findings.access_report import Verdict
from kmsiac.inventory.cases import World
from kmsiac.stack import CLOUDFORMATION, TERRAFORM
from kmsiac.values import NO, Answer, Blame, Guard, cannot_tell
from kmsiac.values import Verdict as Truth

PROD, LOGS = Guard("t.yaml", "IsProd"), Guard("t.yaml", "WithLogs")
VIA = Need("kms:ViaService", "StringEquals", ("s3.eu-west-1.amazonaws.com",))
OTHER = Need("kms:CallerAccount", "StringEquals", ("111122223333",))
WITNESS = Request("arn:aws:iam::1:root", "kms:Decrypt", "k", {"a": ("b",)}, frozenset({"a"}))
YES = Answer(Truth.YES, witness=WITNESS)


def locate(position: int) -> Span | None:
    return Span("t.yaml", position, 1, position, 2) if position else None


def put_together(
    *ruled: tuple[World, Ruling], framework: str = CLOUDFORMATION
) -> tuple[Verdict, tuple[Verdict, ...]]:
    return joined(list(ruled), locate, lambda _: 7, framework)


def allowed(*needs: Need, at: int = 3) -> Ruling:
    by = Deciding("key policy", "Share", at, "Key")
    return Ruling(YES, deciding=(by,), needs=needs, paths=("key-policy",))


def test_one_world_is_the_answer() -> None:
    verdict, cases = put_together(({}, allowed(VIA)))
    assert (verdict.answer, verdict.when, cases) == ("yes", (), ())
    assert [(d.statement, d.resource, d.location) for d in verdict.deciding] == [
        ("Share", "Key", locate(3))
    ]
    assert [(n.key, n.operator, n.values) for n in verdict.needs] == [
        (VIA.key, VIA.operator, VIA.values)
    ]
    assert verdict.witness is not None
    assert verdict.witness["context"] == {"(sensitive)": "(sensitive)"}
    assert verdict.mend_at is None


def test_a_no_knows_where_it_is_mended() -> None:
    verdict, _ = put_together(({}, Ruling(NO, blocked_by="key-policy", mend="name\nit")))
    assert (verdict.blocked_by, verdict.mend) == ("key-policy", "name it")
    assert verdict.mend_at == locate(7)


def test_worlds_alike_are_one_answer_without_guards() -> None:
    verdict, cases = put_together(({PROD: True}, allowed()), ({PROD: False}, allowed()))
    assert (verdict.answer, verdict.when, cases) == ("yes", (), ())


def test_worlds_apart_are_cannot_tell_with_each_case() -> None:
    verdict, cases = put_together(
        ({PROD: False}, Ruling(NO, blocked_by="key-policy")), ({PROD: True}, allowed())
    )
    assert (verdict.answer, verdict.when) == ("cannot-tell", ((("IsProd", True),),))
    assert [(case.answer, case.when) for case in cases] == [
        ("yes", ((("IsProd", True),),)),
        ("no", ((("IsProd", False),),)),
    ]
    assert [(b.expression, b.reason) for b in verdict.blame] == [
        ("IsProd", "the answer depends on it; give --parameters for what decides it")
    ]


def test_guards_that_change_nothing_are_left_out() -> None:
    no = Ruling(NO, blocked_by="boundary")
    verdict, cases = put_together(
        ({PROD: True, LOGS: True}, allowed()),
        ({PROD: True, LOGS: False}, allowed()),
        ({PROD: False}, no),
        framework=TERRAFORM,
    )
    assert [case.when for case in cases] == [((("IsProd", True),),), ((("IsProd", False),),)]
    assert [b.reason for b in verdict.blame] == [
        "the answer depends on it; give --var for what decides it"
    ]


def test_one_answer_for_different_reasons_keeps_what_holds_in_all() -> None:
    verdict, cases = put_together(
        ({PROD: True}, allowed(VIA, OTHER, at=3)), ({PROD: False}, allowed(VIA, at=5))
    )
    assert (verdict.answer, verdict.when, len(cases)) == ("yes", (), 2)
    assert [need.key for need in verdict.needs] == ["kms:ViaService"]
    assert [d.location for d in verdict.deciding] == [locate(3), locate(5)]


def test_what_is_open_stays_open_with_all_to_blame() -> None:
    first, second = Blame("var.a", "no default", 2), Blame("var.b", "no default", 1)
    verdict, cases = put_together(
        ({PROD: True}, Ruling(cannot_tell(first))), ({PROD: False}, Ruling(cannot_tell(second)))
    )
    assert (verdict.answer, len(cases)) == ("cannot-tell", 2)
    assert {b.expression for b in verdict.blame} == {"var.a", "var.b"}


def test_yes_no_and_open_together_blame_the_guard_and_what_is_open() -> None:
    verdict, cases = put_together(
        ({PROD: True, LOGS: True}, allowed()),
        ({PROD: True, LOGS: False}, Ruling(cannot_tell(Blame("var.a", "no default", 2)))),
        ({PROD: False}, Ruling(NO, blocked_by="key-policy")),
    )
    assert [case.answer for case in cases] == ["yes", "cannot-tell", "no"]
    assert verdict.when == ((("IsProd", True), ("WithLogs", True)),)
    assert {b.expression for b in verdict.blame} == {"var.a", "IsProd", "WithLogs"}
