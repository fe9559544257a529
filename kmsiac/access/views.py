"""A statement of a concrete document as requests meet it: whom, what and which resource it covers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from types import MappingProxyType
from typing import NamedTuple

from kmsiac.access.model import Request
from kmsiac.access.operators import Variables
from kmsiac.access.patterns import Context, any_tokens, matches, variable_names
from kmsiac.access.patterns_met import met
from kmsiac.access.persons import Person
from kmsiac.access.spaces import Term, term_of
from kmsiac.access.statements import caller_of, covers_resource, has_effect, principal_path
from kmsiac.policy.actions import ActionSet, covered_actions
from kmsiac.policy.document import Pattern, Principal, Statement
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

RANKS = {
    "account": 1,
    "identity": 1,
    "role": 2,
    "anyone": 2,
    "not-listed": 2,
    "arn-condition": 3,
    "named": 3,
}
"""How directly a way of naming a caller gives access: by its account (IAM must allow too), by its
role or as anyone (boundary and session policies limit), itself."""

Ways = tuple[tuple[str, Answer], ...]
_NO_CONTEXT: Context = MappingProxyType({})


class Standing(NamedTuple):
    """How a document stands in a question.

    `has_principal`: its Principal elements say for whom it is; else it is for whoever has it.
    `bounded`: the caller has a permissions boundary. `own_key`: the ARN of the key in question
    where its id is not known: any key ARN of its account and Region may be this key, if it is spelt in
    the template (`spelt` says so of a concrete one).
    """

    layer: str
    has_principal: bool
    own_key: str | None = None
    spelt: Callable[[str], bool] = lambda _: True
    bounded: bool = False


class View:
    """One statement of a concrete document (no symbols), or it with some of its conditions, or for
    one of its principals.
    """

    def __init__(
        self,
        statement: Statement,
        variables: Variables,
        standing: Standing,
        terms: tuple[Term, ...] | None = None,
        principal: int | None = None,
    ) -> None:
        self.statement = statement
        self.layer = standing.layer
        self.terms = (
            tuple(term_of(condition, variables) for condition in statement.conditions)
            if terms is None
            else terms
        )
        self.conditions_open = statement.conditions_open is not None
        self._standing = standing
        self._principal = principal
        self.variables = variables
        self._people: dict[tuple[object, ...], Ways] = {}
        self._resources: dict[tuple[object, ...], Answer] = {}

    def only(self, terms: tuple[Term, ...]) -> View:
        """The statement with some of its conditions, the rest of it unchanged."""
        made = View(self.statement, self.variables, self._standing, terms, self._principal)
        made.conditions_open = self.conditions_open and terms == self.terms
        return made

    def for_principal(self, at: int) -> View:
        """The statement for one of its principals only."""
        return View(self.statement, self.variables, self._standing, self.terms, at)

    def for_anybody(self) -> View:
        """The statement as if it were for whoever calls."""
        anybody = self._standing._replace(has_principal=False)
        return View(self.statement, self.variables, anybody, self.terms)

    @property
    def has_principal(self) -> bool:
        """Whether its Principal element says for whom it is."""
        return self._standing.has_principal

    @cached_property
    def _whose(self) -> Statement:
        """The statement as far as it says for whom it is."""
        if self._principal is None:
            return self.statement
        whole = self.statement
        made = Statement(whole.index, whole.position, whole.value)
        made.elements, made.conditions = whole.elements, whole.conditions
        made.principals = (whole.principals[self._principal],)
        return made

    @cached_property
    def named(self) -> frozenset[str]:
        """What its principals spell: ARNs, account ids, names of services."""
        found: set[str] = set()
        for principal in self._whose.principals:
            literal = principal.value.literal if isinstance(principal.value, Text) else None
            kind = kind_of(principal)[0]
            if literal is None or kind not in _NAMING:
                continue
            found.add(literal.split(":")[4] if kind == "account" and ":" in literal else literal)
        return frozenset(found)

    @cached_property
    def owners(self) -> frozenset[str] | None:
        """The accounts whose principals it may cover, services as an empty text; None: any."""
        statement = self._whose
        exact = "NotPrincipal" not in statement.elements and statement.principals_open is None
        if not exact or not statement.principals or statement.open is not None:
            return None
        found: set[str] = set()
        for principal in statement.principals:
            literal = principal.value.literal if isinstance(principal.value, Text) else None
            kind = kind_of(principal)[0]
            if literal is None or kind not in _NAMING:
                return None
            if kind == "service":
                found.add("")
            else:
                found.add(literal.split(":")[4] if ":" in literal else literal)
        return frozenset(found)

    @cached_property
    def may_allow(self) -> bool:
        """Whether it is an Allow, or may be one."""
        return not self.effect.is_no

    @cached_property
    def may_deny(self) -> bool:
        """Whether it is a Deny, or may be one."""
        return not self.effect.is_yes

    @cached_property
    def effect(self) -> Answer:
        """Whether it is an Allow; an effect that is not known, or none, may be either."""
        return has_effect(self.statement, "Allow")

    @cached_property
    def _always(self) -> tuple[Answer, ...]:
        """What must be true of the statement for any request."""
        parts = []
        if self.statement.open is not None:
            parts.append(cannot_tell(blame_on(self.statement.open)))
        if self.conditions_open and self.statement.conditions_open is not None:
            parts.append(cannot_tell(blame_on(self.statement.conditions_open)))
        named = self.statement.elements.keys() & {"Principal", "NotPrincipal"}
        if named and self.layer in _WITHOUT_PRINCIPAL:
            place = self.statement.position_of(min(named))
            parts.append(cannot_tell(Blame(self.statement.label, _NO_PRINCIPAL, place)))
        return tuple(parts)

    def ways(self, person: Person, *, deny: bool) -> Ways:
        """The ways in which it names a caller: (path, answer), those that are no left out."""
        if not self.has_principal:
            return (("identity", YES),)
        role = person.context.get("aws:principalarn")
        key = (person.principal, role, deny, person.stranger)
        found = self._people.get(key)
        if found is None:
            found = self._people[key] = self._named_ways(person, deny)
        return found

    def _named_ways(self, person: Person, deny: bool) -> Ways:
        if deny and self._standing.bounded and "NotPrincipal" in self._whose.elements:
            return (("not-listed", YES),)  # documented: it denies everyone who has a boundary
        if person.stranger:
            answer = names_strangers(self._whose)
            path = "arn-condition" if any(t.key == "aws:principalarn" for t in self.terms) else ""
            return () if answer.is_no else ((path or "anyone", answer),)
        caller = caller_of(Request(person.principal, "", "", person.context))
        return () if caller is None else tuple(principal_path(self._whose, caller, deny=deny))

    def may_let_in_strangers(self) -> bool:
        """Whether it is an Allow, or may be, that names everybody: most statements do not."""
        return not self.effect.is_no and not names_strangers(self._whose).is_no

    def covers_resource(self, resource: str, context: Context = _NO_CONTEXT) -> Answer:
        """Whether Resource or NotResource covers an ARN. A policy variable in it is exact where the
        context has the account or the Region that it names, else it may be anything.
        """
        known: dict[str, tuple[str, ...]] = {}
        if self._resource_names:
            told = [name for name in self._resource_names if name in _TOLD and name in context]
            known = {name: context[name] for name in told}
        key = (resource, *known.values())
        found = self._resources.get(key)
        if found is None:
            found = self._resources[key] = self._covers(resource, known)
        return found

    @cached_property
    def _resource_names(self) -> tuple[str, ...]:
        """What policy variables in its resources name."""
        if self.variables is not True:
            return ()
        literals = [p.value.literal for p in self.statement.resources if isinstance(p.value, Text)]
        names = [name for one in literals if one is not None for name in variable_names(one)]
        return tuple(dict.fromkeys(names))

    def _with_variables(self, pattern: Pattern, resource: str, known: Context) -> Answer | None:
        """What a pattern covers whose policy variables are not all known; None for any other."""
        literal = pattern.value.literal if isinstance(pattern.value, Text) else None
        if literal is None or all(name in known for name in variable_names(literal)):
            return None
        if not matches(any_tokens(literal), resource):
            return NO
        return cannot_tell(Blame(literal, _VARIABLE, pattern.value.position))

    def _covers(self, resource: str, known: Context) -> Answer:
        decide = None
        if self._resource_names:
            decide = partial(self._with_variables, resource=resource, known=known)
        answer = covers_resource(self.statement, resource, known, self.variables, decide)
        if self._standing.own_key is None:
            return answer
        negated = "NotResource" in self.statement.elements
        doubtful = [
            p
            for p in self.statement.resources
            if _may_be_key(p.value, self._standing.own_key) and self._standing.spelt(str(p.value))
        ]
        if doubtful and (answer.is_yes if negated else answer.is_no):
            return cannot_tell(*(Blame(str(p.value), _OWN_KEY, p.value.position) for p in doubtful))
        return answer

    def covers_action(self, action: str) -> Answer:
        """Whether Action or NotAction covers an action."""
        actions = self.actions
        if action not in actions.possible:
            return NO
        return YES if action in actions.certain else cannot_tell(*actions.blame)

    def may_cover(self, action: str) -> bool:
        """Whether Action or NotAction covers an action, or may."""
        return action in self.actions.possible

    @cached_property
    def actions(self) -> ActionSet:
        """The KMS actions that it covers."""
        return covered_actions(self.statement)

    def covers(self, person: Person, action: str, resource: str, *, deny: bool) -> Answer:
        """Whether it covers the request, its conditions and its effect apart."""
        covered = self.covers_action(action)
        if covered.is_no:
            return NO
        place = self.covers_resource(resource, person.context)
        if place.is_no:
            return NO
        ways = any_of(answer for _, answer in self.ways(person, deny=deny))
        return all_of([covered, place, ways, *self._always])

    def statement_blame(self) -> frozenset[Blame]:
        """What is open about the statement as a whole, and about whom it names."""
        blame = frozenset[Blame]().union(*(answer.blame for answer in self._always))
        for ways in self._people.values():
            blame |= frozenset[Blame]().union(*(answer.blame for _, answer in ways))
        return blame

    def has(self, effect: str) -> Answer:
        """Whether its effect is Allow, or Deny; `either` asks nothing of it."""
        if effect == "either":
            return YES
        return self.effect if effect == "Allow" else negate(self.effect)

    def meets(self, effect: str, person: Person, action: str, resource: str) -> Answer:
        """Whether it is of that effect and covers the request, conditions apart."""
        fits = self.has(effect)
        if fits.is_no:
            return NO
        return all_of([fits, self.covers(person, action, resource, deny=effect == "Deny")])

    def rank(self, person: Person) -> int:
        """How directly it names a caller, at best; 0 for not at all."""
        return max((RANKS[path] for path, _ in self.ways(person, deny=False)), default=0)


_NAMING = frozenset({"account", "role", "user", "session", "service"})
_WITHOUT_PRINCIPAL = frozenset({"identity", "boundary", "session", "scp"})
_NO_PRINCIPAL = "IAM refuses a Principal in such a policy"
_HYPHENS = 4
"""As many stand in the id of a single-Region key, and in no other."""
_VARIABLE = "what a policy variable in a resource stands for depends on the request"
_TOLD = frozenset(
    {"aws:principalaccount", "kms:calleraccount", "aws:resourceaccount", "aws:requestedregion"}
)
_FIELDS = 6
_LONG = 400
_OWN_KEY = "whether this is the key itself is known only after deployment"


def _may_be_key(value: Text | Unknown, key_arn: str) -> bool:
    """Whether an ARN may be that of the key, or match it, whose id only the deployment knows.

    The id in `key_arn` is made up; only whether it starts with `mrk-` is known of it (see
    `Instances.key_id`).
    """
    literal = value.literal if isinstance(value, Text) else None
    if literal is None or literal == key_arn:
        return False
    at = key_arn.index(":key/") + len(":key/")
    head, made = key_arn[:at], key_arn[at:]
    mrk = "mrk-" if made.startswith("mrk-") else ""
    if made.count("-") == _HYPHENS and literal.rpartition("/")[2].startswith("mrk-"):
        return False  # a key of one Region
    fields = literal.split(":", 5)
    if len(literal) > _LONG:
        return True
    if len(fields) < _FIELDS:
        return met(literal, f"{head}{mrk}*") is not None
    own = head.split(":", 5)
    placed = all(met(one, mine) is not None for one, mine in zip(fields[:5], own, strict=False))
    return placed and met(fields[5], f"{own[5]}{mrk}*") is not None


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
