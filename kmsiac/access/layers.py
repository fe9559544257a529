"""One layer of policies at a time: which statements of a document apply to the request asked about.

A layer is a kind of policy in force: the key policy, the caller's identity policies, its
permissions boundary and session policy, the organization's SCPs and RCPs, the endpoint policy, and
the grants on the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from kmsiac.access.model import Deciding, Environment, Request
from kmsiac.access.patterns import Context
from kmsiac.access.statements import (
    Caller,
    applies,
    has_effect,
    principal_path,
    variables_of,
)
from kmsiac.aws.actions import KmsAction
from kmsiac.policy.document import PolicyDocument, Statement
from kmsiac.values import (
    YES,
    Answer,
    Blame,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
)

KEY_POLICY = "key policy"
IDENTITY = "identity policies"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
SCP = "service control policies"
RCP = "resource control policies"
ENDPOINT = "endpoint policy"
GRANTS = "grants"
OPERATION = "operation"
"""Not a layer: the operation itself does not work so."""

NAME_THE_CALLER = frozenset({KEY_POLICY, RCP, ENDPOINT})
"""The layers whose statements say in Principal for whom they are."""


class Asked(NamedTuple):
    """A request taken apart. `resource` is `*` for an action that has none."""

    request: Request
    environment: Environment
    caller: Caller
    action: KmsAction
    resource: str
    context: Context

    @property
    def on_key(self) -> bool:
        """Whether it is about one key."""
        return ":key/" in self.resource

    @property
    def owner(self) -> str:
        """The account of the resource; the caller's own where there is none."""
        if self.resource == "*":
            return self.caller.account
        return self.environment.resource_account or account_of(self.resource)


class Found(NamedTuple):
    """What a layer, or a way through several, says: the statements behind it, else what lacks."""

    answer: Answer
    deciding: tuple[Deciding, ...] = ()
    layer: str = ""


def account_of(resource: str) -> str:
    """The account field of an ARN, empty for other texts."""
    fields = resource.split(":", 5)
    return fields[4] if len(fields) == 6 else ""


def allows(asked: Asked, documents: Iterable[PolicyDocument], layer: str) -> Found:
    """Whether any Allow of these documents covers the request."""
    answers: list[Answer] = []
    for document in documents:
        for statement, answer in applying(asked, document, "Allow", layer):
            if answer.is_yes:
                return Found(YES, (deciding(layer, statement),), layer)
            answers.append(answer)
        if document.open is not None:
            answers.append(cannot_tell(blame_on(document.open)))
    return Found(any_of(answers), (), layer)


def applying(
    asked: Asked, document: PolicyDocument, effect: str, layer: str
) -> Iterator[tuple[Statement, Answer]]:
    """The statements with that effect that apply, or may."""
    for statement, answer in _of_effect(asked, document, effect):
        if layer in NAME_THE_CALLER:
            covered = any_of(way for _, way in _covering(asked, statement, effect))
        else:
            covered = _without_principal(statement)
        whole = all_of([answer, covered])
        if not whole.is_no:
            yield statement, whole


def paths(asked: Asked, policy: PolicyDocument) -> Iterator[tuple[Statement, Answer, str]]:
    """The Allows of the key policy that apply, with each way in which they name the caller."""
    # Who calls is asked first: most statements of a long policy are for others.
    ways = {id(one): _covering(asked, one, "Allow") for one in policy}
    for statement, answer in _of_effect(asked, policy, "Allow", lambda one: bool(ways[id(one)])):
        for path, way in ways[id(statement)]:
            whole = all_of([answer, way])
            if not whole.is_no:
                yield statement, whole, path


def deciding(layer: str, statement: Statement) -> Deciding:
    """The statement as a Decision names it."""
    return Deciding(layer, statement.label, statement.position)


def _of_effect(
    asked: Asked,
    document: PolicyDocument,
    effect: str,
    wanted: Callable[[Statement], bool] = lambda _: True,
) -> Iterator[tuple[Statement, Answer]]:
    """The statements of that effect whose actions, resources and conditions fit, or may."""
    variables = variables_of(document)
    request = asked.request
    if asked.resource != request.resource:
        request = Request(request.principal, request.action, asked.resource)
    for statement in document:
        fits = has_effect(statement, effect)
        if fits.is_no or not wanted(statement):
            continue
        answer = all_of([fits, applies(statement, request, asked.context, variables)])
        if not answer.is_no:
            yield statement, answer


def _covering(asked: Asked, statement: Statement, effect: str) -> list[tuple[str, Answer]]:
    ways = principal_path(statement, asked.caller, deny=effect == "Deny")
    boundary = asked.environment.boundary is not None and asked.caller.kind in ("user", "role")
    if effect == "Deny" and boundary and "NotPrincipal" in statement.elements:
        return [("not-listed", YES)]  # documented: it denies everyone who has a boundary
    return ways


def _without_principal(statement: Statement) -> Answer:
    """An identity policy, boundary or SCP takes no Principal; IAM refuses one that has it."""
    for name in ("Principal", "NotPrincipal"):
        if name in statement.elements:
            reason = f"IAM refuses {name} in this kind of policy"
            return cannot_tell(Blame(statement.label, reason, statement.position_of(name)))
    return YES
