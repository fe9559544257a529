"""Whether one principal can do something with one key, all layers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kmsiac.access.authorize import authorize
from kmsiac.access.carrying import contradiction
from kmsiac.access.deciding import Outcome, Wanted, decide
from kmsiac.access.explaining import explained
from kmsiac.access.joint import Joint
from kmsiac.access.model import Deciding, Decision, Environment, Request
from kmsiac.access.needs import need_of, unless_denied
from kmsiac.access.persons import ABOUT_PRINCIPAL
from kmsiac.access.prepared import allow_all, masked, without_secrets
from kmsiac.access.question import Reach
from kmsiac.access.results import Need, PathStep, Ruling
from kmsiac.access.scenes import may_cover
from kmsiac.access.sheets import BOUNDARY, ENDPOINT, GRANT, IDENTITY, KEY, only_allows
from kmsiac.access.spaces import Term
from kmsiac.access.views import View
from kmsiac.access.ways import Matter, Ways
from kmsiac.aws.shapes import fold
from kmsiac.reading.source import NOWHERE
from kmsiac.values import NO, Answer, Blame, Verdict, cannot_tell

_CONDITIONS = (
    "No request that can be made meets the conditions under which it is allowed: change them, or "
    "what is given of the request."
)

_OF_MEMBERS = frozenset({"aws:principalarn", "aws:principaltype", "aws:username"})
_OF_ANYONE = _OF_MEMBERS | {"aws:principalaccount", "kms:calleraccount"}


class Judge:
    """Rules on one joint (one guess at the own account)."""

    def __init__(self, joint: Joint, matter: Matter) -> None:
        self.joint = joint
        self.matter = matter
        self._ways = Ways(joint, matter)

    @property
    def possible(self) -> bool:
        """Whether the principal is one that calls."""
        return self._ways.possible

    def steps(self) -> set[str]:
        """By which paths there may be a way."""
        return {way.path for way in self._ways.all(sure=False)} | {
            way.path for way in self._ways.all(sure=True)
        }

    def further(self) -> list[Blame]:
        """What may stop any request: documents that are not wholly known."""
        side, found = self.matter.side, set[Blame]()
        layers = [KEY, ENDPOINT] if side.key else []
        layers += [IDENTITY, BOUNDARY] if side.identity else []
        for layer in layers:
            rest = self.joint.layers.open.get(layer, set())
            found |= {one for one in rest if not only_allows(one)}
        return sorted(found)

    def decide(self, actions: Sequence[str], path: str = "") -> Outcome:
        """Whether there is a request by one of these actions, by one path or by any."""
        reach = self._reach(actions)
        sure, perhaps = self._ways.all(sure=True), self._ways.all(sure=False)
        sure = [way for way in sure if _may_be(way, actions, path)]
        perhaps = [way for way in perhaps if _may_be(way, actions, path)]
        return decide(self.joint, sure, perhaps, reach, self._confirm, self.further())

    def _reach(self, actions: Sequence[str]) -> Reach:
        ways, resources = self._ways, (self.joint.key_arn,)
        return Reach(ways.circles, tuple(actions), resources, ways.limits, ways.persons)

    def _confirm(self, request: Request) -> Answer:
        if not self.matter.side.key:
            return Answer(Verdict.YES)
        return self._decision(request).answer

    def _decision(self, request: Request) -> Decision:
        return authorize(request, self._environment())

    def _environment(self, *, unknown: bool = False) -> Environment:
        """The policies in force; with `unknown`, own policies that no template has allow all."""
        side = "both" if self.matter.side.identity else "key"
        environment = self.joint.environment(side=side)
        beyond = unknown and not self.joint.layers.known_identity
        if not self.matter.side.identity or self._ways.person is None or beyond:
            environment = replace(environment, identity=(allow_all(),), boundary=None)
        return environment

    def rule(self, *, told: bool = True) -> Ruling:
        """The ruling: by whom allowed and with what needs, or what is in the way.

        Without `told` only its answer, which costs half.
        """
        if not self._ways.possible:
            reason = "no caller is known by this name"
            return Ruling(cannot_tell(Blame(self._ways.name(), reason, NOWHERE)))
        if self._ways.contradicted:
            mend = f"another context: {self._ways.contradicted} is not what this caller carries"
            return Ruling(NO, blocked_by="condition", mend=mend)
        outcome = self.decide(self.matter.actions)
        answer = outcome.answer
        if not told:
            return Ruling(self._spelt(answer) if answer.is_yes else answer)
        if answer.is_yes and outcome.found is not None:
            deciding = self.deciding(outcome.found)
            path: tuple[PathStep, ...] = (outcome.found.path,) if outcome.found.path else ()
            return Ruling(
                self._spelt(answer), deciding, needs=self.needs(outcome.found, answer), paths=path
            )
        if answer.is_no:
            return self._refusal(answer)
        return Ruling(answer)

    def retire(self) -> Ruling:
        """Whether the principal may retire a grant on the key: the grant alone decides."""
        person, rest = self._ways.person, self.joint.layers.open.get(GRANT)
        if person is None:
            reason = "who may retire a grant is only known of one principal"
            return Ruling(cannot_tell(Blame(self._ways.name(), reason, NOWHERE)))
        request = Request(
            person.principal, "kms:RetireGrant", self.joint.key_arn, {**person.context}
        )
        decision = self._decision(request)
        if rest and not decision.answer.is_yes:
            return Ruling(cannot_tell(*sorted(rest)))
        deciding = self._addressed(decision.deciding)
        mend = self.joint.instances.spelt(decision.missing)
        return Ruling(decision.answer, deciding, decision.blocked, mend)

    def needs(self, way: Wanted, answer: Answer) -> tuple[Need, ...]:
        """What hangs on more than the caller and what is given: conditions of the way that was
        found, and what keeps Denies away from a request like the witness.
        """
        terms = [term for part in way.inside for term in part.view.terms]
        found = [
            self._told(need_of(term.condition), term) for term in terms if self._is_free(term.key)
        ]
        if isinstance(answer.witness, Request):
            denies = [part.view for part in way.outside]
            for group in unless_denied(denies, answer.witness, self._is_free):
                first, *others = (self._told(need, term) for need, term in group)
                found.append(replace(first, others=tuple(others)))
        return tuple(dict.fromkeys(found))

    def _is_free(self, key: str) -> bool:
        return self._is_need(key) and key not in {key for key, _ in self._ways.limits.given}

    def _is_need(self, key: str) -> bool:
        """Whether a key says more than who calls; which organization callers are in, nobody knows.

        Of an account, or anyone, who calls is open but for what is meant.
        """
        if key == "aws:principalorgid":
            return key not in {fold(given) for given in self.matter.given.context}
        if self._ways.person is None:
            who = self.matter.who
            anyone = who is not None and who.kind == "anyone"
            return key not in ABOUT_PRINCIPAL or key in (_OF_ANYONE if anyone else _OF_MEMBERS)
        return key not in ABOUT_PRINCIPAL

    def _told(self, need: Need, term: Term) -> Need:
        if term.key in self.joint.hidden:
            return replace(need, values=("(sensitive)",))
        spelt = self.joint.instances.spelt
        return replace(
            need, values=tuple(masked(spelt(one), self.joint.secrets) for one in need.values)
        )

    def _refusal(self, answer: Answer) -> Ruling:
        """What the concrete procedure misses first, on the plainest request."""
        if self._ways.person is None or not self.matter.side.key:
            return Ruling(answer)
        facts = {key: (value,) for key, value in self.matter.facts.known}
        context = {**facts, **self._ways.persons[0].context, **self._ways.context()}
        action = self.matter.actions[0]
        request = Request(self._ways.person.principal, action, self.joint.key_arn, context)
        decision = explained(request, self._environment(unknown=True), self._stops)
        if not decision.answer.is_no:
            mend = contradiction(self._ways.context()) or _CONDITIONS
            return Ruling(answer, blocked_by="condition", mend=mend)
        mend = masked(self.joint.instances.spelt(decision.missing), self.joint.secrets)
        deciding = self._addressed(decision.deciding)
        return Ruling(answer, deciding, decision.blocked, mend, position=decision.position)

    def _stops(self, deny: Deciding) -> bool:
        """Whether a Deny stops every request of the caller that carries what is given."""
        layer = _LAYERS.get(deny.layer, "")
        for part in self._ways.denies:
            statement = part.view.statement
            if (part.view.layer, statement.position, statement.label) == (
                layer,
                deny.position,
                deny.label,
            ):
                passing = [Wanted((), (part,))]
                reach = self._reach(self.matter.actions[:1])
                return decide(self.joint, passing, passing, reach, None).answer.is_no
        return True

    def deciding(self, way: Wanted) -> tuple[Deciding, ...]:
        """The statements of a way."""
        return tuple(self._deciding(part.view) for part in way.inside)

    def _deciding(self, view: View) -> Deciding:
        """A statement of the way that was found; of a grant, the grant."""
        placed = self.joint.origins.get(id(view))
        address = placed.address if placed is not None else ""
        layer, label = _NAMES.get(view.layer, view.layer), view.statement.label
        if view.layer == GRANT:
            label = f"grant {address}"
        return Deciding(layer, label, view.statement.position, address)

    def _spelt(self, answer: Answer) -> Answer:
        """The answer with its witness as the template would spell it."""
        request = answer.witness
        if not isinstance(request, Request):
            return answer
        spelt = self.joint.instances.spelt
        context = {key: tuple(map(spelt, values)) for key, values in request.context.items()}
        told = replace(
            request,
            principal=spelt(request.principal),
            resource=spelt(request.resource),
            context=context,
            hidden=self.joint.hidden,
        )
        return answer._replace(witness=without_secrets(told, self.joint.secrets))

    def _addressed(self, deciding: Sequence[Deciding]) -> tuple[Deciding, ...]:
        return tuple(
            replace(one, resource=self.joint.address_of(_LAYERS.get(one.layer, ""), one.position))
            for one in deciding
        )


_LAYERS = {
    "key policy": KEY,
    "identity policies": IDENTITY,
    "permissions boundary": BOUNDARY,
    "endpoint policy": ENDPOINT,
    "grants": GRANT,
}


def _may_be(way: Wanted, actions: Sequence[str], path: str) -> bool:
    """Whether a way is of a path (of any, for none), and its statements may cover an action."""
    if path and way.path != path:
        return False
    return any(may_cover(way.inside, action) for action in actions)


_NAMES = {layer: name for name, layer in _LAYERS.items()}
