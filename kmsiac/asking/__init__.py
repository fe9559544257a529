"""Questions about one key or one principal, as people ask them: `can`, `who_can`, `principal_can`.

    words -> names -> unit -> worlds -> UnitAccess -> rulings -> one report of plain data

Names are addresses (`module.a.aws_iam_role.app`, a logical id), ARNs, aliases, services. A name
that nothing has, or several things, is a `UsageError` with what may have been meant. What could
not be read stands in every report (`surroundings`).
"""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.access.model import Blocked
from kmsiac.access.results import Ruling
from kmsiac.asking.callers import Caller, find_caller
from kmsiac.asking.context import given_context
from kmsiac.asking.holdings import held_by, who_holds
from kmsiac.asking.key_sorts import fitting, unfit
from kmsiac.asking.names import find_key, one_action, some_actions
from kmsiac.asking.neighbors import Neighbors
from kmsiac.asking.rulings import ruling_on, through_its_endpoint
from kmsiac.asking.scene import Located, NothingRead, Scene
from kmsiac.asking.unnamed import unnamed
from kmsiac.asking.verdicts import joined
from kmsiac.aws.actions import KmsAction
from kmsiac.config import ScanOptions
from kmsiac.errors import UsageError
from kmsiac.findings.access_report import (
    CanReport,
    Holding,
    PrincipalCanReport,
    WhoCanReport,
)
from kmsiac.findings.finding import Unresolved
from kmsiac.inventory.cases import TooManyWorlds, World, in_every_world
from kmsiac.inventory.model import Endpoint, Entity, Key, Policy, Related
from kmsiac.inventory.settings import exists
from kmsiac.reading.source import NOWHERE
from kmsiac.values import Blame, cannot_tell

__all__ = ["NothingRead", "can", "principal_can", "who_can"]

_LAYERS: dict[Blocked, str] = {
    "identity-policy": "identity policies",
    "key-policy": "key policy",
    "boundary": "permissions boundary",
    "endpoint": "endpoint policy",
}
"""How the sentence about an unmet condition names the layer that has it."""
_TOO_MANY = "depends on too many combinations of conditions"


def can(
    options: ScanOptions,
    principal: str,
    action: str,
    key: str,
    *,
    context: Iterable[tuple[str, str]] = (),
    strict_context: bool = False,
) -> CanReport:
    """Whether a principal can call an action on a key.

    `context` gives condition keys of the request and their values (a key with several: several
    pairs). What it does not give is free: yes means that some request with this context is
    allowed, and `needs` says what else it must carry. With `strict_context` it is absent.

    Raises `UsageError` for names that mean nothing or several things, `NothingRead` where there is
    nothing to ask about.
    """
    scene = Scene(options)
    meant = one_action(action)
    _check_acts(meant)
    target = find_key(scene, key)
    caller = find_caller(scene, principal, target)
    asked = given_context(scene, context, strict_context, meant)
    strange = caller.strange_to(target.inventory, target.entity)
    question = target.entity

    def rule(world: World) -> Ruling | None:
        if not exists(question.resource, world) or not caller.exists(world):
            return None
        if strange is not None:
            return Ruling(cannot_tell(strange))
        access = scene.access(target.inventory, world)
        who, given = caller.who(world), asked.given
        ruling = ruling_on(access, who, meant, question, given)
        return through_its_endpoint(access, who, meant, question, given, ruling)

    try:
        ruled = [(world, ruling) for world, ruling in in_every_world(rule) if ruling is not None]
    except TooManyWorlds:
        blame = Blame(question.address, _TOO_MANY, question.position)
        ruled = [({}, Ruling(cannot_tell(blame)))]
    if not ruled:
        why = f"{caller.label} and {question.address} never exist together"
        ruled = [({}, Ruling(cannot_tell(Blame(caller.label, why, question.position))))]
    verdict, cases = joined(
        ruled,
        scene.locate,
        lambda ruling: _mend_at(ruling, question, caller, asked.given.endpoint),
        target.inventory.framework,
    )
    told = [
        *caller.doubt(),
        *caller.likely(),
        *asked.notes,
        *_doubts(target, caller),
        *_about(meant, question),
    ]
    return CanReport(
        principal=caller.label,
        action=meant.name,
        key=question.address,
        key_location=scene.locate(question.position),
        verdict=verdict,
        cases=cases,
        surroundings=scene.surroundings(told),
    )


def who_can(options: ScanOptions, action: str, key: str) -> WhoCanReport:
    """Everybody known who can call an action on a key, or may be able to.

    `action` may have wildcards (`*`, `kms:*`, `kms:Generate*`), which leave out what acts on no key
    or cannot work on a key of this sort. Raises as `can` does.
    """
    scene = Scene(options)
    actions = some_actions(action)
    target = find_key(scene, key)
    if "*" in action or "?" in action:
        actions = tuple(fitting(actions, target.entity))
    else:
        _check_acts(actions[0])
    near = Neighbors(scene, target.inventory, target.entity)
    holdings, undecided = who_holds(scene, target.inventory, target.entity, actions, near)
    undecided += unnamed(scene, target.entity, actions)
    notes = [*_existence(target.entity), *near.notes]
    return WhoCanReport(
        action=action if "*" in action or "?" in action else actions[0].name,
        key=target.entity.address,
        key_location=scene.locate(target.entity.position),
        holdings=tuple(holdings),
        surroundings=scene.surroundings(notes, undecided),
    )


def principal_can(options: ScanOptions, principal: str) -> PrincipalCanReport:
    """What a principal can do with each key of the scan, or may be able to. Raises as `can` does."""
    scene = Scene(options)
    keys = scene.located(lambda inventory: inventory.keys)
    caller = find_caller(scene, principal, keys[0] if len(keys) == 1 else None)
    notes = list(caller.doubt())
    found: list[Holding] = []
    undecided: list[Unresolved] = []
    for key in keys:
        strange = caller.strange_to(key.inventory, key.entity)
        if strange is not None:
            at = scene.locate(strange.position)
            undecided.append(Unresolved(strange.expression, "", strange.reason, (), at))
            continue
        holdings, open_ends = held_by(scene, key.inventory, key.entity, caller)
        found += holdings
        undecided += open_ends
    if caller.identity is not None:
        notes += _existence(caller.identity.entity)
    return PrincipalCanReport(
        caller.label, len(keys), tuple(found), scene.surroundings(notes, undecided)
    )


def _check_acts(action: KmsAction) -> None:
    if not action.on:
        hint = "only IAM policies decide about it"
        raise UsageError(f"{action.name} acts on no key", hint=hint)


def _mend_at(ruling: Ruling, key: Key, caller: Caller, endpoint: Endpoint | None) -> int:
    """Where what would mend a no is written, or would have to be."""
    if ruling.position != NOWHERE:
        return ruling.position  # the statement that the sentence names
    identity = None if caller.identity is None else caller.identity.entity
    layer = ruling.blocked_by
    if layer == "condition":
        layer = next((name for name, words in _LAYERS.items() if words in ruling.mend), None)
    if layer == "key-policy":
        return _written(key.policies) or key.position
    if layer == "identity-policy" and identity is not None:
        return identity.position
    if layer == "boundary" and identity is not None:
        return _written(identity.boundary) or identity.position
    if layer == "endpoint" and endpoint is not None:
        return _written(endpoint.policies) or endpoint.position
    return NOWHERE


def _written(policies: Related[Policy]) -> int:
    written = [policy for policy in policies.items if not policy.default]
    return written[0].attribute_position or written[0].position if written else NOWHERE


def _doubts(key: Located[Key], caller: Caller) -> list[str]:
    identity = [] if caller.identity is None else _existence(caller.identity.entity)
    return [*_existence(key.entity), *identity]


def _existence(entity: Entity) -> list[str]:
    """What is to be said of something that may not be created."""
    resource = entity.resource
    if resource.absent is not None:
        return [f"{entity.address} may not be created: {resource.absent.reason}"]
    if resource.exists:
        told = " and ".join(f"{guard.name} is {_value(atom)}" for guard, atom in resource.exists)
        return [f"{entity.address} exists only when {told}"]
    return []


def _value(atom: object) -> str:
    return str(atom).lower() if isinstance(atom, bool) else str(atom)


def _about(action: KmsAction, key: Key) -> list[str]:
    """What no policy says: that the key is of a sort on which the action fails."""
    why = unfit(action, key)
    return [f"{action.name} fails on {key.address} whoever calls it: {why}"] if why else []
