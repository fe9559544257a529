"""Whether one statement applies to one concrete request: principal, action, resource, conditions.

Sources: IAM User Guide, "Principal", "NotPrincipal"; KMS Developer Guide, "Key policies" (a
principal of a key policy is exact: no wildcards but `*` alone; `Resource: "*"` is the key itself).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from kmsiac.access.model import Request
from kmsiac.access.naming import listed
from kmsiac.access.operators import Variables, all_hold
from kmsiac.access.patterns import Context, MultivaluedVariableError, matches, tokens
from kmsiac.aws.shapes import fold, glob_matches
from kmsiac.policy.conditions import operator_of
from kmsiac.policy.document import Pattern, PolicyDocument, Principal, Statement
from kmsiac.policy.principals import kind_of
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    Text,
    Unknown,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
    decided,
    negate,
    open_blame,
)


class Caller(NamedTuple):
    """A concrete principal taken apart.

    `kind`: `user`, `role` (a session of one), `root`, `federated` or `service`. `names` are the
    texts of Principal elements that name the caller exactly; `account` is its account. Given by
    the ARN of a role, it is some session of that role, which nothing names exactly. `role` is the
    ARN of its role; a session's own ARN does not show the role's path (`path_known`).
    """

    kind: str
    account: str
    arn: str
    names: frozenset[str]
    role: str = ""
    path_known: bool = True

    def is_of(self, role: str) -> bool:
        """Whether it is a session of this role: names of roles are unique in an account."""
        if self.path_known or not self.role:
            return role == self.role != ""
        head, _, name = self.role.partition("/")
        return role.startswith(head + "/") and role.rpartition("/")[2] == name


_SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")


def caller_of(request: Request) -> Caller | None:
    """The caller of a request; None for a principal of no known form."""
    given = request.context.get("aws:principalarn") or _context(request).get("aws:principalarn")
    return _caller(request.principal, given[0] if given else "")


@lru_cache(maxsize=4096)  # every statement asks who calls
def _caller(principal: str, principal_arn: str) -> Caller | None:
    parts = principal.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        is_service = ":" not in principal and principal.endswith(_SERVICE_SUFFIXES)
        names = frozenset({principal})
        return Caller("service", "", principal, names) if is_service else None
    partition, service, account, resource = parts[1], parts[2], parts[4], parts[5]
    kind, _, rest = resource.partition("/")
    if service == "iam" and resource == "root":
        return Caller("root", account, principal, frozenset())
    if service == "iam" and kind == "user":
        return Caller("user", account, principal, frozenset({principal}))
    if service == "iam" and kind == "role":
        return Caller("role", account, principal, frozenset(), principal)
    if service == "sts" and kind == "federated-user":
        return Caller("federated", account, principal, frozenset({principal}))
    if service == "sts" and kind == "assumed-role":
        name = rest.partition("/")[0]
        # The session's ARN has no path; aws:PrincipalArn is the ARN of the role, with its path.
        plain = f"arn:{partition}:iam::{account}:role/{name}"
        known = principal_arn.endswith("/" + name)
        role = principal_arn if known else plain
        return Caller("role", account, principal, frozenset({principal}), role, known)
    return None


def _context(request: Request) -> Context:
    return {fold(key): values for key, values in request.context.items()}


class Match(NamedTuple):
    """Whether a statement applies; `path` says how its Principal names the caller."""

    answer: Answer
    path: str


PATHS = ("named", "arn-condition", "role", "anyone", "account", "not-listed")
"""How a Principal element covers a caller: itself by name (a user, a session); `*` with a condition
on aws:PrincipalArn; the role of the session; `*`; its account; by NotPrincipal."""


def principal_path(
    statement: Statement, caller: Caller, *, deny: bool = False
) -> list[tuple[str, Answer]]:
    """The ways in which the Principal or NotPrincipal element covers the caller."""
    ways: list[tuple[str, Answer]] = []
    for principal in _candidates(statement, caller):
        path, answer = _one(principal, caller, statement)
        if not answer.is_no:
            ways.append((path, answer))
    rest = statement.principals_open or (None if statement.principals else statement.open)
    if "NotPrincipal" in statement.elements:
        answer = negate(_listed(statement, caller, deny=deny))
        if not answer.is_no:
            ways.append(("not-listed", answer))
    elif rest is not None:
        ways.append(("anyone", cannot_tell(blame_on(rest))))
    return ways


def _candidates(statement: Statement, caller: Caller) -> list[Principal]:
    """The principals, not negated, that may cover the caller: of many most are somebody else."""
    names = {*caller.names, caller.account, caller.role, "/" + caller.role.rpartition("/")[2]}
    # Which user is behind a federated session is not known, so any may be.
    return listed(statement, None if caller.kind == "federated" else names)


def _listed(statement: Statement, caller: Caller, *, deny: bool) -> Answer:
    """Whether NotPrincipal exempts the caller.

    In a Deny a user and its account must be listed, or a role and its account for its sessions;
    the account alone exempts only its root user. Where only some are, AWS documents that the Deny
    may still apply.
    """
    found: dict[str, list[Answer]] = {}
    for principal in statement.principals:
        if principal.negated:
            path, answer = _one(principal, caller, statement)
            found.setdefault(path, []).append(answer)
    by_path = {path: any_of(answers) for path, answers in found.items()}
    if statement.principals_open is not None:
        by_path["anyone"] = any_of(
            [by_path.get("anyone", NO), cannot_tell(blame_on(statement.principals_open))]
        )
    anyone = any_of([by_path.get("anyone", NO), by_path.get("arn-condition", NO)])
    itself, role = by_path.get("named", NO), by_path.get("role", NO)
    account = by_path.get("account", NO)
    if not anyone.is_no or caller.kind == "service":
        return any_of([anyone, itself])
    named = any_of([itself, role])
    if caller.kind == "root":
        return account
    if named.is_no and account.is_no:
        return NO
    if not deny:
        if account.is_yes and not named.is_yes:
            reason = "whether an account in NotPrincipal stands for its principals"
            return cannot_tell(Blame(statement.label, reason, statement.position))
        return named
    if named.is_no:
        return NO
    if all_of([role if caller.kind == "role" else itself, account]).is_yes:
        return YES
    reason = "a NotPrincipal that does not list the account beside the user or role may still deny"
    return cannot_tell(Blame(statement.label, reason, statement.position))


def _one(principal: Principal, caller: Caller, statement: Statement) -> tuple[str, Answer]:
    kind, blame = kind_of(principal)
    value = principal.value
    if kind is None or isinstance(value, Unknown):
        return "anyone", cannot_tell(*blame)
    if kind == "anyone":
        return ("arn-condition" if _arn_pinned(statement) else "anyone"), YES
    literal = value.literal
    if caller.kind == "service":
        return "named", decided(kind == "service" and literal in caller.names)
    if kind in ("service", "federated", "canonical", "pattern", "malformed", "group"):
        return "anyone", NO
    if literal is None:
        path = "account" if kind == "account" else "named"
        return path, cannot_tell(*open_blame(value))
    if kind == "account":
        account = literal if ":" not in literal else literal.split(":")[4]
        return "account", decided(account == caller.account)
    if kind == "unique_id":
        reason = "a unique id does not show which principal it is"
        return "named", cannot_tell(Blame(literal, reason, value.position))
    if literal in caller.names:
        return "named", YES
    if kind == "role" and caller.kind == "role":
        return "role", decided(caller.is_of(literal))
    if kind == "user" and caller.kind == "federated":
        reason = "which user made a federated session is not known"
        return "role", cannot_tell(Blame(literal, reason, value.position))
    return "named", NO


def _arn_pinned(statement: Statement) -> bool:
    """Whether aws:PrincipalArn must have a value that the statement lists."""
    for condition in statement.conditions:
        key, operator = condition.key.literal, operator_of(condition)
        if key is None or operator is None or fold(key) != "aws:principalarn":
            continue
        plain = not (operator.negated or operator.if_exists or operator.set_operator)
        if plain and operator.family in ("arn", "string"):
            return True
    return False


def covers_action(statement: Statement, action: str) -> Answer:
    """Whether Action or NotAction covers the action (`kms:Decrypt`), case aside."""
    rest = statement.actions_open or (None if statement.actions else statement.open)
    further = [cannot_tell(blame_on(rest))] if rest is not None else []
    if not statement.actions and not further:
        reason = "what a statement without Action covers is not documented"
        return cannot_tell(Blame(statement.label, reason, statement.position))
    wanted = fold(action)
    globs, others = _action_patterns(statement)
    if any(longest in wanted and glob_matches(glob, wanted) for longest, glob in globs):
        covered = YES
    else:
        covered = any_of(chain((cannot_tell(*open) for open in others), further))
    return negate(covered) if "NotAction" in statement.elements else covered


@lru_cache(maxsize=1024)
def _action_patterns(
    statement: Statement,
) -> tuple[tuple[tuple[str, str], ...], tuple[frozenset[Blame], ...]]:
    """The distinct patterns in lower case, each after its longest plain part, and blame for what
    is open: read once, for a list may be of ten thousands.
    """
    globs: dict[str, str] = {}
    others: dict[frozenset[Blame], None] = {}
    for pattern in statement.actions:
        value = pattern.value
        if isinstance(value, Unknown):
            others[frozenset({blame_on(value)})] = None
        elif value.literal is None:
            others[open_blame(value)] = None
        elif value.literal not in globs:
            glob = fold(value.literal)
            globs[value.literal] = max(glob.replace("?", "*").split("*"), key=len)
    return tuple((longest, fold(glob)) for glob, longest in globs.items()), tuple(others)


def covers_resource(
    statement: Statement,
    resource: str,
    context: Context,
    variables: Variables,
    decide: Callable[[Pattern], Answer | None] | None = None,
) -> Answer:
    """Whether Resource or NotResource covers the resource.

    `decide` answers for a pattern, where more or less is known of the request than its context says.
    """
    if not statement.resources and statement.resources_open is None and statement.open is None:
        reason = "what a statement without Resource covers is not documented"
        return cannot_tell(Blame(statement.label, reason, statement.position))
    rest = statement.resources_open or (None if statement.resources else statement.open)
    further = [cannot_tell(blame_on(rest))] if rest is not None else []
    each = (
        (decide(p) if decide is not None else None) or _resource(p, resource, context, variables)
        for p in statement.resources
    )
    covered = any_of(chain(each, further))
    return negate(covered) if "NotResource" in statement.elements else covered


def _resource(pattern: Pattern, resource: str, context: Context, variables: Variables) -> Answer:
    value = pattern.value
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    literal = value.literal
    if literal is None:
        return cannot_tell(*open_blame(value))
    if isinstance(variables, Unknown):
        if "${" in literal:
            return cannot_tell(blame_on(variables))
        variables = False
    try:
        wanted = tokens(literal, context, like=True, variables=variables)
    except MultivaluedVariableError:
        return cannot_tell(Blame(literal, "a variable with several values", value.position))
    if wanted is None:
        return NO
    if resource == "*" and ":" in literal and not literal.rpartition(":")[2].strip("*"):
        reason = "whether all keys of an account stand for a request without a key"
        return cannot_tell(Blame(literal, reason, value.position))
    return decided(matches(wanted, resource))


def has_effect(statement: Statement, effect: str) -> Answer:
    """Whether the statement is an Allow (a Deny); one whose effect is not known may be either."""
    known = statement.effect_text
    if known is not None:
        return decided(known == effect)
    value = statement.effect
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    if isinstance(value, Text) and value.literal is None:
        return cannot_tell(*open_blame(value))
    if value is None and statement.open is not None:
        return cannot_tell(blame_on(statement.open))
    reason = "its effect is neither Allow nor Deny"
    return cannot_tell(Blame(statement.label, reason, statement.position))


def variables_of(document: PolicyDocument) -> Variables:
    """Whether `${...}` are policy variables in this document: not before version 2012-10-17."""
    version = document.version
    if version is None:
        return False
    if isinstance(version, Unknown):
        return version
    if version.literal is None:
        return Unknown(str(version), "known only after deployment", version.position)
    return version.literal == "2012-10-17"


def applies(
    statement: Statement, request: Request, context: Context, variables: Variables
) -> Answer:
    """Whether action, resource and conditions of a statement fit (not its Principal)."""
    return all_of(_parts(statement, request, context, variables))


def _parts(
    statement: Statement, request: Request, context: Context, variables: Variables
) -> Iterator[Answer]:
    yield covers_action(statement, request.action)
    yield covers_resource(statement, request.resource, context, variables)
    yield all_hold(statement.conditions, context, variables)
    for rest in (statement.conditions_open, statement.open):
        if rest is not None:
            yield cannot_tell(blame_on(rest))


def folded_context(request: Request) -> Context:
    """The request's context with its keys in lower case."""
    return _context(request)


def allows_by_itself(document: PolicyDocument, request: Request, *, has_principal: bool) -> Answer:
    """Whether a document allows a request, whatever other documents say: an Allow, and no Deny."""
    context, variables = _context(request), variables_of(document)
    caller = caller_of(request)
    allowed: list[Answer] = []
    denied: list[Answer] = []
    for statement in document:
        answer = applies(statement, request, context, variables)
        if answer.is_no:
            continue
        for effect, into in (("Allow", allowed), ("Deny", denied)):
            ways = [YES]
            if has_principal:
                deny = effect == "Deny"
                found = principal_path(statement, caller, deny=deny) if caller is not None else []
                ways = [any_of(way for _, way in found)]
            into.append(all_of([has_effect(statement, effect), answer, *ways]))
    return all_of([any_of(allowed), negate(any_of(denied))])
