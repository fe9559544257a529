"""Who is meant by the principal of a question, and what of it can be seen from the key's unit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from kmsiac.access.place import Who, WhoKind
from kmsiac.asking.names import at_address, not_found, short, the_one
from kmsiac.asking.scene import Located, Scene
from kmsiac.errors import UsageError
from kmsiac.inventory.cases import World
from kmsiac.inventory.model import Identity, Inventory, Key, Related
from kmsiac.inventory.named import identity_named
from kmsiac.inventory.settings import exists
from kmsiac.policy.matching import same, split_arn
from kmsiac.stack import Provider
from kmsiac.values import Blame, Text, all_of, any_of, text

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|aws\.internal)")
_IAM: dict[str, WhoKind] = {"role": "role", "user": "user", "group": "group"}
_LONGEST = 64
_MOST_ALIKE = 3
_NO_GROUP = "a group is no principal: it cannot call anything"


@dataclass(frozen=True)
class Caller:
    """The principal of a question: how reports call it, and who it is in a world.

    `identity` is the entity of the scan that it is. `doubtful` are entities that it may be, where
    the template leaves the account or the name open.
    """

    label: str
    who: Callable[[World], Who]
    identity: Located[Identity] | None = None
    doubtful: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    """Addresses of those whose names are near that of an ARN which none of them has."""

    def exists(self, world: World) -> bool:
        """Whether it is there in a world; what is not in the scan always is."""
        return self.identity is None or exists(self.identity.entity.resource, world)

    def doubt(self) -> tuple[str, ...]:
        """What is to be said where the template leaves open whether it is an entity of the scan."""
        if not self.doubtful:
            return ()
        names = ", ".join(self.doubtful)
        told = f"{self.label} may be {names}: its account or name is not known; if it is, "
        return (f"{told}name it by its address or give --account-id",)

    def likely(self) -> tuple[str, ...]:
        """What is to be said where an ARN is that of nobody, but nearly that of somebody."""
        if not self.alike:
            return ()
        names = " or ".join(self.alike)
        return (f"no role or user of the scan is {self.label}: did you mean {names}?",)

    def strange_to(self, inventory: Inventory, key: Key) -> Blame | None:
        """Why nothing can be told of the caller and a key; None where it can.

        Another unit may be deployed to another account. Where that is not known, neither is
        whether the key's account principal stands for the caller, nor what its own policies are
        worth there.
        """
        if self.identity is None or self.identity.inventory is inventory:
            return None
        identity = self.identity.entity
        if not same(identity.resource.provider.account, key.resource.provider.account).is_open:
            return None
        reason = (
            f"it is in another unit ({self.identity.inventory.unit}), and whether that is in the "
            f"account of {key.address} is not known; give --account-id if it is"
        )
        return Blame(identity.address, reason, identity.position)


def find_caller(scene: Scene, word: str, key: Located[Key] | None = None) -> Caller:
    """The principal that is meant. Raises `UsageError` where none or several could be.

    An address or logical id; the ARN of a role, user, session or root user; an account id, an
    organization id, a service; `*` for anyone. `root` is the root user of the key's account.
    """
    plain = _plain(word)
    if plain is not None:
        return plain
    if word.startswith("arn:"):
        return _by_arn(scene, word)
    identities = scene.located(lambda inventory: inventory.identities)
    found = at_address(identities, word)
    if not found:
        if word == "root" and key is not None:
            return _constant("root", "root", _root_of(key.entity.resource.provider))
        raise _unknown(scene, word, identities)
    one = the_one(found, word, "principal")
    if one.entity.kind == "group":
        raise UsageError(f"{short(word)}: {_NO_GROUP}", hint="ask about one of its users")
    return Caller(one.entity.address, lambda world: _who(scene, one, world), one)


def _who(scene: Scene, one: Located[Identity], world: World) -> Who:
    return scene.access(one.inventory, world).who(one.entity)


def _plain(word: str) -> Caller | None:
    """A principal that no template has to have."""
    if word in ("*", "anyone"):
        return _constant("anyone", "anyone", text("*"))
    if _SERVICE.fullmatch(word):
        return _constant(word, "service", text(word))
    if _ACCOUNT.fullmatch(word):
        return _constant(f"account {word}", "account", text(word))
    if _ORGANIZATION.fullmatch(word):
        return _constant(f"organization {word}", "organization", text(word))
    return None


def _constant(label: str, kind: WhoKind, value: Text) -> Caller:
    return Caller(label, lambda _: Who(kind, value))


def _root_of(provider: Provider) -> Text:
    return Text(("arn:", *provider.partition.parts, ":iam::", *provider.account.parts, ":root"))


def _by_arn(scene: Scene, word: str) -> Caller:
    arn = split_arn(text(word))
    service = "" if arn is None else arn.service.literal or ""
    resource = "" if arn is None else arn.resource.literal or ""
    account = "" if arn is None else arn.account.literal or ""
    head, slash, tail = resource.partition("/")
    if _ACCOUNT.fullmatch(account) is None or "*" in word or "?" in word:
        service = ""
    if service == "iam" and resource == "root":
        return _constant(word, "root", text(word))
    if service == "iam" and head in _IAM and slash and tail:
        if head == "group":
            raise UsageError(f"{short(word)}: {_NO_GROUP}", hint="ask about one of its users")
        return _named(scene, word, _IAM[head], lambda unit: identity_named(unit, text(word)))
    if service == "sts" and head == "federated-user" and tail:
        return _constant(word, "session", text(word))
    if service == "sts" and head == "assumed-role" and resource.count("/") == 2 and arn is not None:
        role = text(resource.split("/")[1])
        return _named(scene, word, "session", lambda unit: _roles(unit, role, text(account)))
    raise UsageError(
        f'"{short(word)}" is not the ARN of a principal',
        hint="like arn:aws:iam::111122223333:role/app or "
        "arn:aws:sts::111122223333:assumed-role/app/session",
    )


def _named(
    scene: Scene, word: str, kind: WhoKind, find: Callable[[Inventory], Related[Identity]]
) -> Caller:
    """The caller with an ARN, tied to the role or user of the scan that has it."""
    certain: list[Located[Identity]] = []
    doubtful: list[str] = []
    for inventory in scene.units:
        related = find(inventory)
        certain += [Located(identity, inventory) for identity in related.items]
        doubtful += [identity.address for identity in related.maybe]
    if certain:
        one = the_one(certain, word, "principal")
        return Caller(word, lambda _: Who(kind, text(word), one.entity), one)
    alike = () if doubtful else _alike(scene, word, kind)
    who = Who(kind, text(word))
    return Caller(word, lambda _: who, doubtful=tuple(doubtful), alike=alike)


def _alike(scene: Scene, word: str, kind: WhoKind) -> tuple[str, ...]:
    """The identities of that kind with a near name, that may be in the account of an ARN."""
    arn = split_arn(text(word))
    assert arn is not None
    parts = (arn.resource.literal or "").split("/")
    wanted, sort = (parts[1], "role") if kind == "session" else (parts[-1], kind)
    found: dict[str, str] = {}
    for one in scene.located(lambda inventory: inventory.identities):
        account = one.entity.resource.provider.account
        if one.entity.kind == sort and not same(account, arn.account).is_no:
            for name in _names(one.entity):
                if name.literal is not None:
                    found.setdefault(name.literal, one.entity.address)
    near = difflib.get_close_matches(wanted[:_LONGEST], found, n=_MOST_ALIKE, cutoff=0.7)
    return tuple(found[name] for name in near)


def _roles(inventory: Inventory, name: Text, account: Text) -> Related[Identity]:
    """The roles with a name, of any path: a session's ARN does not have it."""
    certain, doubtful = [], []
    for role in inventory.identities:
        names = _names(role) if role.kind == "role" else []
        answers = [any_of(same(one, name) for one in names)]
        answers.append(same(role.resource.provider.account, account))
        found = all_of(answers)
        if found.is_yes and len(names) == len(role.settings.cases):
            certain.append(role)
        elif not found.is_no:
            doubtful.append(role)
    return Related(tuple(certain), tuple(doubtful))


def _names(identity: Identity) -> list[Text]:
    found = [case["name"].value for _, case in identity.settings.cases if case is not None]
    return [value for value in found if isinstance(value, Text)]


def _unknown(scene: Scene, word: str, identities: list[Located[Identity]]) -> UsageError:
    others = {e.address for inventory in scene.units for e in inventory.entities()}
    names = [one.entity.address for one in identities if one.entity.kind != "group"]
    if word in others:
        return UsageError(f'"{short(word)}" is no role or user', hint=", ".join(names[:8]))
    last = word.rpartition("/")[2]
    for one in identities:
        if any(name.literal == last for name in _names(one.entity)):
            hint = f'did you mean "{one.entity.address}"?'
            return UsageError(f'no principal "{short(word)}" in what was scanned', hint=hint)
    return not_found("principal", word, names)
