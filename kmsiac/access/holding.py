"""What somebody holds of a key: which actions, by which ways, on which needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kmsiac.access.deciding import Wanted, alike
from kmsiac.access.joint import Joints
from kmsiac.access.prepared import usable_from_outside
from kmsiac.access.results import Holder, Need, PathStep
from kmsiac.access.ruling import Judge
from kmsiac.access.sheets import GRANT, KEY
from kmsiac.access.ways import Matter
from kmsiac.inventory.model import Key
from kmsiac.policy.actions import ActionSet
from kmsiac.values import NO, Answer, Blame, all_of, cannot_tell, open_blame

_STEPS: tuple[PathStep, ...] = ("key-policy", "delegation", "grant", "service")


def judges_of(made: Joints, matter: Matter) -> list[Judge]:
    """Who rules on a question under each guess; nobody where the principal is none that calls."""
    judges = [Judge(joint, matter) for joint in made]
    return [judge for judge in judges if judge.possible]


def paths_of(
    made: Joints, matter: Matter, held: ActionSet, found: set[str]
) -> tuple[PathStep, ...]:
    """By which ways it is held; where something is held for sure, the sure ones."""
    judges = judges_of(made, matter)

    def answers(step: PathStep) -> list[Answer]:
        actions = tuple(held.certain or held.possible)
        return [j.decide(actions, step).answer if step in j.steps() else NO for j in judges]

    if held.certain and len(judges) == 1:
        sure = tuple(s for s in _STEPS if s in found or answers(s)[0].is_yes)
    elif held.certain:
        sure = tuple(s for s in _STEPS if all(one.is_yes for one in answers(s)))
    else:
        sure = ()
    return sure or tuple(s for s in _STEPS if s in found or not _all_no(answers(s)))


def _all_no(answers: Iterable[Answer]) -> bool:
    return all(answer.is_no for answer in answers)


def is_said(holder: Holder, found: Iterable[Holder]) -> bool:
    """Whether it is already said that anyone at all holds as much, or the account by name."""
    if holder.paths == ("delegation",):
        return True
    return any(
        one.who.kind == "anyone"
        and holder.actions.possible <= one.actions.certain
        and set(one.needs) <= set(holder.needs)
        for one in found
    )


def unknown_holder(matter: Matter, key: Key, position: int, made: Joints) -> Holder | None:
    """Somebody whom a statement names by a text that is not wholly known; None for nobody."""
    who = matter.who
    assert who is not None
    views = [
        view
        for view in (*made.first.views[KEY], *made.first.views[GRANT])
        if position in (view.statement.position, *(p.position for p in view.statement.principals))
    ]
    may = {
        action
        for action in matter.actions
        if any(view.may_allow and not view.covers_action(action).is_no for view in views)
    }
    blame = open_blame(who.text)
    if not may or not blame or who.kind == "group":
        return None
    held = ActionSet(frozenset(), frozenset(may), blame)
    return Holder(str(who.text), who, key, cannot_tell(*blame), held, position=position)


def held_by(
    judges: Sequence[Judge], actions: Sequence[str], made: Joints
) -> tuple[ActionSet, tuple[Need, ...], list[Wanted]]:
    """Which actions are held, on which needs all of them, and by which ways the certain ones."""
    ways: list[Wanted] = []
    certain: set[str] = set()
    possible: set[str] = set()
    blame: set[Blame] = set()
    needs: tuple[Need, ...] | None = None
    views = [view for views in judges[0].joint.views.values() for view in views]
    for group in alike(views, usable_from_outside, actions):
        outcomes = [judge.decide(group[:1]) for judge in judges]
        answers = [outcome.answer for outcome in outcomes]
        answer = all_of(answers)
        settled = all(one.verdict is answers[0].verdict for one in answers)
        if (answer.is_no and not settled) or (made.cut and not answer.is_open):
            pairs = zip(judges, answers, strict=True)
            others = [j.joint for j, one in pairs if one.verdict is not answers[0].verdict]
            answer = cannot_tell(*made.blame(others))
        if answer.is_no:
            continue
        possible |= set(group)
        blame |= answer.blame
        if answer.is_yes:
            certain |= set(group)
        if outcomes[0].found is not None:
            ways.append(outcomes[0].found)
            these = judges[0].needs(outcomes[0].found, answers[0])
            needs = these if needs is None else tuple(n for n in needs if n in these)
    held = ActionSet(frozenset(certain), frozenset(possible), frozenset(blame))
    return held, needs or (), ways
