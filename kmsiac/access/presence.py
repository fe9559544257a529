"""Which requests carry a condition key, and what values callers can give it.

For the keys that do not follow from who calls. After S3's "meaning of public" and IAM Access
Analyzer, by meaning instead of by the look of values: a caller whom a key must not pin lacks the
key, or has a value of its own that no document fixes.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kmsiac.access.persons import Known, Person
from kmsiac.access.principal_patterns import LOWER, NAME, ORGANIZATION, TWELVE
from kmsiac.access.spaces import ANYTHING, Shape, Term, exactly, literal_values, starting
from kmsiac.access.strings import Pieces, text_pieces
from kmsiac.aws.condition_keys import ConditionKey, Presence, actions_carrying, condition_key
from kmsiac.aws.shapes import ANY, MANY, fold

IAM_MODES = ("direct", "endpoint", "service")
"""By which way an IAM principal calls: the public endpoint, a VPC endpoint, through a service."""

SERVICE_MODES = ("principal",)
"""How a service calls under its own principal."""

_UPPER = frozenset(string.digits + string.ascii_uppercase)
_HEX = frozenset(string.digits + "abcdef")


@dataclass(frozen=True)
class Limits:
    """What the requests in question are like, beside who calls what.

    `free` are keys (lower case; `*` at the end for a family) that must not pin the request.
    `plain`: it carries nothing that a call need not carry. `given` has the values of keys that
    are known, `absent` keys that it lacks, `strict` that it lacks all others; `lacking` are keys
    that it must lack as far as a request can. `modes` are the ways of the call. Unpinned anyway are, for a stranger, the keys that pin strangers.
    """

    free: frozenset[str] = frozenset()
    plain: bool = False
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    absent: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    strict: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    """Keys of which the resource in question fixes the value."""
    untold: frozenset[str] = frozenset()
    """Keys of which it fixes a value that is not known."""
    modes: tuple[str, ...] = (*IAM_MODES, *SERVICE_MODES)
    strangers_free: bool = True
    """Whether strangers are held unpinned (False: they may come by a fixed endpoint, say)."""
    values: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    fixed: dict[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.values.update(dict(self.given))
        self.fixed.update(dict(self.facts))

    def is_free(self, key: str) -> bool:
        """Whether the question wants the key unpinned."""
        if key in self.free:
            return True
        return any(name.endswith("*") and key.startswith(name[:-1]) for name in self.free)


NO_LIMITS = Limits(strangers_free=False)
"""Any request."""

STRANGERS_UNPINNED = Limits()
"""Any request, but those by which strangers have a fixed endpoint, address or source."""


def limits_for(free: frozenset[str], *, strangers_free: bool) -> Limits:
    """The limits of an `Ask`."""
    return Limits(free=frozenset(fold(key) for key in free), strangers_free=strangers_free)


def modes_of(person: Person, limits: Limits) -> tuple[str, ...]:
    """The ways by which a caller can make a request that carries what is given."""
    ways = SERVICE_MODES if person.kind == "service" else IAM_MODES
    return tuple(
        mode
        for mode in ways
        if mode in limits.modes
        and all(_fits(key, values, mode) for key, values in limits.given)
        and all(_in_mode(key, mode) != "yes" for key in limits.absent)
    )


def _fits(key: str, values: tuple[str, ...], mode: str) -> bool:
    if key == "aws:viaawsservice":
        return values == ("true" if mode == "service" else "false",)
    return _in_mode(key, mode) != "no"


def _in_mode(key: str, mode: str) -> Presence:
    info = condition_key(key)
    if info is None:
        return "no" if key.startswith("kms:") else "unknown"
    by_mode: dict[str, Presence] = {
        "direct": info.present_direct,
        "endpoint": info.present_endpoint,
        "service": info.present_via_service,
        "principal": info.present_service_principal,
    }
    return by_mode[mode]


def presence(
    key: str, mode: str, person: Person, action: str, limits: Limits
) -> Presence | Literal["never"]:
    """Whether a request carries the key; `never`: there is no request as the limits want it."""
    if key in limits.values:
        return "yes"
    if key in limits.absent or (limits.strict and not _in_every_request(key)):
        return "no"
    if key in limits.untold:
        return "unknown"
    found = "unknown" if key in person.untold else _usual(key, mode, person, action)
    if key in limits.lacking:
        return "never" if found == "yes" else "unknown" if found == "unknown" else "no"
    if key in limits.fixed and found == "sometimes":
        return "yes"
    if limits.plain and found in ("sometimes", "unknown") and not _of_caller(key):
        return "no"
    return found


def _of_caller(key: str) -> bool:
    """Whether a key says who calls (a tag, an organization), not how."""
    info = condition_key(key)
    return info is not None and info.klass == "identity"


def _in_every_request(key: str) -> bool:
    info = condition_key(key)
    return info is not None and info.always_present and info.klass in ("request", "resource")


def _usual(key: str, mode: str, person: Person, action: str) -> Presence:
    if key == "aws:username":
        return "yes" if person.kind == "user" else "no"
    if key == "aws:principalorgpaths":
        return "yes" if person.organization else "no"
    info = condition_key(key)
    if info is None:
        return "no" if key.startswith("kms:") else "unknown"
    carrying = actions_carrying(key)
    if carrying is not None and action not in carrying:
        return "no"
    given = _in_mode(key, mode)
    if given == "unknown" and info.klass in ("request", "resource"):
        return "sometimes"  # a parameter or a property of the key, whichever way the call takes
    return given


def shape_of(
    key: str, mode: str, person: Person, known: Known, terms: Sequence[Term], limits: Limits
) -> Shape:
    """What values a caller can give a key that does not follow from who it is."""
    info = condition_key(key)
    free = limits.is_free(key)
    if key in limits.values:
        return Shape(values=limits.values[key])
    if key in limits.fixed:
        return Shape(values=(limits.fixed[key],))
    if info is None:
        return _own_value(terms, Shape()) if free else Shape()
    if key in person.untold:
        return _untold(key, person)
    if key in limits.untold:
        return replace(_any_value(key, info), always=True)
    if key == "aws:viaawsservice":
        return Shape((text_pieces("true" if mode == "service" else "false"),))
    if key == "aws:userid":
        return _userid(person, known)
    return _of_request(key, info, person, known, terms, limits)


def _of_request(
    key: str,
    info: ConditionKey,
    person: Person,
    known: Known,
    terms: Sequence[Term],
    limits: Limits,
) -> Shape:
    """What values a key can have that the request brings along: pinned, or not."""
    free = limits.is_free(key)
    if key in ("aws:principalorgpaths", "aws:vpceorgpaths", "aws:sourceorgpaths"):
        return _paths(key, person, known, free or person.unpinned)
    held = person.unpinned and limits.strangers_free and info.pins_stranger != "no"
    unpinned = free or held or (limits.plain and _may_limit(info))
    if limits.plain and key == "aws:securetransport":
        return Shape(choices=("true",))  # KMS takes no call without TLS
    if info.type == "ip":
        return Shape(type="ip", unpinned=unpinned, multivalued=info.multivalued)
    if not unpinned:
        return _any_value(key, info)
    if info.pins_stranger == "no":
        return _unfixed(info, terms)
    return _pinned(key, info, person, known, terms)


def _untold(key: str, person: Person) -> Shape:
    """A key that follows from the caller, of which only the form is known."""
    if person.kind == "service":
        forms = {"aws:principalarn": _ANY_ARN, "aws:principaltype": ANYTHING}
        return Shape((forms.get(key, TWELVE),), always=key == "aws:principaltype")
    (arn,) = person.context[key]
    head, _, name = arn.rpartition("/")
    pathed = (*text_pieces(head + "/"), (NAME | {"/"}, 1, MANY), *text_pieces("/" + name))
    return Shape((text_pieces(arn), pathed), always=True)


def _may_limit(info: ConditionKey) -> bool:
    """Whether a condition on an ever-present key says more of a call than what it must be."""
    if info.klass == "identity":
        return False
    own_choice = info.klass == "request" and info.type != "bool" and info.allowed_values is None
    return info.pins_stranger != "no" or own_choice


def _any_value(key: str, info: ConditionKey) -> Shape:
    if key == "kms:viaservice":
        return Shape((_SERVICE_NAME,))
    choices = None
    if info.allowed_values is not None and info.type == "string" and key != "aws:principaltype":
        choices = tuple(sorted(info.allowed_values))
    return Shape(type=info.type, multivalued=info.multivalued, choices=choices)


def _unfixed(info: ConditionKey, terms: Sequence[Term]) -> Shape:
    """Values that no condition fixes, of a key that does not identify callers."""
    if info.type == "bool":
        fixed = {value.lower() for term in terms for value in literal_values(term)}
        left = sorted({"true", "false"} - fixed)
        return Shape(choices=tuple(left))
    if info.type in ("numeric", "date"):
        return Shape(type=info.type, unpinned=True)
    return _own_value(terms, _any_value(fold(info.name), info))


def _fixed(terms: Sequence[Term]) -> set[str]:
    """The values that conditions compare a key with letter by letter."""
    found: set[str] = set()
    for term in terms:
        like = term.operator is None or term.operator.like
        found |= {value for value in literal_values(term) if not (like and _wild(value))}
    return found


def _own_value(terms: Sequence[Term], shape: Shape) -> Shape:
    values = sorted(_fixed(terms))
    excluded = tuple(exactly(value) for value in values)
    choices = shape.choices
    if choices is not None:
        choices = tuple(choice for choice in choices if choice not in values)
    return Shape(
        shape.formats, excluded, shape.type, shape.multivalued, unpinned=True, choices=choices
    )


def _pinned(
    key: str, info: ConditionKey, person: Person, known: Known, terms: Sequence[Term]
) -> Shape:
    """A key of which the caller has a value of its own, none that a document fixes."""
    values = sorted(_fixed(terms))
    excluded = tuple(exactly(value) for value in values)
    certain = info.pins_stranger == "yes"
    if info.type == "arn":
        account = person.account if person.unpinned else "999988887777"
        while account in known.accounts and not person.unpinned:
            account = str(int(account) - 1)
        return Shape(_arns(account), excluded, multivalued=info.multivalued, complete=certain)
    if key in ("aws:vpceaccount", "aws:sourceaccount", "aws:sourceowner"):
        excluded = tuple(exactly(account) for account in sorted(known.accounts))
    if key in ("aws:vpceorgid", "aws:sourceorgid"):
        excluded = tuple(exactly(name) for name in sorted(known.organizations))
    form = _FORMS.get(key, ANYTHING)
    return Shape((form,), excluded, multivalued=info.multivalued, complete=certain)


def _arns(account: str) -> tuple[Pieces, ...]:
    """ARNs of an account's resources; those of buckets name no account."""
    start: Pieces = (
        *text_pieces("arn:aws"),
        *((frozenset(string.ascii_lowercase + "-"), 0, MANY), *text_pieces(":")),
    )
    service: Pieces = ((LOWER | {"-"}, 1, MANY), *text_pieces(":"), (LOWER | {"-"}, 0, MANY))
    return (
        (*start, *service, *text_pieces(f":{account}:"), (ANY, 1, MANY)),
        (*start, *text_pieces("s3:::"), (ANY, 3, MANY)),
    )


_SERVICE_NAME: Pieces = ((LOWER | {"-", "."}, 1, MANY),)
_ANY_ARN: Pieces = (*text_pieces("arn:aws"), (ANY, 0, MANY), *text_pieces(":"), (NAME, 1, MANY))

_FORMS: dict[str, Pieces] = {
    "aws:sourcevpce": (*text_pieces("vpce-"), (_HEX, 17, 17)),
    "aws:sourcevpc": (*text_pieces("vpc-"), (_HEX, 17, 17)),
    "aws:ec2instancesourcevpc": (*text_pieces("vpc-"), (_HEX, 17, 17)),
    "aws:vpceaccount": TWELVE,
    "aws:sourceaccount": TWELVE,
    "aws:vpceorgid": ORGANIZATION,
    "aws:sourceorgid": ORGANIZATION,
}


def _paths(key: str, person: Person, known: Known, unpinned: bool) -> Shape:
    start: Pieces = ORGANIZATION
    barred = sorted(known.organizations) if unpinned else []
    excluded = tuple(starting(name + "/") for name in barred)
    if key == "aws:principalorgpaths" and person.organization:
        start = text_pieces(person.organization)
        excluded = ()
    form = (*start, *text_pieces("/r-"), (ANY, 0, MANY), *text_pieces("/"))
    return Shape((form,), excluded, multivalued=True)


def _userid(person: Person, known: Known) -> Shape:
    """A unique id that AWS chose, with the name of the session that the caller chose."""
    if person.kind == "root":
        return Shape((text_pieces(person.account),))
    barred = tuple(starting(one) for one in sorted(known.unique_ids)) if person.unpinned else ()
    if person.kind == "user":
        return Shape(((*text_pieces("AIDA"), (_UPPER, 17, 17)),), barred)
    if person.kind == "federated":
        return Shape(((*text_pieces(person.account + ":"), (NAME, 2, MANY)),))
    form = (*text_pieces("AROA"), (_UPPER, 17, 17), *text_pieces(":"), (NAME, 2, MANY))
    return Shape((form,), barred)


def _wild(value: str) -> bool:
    return "*" in value or "?" in value
