"""What a template says of a key that requests to it carry, whatever the caller chooses."""

from __future__ import annotations

from collections.abc import Iterator

from kmsiac.aws.shapes import fold
from kmsiac.inventory.model import Settings
from kmsiac.values import Bool, List, Map, Text, Value

Facts = tuple[tuple[str, str], ...]
"""Condition keys (lower case) with the one value that every request to the key has."""

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
        return ()
    found: dict[str, str] = {}
    for name, keys in _SETTINGS.items():
        setting = settings.get(name) if wanted.intersection(keys) else None
        literal = _literal(setting.value) if setting is not None else None
        if literal is not None:
            found.update(dict.fromkeys(keys, literal))
    tagged = any(key.startswith("aws:resourcetag/") for key in wanted)
    tags = settings.get("tags") if tagged else None
    if tags is not None and tags.value is not None:
        found.update({fold(f"aws:ResourceTag/{key}"): value for key, value in _tags(tags.value)})
    return tuple(sorted(found.items()))


def _literal(value: Value | None) -> str | None:
    if isinstance(value, Bool):
        return str(value.value).lower()
    return value.literal if isinstance(value, Text) else None


def _tags(value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, Map):
        for key, inner in value.entries:
            if key.literal is not None and isinstance(inner, Text) and inner.literal is not None:
                yield key.literal, inner.literal
    elif isinstance(value, List):
        for item in value.items:
            if isinstance(item, Map):
                pair = {key.literal: inner for key, inner in item.entries}
                name, worth = _literal(pair.get("Key")), _literal(pair.get("Value"))
                if name is not None and worth is not None:
                    yield name, worth
