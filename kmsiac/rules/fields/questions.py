"""The fields that take arguments: `allows` of statements and principals, `can` of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kmsiac.inventory.model import Identity, Key
from kmsiac.policy.actions import ActionSet
from kmsiac.policy.document import Principal
from kmsiac.policy.principals import kind_of
from kmsiac.rules.arguments import (
    Actions,
    Context,
    Reference,
    follow,
    is_reference,
    named,
    read_actions,
    read_condition_keys,
    read_context,
    spoken,
    words_among,
)
from kmsiac.rules.expression import Env
from kmsiac.rules.fields.places import Asked, asked
from kmsiac.rules.fields.principal import principal_of
from kmsiac.rules.labels import label_of, position_of
from kmsiac.rules.readings import ABSENT, Absent, Items, Open, Reading, Scope, Thing, answer_reading
from kmsiac.rules.vocabulary import declare_question
from kmsiac.values import (
    NO,
    Answer,
    Blame,
    Text,
    Unknown,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
)

if TYPE_CHECKING:
    from kmsiac.access.place import Callers, Who
    from kmsiac.reading.nodes import Node as YamlNode
    from kmsiac.rules.compiler import Compiler

# ruff: noqa: PLC0415 - the access engine loads when first asked

CALLERS = ("anyone", "external", "local", "service", "any")
SIDES = ("both", "key", "identity")
_PRINCIPALS = frozenset({"identity", "principal", "grantee_principal", "text"})


class Allows:
    """Whether some request of a kind passes an Allow and the Denies of its document."""

    __slots__ = ("_actions", "_free", "_to", "words")

    def __init__(self, actions: Actions, to: tuple[Callers, ...], free: frozenset[str]) -> None:
        self._actions = actions
        self._to = to
        self._free = free
        whom = "" if to == ("any",) else f" to {' or '.join(to)}"
        limit = f", not limited by {', '.join(sorted(free))}" if free else ""
        self.words = f"allows {actions.words}{whom}{limit}"

    def ask(self, thing: Thing, env: Env) -> Reading:
        """The answer for a statement, or for one principal of it."""
        actions = self._actions.of(thing.scope, env)
        key = ("allows", actions, self._to, self._free)
        return thing.remember(key, lambda one: self._answer(one, actions))

    def _answer(self, thing: Thing, actions: ActionSet) -> Reading:
        from kmsiac import access
        from kmsiac.access.place import Ask

        whole = thing.kind == "statement"
        found = asked(thing) if whole else asked(thing.parent) if thing.parent else ABSENT
        if not isinstance(found, Asked):
            return found
        if not actions.possible & thing.scope.covered(found.statement):
            return False
        principal = None if whole else principal_of(thing)
        if principal is not None and isinstance(principal.value, Unknown):
            return Open((blame_on(principal.value),))
        answers: list[Answer] = []
        for to in self._to:
            ask = Ask(actions.possible, to, self._free)
            answers.append(
                access.allows(found.document, found.statement, found.place, ask)
                if principal is None
                else access.allows(
                    found.document, found.statement, found.place, ask, principal=principal
                )
            )
        return answer_reading(any_of(answers))


def _compile_allows(compiler: Compiler, node: YamlNode, this: str) -> Allows:
    given = named(compiler, node, "allows", ("any_of", "to", "unlimited_by"))
    to: tuple[Callers, ...] = ("any",)
    if "to" in given:
        to = words_among(compiler, given["to"], "kind of caller", CALLERS)  # type: ignore[assignment]  # just checked
    free = read_condition_keys(compiler, given.get("unlimited_by"))
    return Allows(read_actions(compiler, given.get("any_of"), this), to, free)


_EXAMPLE = "allows: {any_of: CreateGrant, to: external, unlimited_by: '@grant'}"
declare_question(
    "statement",
    "allows",
    "some request passes it and the document's Denies: one of the actions (`any_of`), by one of "
    "the callers (`to`), pinned by none of the condition keys (`unlimited_by`)",
    _EXAMPLE,
    _compile_allows,
)
declare_question(
    "principal",
    "allows",
    "the same of this principal alone",
    "allows: {any_of: {duty: [use, grant]}, to: service, unlimited_by: '@source'}",
    _compile_allows,
)


# -- can ------------------------------------------------------------------------------------------


Known = Mapping[str, tuple[Text, ...] | None]
"""What a request carries, by condition key; None: it lacks the key."""


class Can:
    """Whether a principal can do something with a key, by everything known of the unit."""

    __slots__ = ("_actions", "_all", "_context", "_principal", "_side", "words")

    def __init__(
        self,
        principal: Reference | None,
        actions: Actions,
        every: bool,
        context: Context,
        side: str,
    ) -> None:
        self._principal = principal
        self._actions = actions
        self._all = every
        self._context = context
        self._side = side
        who = "someone in its account"
        if principal:
            who = spoken(f"{principal[0]}.{principal[1].name}")
        what = actions.words.replace("any of ", "all of ", 1) if every else actions.words
        of_side = {"key": ", as far as the key goes", "identity": ", as far as its own policies go"}
        self.words = f"{who} can do {what}{of_side.get(side, '')}"

    def ask(self, thing: Thing, env: Env) -> Reading:
        """The answer for a key."""
        actions = self._actions.of(thing.scope, env)
        context = self._context.of(env)
        if isinstance(context, Open):
            return context
        if not actions.possible:
            return ABSENT
        people = self._people(env)
        if not isinstance(people, Items):
            return people
        whom = tuple((id(who), str(who)) for who in people.certain)
        key = ("can", actions, self._all, self._side, whom, str(sorted(context.items())))
        return thing.remember(key, lambda _: self._answer(thing, people, actions, context))

    def _people(self, env: Env) -> Items | Open | Absent:
        """Whose access it is about, as things; one ABSENT: anybody's in the account of the key."""
        if self._principal is None:
            return Items((ABSENT,))
        reading = follow(self._principal, env)
        if isinstance(reading, Items):
            if not reading.certain and not reading.maybe and not reading.more:
                reason = "is attached to nobody in the scanned templates"
                return Open((Blame(label_of(env.target), reason, position_of(env.target)),))
            return reading
        return reading if isinstance(reading, Open | Absent) else Items((reading,))

    def _answer(
        self,
        key: Thing,
        people: Items,
        actions: ActionSet,
        context: Known,
    ) -> Reading:
        answers = [self._of_one(key, person, actions, context) for person in people.certain]
        for person, doubt in people.maybe:
            answer = self._of_one(key, person, actions, context)
            answers.append(cannot_tell(*doubt) if answer.is_yes else answer)
        if people.more:
            answers.append(cannot_tell(*people.more))
        return answer_reading(any_of(answers))

    def _of_one(
        self,
        key: Thing,
        person: Reading,
        actions: ActionSet,
        context: Known,
    ) -> Answer:
        who = None if person is ABSENT else who_of(person, key.scope)
        if isinstance(who, Open):
            return cannot_tell(*who.blame)
        ask = self._every if self._all else self._some
        return ask(key, who, actions, context)

    def _some(
        self,
        key: Thing,
        who: Who | None,
        actions: ActionSet,
        context: Known,
    ) -> Answer:
        certain = self._can(key, who, actions.certain, context)
        if certain.is_yes or actions.certain == actions.possible:
            return certain
        possible = self._can(key, who, actions.possible, context)
        return possible if possible.is_no else cannot_tell(*(possible.blame | actions.blame))

    def _every(
        self,
        key: Thing,
        who: Who | None,
        actions: ActionSet,
        context: Known,
    ) -> Answer:
        answers = [self._can(key, who, frozenset({a}), context) for a in sorted(actions.certain)]
        for action in sorted(actions.possible - actions.certain):
            answer = self._can(key, who, frozenset({action}), context)
            answers.append(answer if answer.is_yes else cannot_tell(*actions.blame))
        return all_of(answers)

    def _can(
        self,
        key: Thing,
        who: Who | None,
        actions: frozenset[str],
        context: Known,
    ) -> Answer:
        from kmsiac.access.place import Given

        assert isinstance(key.value, Key)
        answers: list[Answer] = []
        for group, fitting in _by_context(actions, context):
            given = Given(
                {name: values for name, values in fitting.items() if values is not None},
                frozenset(name for name, values in fitting.items() if values is None),
            )
            access = key.scope.access
            ruling = access.can(who, group, key.value, given, side=self._side, told=False)
            answers.append(ruling.answer)
        return any_of(answers) if answers else NO


def _by_context(actions: frozenset[str], context: Known) -> list[tuple[list[str], Known]]:
    """The actions, in groups of those whose requests can carry the same part of the context."""
    from kmsiac.aws.condition_keys import actions_carrying

    groups: dict[frozenset[str], list[str]] = {}
    for action in sorted(actions):
        carried = frozenset(
            name for name in context if action in (actions_carrying(name) or (action,))
        )
        groups.setdefault(carried, []).append(action)
    return [
        (group, {name: context[name] for name in sorted(carried)})
        for carried, group in groups.items()
    ]


_WHO_KINDS = frozenset(
    {"role", "user", "group", "account", "service", "session", "organization", "anyone"}
)


def who_of(reading: Reading, scope: Scope) -> Who | Open:
    """The principal that a reading stands for: an identity, a principal, a grantee, or its text."""
    from kmsiac.access.place import Who

    value = reading.value if isinstance(reading, Thing) else reading
    if isinstance(value, Who):
        return value
    if isinstance(value, Identity):
        return scope.access.who(value)
    who = getattr(value, "who", None)
    if isinstance(who, Who):
        return who
    if isinstance(value, Text):
        service = (value.literal or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
        value = Principal("Service" if service else "AWS", value, False, value.position)
    if not isinstance(value, Principal):
        return Open(())
    kind, blame = kind_of(value)
    if kind not in _WHO_KINDS or isinstance(value.value, Unknown):
        text = str(value.value) if isinstance(value.value, Text) else value.value.expression
        return Open(
            blame or {Blame(text, "is no principal that access is known of", value.position)}
        )
    return Who(kind, value.value, _identity(scope, value.value))  # type: ignore[arg-type]  # one of _WHO_KINDS


def _identity(scope: Scope, value: Text) -> Identity | None:
    """The identity of the unit that a principal certainly is."""
    from kmsiac.inventory.named import identity_named

    found = identity_named(scope.inventory, value)
    sure = [identity for identity in found.items if scope.exists(identity)]
    return sure[0] if len(sure) == 1 and not found.maybe else None


def _compile_can(compiler: Compiler, node: YamlNode, this: str) -> Can:
    given = named(compiler, node, "can", ("principal", "any_of", "all_of", "context", "side"))
    if ("any_of" in given) is ("all_of" in given):
        raise compiler.problems.fail(node, "`can` takes either any_of or all_of")
    every = "all_of" in given
    actions = read_actions(compiler, given["all_of" if every else "any_of"], this)
    side = "both"
    if "side" in given:
        (side,) = words_among(compiler, given["side"], "side", SIDES)[:1]
    principal = None
    if "principal" in given:
        if not is_reference(given["principal"]):
            hint = "principal: target.policy.identities"
            raise compiler.problems.fail(
                given["principal"], "`principal` is a path rooted in target. or this.", hint
            )
        principal = compiler.reference(given["principal"], this, many=True)
        if principal[1].type.element not in _PRINCIPALS:
            text = compiler.text(given["principal"])
            raise compiler.problems.fail(given["principal"], f"{text} is no principal")
    context = read_context(compiler, given.get("context"), this)
    return Can(principal, actions, every, context, side)


declare_question(
    "key",
    "can",
    "by everything known of the unit, the principal (`principal`: a path to identities or a "
    "principal, any of several is enough; without it, someone in the account of the key) can do "
    "any or all of the actions, in requests that carry `context` (null: lack the key); "
    "`side: key` takes the principal's own side as given, `side: identity` that of the key",
    "can: {any_of: PutKeyPolicy}",
    _compile_can,
)
