"""Reports of `can` and its kin, made by hand for the tests of their reporters."""

from __future__ import annotations

from kmsiac.errors import SourceError, Span
from kmsiac.findings.access_report import (
    CanReport,
    DecidingStatement,
    Holding,
    NeededContext,
    PrincipalCanReport,
    Surroundings,
    Verdict,
    WhoCanReport,
)
from kmsiac.findings.finding import BlamedExpression, Unresolved

KEY = Span("keys.tf", 7, 1, 7, 9)
DELEGATES = DecidingStatement(
    "key policy", "Delegates", "aws_kms_key.data", Span("keys.tf", 15, 7, 15, 8)
)
USE = DecidingStatement(
    "identity policy", "Use", "aws_iam_role_policy.app", Span("iam.tf", 9, 5, 9, 6)
)
VIA = NeededContext("kms:ViaService", "StringEquals", ("s3.eu-west-1.amazonaws.com",))
READERS = BlamedExpression("var.readers", "variable has no default", Span("vars.tf", 3, 1, 3, 9))
WITNESS = {
    "principal": "arn:aws:sts::111122223333:assumed-role/app/session",
    "action": "kms:Decrypt",
    "resource": "arn:aws:kms:eu-west-1:111122223333:key/1",
    "context": {"(sensitive)": "(sensitive)"},
}
YES = Verdict(
    "yes", deciding=(DELEGATES, USE), needs=(VIA,), paths=("delegation",), witness=WITNESS
)
NO = Verdict(
    "no", blocked_by="identity-policy", mend="allow kms:Decrypt on the key in a policy of the role",
    mend_at=Span("iam.tf", 3, 1, 3, 9),
)  # fmt: skip
OPEN = Verdict("cannot-tell", blame=(READERS,))
AROUND = Surroundings(
    unresolved=(Unresolved("module.x", "", "a remote module is not read", (), Span("m.tf", 1, 1, 1, 7)),),
    errors=(SourceError("not closed", Span("bad.tf", 2, 4, 2, 5), "close the brace"),),
    notes=("aws_kms_key.data exists only when IsProd is true",),
)  # fmt: skip


NOTHING = Surroundings()


def can(verdict: Verdict, *cases: Verdict, around: Surroundings = NOTHING) -> CanReport:
    return CanReport(
        "aws_iam_role.app", "kms:Decrypt", "aws_kms_key.data", KEY, verdict, cases, around
    )


def depends() -> CanReport:
    """Yes when IsProd, else no."""
    guard = BlamedExpression("IsProd", "the answer depends on it; give --parameters", None)
    prod, other = ((("IsProd", True),),), ((("IsProd", False),),)
    return can(
        Verdict("cannot-tell", blame=(guard,), when=prod),
        Verdict("yes", deciding=(DELEGATES,), paths=("delegation",), when=prod),
        Verdict("no", blocked_by="key-policy", mend="name the role", when=other),
    )


def holding(principal: str, capability: str, *actions: str, **more: object) -> Holding:
    fields: dict[str, object] = {
        "key": "aws_kms_key.data",
        "kind": "role",
        "answer": "yes",
        "paths": ("key-policy",),
        "location": Span("keys.tf", 20, 7, 20, 8),
        **more,
    }
    return Holding(principal=principal, capability=capability, actions=actions, **fields)  # type: ignore[arg-type]


APP = holding(
    "${aws_iam_role.app.arn}", "use", "kms:Decrypt", resource="aws_iam_role.app",
    paths=("delegation",), needs=(VIA,), deciding=(DELEGATES, USE),
)  # fmt: skip
ADMIN = holding("arn:aws:iam::111122223333:role/admin", "administer", "kms:PutKeyPolicy")
BUILD = holding(
    "arn:aws:iam::444455556666:role/ci", "use", "kms:Decrypt", answer="cannot-tell",
    when=((("IsProd", True),),),
    blame=(BlamedExpression("arn:aws:iam::444455556666:role/ci", "not in the scan", None),),
)  # fmt: skip


def who(*holdings: Holding, action: str = "kms:*") -> WhoCanReport:
    return WhoCanReport(action, "aws_kms_key.data", KEY, holdings, AROUND)


def principal(*holdings: Holding) -> PrincipalCanReport:
    return PrincipalCanReport("aws_iam_role.app", 2, holdings)
