"""Running rules on the inventory of a unit: from compiled rules to plain Matches.

Every rule is asked about every entity in as few worlds as decide it; what it says of one element
in several worlds becomes one Match with the guards under which it holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kmsiac.inventory.alike import likes
from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.export import to_json
from kmsiac.inventory.model import Consumer, Entity, Inventory, Policy
from kmsiac.reading.source import NOWHERE
from kmsiac.rules.anchors import Anchor, anchor_of, content_of, written_elsewhere
from kmsiac.rules.expression import Env, Notes
from kmsiac.rules.fields.grantee import grantee_of, is_grantee, too_many, unknown_grantees
from kmsiac.rules.labels import position_of, printed
from kmsiac.rules.match import Match
from kmsiac.rules.messages import fill_in
from kmsiac.rules.model import Rule, RuleSet
from kmsiac.rules.readings import Scope, Surroundings
from kmsiac.rules.silence import Placed, unsilenced
from kmsiac.rules.targets import ENTITIES, Path, Target, entity_path, targets_in, targets_like
from kmsiac.rules.telling import tells_nobody
from kmsiac.rules.truth import Code, Truth
from kmsiac.rules.vocabulary import SEVERITIES, TARGETS
from kmsiac.rules.worlds import conditions
from kmsiac.values import Blame, Guard, Unknown, Verdict, blame_on

if TYPE_CHECKING:
    from kmsiac.access.trust import Trusted
    from kmsiac.policy.document import Statement
    from kmsiac.stack import Resource

_NEVER_WITHOUT_IN = frozenset({"boundary", "session", "trust"})
"""Kinds that a rule without `in` does not walk over: they give no access to a key."""
_KINDS_OF_BARE_POLICIES = frozenset({"key", "identity"})
_MAX_EXCERPT = 400
_TOO_MANY = "too many combinations of conditions"


class Outcome(NamedTuple):
    """What a rule says of one target in one world."""

    path: Path
    verdict: Verdict
    severity: str
    anchor: Anchor
    message: str
    statement: str
    evidence: tuple[str, ...]
    related: tuple[tuple[str, int], ...]
    witness: Mapping[str, object] | None
    blame: frozenset[Blame]
    excerpt: str = ""
    content: str = ""
    like: int = 0
    """Of so many further targets that are alike it says the same."""


def run(
    rules: RuleSet,
    inventory: Inventory,
    trusted: Trusted,
    parameters: Mapping[str, Mapping[str, object]] | None = None,
) -> list[Match]:
    """What the rules say of a unit, in order of rule and place.

    `parameters` are values of configuration for the parameters of rules, by rule id.
    """
    if parameters:
        rules = rules.with_parameters(parameters)
    return runner(inventory, trusted)(rules)


def runner(inventory: Inventory, trusted: Trusted) -> Callable[[RuleSet], list[Match]]:
    """`run` for several sets of rules on one unit: what a field answers is worked out once."""
    engine = _Engine(inventory, trusted)
    return lambda rules: _matches(engine, rules)


def _matches(engine: _Engine, rules: RuleSet) -> list[Match]:
    placed = [
        match
        for rule in rules
        if not (rule.source_only and engine.inventory.from_plan)
        for match in engine.ask_all(rule)
    ]
    silent = [match for rule in rules for match in engine.never(rule)]
    kept = [*unsilenced(placed, {rule.id: rule.yields_to for rule in rules}), *silent]
    return sorted(kept, key=lambda match: (match.rule, match.position, match.resource))


class _Engine:
    """One unit: its scopes by world, shared by all rules."""

    def __init__(self, inventory: Inventory, trusted: Trusted) -> None:
        self.inventory = inventory
        self.surroundings = Surroundings(inventory, trusted)
        self.likes = likes(inventory)
        self.scopes: dict[frozenset[tuple[Guard, object]], Scope] = {}

    def scope(self, world: World) -> Scope:
        """The scope of a world."""
        key = frozenset[tuple[Guard, object]](world.items())
        found = self.scopes.get(key)
        if found is None:
            found = self.scopes[key] = Scope(self.surroundings, world)
        return found

    def entities(self, rule: Rule) -> Iterator[Entity]:
        """The entities that are targets of a rule or hold some."""
        if not TARGETS[rule.target].in_policy:
            yield from ENTITIES[rule.target](self.inventory)
            return
        for policy in self.inventory.policies:
            if not policy.default and _fits(rule, policy):
                yield policy

    def ask_all(self, rule: Rule) -> Iterator[Placed]:
        """The matches of a rule on all entities; it says nothing of what is like one of which it
        says nothing.
        """
        silent: set[int] = set()
        for entity in self.entities(rule):
            like = None if rule.source_only else self.likes.get(id(entity))
            if like is not None and id(like) in silent:
                continue
            found = self.ask(rule, entity)
            if not found:
                silent.add(id(entity))
            yield from found

    def ask(self, rule: Rule, entity: Entity) -> list[Placed]:
        """The matches of a rule on an entity and what it holds."""
        worlds: list[World] = []
        found: dict[tuple[Path, Verdict], list[tuple[World, Outcome]]] = {}
        try:
            for world, outcomes in in_every_world(lambda w: self._outcomes(rule, entity, w)):
                worlds.append(world)
                for outcome in outcomes:
                    found.setdefault((outcome.path, outcome.verdict), []).append((world, outcome))
        except TooManyWorlds:
            blame = Blame(entity.address, _TOO_MANY, entity.position)
            outcome = self._unknown(rule, entity, frozenset({blame}))
            return [Placed(self._match(rule, entity, [({}, outcome)], [{}]), outcome.path)]
        return [
            Placed(self._match(rule, entity, held, worlds), path)
            for (path, _), held in found.items()
        ]

    def _outcomes(self, rule: Rule, entity: Entity, world: World) -> list[Outcome]:
        scope = self.scope(world)
        if isinstance(entity, Policy) and scope.exists(entity):
            document = scope.document(entity)
            if isinstance(document, Unknown):
                return [self._unknown(rule, entity, frozenset({blame_on(document)}))]
        outcomes: list[Outcome] = []
        others, unasked = self._others(rule, scope, entity)
        if unasked:
            return [self._unknown(rule, entity, unasked)]
        for target in targets_in(scope, entity, rule.target):
            outcomes += _asked(rule, entity, target, doubted=bool(others))
        return [*outcomes, self._unknown(rule, entity, others)] if others else outcomes

    def _others(
        self, rule: Rule, scope: Scope, entity: Entity
    ) -> tuple[frozenset[Blame], frozenset[Blame]]:
        """Why a key may have more grantees than are known, and why these are not asked about."""
        if rule.target != "grantee" or not scope.exists(entity):
            return frozenset(), frozenset()
        key = scope.thing("key", entity)
        return unknown_grantees(key), too_many(key)

    def _unknown(self, rule: Rule, entity: Entity, blame: frozenset[Blame]) -> Outcome:
        """Nothing could be asked of an entity."""
        position, attribute = entity.position, ""
        if isinstance(entity, Policy):
            position, attribute = entity.attribute_position or position, entity.attribute
        anchor = Anchor(position, "", NOWHERE, attribute)
        message = f"cannot tell: {_reasons(blame)}"
        return Outcome(
            entity_path(entity),
            Verdict.CANNOT_TELL,
            rule.severity,
            anchor,
            message,
            "",
            (),
            (),
            None,
            blame,
        )

    def _match(
        self,
        rule: Rule,
        entity: Entity,
        held: list[tuple[World, Outcome]],
        worlds: list[World],
    ) -> Match:
        firing = [world for world, _ in held]
        outcomes = [outcome for _, outcome in held]
        first = max(outcomes, key=lambda outcome: SEVERITIES.index(outcome.severity))
        evidence, absent = first.evidence, entity.resource.absent
        if absent is not None:
            evidence = (*evidence, f"it may not be created: {absent.reason}")
        blame = frozenset[Blame]().union(*(outcome.blame for outcome in outcomes))
        return Match(
            rule=rule.id,
            verdict=first.verdict,
            severity=first.severity,
            flag=rule.flag,
            unit=self.inventory.unit,
            resource=entity.address,
            attribute=first.anchor.attribute,
            position=first.anchor.position,
            message=first.message,
            statement=first.statement,
            element=first.anchor.element,
            content=" ".join(sorted({outcome.content for outcome in outcomes})),
            excerpt=first.excerpt,
            when=conditions(firing, [world for world in worlds if world not in firing]),
            evidence=evidence,
            related=(*first.related, *_elsewhere(entity.resource)),
            witness=first.witness,
            blame=tuple(sorted(blame, key=lambda b: (b.position, b.expression, b.reason))),
            call_chain=entity.resource.call_chain,
            places=_places(entity, first.anchor),
            like=max(outcome.like for outcome in outcomes),
        )

    def never(self, rule: Rule) -> Iterable[Match]:
        """What a plan can never tell: said once for a rule."""
        if not (rule.source_only and self.inventory.from_plan):
            return
        reason = "a plan does not show how something was written"
        yield Match(
            rule=rule.id,
            verdict=Verdict.CANNOT_TELL,
            severity=rule.severity,
            flag=False,
            unit=self.inventory.unit,
            resource="",
            attribute="",
            position=NOWHERE,
            message=reason,
            blame=(Blame("", reason, NOWHERE),),
        )


def _fits(rule: Rule, policy: Policy) -> bool:
    """Whether a rule walks over a kind of policy.

    A policy of unknown kind is a key or an identity policy: a rule that is for both runs on it.
    """
    if rule.kinds is None:
        return policy.kind not in _NEVER_WITHOUT_IN
    if policy.kind == "unknown":
        return rule.kinds >= _KINDS_OF_BARE_POLICIES
    return policy.kind in rule.kinds


def _asked(rule: Rule, entity: Entity, target: Target, *, doubted: bool) -> Iterator[Outcome]:
    """What a rule says of a target, and of those that it stands for; `doubted`: one entry says for
    all that stays open that there may be others, too.
    """
    env = Env(target.thing)
    candidate = rule.target == "grantee"  # costly to ask about, and perhaps no grantee
    like = grantee_of(target.thing).like if candidate else ()
    if like and (rule.flag or not tells_nobody(rule.when)):
        like = ()
        yield from _asked_like(rule, entity, target, doubted=doubted)
    if candidate and rule.when.ruled_out(target.thing, env):
        return
    truth = rule.when.test(target.thing, env)
    holds = truth.code is Code.YES or (truth.code is Code.OPEN and not doubted)
    if not holds or (candidate and not is_grantee(target.thing)):
        return
    outcome = _outcome(rule, entity, target, truth)
    if like and truth.code is Code.YES:
        yield from _asked_like(rule, entity, target, doubted=doubted)
    yield outcome._replace(like=len(like)) if truth.code is Code.OPEN else outcome


def _asked_like(rule: Rule, entity: Entity, target: Target, *, doubted: bool) -> Iterator[Outcome]:
    for each in targets_like(target):
        yield from _asked(rule, entity, each, doubted=doubted)


def _outcome(rule: Rule, entity: Entity, target: Target, truth: Truth) -> Outcome:
    """The second, explaining pass over what fired or stayed open."""
    notes = Notes()
    rule.when.explain(target.thing, Env(target.thing), notes)
    anchor = anchor_of(target.thing, target.statement, rule.point_at)
    verdict = Verdict.YES if truth.code is Code.YES else Verdict.CANNOT_TELL
    severity, message = rule.severity, rule.message
    if verdict is Verdict.YES:
        severity, message, notes = _escalated(rule, target, notes)
    message = fill_in(message, target.thing, entity.address, notes)
    if verdict is Verdict.CANNOT_TELL:
        message = f"cannot tell whether: {message}"
    return Outcome(
        target.path,
        verdict,
        severity,
        anchor,
        message,
        _statement_name(target),
        tuple(dict.fromkeys(notes.evidence)),
        _related(anchor, notes),
        _as_json(notes.witness or truth.witness),
        truth.blame,
        _written_anew(target),
        content_of(target.thing, target.statement, anchor.element),
    )


def _escalated(rule: Rule, target: Target, notes: Notes) -> tuple[str, str, Notes]:
    """Severity and message of the first escalation that holds, and the notes with why."""
    for escalation in rule.escalate:
        truth = escalation.when.test(target.thing, Env(target.thing))
        if truth.code is Code.YES:
            # What `when` bound stays bound: the message may name what the escalation adds.
            escalation.when.explain(target.thing, Env(target.thing), notes)
            return escalation.severity, escalation.message or rule.message, notes
        if truth.code is Code.OPEN:
            notes.evidence.append(f"may be {escalation.severity}: {_reasons(truth.blame)}")
    return rule.severity, rule.message, notes


def _statement_name(target: Target) -> str:
    if target.statement is None:
        return ""
    statement: Statement = target.statement.value  # type: ignore[assignment]  # by its kind
    sid = str(statement.sid) if statement.sid is not None else ""
    return sid or f"#{statement.index}"


def _written_anew(target: Target) -> str:
    """The statement of a target as JSON, with symbols and without secrets."""
    if target.statement is None or target.ghost:
        return ""
    statement: Statement = target.statement.value  # type: ignore[assignment]  # by its kind
    return _excerpt(statement)


@lru_cache(maxsize=8)  # asked again for each principal of a statement
def _excerpt(statement: Statement) -> str:
    written = json.dumps(to_json(statement.value), ensure_ascii=False)
    return written if len(written) <= _MAX_EXCERPT else written[: _MAX_EXCERPT - 1] + "…"


def _places(entity: Entity, anchor: Anchor) -> tuple[int, ...]:
    """Where else than at its anchor a user may say something about a match."""
    attribute = entity.attribute_position if isinstance(entity, Policy | Consumer) else NOWHERE
    places = dict.fromkeys((anchor.written, attribute, entity.position))
    return tuple(place for place in places if place not in (NOWHERE, anchor.position))


def _elsewhere(resource: Resource) -> Iterator[tuple[str, int]]:
    """Where else a resource is: in the plan that is shown at its lines of code, in the program that
    makes it.
    """
    if resource.planned != NOWHERE:
        yield "in the plan", resource.planned
    if resource.origin is not None:
        yield f"made by construct {resource.origin.construct}", resource.origin.position


def _related(anchor: Anchor, notes: Notes) -> tuple[tuple[str, int], ...]:
    related: list[tuple[str, int]] = []
    if written_elsewhere(anchor):
        related.append(("written here", anchor.written))
    for name, reading in notes.bound.items():
        position = position_of(reading)
        if position not in (NOWHERE, anchor.position, anchor.written):
            related.append((f"{name}: {printed(reading)}", position))
    return tuple(related)


def _reasons(blame: Iterable[Blame]) -> str:
    words = [f"{b.expression}: {b.reason}" if b.expression else b.reason for b in sorted(blame)]
    return "; ".join(words[:3]) + ("; ..." if len(words) > 3 else "")


def _as_json(witness: object) -> Mapping[str, object] | None:
    as_json = getattr(witness, "as_json", None)
    if as_json is None:
        return None
    found = as_json()
    assert isinstance(found, dict)
    return found
