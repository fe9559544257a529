"""Fields of policies."""

from __future__ import annotations

from itertools import islice

from kmsiac.inventory.model import Policy
from kmsiac.policy import POLICY_KINDS
from kmsiac.policy.document import PolicyDocument
from kmsiac.rules.readings import ABSENT, Items, Open, Reading, Thing, items, reading, single
from kmsiac.rules.vocabulary import BOOL, TEXT, Cost, FieldType, declare, many, names, one
from kmsiac.values import Blame, List, Map, Text, Unknown, Value, blame_on, walk


def policy_of(thing: Thing) -> Policy:
    """The policy that a thing of kind `policy` stands for."""
    assert isinstance(thing.value, Policy)
    return thing.value


def document_of(thing: Thing) -> PolicyDocument | Open | None:
    """The document in the world of the thing; None where none is given."""
    document = thing.scope.document(policy_of(thing))
    return Open((blame_on(document),)) if isinstance(document, Unknown) else document


@declare(
    "policy",
    "kind",
    names(*POLICY_KINDS),
    "what the policy is attached to",
    "kind: endpoint",
)
def _kind(thing: Thing) -> Reading:
    policy = policy_of(thing)
    if policy.kind == "unknown":
        return Open((Blame(policy.address, "the kind of policy is not known", policy.position),))
    return policy.kind


@declare(
    "policy",
    "alone",
    BOOL,
    "a document in a file of its own or in a custom resource: its kind shows by its elements, and what it is attached to, "
    "or whether it is all of a policy, is not known",
    "alone: false",
)
def _alone(thing: Thing) -> Reading:
    return policy_of(thing).alone


@declare("policy", "version", TEXT, "the Version as written", "version: {written: false}")
def _version(thing: Thing) -> Reading:
    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    return reading(document.version)


@declare(
    "policy",
    "unknown_elements",
    FieldType("text", many=True),
    "names of elements that the policy language does not have",
    "unknown_elements: {count: {at_least: 1}}",
    cost=Cost.STRUCTURAL,
)
def _unknown_elements(thing: Thing) -> Reading:
    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    return items(document.unknown_elements, None, document.open)


def statements_of(thing: Thing) -> Items:
    """The statements of a policy; open where the document is, empty where there is none."""
    document = document_of(thing)
    if isinstance(document, PolicyDocument):
        found = [thing.scope.thing("statement", s, thing) for s in document.statements]
        return items(found, document.open)
    return Items((), (), document.blame) if document else Items()


@declare(
    "policy",
    "statements",
    many("statement"),
    "the statements of the document",
    "statements: {some: {effect: Allow}}",
)
def _statements(thing: Thing) -> Reading:
    return statements_of(thing)


@declare(
    "policy",
    "texts",
    FieldType("text", many=True),
    "what is written in the strings of the document, names of elements and condition keys included, "
    "each once; what the deployment fills in is not among it",
    "texts: {some: {not: {format: policy_text}}}",
)
def _texts(thing: Thing) -> Reading:
    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    found: dict[str, Text] = {}
    waiting: list[Value] = [document.value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Text):
            _add_written(value, found)
        elif isinstance(value, List):
            waiting += reversed(value.items)
        elif isinstance(value, Map):
            waiting += (part for entry in reversed(value.entries) for part in reversed(entry))
    return Items(found.values())


def _add_written(value: Text, found: dict[str, Text]) -> None:
    at = 0
    for part in value.parts:
        if isinstance(part, str):
            if part not in found:
                found[part] = Text((part,), value.position_of(at), value.sensitive)
            at += len(part)
        else:
            at += 1


@declare(
    "policy",
    "repeated",
    FieldType("text", many=True),
    "names of elements, operators and condition keys that one map of the document has twice: only "
    "the last of them counts; the first five such names",
    "repeated: {count: {at_least: 1}}",
)
def _repeated(thing: Thing) -> Reading:
    document = document_of(thing)
    if not isinstance(document, PolicyDocument):
        return document or ABSENT
    found: dict[str, Text] = {}
    for value in walk(document.value):
        if isinstance(value, Map):
            last = {str(key): key for key, _ in value.entries}
            if len(last) < len(value.entries):
                for key, _ in value.entries:
                    if last[str(key)] is not key:
                        found.setdefault(str(key), key)
    return Items(islice(found.values(), 5))


@declare("policy", "key", one("key"), "the key of a key policy", "key: {multi_region: true}")
def _key(thing: Thing) -> Reading:
    return single(thing.scope.related("key", policy_of(thing).key))


@declare(
    "policy",
    "endpoint",
    one("endpoint"),
    "the VPC endpoint of an endpoint policy; absent where the policy is no VPC endpoint's",
    "endpoint: {service: kms}",
)
def _endpoint(thing: Thing) -> Reading:
    policy = policy_of(thing)
    for endpoint in policy.endpoint.items:
        if endpoint.resource is policy.resource:
            # Written in the endpoint: where there is a policy, there is its endpoint.
            return thing.scope.thing("endpoint", endpoint)
    return single(thing.scope.related("endpoint", policy.endpoint))


@declare(
    "policy",
    "identities",
    many("identity"),
    "the roles, users and groups that have the policy",
    "identities: {every: {kind: role}}",
)
def _identities(thing: Thing) -> Reading:
    return thing.scope.related("identity", policy_of(thing).identities)


@declare(
    "policy",
    "siblings",
    many("policy"),
    "the other policies of the deployment unit",
    "siblings: {none: {kind: rcp}}",
)
def _siblings(thing: Thing) -> Reading:
    scope = thing.scope
    others = [p for p in scope.inventory.policies if p is not thing.value and not p.default]
    return Items([scope.thing("policy", p) for p in others if scope.exists(p)])
