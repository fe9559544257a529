"""`--context KEY=VALUE`: what the user says about the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kmsiac.access.place import Given
from kmsiac.asking.names import at_address, not_found, short, the_one
from kmsiac.asking.scene import Located, Scene
from kmsiac.aws import condition_keys
from kmsiac.aws.actions import KmsAction
from kmsiac.aws.shapes import fold
from kmsiac.errors import UsageError
from kmsiac.inventory.arns import arn_of
from kmsiac.inventory.model import Endpoint, Identity, Key
from kmsiac.policy.matching import same
from kmsiac.values import Symbol, Text, text

_ENDPOINT = "aws:sourcevpce"


@dataclass(frozen=True)
class Asked:
    """The given context, and what to tell the user about it."""

    given: Given
    notes: tuple[str, ...]


def given_context(
    scene: Scene, pairs: Iterable[tuple[str, str]], strict: bool, action: KmsAction
) -> Asked:
    """What `can` is given. Raises `UsageError` for a key under `kms:` that does not exist.

    `aws:SourceVpce` takes the id of an endpoint, or the address of one of the scan: then its
    policy counts. Keys whose values are ARNs take the address of a role, user or key.
    """
    context: dict[str, list[Text]] = {}
    notes: list[str] = []
    doors: dict[Endpoint, None] = {}
    for name, value in pairs:
        known, told = _checked(name, value, action)
        notes += told
        if fold(known) == _ENDPOINT:
            door, id, told = _door(scene, value)
            notes += told
            if door is not None:
                doors[door] = None
            context.setdefault(known, []).append(id)
        else:
            context.setdefault(known, []).append(_value(scene, known, value))
    if len(doors) > 1 or len(context.get("aws:SourceVpce", ())) > 1:
        raise UsageError("aws:SourceVpce takes one endpoint: a request passes only one")
    values = {name: tuple(members) for name, members in context.items()}
    endpoint = next(iter(doors), None)
    return Asked(Given(values, strict=strict, endpoint=endpoint), tuple(notes))


def _checked(name: str, value: str, action: KmsAction) -> tuple[str, list[str]]:
    """The name as AWS spells it, and what is odd about the pair."""
    key = condition_keys.condition_key(name)
    near = condition_keys.nearest(name)
    meant = f'did you mean "{near}"?' if near else ""
    if key is None:
        if fold(name).startswith("kms:"):
            raise UsageError(f'there is no condition key "{short(name)}"', hint=meant)
        if ":" not in name:
            raise UsageError(
                f'"{short(name)}" is not a condition key', hint=meant or "like aws:SourceIp"
            )
        told = f"{name} is not a condition key that kmsiac knows"
        return name, [f"{told} ({meant})" if near else told]
    notes = []
    carrying = condition_keys.actions_carrying(name)
    if carrying is not None and action.name not in carrying:
        notes.append(f"no request of {action.name} carries {key.name}")
    values = key.allowed_values
    if values is not None and value not in values:
        some = ", ".join(sorted(values)[:6])
        notes.append(f'{key.name} is never "{value[:80]}": its values are {some}')
    return key.name, notes


def _door(scene: Scene, value: str) -> tuple[Endpoint | None, Text, list[str]]:
    """The endpoint that is meant, if it is one of the scan, and its id."""
    endpoints = scene.located(lambda inventory: inventory.endpoints)
    if value.startswith("vpce-"):
        for one in endpoints:
            known = one.entity.resource.attributes.get("id")
            if isinstance(known, Text) and known.literal == value:
                return one.entity, text(value), _not_of_kms(one)
        told = f"{value} is not in what was scanned: its endpoint policy does not count"
        return None, text(value), [told]
    found = at_address(endpoints, value)
    if not found:
        raise not_found("VPC endpoint", value, [one.entity.address for one in endpoints])
    one = the_one(found, value, "endpoint")
    return one.entity, _id(one.entity), _not_of_kms(one)


def _not_of_kms(endpoint: Located[Endpoint]) -> list[str]:
    for _, settings in endpoint.entity.settings.cases:
        value = settings["service"].value if settings and "service" in settings else None
        if isinstance(value, Text) and same(value, text("kms")).is_no:
            return [f"{endpoint.entity.address} is an endpoint of {value}, not of KMS"]
    return []


def _value(scene: Scene, name: str, value: str) -> Text:
    """A value as it is given; for a key whose values are ARNs an address stands for its ARN."""
    key = condition_keys.condition_key(name)
    if key is None or key.type != "arn" or value.startswith("arn:"):
        return text(value)
    identities = at_address(scene.located(lambda inventory: inventory.identities), value)
    if identities:
        return _arn(the_one(identities, value, "principal"))
    keys = at_address(scene.located(lambda inventory: inventory.keys), value)
    return _arn(the_one(keys, value, "key")) if keys else text(value)


def _arn(one: Located[Identity] | Located[Key]) -> Text:
    settings = one.entity.settings.cases[0][1]
    return arn_of(one.entity, one.inventory.framework, settings)


def _id(endpoint: Endpoint) -> Text:
    """The id of an endpoint: its text where a plan knows it, else the symbol it goes by."""
    resource = endpoint.resource
    known = resource.attributes.get("id")
    if isinstance(known, Text) and known.literal:
        return known
    formation = resource.type.startswith("AWS::")
    reference = resource.address if formation else f"{resource.address}.id"
    owner, at = resource.provider.owner, resource.position
    return Text((Symbol("endpoint_id", reference, owner, "resource", None, at, resource.address),))
