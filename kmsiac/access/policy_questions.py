"""Questions about a whole key policy: who administers the key, what it delegates, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from kmsiac.access.authorize import authorize
from kmsiac.access.deciding import Confirm, Wanted, alike, exists
from kmsiac.access.model import Environment, Request
from kmsiac.access.people import FOREIGN, LOCAL, OWN, SERVICES, Circle
from kmsiac.access.place import Place
from kmsiac.access.prepared import (
    Model,
    Prepared,
    agreed,
    allow_all,
    key_actions,
    prepare,
)
from kmsiac.access.presence import NO_LIMITS, Limits
from kmsiac.access.question import Part
from kmsiac.access.statement_questions import confirm_with, denies_of, reach_of
from kmsiac.access.views import View
from kmsiac.inventory.expand import digest
from kmsiac.policy.actions import ActionSet
from kmsiac.policy.document import PolicyDocument
from kmsiac.values import NO, Answer, Blame, Verdict, blame_on, cannot_tell

_PLAIN = Limits(plain=True, modes=("direct",))
_FRESH = Circle("own", LOCAL.kinds, fresh=True)
_LEVELS = ("delegated", "named", "conditional")


# -- how the account keeps an action ---------------------------------------------------------------


def administrable(
    documents: Sequence[PolicyDocument], place: Place, action: str = "kms:PutKeyPolicy"
) -> tuple[str | None, frozenset[Blame]]:
    """How the account keeps an action on a key: none, conditional, named, delegated."""
    if not documents:
        return "none", frozenset()
    ready = prepare(documents, place)
    first, blame = _level(ready.first, action)
    if first is None:
        return None, blame
    if ready.cut:
        return None, frozenset(ready.blame())
    for prepared in ready.others:
        level, blame = _level(prepared, action)
        if level != first:
            return None, blame or frozenset(ready.blame([prepared]))
    return first, frozenset()


def _level(prepared: Prepared, action: str) -> tuple[str | None, frozenset[Blame]]:
    for level in _LEVELS:
        key = ("administrable", action, level)
        answer = prepared.remember(key, partial(_kept, prepared, action, level))
        if answer.is_yes:
            return level, frozenset()
        if answer.is_open:
            return None, answer.blame
    return "none", frozenset()


def _kept(prepared: Prepared, action: str, level: str) -> Answer:
    """Whether the account keeps the action at that level."""
    model = prepared.model
    limits = NO_LIMITS if level == "conditional" else _PLAIN
    circles = (_FRESH,) if level == "delegated" else (OWN,)
    path = "account" if level == "delegated" else ""
    views = [view for views in model.views for view in views if view.may_allow]
    views = [view for view in views if not view.covers_action(action).is_no]
    reach = reach_of(model, views, circles, (action,), limits)
    wanted = [Wanted((Part(view, path=path),), denies_of(model)) for view in views]
    answer = exists(model, wanted, reach, confirm_with(model), model.documents)
    if answer.is_no:
        rest = [blame_on(one.open) for one in model.documents if one.open is not None]
        return cannot_tell(*rest) if rest else NO
    return answer


# -- what the account principal hands to IAM --------------------------------------------------------


def delegated_actions(document: PolicyDocument, place: Place) -> ActionSet:
    """The actions that the account principal hands to the account's IAM policies, Denies counted."""
    ready = prepare((document,), place)
    sets = [_delegated(prepared) for prepared in ready]
    certain = frozenset[str].intersection(*(one.certain for one in sets))
    possible = frozenset[str]().union(*(one.possible for one in sets))
    blame = frozenset[Blame]().union(*(one.blame for one in sets))
    if ready.cut:
        certain, possible = frozenset(), frozenset(key_actions())
    if certain != possible and not blame:
        blame = frozenset(ready.blame())
    return ActionSet(certain, possible, blame)


def _delegated(prepared: Prepared) -> ActionSet:
    found = prepared.model.answers.get("delegated")
    if found is None:
        found = prepared.model.answers["delegated"] = _delegated_of(prepared.model)
    assert isinstance(found, ActionSet)
    told = prepared.told(Answer(Verdict.CANNOT_TELL, found.blame)).blame
    return ActionSet(found.certain, found.possible, told)


def _delegated_of(model: Model) -> ActionSet:
    views = [view for view in model.views[0] if view.may_allow]
    certain: set[str] = set()
    possible: set[str] = set()
    blame: set[Blame] = set()
    for actions in alike(model.views[0], model.reaches, key_actions()):
        reach = reach_of(model, views, (LOCAL,), actions[:1], NO_LIMITS)
        wanted = [Wanted((Part(view, path="account"),), denies_of(model)) for view in views]
        answer = exists(model, wanted, reach, confirm_with(model), model.documents)
        if answer.is_no and model.documents[0].open is not None:
            answer = cannot_tell(blame_on(model.documents[0].open))
        if not answer.is_no:
            possible |= set(actions)
            blame |= answer.blame
        if answer.is_yes:
            certain |= set(actions)
    return ActionSet(frozenset(certain), frozenset(possible), frozenset(blame))


# -- nothing new ------------------------------------------------------------------------------------


def subset_of(new: PolicyDocument, old: PolicyDocument, place: Place) -> Answer:
    """Whether a key policy allows nothing that another did not, callers having all IAM permissions."""

    def decide(prepared: Prepared) -> Answer:
        return prepared.remember("subset", lambda: _nothing_new(prepared))

    return agreed(prepare((new, old), place), decide)


def _nothing_new(prepared: Prepared) -> Answer:
    model = prepared.model
    same = digest(model.documents[0].value) == digest(model.documents[1].value)
    if same and model.documents[0].open is None:
        return Answer(Verdict.YES)
    new, old = model.views
    reach = reach_of(model, new, (OWN, FOREIGN, SERVICES), key_actions(), NO_LIMITS)
    answer = exists(model, list(_more(new, old)), reach, _replayed(model), model.documents[:1])
    if answer.is_yes and model.documents[1].open is not None:
        return cannot_tell(blame_on(model.documents[1].open))
    if answer.is_no and model.documents[0].open is not None:
        return cannot_tell(blame_on(model.documents[0].open))
    if answer.is_open:
        return answer
    return Answer(Verdict.NO, witness=answer.witness) if answer.is_yes else Answer(Verdict.YES)


def _more(new: Sequence[View], old: Sequence[View]) -> Iterator[Wanted]:
    """What is allowed now, and was allowed by no statement before, or was denied."""
    denies = tuple(Part(view, "Deny") for view in new if view.may_deny)
    allowed = tuple(Part(view) for view in old if view.may_allow)
    allows = [view for view in new if view.may_allow]
    kept = {_twin(view) for view in old}
    still_denied = {_twin(deny.view) for deny in denies}
    for view in allows:
        if _twin(view) not in kept:
            yield Wanted((Part(view),), (*denies, *allowed))
    for deny in old:
        if deny.effect.is_yes or _twin(deny) in still_denied:
            continue
        for view in allows:
            yield Wanted((Part(view), Part(deny, "Deny")), denies)


def _twin(view: View) -> object:
    """Equal for statements that say the same: policy variables are so by the document's version."""
    return digest(view.statement.value), str(view.variables)


def _replayed(model: Model) -> Confirm:
    new, old = model.documents

    def confirm(request: Request) -> Answer:
        answers = [
            authorize(
                request,
                Environment(
                    key_policy=document, identity=(allow_all(),), resource_account=model.account
                ),
            ).answer
            for document in (new, old)
        ]
        if answers[0].is_yes and answers[1].is_no:
            return Answer(Verdict.YES)
        return NO

    return confirm
