"""Who a stranger is: a principal of an account, and of an organization or none, that nobody named.

After S3's "meaning of public" and IAM Access Analyzer, by meaning instead of by the look of values:
the account is fresh, the organization absent or fresh, network and source keys absent or of a value
that the policy does not fix; every other key is the stranger's own choice.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from kmsiac.access.instantiate import Instances
from kmsiac.access.patterns import RUN, Context, Tokens, tokens
from kmsiac.access.spaces import Shape, Term, exactly, literal_values, row_of, starting
from kmsiac.access.strings import Classes, Pieces, Row, arn_row, classes, text_pieces
from kmsiac.access.trust import Trusted
from kmsiac.aws.actions import kms_action
from kmsiac.aws.condition_keys import ConditionKey, Presence, actions_carrying, condition_key
from kmsiac.aws.shapes import ANY, MANY

MODES = ("direct", "endpoint", "service")
"""By which way a stranger calls: the public endpoint, a VPC endpoint, through an AWS service."""

ABOUT_PRINCIPAL = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "kms:calleraccount",
        "aws:principaltype",
        "aws:username",
        "aws:principalorgid",
        "aws:principalisawsservice",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:requestedregion",
    }
)
"""Keys that follow from who calls, and which key is called."""

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}")
_DIGITS = frozenset(string.digits)
_LOWER = frozenset(string.ascii_lowercase + string.digits)
_UPPER = frozenset(string.ascii_uppercase + string.digits)
_HEX = frozenset(string.digits + "abcdef")
_NAME = frozenset(string.ascii_letters + string.digits + "_+=,.@-")
_TWELVE: Pieces = ((_DIGITS, 12, 12),)
_ORG: Pieces = (*text_pieces("o-"), (_LOWER, 10, 32))
_TRIES = 64
_MANY_ROWS = 200
_TYPES = {"role": "AssumedRole", "user": "User", "root": "Account", "federated": "FederatedUser"}


@dataclass(frozen=True)
class Stranger:
    """One representative: how it calls itself, and the keys that follow from it."""

    kind: str
    principal: str
    account: str
    organization: str | None
    context: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Known:
    """What the document and the user name, so that no stranger has it."""

    accounts: frozenset[str]
    organizations: frozenset[str]
    unique_ids: frozenset[str]
    own_organization: str


def known_names(literals: Iterable[str], instances: Instances, trusted: Trusted) -> Known:
    """Every account, organization and unique id that the texts hold, or the user trusts."""
    joined = "\n".join(literals)
    own = instances.fresh("o-own{:07d}")
    return Known(
        frozenset(_ACCOUNT.findall(joined)) | trusted.accounts | {instances.account},
        frozenset(_ORGANIZATION.findall(joined)) | trusted.organizations | {own},
        frozenset(_UNIQUE_ID.findall(joined)),
        own,
    )


def strangers(
    terms: Sequence[Term], known: Known, instances: Instances
) -> tuple[list[Stranger], bool]:
    """A stranger of each kind that the conditions tell apart, and whether these are all."""
    about = [term for term in terms if term.key in ABOUT_PRINCIPAL]
    named = {name for term in terms for name in (term.key, *term.names)}
    plain = named & {"aws:principalarn", "aws:principaltype", "aws:username", "aws:userid"}
    kinds = ("role", "user", "root", "federated") if plain else ("role",)
    organizations, complete = _organizations(about, known, named)
    owners: list[str | None] = [None]
    if "aws:resourceorgid" in named:
        owners = [known.own_organization, None, *sorted(known.organizations)]
    found: list[Stranger] = []
    for kind in kinds:
        arns, whole = _arns(kind, about, known, instances.partition)
        complete &= whole
        for arn, organization, owner in product(arns, organizations, owners):
            found.append(_stranger(kind, arn, organization, owner, instances))
    return found, complete


def _stranger(
    kind: str, arn: str, organization: str | None, owner: str | None, instances: Instances
) -> Stranger:
    parts = arn.split(":", 5)
    account, resource = parts[4], parts[5]
    name = resource.rpartition("/")[2]
    principal = arn
    if kind == "role":
        principal = f"arn:{parts[1]}:sts::{account}:assumed-role/{name}/session"
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account,),
        "kms:calleraccount": (account,),
        "aws:principaltype": (_TYPES[kind],),
        "aws:principalisawsservice": ("false",),
        "aws:resourceaccount": (instances.account,),
        "aws:requestedregion": (instances.region,),
    }
    if kind == "user":
        context["aws:username"] = (name,)
    if organization is not None:
        context["aws:principalorgid"] = (organization,)
    if owner is not None:
        context["aws:resourceorgid"] = (owner,)
    return Stranger(kind, principal, account, organization, context)


def _organizations(
    terms: Sequence[Term], known: Known, named: set[str]
) -> tuple[list[str | None], bool]:
    if not named & {"aws:principalorgid", "aws:principalorgpaths"}:
        return [None], True
    rows = list(_rows((t for t in terms if t.key == "aws:principalorgid"), {}))
    found = _untaken(
        _ORG, rows, lambda name: exactly(name) if name in known.organizations else None
    )
    return [None, *found.texts], found.complete


def _untaken(format: Pieces, rows: Sequence[Row], taken: Callable[[str], Row | None]) -> Classes:
    """The classes without texts that are taken: those are barred one by one, as they turn up."""
    barred: list[Row] = []
    found = classes(format, rows)
    for _ in range(_TRIES):
        again = [row for text in found.texts if (row := taken(text)) is not None]
        if not again:
            return found
        barred += again
        found = classes(format, rows, barred)
    return Classes(tuple(text for text in found.texts if taken(text) is None), complete=False)


def _arns(kind: str, terms: Sequence[Term], known: Known, partition: str) -> tuple[list[str], bool]:
    """ARNs (of aws:PrincipalArn) that reach every class of account and name together."""
    head = f"arn:{partition}:{'sts' if kind == 'federated' else 'iam'}::"
    tail: Pieces = {
        "role": (*text_pieces(":role/"), (_NAME | {"/"}, 0, MANY), (_NAME, 1, MANY)),
        "user": (*text_pieces(":user/"), (_NAME | {"/"}, 0, MANY), (_NAME, 1, MANY)),
        "root": text_pieces(":root"),
        "federated": (*text_pieces(":federated-user/"), (_NAME, 1, MANY)),
    }[kind]
    rows: list[Row] = []
    complete = True
    for term in terms:
        if term.key in ("aws:principalaccount", "kms:calleraccount"):
            rows += [_within(head, row) for row in _rows([term], {})]
        elif term.key == "aws:principalarn":
            whole, found = _arn_rows(term)
            rows += found
            complete &= whole
        elif term.key == "aws:username" and kind == "user":
            start: Row = Row((*text_pieces(head), (_DIGITS, 12, 12), *text_pieces(":user/")))
            rows += [Row((*start.pieces, *row.pieces)) for row in _rows([term], {})]
    rows = [row for row in dict.fromkeys(rows) if not _names_account(row, head, known)]

    def taken(arn: str) -> Row | None:
        account = arn.split(":", 5)[4]
        return starting(f"{head}{account}:") if account in known.accounts else None

    if len(rows) > _MANY_ROWS:
        rows, complete = rows[:_MANY_ROWS], False
    reached = _untaken((*text_pieces(head), *_TWELVE, *tail), rows, taken)
    return list(reached.texts), complete and reached.complete


def _names_account(row: Row, head: str, known: Known) -> bool:
    """Whether the pattern fixes an account that no stranger is in: it never matches one."""
    start = row.pieces[: len(head) + 13]
    if any(piece[0] is None or len(piece[0]) != 1 for piece in start):
        return False
    text = "".join(next(iter(piece[0])) for piece in start if piece[0])
    return text.startswith(head) and text[len(head) : -1] in known.accounts


def _within(head: str, row: Row) -> Row:
    """A pattern of an account as one of whole ARNs."""
    start = text_pieces(head)
    plain = frozenset(range(len(start), len(start) + len(row.pieces)))
    return Row((*start, *row.pieces, *text_pieces(":"), (ANY, 0, MANY)), plain)


def _arn_rows(term: Term) -> tuple[bool, list[Row]]:
    """The rows of a condition on aws:PrincipalArn; its own account as a variable fits always."""
    rows: list[Row] = []
    complete = True
    for value in literal_values(term):
        operator = term.operator
        if operator is None or operator.family not in ("string", "arn"):
            continue
        plain = re.sub(
            r"::\$\{(?:aws:principalaccount|kms:calleraccount)\}:",
            "::\x00:",
            value,
            flags=re.IGNORECASE,
        )
        if term.variables is True and "${" in re.sub(r"\$\{[*?$]\}", "", plain):
            complete = False
            continue
        wanted = tokens(plain, {}, like=operator.like, variables=term.variables is True)
        if wanted is None:
            continue
        if "\x00" in wanted:
            spelt: Tokens = tuple(RUN if piece == "\x00" else piece for piece in wanted)
            rows.append(arn_row(spelt))
            continue
        rows.append(row_of(wanted, operator))
    return complete, rows


def _rows(terms: Iterable[Term], context: Context) -> Iterator[Row]:
    for term in terms:
        if term.operator is None or term.operator.family not in ("string", "arn"):
            continue
        for value in literal_values(term):
            if term.variables is True and "${" in value:
                continue  # what the key is compared with is fixed elsewhere: a fresh value differs
            wanted = tokens(value, context, like=term.operator.like, variables=False)
            if wanted is not None:
                yield row_of(wanted, term.operator)


# -- the other keys ---------------------------------------------------------------------------


def presence(key: str, mode: str, stranger: Stranger, action: str) -> Presence:
    """Whether a stranger's request carries the key."""
    if key == "aws:username":
        return "yes" if stranger.kind == "user" else "no"
    if key == "aws:principalorgpaths":
        return "yes" if stranger.organization else "no"
    info = condition_key(key)
    if info is None:
        return "no" if key.startswith("kms:") else "unknown"
    carrying = actions_carrying(key)
    if carrying is not None and action not in carrying:
        return "no"
    given: Presence = {
        "direct": info.present_direct,
        "endpoint": info.present_endpoint,
        "service": info.present_via_service,
    }[mode]
    if given == "unknown" and info.klass in ("request", "resource"):
        return "sometimes"  # a parameter or a property of the key, whichever way the call takes
    return given


def shape_of(key: str, mode: str, stranger: Stranger, known: Known, terms: Sequence[Term]) -> Shape:
    """What values a stranger can give a key that does not follow from who it is."""
    info = condition_key(key)
    if info is None:
        return Shape()
    if key == "aws:viaawsservice":
        return Shape(text_pieces("true" if mode == "service" else "false"))
    if key == "aws:userid":
        return _userid(stranger, known)
    if key in ("aws:principalorgpaths", "aws:vpceorgpaths"):
        return _paths(key, stranger, known)
    if info.pins_stranger == "no" or info.type == "ip":
        return Shape(type=info.type, multivalued=info.multivalued)
    return _pinned(key, info, stranger, known, terms)


def _pinned(
    key: str, info: ConditionKey, stranger: Stranger, known: Known, terms: Sequence[Term]
) -> Shape:
    """A key of which a stranger has a value of its own, none that the document fixes."""
    values = sorted({v for term in terms for v in literal_values(term) if not _wild(v)})
    excluded = tuple(exactly(value) for value in values)
    certain = info.pins_stranger == "yes"
    if info.type == "arn":
        form = (
            *text_pieces("arn:aws"),
            *((frozenset(string.ascii_lowercase + "-"), 0, MANY), *text_pieces(":")),
            *(((_LOWER | {"-"}), 1, MANY), *text_pieces(":"), (_LOWER | {"-"}, 0, MANY)),
            *(*text_pieces(f":{stranger.account}:"), (ANY, 1, MANY)),
        )
        return Shape(form, excluded, multivalued=info.multivalued, complete=certain)
    forms: dict[str, Pieces] = {
        "aws:sourcevpce": (*text_pieces("vpce-"), (_HEX, 17, 17)),
        "aws:sourcevpc": (*text_pieces("vpc-"), (_HEX, 17, 17)),
        "aws:ec2instancesourcevpc": (*text_pieces("vpc-"), (_HEX, 17, 17)),
        "aws:vpceaccount": _TWELVE,
        "aws:vpceorgid": _ORG,
    }
    if key == "aws:vpceaccount":
        excluded = tuple(exactly(account) for account in sorted(known.accounts))
    if key == "aws:vpceorgid":
        excluded = tuple(exactly(name) for name in sorted(known.organizations))
    return Shape(
        forms.get(key, ((ANY, 0, MANY),)), excluded, multivalued=info.multivalued, complete=certain
    )


def _paths(key: str, stranger: Stranger, known: Known) -> Shape:
    start: Pieces = _ORG
    if key == "aws:principalorgpaths" and stranger.organization:
        start = text_pieces(stranger.organization)
    form = (*start, *text_pieces("/r-"), (ANY, 0, MANY), *text_pieces("/"))
    excluded = tuple(starting(name + "/") for name in sorted(known.organizations))
    return Shape(form, excluded, multivalued=True)


def _userid(stranger: Stranger, known: Known) -> Shape:
    """A unique id that AWS chose, with the name of the session that the stranger chose."""
    if stranger.kind == "root":
        return Shape(text_pieces(stranger.account))
    barred = tuple(starting(one) for one in sorted(known.unique_ids))
    if stranger.kind == "user":
        return Shape((*text_pieces("AIDA"), (_UPPER, 17, 17)), barred)
    if stranger.kind == "federated":
        form = (*text_pieces(stranger.account + ":"), (_NAME, 2, MANY))
        return Shape(form)
    return Shape(
        (*text_pieces("AROA"), (_UPPER, 17, 17), *text_pieces(":"), (_NAME, 2, MANY)), barred
    )


def _wild(value: str) -> bool:
    return "*" in value or "?" in value


def usable(action: str) -> bool:
    """Whether a key policy can let a principal of another account do it."""
    found = kms_action(action)
    return (
        found is not None
        and found.cross_account is True
        and found.in_key_policy
        and "key" in found.on
        and found.name != "kms:RetireGrant"
    )
