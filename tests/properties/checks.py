"""What must hold between an answer of the engine and the concrete procedure, for one case.

Each check raises AssertionError with the policy and the request that contradict each other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from kmsiac import access
from kmsiac.access.model import Request
from kmsiac.access.persons import ABOUT_PRINCIPAL
from kmsiac.access.place import Ask, Callers
from kmsiac.access.results import Outsider
from kmsiac.access.statements import folded_context
from kmsiac.aws.actions import kms_action
from kmsiac.aws.shapes import fold
from kmsiac.policy.actions import all_actions
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.values import Answer, Text, Verdict
from tests.properties.cases import (
    PARTNER,
    Case,
    account_of,
    decide,
    only,
    replay,
    replays,
    without,
)
from tests.properties.documents import ACCOUNT, Policy, as_document
from tests.properties.grammar import FRESH
from tests.properties.requests import OWN_WAYS

SEEN: Counter[tuple[str, str]] = Counter()
"""How often each question was answered how: a check that only ever sees one answer shows little."""

LOCAL = ("user", "assumed-role", "federated-user")


def refute(case: Case, said: object, request: Request | None, why: str) -> None:
    """Fail: what the engine said, and the request that shows it wrong."""
    shown = "" if request is None else f"\nrequest: {json.dumps(request.as_json())}"
    raise AssertionError(f"{why}; said {said}{case.told()}{shown}")


def seen(question: str, answer: Answer) -> Answer:
    """The answer, counted."""
    SEEN[question, answer.verdict.value] += 1
    return answer


def witness_of(case: Case, answer: Answer, why: str) -> Request:
    """The witness that a yes (or the no of `subset_of`) must carry."""
    if not isinstance(answer.witness, Request):
        refute(case, answer, None, f"{why}: no witness")
    assert isinstance(answer.witness, Request)
    return answer.witness


def check_public(case: Case) -> None:
    """A witness is allowed; of a no, no stranger's request is."""
    document, spelt = case.documents()[0], case.policies[0]
    deployed, real = case.deployed()[0], case.deployed_policies()[0]
    for index in (None, *range(len(document.statements))):
        statement = None if index is None else document.statements[index]
        answer = seen("public", access.public(document, statement, case.provider, case.trusted))
        if answer.is_yes:
            witness = witness_of(case, answer, f"public {index}")
            alone = spelt if index is None else only(spelt, index)
            if not replay(alone, witness).is_yes:
                refute(case, answer, witness, f"public {index}: its witness is not allowed")
        if answer.is_no:
            alone_deployed = deployed if index is None else as_document(only(real, index))
            for request in case.requests():
                if account_of(request) in FRESH and decide(alone_deployed, request).is_yes:
                    refute(case, answer, request, f"public {index}: a stranger is allowed")


def outside(case: Case, request: Request) -> bool:
    """Whether the caller is an IAM principal of another account that the user does not trust."""
    account = account_of(request)
    organization = folded_context(request).get("aws:principalorgid", ())
    trusted = account in case.trusted.accounts or set(organization) & case.trusted.organizations
    return account not in ("", ACCOUNT) and not trusted


def caller_fits(case: Case, to: Callers, request: Request) -> bool:
    """Whether a request is certainly of the class of callers.

    Strangers are of fresh accounts; an outside account that no policy names is left out where it
    comes by an endpoint or address that a policy may fix: it may be a stranger, too.
    """
    account = account_of(request)
    kind = request.principal.split(":", 5)[-1].partition("/")[0]
    network = folded_context(request)
    ways = (*network.get("aws:sourcevpce", ()), *network.get("aws:sourceip", ()))
    named = any(account in text for one in case.deployed_policies() for text in _callers(one))
    return {
        "anyone": account in FRESH,
        "external": outside(case, request) and (named or not set(ways) & set(OWN_WAYS)),
        "local": account == ACCOUNT and kind in LOCAL,
        "service": not account,
        "any": True,
    }[to]


def _callers(policy: Policy) -> Iterator[str]:
    """What a policy says about who calls, as text."""
    for statement in policy["Statement"]:
        yield json.dumps([statement.get("Principal"), statement.get("NotPrincipal")])
        for conditions in statement.get("Condition", {}).values():
            yield from (json.dumps(v) for k, v in conditions.items() if fold(k) in ABOUT_PRINCIPAL)


def usable(request: Request, *, services: bool = False) -> bool:
    """Whether the operation works for the caller at all: not all do from other accounts.

    `services`: what other accounts cannot do is not asked of services either.
    """
    action = kms_action(request.action)
    assert action is not None
    local = account_of(request) in (("", ACCOUNT) if not services else (ACCOUNT,))
    return local or action.cross_account is True


def check_allows(case: Case) -> None:
    """`allows` for each class of callers."""
    document, spelt = case.documents()[0], case.policies[0]
    real = case.deployed_policies()[0]
    asked = frozenset({"kms:Decrypt", "kms:CreateGrant"})
    for index, statement in enumerate(document.statements):
        alone = as_document(only(real, index))
        for to in ("anyone", "external", "local", "service", "any"):
            ask = Ask(asked, to)
            answer = seen("allows", access.allows(document, statement, case.place, ask))
            if answer.is_yes:
                witness = witness_of(case, answer, f"allows {index} {to}")
                if not replay(only(spelt, index), witness).is_yes:
                    refute(case, answer, witness, f"allows {index} {to}: witness not allowed")
                if witness.action not in asked:
                    refute(case, answer, witness, f"allows {index} {to}: another action")
            if answer.is_no:
                for request in case.requests():
                    fits = request.action in asked and caller_fits(case, to, request)
                    if fits and effective(real, index, alone, request):
                        refute(case, answer, request, f"allows {index} {to}: allowed all the same")


def effective(real: Policy, index: int, alone: PolicyDocument, request: Request) -> bool:
    """Whether the request is certainly allowed by this Allow, the Denies counted."""
    return real["Statement"][index].get("Effect") == "Allow" and decide(alone, request).is_yes


def check_free(case: Case) -> None:
    """`allows` with free keys: the witness lacks them, or has a value that no condition fixes."""
    document, spelt = case.documents()[0], case.policies[0]
    for index, statement in enumerate(document.statements):
        keys = sorted({str(c.key) for c in statement.conditions if c.key.literal})
        for key in keys:
            ask = Ask(all_actions(), "any", frozenset({key}))
            answer = seen("allows", access.allows(document, statement, case.place, ask))
            if not answer.is_yes:
                continue
            witness = witness_of(case, answer, f"free {index} {key}")
            if not replay(only(spelt, index), witness).is_yes:
                refute(case, answer, witness, f"free {index} {key}: witness not allowed")
            fixed = _fixed(statement, key)
            carried = folded_context(witness).get(fold(key), ())
            if any(value in fixed for value in carried):
                refute(case, answer, witness, f"free {index} {key}: pinned to {carried}")


def _fixed(statement: Statement, key: str) -> set[str]:
    """The literal values that equalities on a key give; one with a wildcard is somebody's slip."""
    return {
        value.literal
        for condition in statement.conditions
        if fold(str(condition.key)) == fold(key) and str(condition.operator) == "StringEquals"
        for value in condition.values
        if isinstance(value, Text)
        and value.literal is not None
        and not set("$*?") & set(value.literal)
    }


def check_shadowed(case: Case) -> None:
    """A shadowed Allow lets nothing through; one that something meets without Denies is not no."""
    document = case.documents()[0]
    real = case.deployed_policies()[0]
    everything = Ask(all_actions())
    for index, statement in enumerate(document.statements):
        answer = seen("shadowed", access.shadowed(document, statement, case.place))
        if answer.is_yes:
            if real["Statement"][index].get("Effect") != "Allow":
                refute(case, answer, None, f"shadowed {index}: not an Allow")
            alone = as_document(only(real, index))
            for request in case.requests():
                if effective(real, index, alone, request):
                    refute(case, answer, request, f"shadowed {index}: lets a request through")
        now = seen("allows", access.allows(document, statement, case.place, everything))
        if answer.is_yes and now.is_yes:
            refute(case, answer, None, f"shadowed {index}: allows says yes")
        if answer.is_no and now.is_no:
            single = case.policies[0] | {"Statement": [case.policies[0]["Statement"][index]]}
            bare = as_document(single, case.provider)
            before = seen("allows", access.allows(bare, bare.statements[0], case.place, everything))
            if before.is_yes:
                refute(case, answer, None, f"shadowed {index}: the Denies do empty it")


def check_redundant(case: Case) -> None:
    """What a redundant Allow lets through, the others let through as well."""
    document = case.documents()[0]
    real = case.deployed_policies()[0]
    for index, statement in enumerate(document.statements):
        answer = seen("redundant", access.redundant(document, statement, case.place))
        if not answer.is_yes:
            continue
        alone, rest = as_document(only(real, index)), as_document(without(real, index))
        for request in case.requests():
            if effective(real, index, alone, request) and decide(rest, request).is_no:
                refute(case, answer, request, f"redundant {index}: nothing else allows it")


def check_administrable(case: Case) -> None:
    """None: nobody of the account is allowed; named: nobody whom the policy does not name."""
    document, deployed = case.documents()[0], case.deployed()[0]
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
        answer, _ = access.administrable([document], case.place, action)
        for request in case.requests():
            allowed = (
                account_of(request) == ACCOUNT
                and request.action == action
                and decide(deployed, request).is_yes
            )
            local = caller_fits(case, "local", request)
            if answer == "none" and allowed and local:
                refute(case, answer, request, f"administrable {action}: somebody can")
            unnamed = "zed" in request.principal
            principals = [p for s in deployed for p in s.principals]
            everybody = any(p.negated or "*" in (p.type, str(p.value)) for p in principals)
            everybody |= any(s.conditions for s in deployed)  # a weaker way beside the named one
            if answer == "named" and allowed and local and unnamed and not everybody:
                refute(case, answer, request, f"administrable {action}: not only the named")


def check_delegated(case: Case) -> None:
    """Nothing else is delegated: the account principal alone gives no further action."""
    document, real = case.documents()[0], case.deployed_policies()[0]
    found = access.delegated_actions(document, case.place)
    if found.certain - found.possible:
        refute(case, found, None, "delegated: certain beyond possible")
    kept = [s for s in real["Statement"] if s.get("Effect") != "Allow" or _only_account(s)]
    deployed = as_document(real | {"Statement": kept})
    for request in case.requests():
        local = caller_fits(case, "local", request)
        if local and request.action not in found.possible and decide(deployed, request).is_yes:
            refute(case, sorted(found.possible), request, "delegated: another action is")


def _only_account(statement: Policy) -> bool:
    names = statement.get("Principal")
    listed = names.get("AWS", ()) if isinstance(names, dict) else ()
    listed = [listed] if isinstance(listed, str) else listed
    return bool(listed) and all(n in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root") for n in listed)


def check_external(case: Case) -> None:
    """Each outsider that is a yes has a witness; whoever is allowed from outside is among them."""
    document, spelt = case.documents()[0], case.policies[0]
    deployed = case.deployed()[0]
    found = access.external(document, case.place)
    for outsider in found:
        if outsider.answer.is_yes:
            witness = witness_of(case, outsider.answer, f"external {outsider.name}")
            own = witness.resource.split(":")[4]
            if account_of(witness) == own:
                refute(case, outsider, witness, "external: not from outside")
            if not replay(spelt, witness).is_yes:
                refute(case, outsider, witness, "external: its witness is not allowed")
    if any(outsider.answer.is_open for outsider in found):
        return  # it says that there may be more
    for request in case.requests():
        asked = not account_of(request) or outside(case, request)
        asked = asked and usable(request, services=True)
        if not asked or not decide(deployed, request).is_yes:
            continue
        if not any(_among(outsider, request) for outsider in found):
            names = [(outsider.kind, outsider.name) for outsider in found]
            refute(case, names, request, "external: an outsider is missing")


def _among(outsider: Outsider, request: Request) -> bool:
    kind, name = outsider.kind, outsider.name
    context = folded_context(request)
    account = account_of(request)
    if kind == "service":
        return not account and name in ("*", request.principal)
    if kind == "anyone":
        return True
    if kind == "account":
        return account != "" and (account in name or (account == PARTNER and "var.p" in name))
    if kind == "organization":
        organization = (
            *context.get("aws:principalorgid", ()),
            *context.get("aws:sourceorgid", ()),
            *context.get("aws:vpceorgid", ()),
        )
        return any(one in name for one in organization) or "*" in name
    arns = (request.principal, *context.get("aws:principalarn", ()))
    return any(name == arn for arn in arns) or "*" in name


def check_subset(case: Case) -> None:
    """A no has a request that only the new policy allows; of a yes there is none."""
    documents, deployed = case.documents(), case.deployed()
    verdicts: dict[tuple[int, int], Verdict] = {}
    for new in range(len(documents)):
        for old in range(len(documents)):
            answer = seen("subset_of", access.subset_of(documents[new], documents[old], case.place))
            verdicts[new, old] = answer.verdict
            if answer.is_no and new == old:
                refute(case, answer, None, "subset: a policy allows more than itself")
            if answer.is_no:
                witness = witness_of(case, answer, f"subset {new} {old}")
                both = (replays(case.policies[at], witness) for at in (new, old))
                if not any(
                    one.is_yes and not other.is_yes for one, other in zip(*both, strict=True)
                ):
                    refute(case, answer, witness, f"subset {new} {old}: no counterexample")
            if answer.is_yes:
                for request in case.requests():
                    allowed, before = (decide(deployed[at], request) for at in (new, old))
                    if allowed.is_yes and before.is_no:
                        refute(case, answer, request, f"subset {new} {old}: newly allowed")
    for a, b, c in _triples(len(documents)):
        if verdicts[a, b] is verdicts[b, c] is Verdict.YES and verdicts[a, c] is Verdict.NO:
            refute(case, verdicts, None, f"subset: a chain {a} {b} {c} breaks")


def _triples(count: int) -> list[tuple[int, int, int]]:
    every = range(count)
    return [(a, b, c) for a in every for b in every for c in every if len({a, b, c}) == 3]
