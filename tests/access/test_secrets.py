"""No answer of the engine prints a sensitive value of a template."""

from __future__ import annotations

from typing import Any

import pytest

from kmsiac import access
from kmsiac.access.model import Request
from kmsiac.access.place import Ask, Callers, Place
from kmsiac.access.trust import NOBODY
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import Answer
from tests.access.written import ARN, KNOWN, allow, deny, document, sensitive

KEY, IDENTITY = Place("key", KNOWN), Place("identity", KNOWN)
WORD = "hunter2"
PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
NAMED = {"AWS": f"arn:aws:iam::777788889999:role/{WORD}"}
CONTEXT = {"StringEquals": {"kms:EncryptionContext:a": WORD}}


def asked(parsed: PolicyDocument, place: Place = KEY, to: Callers = "external") -> Answer:
    ask = Ask(frozenset({"kms:Decrypt"}), to)
    return access.allows(parsed, parsed.statements[0], place, ask)


@pytest.mark.parametrize(
    ("statement", "place", "why"),
    [
        (allow(Principal=NAMED), KEY, "a principal"),
        (allow({"ArnEquals": {ARN: NAMED["AWS"]}}), KEY, "a condition on the caller"),
        (allow({"StringEquals": {"aws:PrincipalTag/a": WORD}}), KEY, "a value"),
        (allow(CONTEXT, Principal=PARTNER), KEY, "an encryption context"),
        (allow({"StringEquals": {f"aws:PrincipalTag/{WORD}": "x"}}), KEY, "the name of a key"),
        (
            allow(Principal=None, Resource=f"arn:aws:kms:eu-west-1:111122223333:key/{WORD}"),
            IDENTITY,
            "a resource",
        ),
    ],
)
def test_a_witness_hides_it(statement: dict[str, Any], place: Place, why: str) -> None:
    hidden = sensitive(document(statement), WORD)
    for parsed in (hidden, document(statement), hidden):  # whatever was asked before
        answer = asked(parsed, place, "any" if place is IDENTITY else "external")
        assert isinstance(answer.witness, Request)
        shown = WORD in str(answer.witness.as_json())
        assert shown is (parsed is not hidden), why


def test_what_is_not_sensitive_is_shown_beside_it() -> None:
    parsed = sensitive(document(allow(CONTEXT, Principal=PARTNER)), WORD)
    witness = asked(parsed).witness
    assert isinstance(witness, Request)
    assert "444455556666" in witness.principal
    assert "(sensitive)" in str(witness.as_json())


@pytest.mark.parametrize("first", ["plain", "sensitive"])
def test_needs_and_names_of_outsiders(first: str) -> None:
    plain = document(allow(CONTEXT, Principal=PARTNER), allow(Principal=NAMED))
    hidden = sensitive(plain, WORD)
    for parsed in (plain, hidden) if first == "plain" else (hidden, plain):
        found = access.external(parsed, KEY)
        assert len(found) == 2
        shown = WORD in str([(one.name, one.needs) for one in found])
        assert shown is (parsed is plain)


@pytest.mark.parametrize("first", ["plain", "sensitive"])
def test_blame(first: str) -> None:
    unknown = {"StringEquals": {f"weird:{WORD}": "x"}}
    plain = document(allow(unknown, Principal={"AWS": "111122223333"}))
    hidden = sensitive(plain, WORD)
    for parsed in (plain, hidden) if first == "plain" else (hidden, plain):
        answer = asked(parsed, to="local")
        assert answer.is_open
        shown = WORD in str([one.expression for one in answer.blame])
        assert shown is (parsed is plain)


def test_every_question_hides_it() -> None:
    parsed = sensitive(
        document(
            allow({**CONTEXT, "ArnLike": {ARN: f"*:role/{WORD}-*"}}, Principal="*"),
            deny({"StringEquals": {f"weird:{WORD}": WORD}}, Principal=NAMED),
        ),
        WORD,
    )
    one, two = parsed.statements
    answers = [
        access.public(parsed, None, KNOWN, NOBODY),
        access.shadowed(parsed, one, KEY),
        access.redundant(parsed, one, KEY),
        access.subset_of(parsed, document(allow()), KEY),
        access.subset_of(document(allow()), parsed, KEY),
        *(access.satisfiable(parsed, one, condition, KEY) for condition in one.conditions),
        *(access.tautology(parsed, two, condition, KEY) for condition in two.conditions),
    ]
    for answer in answers:
        witness = answer.witness
        printed = witness.as_json() if isinstance(witness, Request) else {}
        assert WORD not in str(printed)
        assert WORD not in str([blame.expression for blame in answer.blame])
    _, blame = access.administrable([parsed], KEY)
    assert WORD not in str(blame)
