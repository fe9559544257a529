"""What a template says of a key that requests to it carry, whatever the caller chooses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.aws.shapes import fold
from kmsiac.inventory.model import Settings
from kmsiac.values import Blame, Bool, List, Map, Text, Unknown, Value, blame_on


class Facts(NamedTuple):
    """Condition keys (lower case) with the one value that every request to the key has, and those
    that have one which is not known, with blame.
    """

    known: tuple[tuple[str, str], ...] = ()
    untold: tuple[tuple[str, Blame], ...] = ()


NO_FACTS = Facts()

_SETTINGS = {
    "spec": ("kms:keyspec", "kms:customermasterkeyspec"),
    "usage": ("kms:keyusage", "kms:customermasterkeyusage"),
    "origin": ("kms:keyorigin",),
    "multi_region": ("kms:multiregion",),
}


def facts_of(settings: Settings | None, wanted: frozenset[str]) -> Facts:
    """Key spec, usage, origin, multi-Region property and tags, as far as they are known.

    A tag that the template does not write may come from elsewhere, so nothing is said of it. Only
    the `wanted` keys are read: a setting may depend on conditions that nothing else asks about.
    """
    if settings is None:
        return NO_FACTS
    found: dict[str, str] = {}
    untold: dict[str, Blame] = {}
    for name, keys in _SETTINGS.items():
        setting = settings.get(name) if wanted.intersection(keys) else None
        literal = _literal(setting.value) if setting is not None else None
        if literal is not None:
            found.update(dict.fromkeys(keys, literal))
        elif setting is not None and isinstance(setting.value, Unknown):
            untold.update(dict.fromkeys(keys, blame_on(setting.value)))
    tagged = any(key.startswith("aws:resourcetag/") for key in wanted)
    tags = settings.get("tags") if tagged else None
    if tags is not None and tags.value is not None:
        for key, value in _tags(tags.value):
            name = fold(f"aws:ResourceTag/{key}")
            if isinstance(value, str):
                found[name] = value
            else:
                untold[name] = value
        if isinstance(tags.value, Unknown):
            blame = blame_on(tags.value)
            untold |= {key: blame for key in wanted if key.startswith("aws:resourcetag/")}
    return Facts(tuple(sorted(found.items())), tuple(sorted(untold.items())))


def _literal(value: Value | None) -> str | None:
    if isinstance(value, Bool):
        return str(value.value).lower()
    return value.literal if isinstance(value, Text) else None


def _tags(value: Value) -> Iterator[tuple[str, str | Blame]]:
    if isinstance(value, Map):
        for key, inner in value.entries:
            if key.literal is None:
                continue
            if isinstance(inner, Text) and inner.literal is not None:
                yield key.literal, inner.literal
            elif isinstance(inner, Unknown):
                yield key.literal, blame_on(inner)
    elif isinstance(value, List):
        for item in value.items:
            if isinstance(item, Map):
                pair = {key.literal: inner for key, inner in item.entries}
                name, worth = _literal(pair.get("Key")), pair.get("Value")
                literal = _literal(worth)
                if name is not None and literal is not None:
                    yield name, literal
                elif name is not None and isinstance(worth, Unknown):
                    yield name, blame_on(worth)
