"""What no policy says: operations that fail on a sort of key in any case."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.aws.actions import KmsAction
from kmsiac.aws.key_specs import key_type
from kmsiac.inventory.model import Key
from kmsiac.values import Text


def fitting(actions: Iterable[KmsAction], key: Key) -> list[KmsAction]:
    """Those that act on a key, and can work on this one in some case.

    Beside others kms:RetireGrant is left out: a grant decides it, no policy.
    """
    fit = [action for action in actions if "key" in action.on and not unfit(action, key)]
    return [one for one in fit if one.name != "kms:RetireGrant"] if len(fit) > 1 else fit


def unfit(action: KmsAction, key: Key) -> str:
    """Why the action fails on the key, whoever calls it; empty where it may work."""
    why = ""
    for _, settings in key.settings.cases:
        if settings is None:
            continue
        values = [settings[name].value for name in ("spec", "usage") if name in settings]
        literals = [value.literal for value in values if isinstance(value, Text)]
        spec, usage = [*literals, None, None][:2]
        type = key_type(spec, usage) if spec and usage else None
        if type is None or type in action.key_types:
            return ""
        why = f"it is of {spec} for {usage}"
    return why
