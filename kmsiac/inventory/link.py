"""How entities refer to each other: by symbol, by ARN or by name, inside one deployment unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from kmsiac.inventory.gathered import Gathered
from kmsiac.inventory.model import Entity, Related
from kmsiac.inventory.references import references, same_values
from kmsiac.policy.matching import Arn, same, split_arn
from kmsiac.stack import Provider
from kmsiac.values import (
    YES,
    Answer,
    Blame,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
    Verdict,
    all_of,
    blame_on,
    open_blame,
    text,
)

E = TypeVar("E", bound=Entity)

_STEP = re.compile(r'([^.\[]+)(\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\])?')
_KMS = ("key", "alias")
_MAX_LOOSE = 64
_NO_PATH = text("/")

Name = tuple[str, tuple[Part, ...]]
"""What sort of thing (`role`, `alias`) and its name, symbols included, without a path."""


class Naming(NamedTuple):
    """How the entities of one sort are named.

    `types` are the symbol types that name one (`role_arn`, `role_name`): any other attribute of
    its resource, its description say, is about it but does not name it. `name` and `path` are
    where its name and its IAM path are written; empty where it has none. `id` is the one that the
    service gave it, where that is known.
    """

    noun: str
    types: frozenset[str]
    name: str = ""
    path: str = ""
    id: str | None = None


class _Named(NamedTuple):
    """What is known of an entity under one name: whether it always has it, and its IAM paths."""

    always: bool
    paths: tuple[Value, ...]


class Directory(Generic[E]):
    """Entities of one sort, found by what refers to them.

    `noun` is the sort of thing that a bare name means where nothing else is said.
    """

    def __init__(self, entities: Iterable[tuple[E, Naming]], noun: str = "") -> None:
        self._noun = noun
        self._by_address: dict[str, tuple[E, Naming]] = {}
        self._by_plain: dict[tuple[str, ...], list[E]] = {}
        self._by_name: dict[Name, dict[E, _Named]] = {}
        for entity, naming in entities:
            self._by_address[entity.address] = (entity, naming)
            self._by_plain.setdefault(plain_steps(entity.address), []).append(entity)
            if naming.name:
                self._add_names(entity, naming)
            if naming.id is not None:
                ids = self._by_name.setdefault((naming.noun, (naming.id,)), {})
                ids[entity] = _Named(always=True, paths=())

    def _add_names(self, entity: E, naming: Naming) -> None:
        cases = references(entity.resource, naming.name)
        paths: tuple[Value, ...] = ()
        if naming.path:
            written = references(entity.resource, naming.path)
            paths = tuple(value for case in written for value in case or (_NO_PATH,))
        for values in cases:
            for value in values:
                if isinstance(value, Text) and value.parts:
                    name = (naming.noun, _named_parts(naming.noun, value.parts))
                    always = all(same_values(values, other) for other in cases)
                    self._by_name.setdefault(name, {})[entity] = _Named(always, paths)

    def find(self, value: Value, noun: str = "", near: Provider | None = None) -> Related[E]:
        """What one value refers to.

        `noun` is the sort of thing that a bare name means, `near` the account and Region in which
        it means it (None: that of the entity, whichever it is).
        """
        if isinstance(value, Unknown):
            return Related(open=frozenset({blame_on(value)}))
        if not isinstance(value, Text):
            return Related(open=frozenset({outside(value)}))
        if value.symbol is not None and value.symbol.address:
            return self._at(value.symbol, value, near)
        arn = split_arn(value)
        last = _last_symbol(arn)
        if arn is not None and last is not None:
            return _placed_only(self._at(last, value, near), arn, value)
        return self._named(value, arn, noun or self._noun, near)

    def _at(self, symbol: Symbol, value: Text, near: Provider | None) -> Related[E]:
        unit = symbol.owner.unit
        found = self._by_address.get(symbol.address)
        if found is not None and found[0].resource.provider.owner.unit == unit:
            entity, naming = found
            if symbol.type in naming.types:
                return Related((entity,))
            doubt = Blame(str(value), f"does not name the {naming.noun}", value.position)
            return Related(open=frozenset({doubt}))
        # A plan's references leave indexes out: one resource of that name is the one meant.
        steps = _steps(symbol.address)
        family = self._by_plain.get(tuple(name for name, _ in steps), [])
        loose = [
            e
            for e in family[: _MAX_LOOSE + 1]
            if _may_be(e, steps, unit) and symbol.type in self._by_address[e.address][1].types
        ]
        if len(family) == 1 and loose:
            return Related(tuple(loose))
        if loose:
            doubt = Blame(str(value), "it is not known which instance is meant", value.position)
            maybe = tuple(loose) if len(family) <= _MAX_LOOSE else ()
            return Related(maybe=maybe, open=frozenset({doubt}))
        if near is not None and near.owner.unit != unit:
            elsewhere = f"it is of another stack, {unit}, which is judged by itself"
            return Related(open=frozenset({Blame(str(value), elsewhere, value.position)}))
        return Related(open=frozenset({outside(value)}))

    def _named(self, value: Text, arn: Arn | None, noun: str, near: Provider | None) -> Related[E]:
        parts = value.parts if arn is None else arn.resource.parts
        first = parts[0] if parts and isinstance(parts[0], str) else ""
        head, slash, _ = first.partition("/")
        if arn is not None or head == "alias":
            noun = head if slash else ""
        gathered: Gathered[E] = Gathered()
        candidates = self._by_name.get((noun, _named_parts(noun, parts)), {})
        if len(candidates) > _MAX_LOOSE:
            doubt = Blame(str(value), f"more than {_MAX_LOOSE} have this name", value.position)
            return Related(open=frozenset({doubt}))
        for entity, named in candidates.items():
            if arn is None:
                placed = _near(near, noun, entity)
            else:
                placed = all_of((_placed(arn, noun, entity), _pathed(arn, noun, parts, named)))
            if not placed.is_no:
                gathered.add(entity, certain=named.always and placed.is_yes)
                gathered.open |= placed.blame
        found = gathered.freeze()
        if found.items or found.maybe:
            return found
        unknown = open_blame(value)
        return Related(open=unknown or frozenset({outside(value)}))


def _steps(address: str) -> tuple[tuple[str, str], ...]:
    return tuple((match[1], match[2] or "") for match in _STEP.finditer(address))


def plain_steps(address: str) -> tuple[str, ...]:
    """The names of an address, without indexes."""
    return tuple(name for name, _ in _steps(address))


def _may_be(entity: Entity, steps: tuple[tuple[str, str], ...], unit: str) -> bool:
    """Whether an address that may lack indexes can mean the entity."""
    if entity.resource.provider.owner.unit != unit:
        return False
    own = _steps(entity.address)
    return all(not a or not b or a == b for (_, a), (_, b) in zip(own, steps, strict=True))


def _last_symbol(arn: Arn | None) -> Symbol | None:
    """The symbol of a resource that an ARN ends with: `key/${aws_kms_key.k.key_id}`."""
    parts = arn.resource.parts if arn is not None else ()
    if len(parts) != 2 or not isinstance(parts[0], str) or not parts[0].endswith("/"):
        return None
    symbol = parts[1] if isinstance(parts[1], Symbol) else None
    return symbol if symbol is not None and symbol.address else None


def _named_parts(noun: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """A name as it is compared: without `role/`, `alias/` and an IAM path before it."""
    if not parts or not isinstance(parts[0], str):
        return parts
    first = parts[0].removeprefix(f"{noun}/")
    if noun != "alias":
        first = first.rpartition("/")[2]
    return Text((first, *parts[1:])).parts


def _placed_only(found: Related[E], arn: Arn, value: Text) -> Related[E]:
    """Of what an ARN ends with, that which its account and Region fit."""
    noun = str(arn.resource.parts[0]).partition("/")[0]
    kept: Gathered[E] = Gathered()
    for certain, entities in ((True, found.items), (False, found.maybe)):
        for entity in entities:
            placed = _placed(arn, noun, entity)
            if not placed.is_no:
                kept.add(entity, certain=certain and placed.is_yes)
                kept.open |= placed.blame
    kept.open |= found.open
    result = kept.freeze()
    if result.items or result.maybe or result.open:
        return result
    return Related(open=frozenset({outside(value)}))


def _placed(arn: Arn, noun: str, entity: Entity) -> Answer:
    """Whether an ARN is of the service, account and (for a key or alias) Region of an entity."""
    provider = entity.resource.provider
    service = {"key": "kms", "alias": "kms", "vpc-endpoint": "ec2"}.get(noun, "iam")
    answers = [same(arn.service, text(service)), same(arn.account, provider.account)]
    if service != "iam":
        answers.append(same(arn.region, provider.region))
    return all_of(answers)


def _near(near: Provider | None, noun: str, entity: Entity) -> Answer:
    """Whether a bare name that is used in an account (and Region) means an entity there."""
    if near is None:
        return YES
    own = entity.resource.provider
    if near is own:
        return YES
    answers = [same(near.account, own.account)]
    if noun in _KMS:
        answers.append(same(near.region, own.region))
    return all_of(answers)


def _pathed(arn: Arn, noun: str, parts: tuple[Part, ...], named: _Named) -> Answer:
    """Whether the IAM path in an ARN is that of the entity: `role/service/app` of `/service/`."""
    if not named.paths or not isinstance(parts[0], str):
        return YES
    written = text(parts[0].removeprefix(noun).rpartition("/")[0] + "/")
    answers = [
        same(written, path) if isinstance(path, Text) else Answer(Verdict.CANNOT_TELL)
        for path in named.paths
    ]
    if all(answer.is_yes for answer in answers) or all(answer.is_no for answer in answers):
        return answers[0]
    doubt = Blame(str(arn.resource), "its path depends on a condition", arn.resource.position)
    return Answer(Verdict.CANNOT_TELL, frozenset({doubt}))


def outside(value: Value) -> Blame:
    """Who to blame for a value that refers to nothing in the scan."""
    shown = str(value)[:80] if isinstance(value, Text) else type(value).__name__.lower()
    reason = "not in the scanned templates"
    if isinstance(value, Text):
        if is_aws_managed_key(value):
            reason = "an AWS managed key: its policy is not in the templates"
        elif aws_managed_policy(value) is not None:
            reason = "an AWS managed policy, its text is not in the templates"
    return Blame(shown, reason, value.position)


def is_aws_managed_key(value: Text) -> bool:
    """Whether a text is the alias of an AWS managed key: `alias/aws/s3`, or the ARN of it."""
    arn = split_arn(value) if not value.prefix.startswith("alias/") else None
    return (arn.resource if arn is not None else value).prefix.startswith("alias/aws/")


def aws_managed_policy(value: Text) -> str | None:
    """The name of the AWS managed policy whose ARN a text is, without a path; else None."""
    if not any(isinstance(part, str) and ":iam::aws:policy/" in part for part in value.parts):
        return None
    last = value.parts[-1]
    return last.rpartition("/")[2] if isinstance(last, str) else None
