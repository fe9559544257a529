"""A statement of a key policy as strangers meet it: does it name them, what does it cover."""

from __future__ import annotations

from functools import cached_property

from kmsiac.access.operators import Variables
from kmsiac.access.spaces import term_of
from kmsiac.access.statements import covers_resource, has_effect
from kmsiac.policy.actions import ActionSet, covered_actions
from kmsiac.policy.document import Principal, Statement
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
    negate,
)


class View:
    """One statement of a concrete document (no symbols), seen from a stranger's side."""

    def __init__(self, statement: Statement, variables: Variables, key_arn: str) -> None:
        self.statement = statement
        self.terms = tuple(term_of(condition, variables) for condition in statement.conditions)
        self.conditions_open = statement.conditions_open is not None
        self._key_arn = key_arn
        self._variables = variables

    @cached_property
    def effect(self) -> Answer:
        """Whether it is an Allow; an effect that is not known, or none, may be either."""
        return has_effect(self.statement, "Allow")

    @cached_property
    def _parts(self) -> tuple[Answer, ...]:
        """What must be true of the statement for any action."""
        parts = [names_strangers(self.statement), self._covers_key()]
        if self.statement.open is not None:
            parts.append(cannot_tell(blame_on(self.statement.open)))
        if self.statement.conditions_open is not None:
            parts.append(cannot_tell(blame_on(self.statement.conditions_open)))
        return tuple(parts)

    def _covers_key(self) -> Answer:
        # The id of the key is not known before deployment: a literal one may be this key's.
        answer = covers_resource(self.statement, self._key_arn, {}, self._variables)
        negated = "NotResource" in self.statement.elements
        doubtful = [p for p in self.statement.resources if _may_be_key(p.value, self._key_arn)]
        if doubtful and (answer.is_yes if negated else answer.is_no):
            return cannot_tell(*(Blame(str(p.value), _OWN_KEY, p.value.position) for p in doubtful))
        return answer

    def covers(self, action: str) -> Answer:
        """Whether it covers a stranger's call of the action, its conditions apart."""
        actions = self._actions
        if action not in actions.possible:
            return NO
        certain = action in actions.certain
        return all_of([*self._parts, YES if certain else cannot_tell(*actions.blame)])

    @cached_property
    def _actions(self) -> ActionSet:
        return covered_actions(self.statement)

    def allows(self, action: str) -> Answer:
        """Whether it is an Allow that covers the action."""
        return all_of([self.effect, self.covers(action)])

    def denies(self, action: str) -> Answer:
        """Whether it is a Deny that covers the action."""
        return all_of([negate(self.effect), self.covers(action)])


_OWN_KEY = "whether this is the key itself is known only after deployment"


def _may_be_key(value: Text | Unknown, key_arn: str) -> bool:
    """Whether an ARN without wildcards, of a key in the key's own account and Region, is meant."""
    literal = value.literal if isinstance(value, Text) else None
    if literal is None or "*" in literal or "?" in literal:
        return False
    head = key_arn[: key_arn.index(":key/") + len(":key/")]
    return literal.startswith(head)


def names_strangers(statement: Statement) -> Answer:
    """Whether Principal or NotPrincipal covers a principal that is named nowhere."""
    if "NotPrincipal" in statement.elements:
        listed = [_anyone(p) for p in statement.principals if p.negated]
        if statement.principals_open is not None:
            listed.append(cannot_tell(blame_on(statement.principals_open)))
        return negate(any_of(listed))
    answers = [_anyone(principal) for principal in statement.principals]
    rest = statement.principals_open
    if rest is None and "Principal" not in statement.elements:
        rest = statement.open
    if rest is not None:
        answers.append(cannot_tell(blame_on(rest)))
    return any_of(answers)


def _anyone(principal: Principal) -> Answer:
    """Whether a principal is everybody; any other is exact, and so no stranger."""
    value = principal.value
    if principal.type not in ("*", "AWS"):
        return NO
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    if kind_of(principal)[0] == "anyone":
        return YES
    unknown = [part for part in value.parts if isinstance(part, Unknown)]
    spelt = "".join(part if isinstance(part, str) else "" for part in value.parts)
    if unknown and len(unknown) + bool(spelt) == len(value.parts) and not spelt.strip("*"):
        return cannot_tell(*(blame_on(part) for part in unknown))
    return NO
