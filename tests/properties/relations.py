"""What must hold between the answers about two policies that differ in a known way."""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac import access
from kmsiac.access.instantiate import Instances
from kmsiac.access.place import Ask, Place
from kmsiac.policy.actions import all_actions
from kmsiac.policy.document import PolicyDocument
from kmsiac.stack import Environment, Provider
from kmsiac.values import Verdict
from tests.properties.cases import Case
from tests.properties.checks import refute, seen
from tests.properties.documents import KNOWN, as_document
from tests.properties.grammar import Seeded
from tests.properties.spelling import respelt

Label = tuple[object, ...]


def answers(document: PolicyDocument, place: Place) -> Iterator[tuple[Label, object]]:
    """Every question about a key policy, with what names it however the policy is written."""
    yield ("public",), access.public(document, None, place.provider, place.trusted).verdict
    yield ("administrable",), access.administrable([document], place)[0]
    found = access.delegated_actions(document, place)
    yield ("delegated_actions",), (found.certain, found.possible)
    outside = access.external(document, place)
    yield ("external",), {(one.kind, one.name, one.answer.verdict) for one in outside}
    for statement in document:
        at = statement.index
        yield (
            ("public", at),
            access.public(document, statement, place.provider, place.trusted).verdict,
        )
        for to in ("anyone", "external", "local", "service", "any"):
            ask = Ask(all_actions(), to)
            yield ("allows", to, at), access.allows(document, statement, place, ask).verdict
        yield ("shadowed", at), access.shadowed(document, statement, place).verdict
        yield ("redundant", at), access.redundant(document, statement, place).verdict
        for condition in statement.conditions:
            name = (str(condition.operator), str(condition.key).lower(), at)
            asked = (document, statement, condition, place)
            yield ("satisfiable", *name), access.satisfiable(*asked).verdict
            yield ("tautology", *name), access.tautology(*asked).verdict
            yield ("neutralised", *name), access.neutralised(*asked).verdict
            for kind, answer in access.stops(*asked).items():
                yield ("stops", kind, *name), answer.verdict


def check_spelling(case: Case) -> None:
    """Order and spelling of a policy change no answer."""
    written, order = respelt(Seeded(case.salt), case.policies[0])
    before = dict(answers(case.documents()[0], case.place))
    after = dict(answers(as_document(written, case.provider), case.place))
    for label, found in after.items():
        known = before[(*label[:-1], order[label[-1]]) if isinstance(label[-1], int) else label]
        if found != known:
            refute(case, (label, known), None, f"spelling: {found} for {written}")


def check_deny(case: Case) -> None:
    """A further Deny never adds access."""
    first, second = case.policies
    denies = [one | {"Effect": "Deny"} for one in second["Statement"]]
    wider = as_document(first | {"Statement": [*first["Statement"], *denies]}, case.provider)
    document = as_document(first, case.provider)
    before = seen("public", access.public(document, None, case.provider, case.trusted))
    after = access.public(wider, None, case.provider, case.trusted)
    if before.is_no and after.is_yes:
        refute(case, before, None, "deny: public with one more Deny")
    ask = Ask(all_actions())
    for statement, same in zip(document, wider, strict=False):
        one = access.allows(document, statement, case.place, ask)
        other = access.allows(wider, same, case.place, ask)
        if one.is_no and other.is_yes:
            refute(case, one, None, f"deny: statement {statement.index} allows with one more Deny")
    contained = access.subset_of(wider, document, case.place)
    if contained.is_no:
        refute(case, contained, None, "deny: more access with one more Deny")


def check_instance(case: Case) -> None:
    """What is decided with symbols is not decided otherwise with texts in their places."""
    document = case.documents()[0]
    instances = Instances(case.provider, document.literals, ())
    names = {name: name for name in ("account_id", "region", "partition", "dns_suffix")}
    place = instances.account, instances.region, instances.partition
    concrete = Provider.symbolic(KNOWN.owner, Environment(*place), names)
    before = dict(answers(document, case.place))
    after = dict(
        answers(
            instances.document(document), Place("key", concrete, case.trusted, case.place.key_arn)
        )
    )
    _compare(case, before, after, "instance")


def check_resolved(case: Case) -> None:
    """What is decided with unknown parts stays so, whatever they turn out to be."""
    deployed = case.deployed()[0]
    before = dict(answers(case.documents()[0], case.place))
    after = dict(answers(deployed, Place("key", KNOWN, case.trusted, case.place.key_arn)))
    _compare(case, before, after, "resolved")


def _compare(case: Case, before: dict[Label, object], after: dict[Label, object], why: str) -> None:
    for label, known in before.items():
        found = after.get(label)
        settled = (Verdict.YES, Verdict.NO)
        if known in settled and found in settled and known is not found:
            refute(case, (label, known), None, f"{why}: {found}")
        named = ("none", "conditional", "named", "delegated")
        if known in named and found in named and known != found:
            refute(case, (label, known), None, f"{why}: {found}")
