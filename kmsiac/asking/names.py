"""Finding what a word of the command line means: an address, an ARN, an alias, an action."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

from kmsiac.asking.scene import E, Located, Scene
from kmsiac.aws.actions import KmsAction, expand, kms_action, kms_actions
from kmsiac.errors import UsageError, nearest
from kmsiac.findings.excerpt import one_line
from kmsiac.inventory.arns import known_id
from kmsiac.inventory.model import Alias, Key
from kmsiac.policy.matching import same, split_arn
from kmsiac.values import Answer, Text, all_of, any_of, cannot_tell, text

_STEP = re.compile(r'([^.\[]+)(\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\])?\.?')
_BARE_INDEX = re.compile(r'\[([^\]"]*[^\]"0-9][^\]"]*)\]')
_ATTRIBUTES = (".arn", ".id", ".key_id", ".name", ".Arn", ".KeyId", ".Id")
_INPUTS = re.compile(r"\[[^\[\]/]+\]\Z")
"""The name of inputs behind the path of a unit."""
_MOST_NAMES = 8
_LONGEST = 300


def find_key(scene: Scene, named: str) -> Located[Key]:
    """The key that is meant: an address, the ARN, id or alias of one, or the address of an alias;
    the path of its unit and a colon may stand before it.

    Raises `UsageError` where none or several could be meant.
    """
    keys, word = of_unit(scene.located(lambda inventory: inventory.keys), named)
    found = at_address(keys, word) or [key for key in keys if _has_id(key.entity, word)]
    if found:
        return the_one(found, word, "key")
    aliases, word = of_unit(scene.located(lambda inventory: inventory.aliases), named)
    meant = at_address(aliases, word)
    doubtful: list[Located[Alias]] = []
    if not meant and ("alias/" in word or ":alias/" in word):
        answers = [(alias, _alias_named(alias.entity, word)) for alias in aliases]
        meant = [alias for alias, answer in answers if answer.is_yes]
        doubtful = [alias for alias, answer in answers if answer.is_open]
    if meant:
        return _behind(the_one(meant, word, "alias"), word)
    names = list(dict.fromkeys(key.entity.address for key in keys))
    if doubtful:
        raise UsageError(
            f'"{short(word)}" may be the alias {_listed([a.name for a in doubtful])}: '
            "its name or place is not known before deployment",
            hint=f"name the key by its address: {_listed(names)}",
        )
    if word.startswith("arn:") and _is_key_arn(word):
        hint = f"the ARN of a new key is known only after deployment; name it as {_listed(names)}"
        raise UsageError(f'no key "{short(word)}" in what was scanned', hint=hint if names else "")
    written = [str(name) for alias in aliases for name in _names(alias.entity)]
    others = [e.address for i in scene.units for e in i.entities()]
    if word in others:
        raise UsageError(f'"{short(word)}" is no key', hint=_known(names))
    raise not_found("key", word, [*names, *written])


def _behind(alias: Located[Alias], word: str) -> Located[Key]:
    keys = alias.entity.key
    reached = [*keys.items, *keys.maybe]
    if len(reached) == 1:
        return Located(reached[0], alias.inventory)
    if reached:
        names = _listed([key.address for key in reached])
        raise UsageError(f'"{short(word)}" may belong to several keys', hint=names)
    raise UsageError(f'"{short(word)}" belongs to a key that is not in what was scanned')


def _has_id(key: Key, word: str) -> bool:
    """Whether the key is known by this ARN or id: a plan knows those of keys that exist."""
    known = known_id(key)
    if known is None:
        return False
    if word == known:
        return True
    provider, arn = key.resource.provider, split_arn(text(word))
    if arn is None or arn.resource.literal != f"key/{known}":
        return False
    answers = [same(arn.account, provider.account), same(arn.region, provider.region)]
    return not all_of(answers).is_no


def _is_key_arn(word: str) -> bool:
    arn = split_arn(text(word))
    return arn is not None and arn.resource.prefix.startswith("key/")


def _alias_named(alias: Alias, word: str) -> Answer:
    """Whether the alias has this name or ARN."""
    arn = split_arn(text(word))
    wanted = text(word) if arn is None else arn.resource
    names = _names(alias)
    if not names:
        return cannot_tell()
    answers = [any_of(same(name, wanted) for name in names)]
    if arn is not None:
        provider = alias.resource.provider
        answers += [same(arn.account, provider.account), same(arn.region, provider.region)]
    return all_of(answers)


def _names(alias: Alias) -> list[Text]:
    found = [case["name"].value for _, case in alias.settings.cases if case is not None]
    return [value for value in found if isinstance(value, Text)]


def of_unit(entities: Sequence[Located[E]], word: str) -> tuple[list[Located[E]], str]:
    """What is in the unit whose path stands before a colon, and the word without it; everything
    and the whole word where no unit is named (`arn:aws:...`).

    A path may leave out folders at its start: reports name units from the repository's root, and
    people from where they stand. Without the name of inputs it means the unit with each of them.
    """
    for colon in re.finditer(":", word[:_LONGEST]):
        path = posixpath.normpath(word[: colon.start()] or "/").replace("../", "")
        units = {one.inventory.unit for one in entities}
        named = _units_at(path, {unit: unit for unit in units}) or _units_at(
            path, {unit: _INPUTS.sub("", unit) for unit in units}
        )
        if named:
            rest = word[colon.end() :]
            return [one for one in entities if one.inventory.unit in named], rest
    return list(entities), word


def _units_at(path: str, units: Mapping[str, str]) -> set[str]:
    """The units that a path means, of units with theirs: exactly, else with folders left out."""
    return {unit for unit, own in units.items() if own == path} or {
        unit
        for unit, own in units.items()
        if f"/{own}".endswith(f"/{path}") or path.endswith(f"/{own}")
    }


def at_address(entities: Sequence[Located[E]], word: str) -> list[Located[E]]:
    """The entities that an address means: exactly, else those it means with indexes left out.

    `UNIT:ADDRESS` means those of one unit only.
    """
    every, word = of_unit(entities, word)
    for spelt in _spellings(word):
        exact = [found for found in every if found.entity.address == spelt]
        if exact:
            return exact
        steps = _STEP.findall(spelt)
        loose = [found for found in every if _may_be(_STEP.findall(found.entity.address), steps)]
        if loose:
            return loose
    return []


def _spellings(word: str) -> Iterable[str]:
    """The word, with quotes that a shell has taken put back, and without an attribute at its end."""
    quoted = _BARE_INDEX.sub(lambda match: f'["{match[1]}"]', word)
    yield from dict.fromkeys((word, quoted))
    for attribute in _ATTRIBUTES:
        if quoted.endswith(attribute):
            yield quoted.removesuffix(attribute)


def _may_be(own: Sequence[tuple[str, str]], asked: Sequence[tuple[str, str]]) -> bool:
    return len(own) == len(asked) and all(
        name == other and index in ("", known)
        for (name, known), (other, index) in zip(own, asked, strict=True)
    )


def the_one(found: Sequence[Located[E]], word: str, noun: str) -> Located[E]:
    """The only one of some; else a `UsageError` that names them."""
    if len(found) == 1:
        return found[0]
    apart = len({one.entity.address for one in found}) == len(found)
    names = [one.entity.address if apart else one.name for one in found]
    several = {"key": "keys", "alias": "aliases", "endpoint": "endpoints"}.get(noun, f"{noun}s")
    unit, address = found[0].inventory.unit, found[0].entity.address
    hint = "" if apart else f"; name one with its unit, as {short(unit)}:{short(address)}"
    raise UsageError(
        f'"{short(word)}" means {len(found)} {several}', hint=f"{_listed(names)}{hint}"
    )


def not_found(noun: str, word: str, names: Iterable[str]) -> UsageError:
    """The error for a name that nothing has, with the nearest or all names."""
    known = sorted(set(names))
    near = nearest(word, known)
    hint = f'did you mean "{short(near)}"?' if near else _known(known)
    return UsageError(f'no {noun} "{short(word)}" in what was scanned', hint=hint)


def _known(names: Sequence[str]) -> str:
    return f"there is {_listed(names)}" if names else "there is none"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(short(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def short(word: str) -> str:
    """A word of the user's as an error repeats it: on one line, shortened."""
    return one_line(word, 160)


def one_action(word: str) -> KmsAction:
    """The action, with or without `kms:`, case aside. Raises `UsageError` with a suggestion."""
    if "*" in word or "?" in word:
        raise UsageError(
            f'"{short(word)}" is no single action',
            hint=f"kmsiac who-can '{short(word)}' KEY takes wildcards",
        )
    action = kms_action(word)
    if action is None:
        raise _no_action(word)
    return action


def some_actions(word: str) -> tuple[KmsAction, ...]:
    """The actions that a name or a pattern (`*`, `kms:*`, `Generate*`) means, sorted by name.

    Raises `UsageError` where there is none.
    """
    if "*" not in word and "?" not in word:
        return (one_action(word),)
    pattern = word if ":" in word or not word.strip("*") else f"kms:{word}"
    found = expand(pattern[:_LONGEST])
    if not found:
        raise UsageError(f'no KMS action matches "{short(word)}"', hint="like kms:Generate*")
    return found


def _no_action(word: str) -> UsageError:
    names = [action.name for action in kms_actions()]
    folded = {name.lower(): name for name in names}
    wanted = word[:_LONGEST].lower()
    wanted = wanted if wanted.startswith("kms:") else f"kms:{wanted.rpartition(':')[2]}"
    near = nearest(wanted, folded)
    hint = f'did you mean "{folded[near]}"?' if near else "like kms:Decrypt"
    return UsageError(f'there is no KMS action "{short(word)}"', hint=hint)
