"""Questions about one Allow of a document: whom it lets in, and whether it does anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kmsiac.access.authorize import authorize
from kmsiac.access.deciding import Confirm, Wanted, exists
from kmsiac.access.model import Environment, Request
from kmsiac.access.people import FOREIGN, LOCAL, OUTSIDE, OWN, SERVICES, STRANGERS, Circle
from kmsiac.access.place import Ask, Place
from kmsiac.access.prepared import (
    Model,
    Prepared,
    agreed,
    all_action_names,
    allow_all,
    key_actions,
    prepare,
)
from kmsiac.access.presence import NO_LIMITS, STRANGERS_UNPINNED, Limits, limits_for
from kmsiac.access.question import Part, Reach
from kmsiac.access.resources import Resources
from kmsiac.access.statements import allows_by_itself
from kmsiac.access.trust import Trusted
from kmsiac.access.views import View, names_strangers
from kmsiac.policy.document import PolicyDocument, Principal, Statement
from kmsiac.stack import Provider
from kmsiac.values import NO, Answer, Text, Verdict, blame_on, cannot_tell, negate

CIRCLES: dict[str, tuple[Circle, ...]] = {
    "anyone": (STRANGERS,),
    "external": (STRANGERS, OUTSIDE),
    "local": (LOCAL,),
    "service": (SERVICES,),
    "any": (OWN, FOREIGN, SERVICES),
}


def public(
    document: PolicyDocument,
    statement: Statement | None,
    provider: Provider,
    trusted: Trusted,
    key_arn: Text | None = None,
) -> Answer:
    """Whether a stranger can be allowed by a statement of a key policy (None: by any)."""
    statements = document.statements if statement is None else (statement,)
    if all(_keeps_strangers_out(one) for one in statements):
        further = document.open if statement is None else None
        return NO if further is None else cannot_tell(blame_on(further))
    place = Place("key", provider, trusted, key_arn)
    index = None if statement is None else statement.index

    def decide(prepared: Prepared) -> Answer:
        return prepared.remember(("public", index), lambda: _public(prepared, index))

    return agreed(prepare((document,), place, accounts=False), decide)


def _keeps_strangers_out(statement: Statement) -> bool:
    """Whether it is plain without making anything ready: most statements name nobody else."""
    return statement.effect_text == "Deny" or names_strangers(statement).is_no


def _public(prepared: Prepared, index: int | None) -> Answer:
    model = prepared.model
    views = [view for view in _views(prepared, index) if view.may_let_in_strangers()]
    reach = reach_of(model, views, CIRCLES["anyone"], key_actions(), STRANGERS_UNPINNED)
    wanted = [Wanted((Part(view),), denies_of(model, view)) for view in views]
    found = exists(model, wanted, reach, confirm_with(model), model.documents)
    further = model.documents[0].open
    if index is None and further is not None and found.is_no:
        return cannot_tell(blame_on(further))
    return found


def _views(prepared: Prepared, index: int | None) -> list[View]:
    if index is None:
        return list(prepared.model.views[0])
    view = prepared.view(index)
    return [view] if view is not None else []


def allows(
    document: PolicyDocument,
    statement: Statement,
    place: Place,
    ask: Ask,
    principal: Principal | None = None,
) -> Answer:
    """Whether some request that `ask` describes passes this Allow and the document's Denies."""
    at = None
    if principal is not None:
        at = next(i for i, one in enumerate(statement.principals) if one is principal)

    def decide(prepared: Prepared) -> Answer:
        key = ("allows", statement.index, ask, at)
        return prepared.remember(key, lambda: _allows(prepared, statement.index, ask, at))

    return agreed(prepare((document,), place, accounts=ask.to != "anyone"), decide)


def _allows(prepared: Prepared, index: int, ask: Ask, at: int | None) -> Answer:
    model = prepared.model
    whole = prepared.view(index)
    if whole is None:
        return NO
    view = whole if at is None else whole.for_principal(at)
    limits = limits_for(ask.free, strangers_free=ask.to in ("anyone", "external"))
    actions = sorted(ask.actions & set(all_action_names()))
    circles = CIRCLES[ask.to]
    reach = reach_of(model, [view], circles, actions, limits)
    wanted = [Wanted((Part(view),), denies_of(model, whole))]
    return exists(model, wanted, reach, confirm_with(model), model.documents)


def shadowed(document: PolicyDocument, statement: Statement, place: Place) -> Answer:
    """Whether an Allow that is not empty by itself is emptied by the document's Denies."""
    if document.open is None and all(one.effect_text == "Allow" for one in document):
        return NO  # most documents have no Deny, and need not be made ready

    def decide(prepared: Prepared) -> Answer:
        key = ("shadowed", statement.index)
        return prepared.remember(key, lambda: _shadowed(prepared, statement.index))

    return agreed(prepare((document,), place), decide)


def _shadowed(prepared: Prepared, index: int) -> Answer:
    model = prepared.model
    view = prepared.view(index)
    if view is None or view.effect.is_no:
        return NO
    denies = denies_of(model, view)
    if not denies and model.documents[0].open is None:
        return NO
    reach = reach_of(model, [view], CIRCLES["any"], all_action_names(), NO_LIMITS)
    alone = exists(model, [Wanted((Part(view),), ())], reach, None)
    if not alone.is_yes:
        return alone
    left = exists(model, [Wanted((Part(view),), denies)], reach, confirm_with(model))
    return without_witness(negate(left))


def redundant(document: PolicyDocument, statement: Statement, place: Place) -> Answer:
    """Whether the other Allows of the document give all that this one gives, as directly."""

    def decide(prepared: Prepared) -> Answer:
        key = ("redundant", statement.index)
        return prepared.remember(key, lambda: _redundant(prepared, statement.index))

    return agreed(prepare((document,), place), decide)


def _redundant(prepared: Prepared, index: int) -> Answer:
    model = prepared.model
    view = prepared.view(index)
    if view is None or view.effect.is_no:
        return NO
    others = [v for v in model.views[0] if v is not view and v.may_allow]
    if not others:
        return NO
    reach = reach_of(model, [view], CIRCLES["any"], all_action_names(), NO_LIMITS)
    alone = exists(model, [Wanted((Part(view),), denies_of(model, view))], reach, None)
    if not alone.is_yes:
        return without_witness(alone)
    outside = (*denies_of(model, view), *(Part(other, like=view) for other in others))
    more = exists(model, [Wanted((Part(view),), outside)], reach, None)
    return without_witness(negate(more))


# -- what the questions share -------------------------------------------------------------------


def denies_of(model: Model, view: View | None = None) -> tuple[Part, ...]:
    """The statements that deny, or may; but for one that is asked about itself."""
    denies = model.denies
    if view is None or not view.may_deny:
        return denies
    return tuple(part for part in denies if part.view is not view)


def reach_of(
    model: Model,
    views: Sequence[View],
    circles: tuple[Circle, ...],
    actions: Iterable[str],
    limits: Limits,
) -> Reach:
    """The requests in question, for the kind of document that the model is of."""
    wanted = tuple(actions)
    if model.kind == "key":
        usable = set(key_actions())
        wanted = tuple(action for action in wanted if action in usable)
        return Reach(circles, wanted, (model.key_arn,), limits)
    if model.kind == "identity":
        circles = (LOCAL,)
    if model.kind == "endpoint":
        modes = tuple(mode for mode in limits.modes if mode == "endpoint")
        # A stranger in the network comes by its endpoints as everybody does.
        limits = Limits(
            limits.free, limits.plain, absent=limits.absent, modes=modes, strangers_free=False
        )
    arns, regions, complete = _resources(model).of(views, wanted, limits)
    return Reach(circles, wanted, arns, limits, regions=regions, complete=complete)


def _resources(model: Model) -> Resources:
    """The resources that the documents of the model tell apart, made once."""
    found = model.answers.get("resources")
    if found is None:
        views = [view for views in model.views for view in views]
        regional = model.kind == "endpoint"
        found = Resources(views, model, model.known.accounts, regional=regional)
        model.answers["resources"] = found
    assert isinstance(found, Resources)
    return found


def confirm_with(model: Model) -> Confirm:
    """The concrete procedure on the documents of the model."""
    document = model.documents[0]

    def confirm(request: Request) -> Answer:
        if model.kind != "key":
            return allows_by_itself(document, request, has_principal=model.kind == "endpoint")
        environment = Environment(
            key_policy=document, identity=(allow_all(),), resource_account=model.account
        )
        return authorize(request, environment).answer

    return confirm


def without_witness(answer: Answer) -> Answer:
    """An answer about all requests has no request to show."""
    return Answer(Verdict(answer.verdict), answer.blame)
