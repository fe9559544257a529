"""Which condition keys a caller's request can never carry, in words: no advice to send those."""

from __future__ import annotations

from collections.abc import Mapping

from kmsiac.aws.condition_keys import ConditionKey, Presence, actions_carrying, condition_key
from kmsiac.aws.shapes import fold

_VIA = frozenset({"kms:viaservice", "aws:viaawsservice", "aws:calledvia"})
_ENDPOINT = frozenset({"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"})
_ON_BEHALF = "calls that a service makes on behalf of somebody do not pass their VPC endpoint"
_MODES = ("direct", "endpoint", "service")


def never_carried(key: str, action: str, given: Mapping[str, object], *, service: bool) -> str:
    """Why no such request carries a key that it does not have; empty where one may.

    `given` is what the request carries, by keys in lower case.
    """
    info = condition_key(key)
    if info is None:
        return ""
    carrying = actions_carrying(key)
    if carrying is not None and action not in carrying:
        return f"no request of {action} carries {key}"
    if service:
        never = info.present_service_principal == "no"
        return f"a service that calls under its own name never carries {key}" if never else ""
    able = {mode for mode in _MODES if _in(info, mode) != "no"}
    if able & _modes(given):
        return ""
    barring = [name for name in given if not able & _modes({name: given[name]})]
    if not barring:
        return f"no request of this caller carries {key}"
    return f"no request with {_spelt(barring[0])} carries it{_because(barring[0], key)}"


def contradiction(given: Mapping[str, object]) -> str:
    """Two keys that are given and that no request of an IAM principal carries both; else empty."""
    names = [name for name in given if _modes({name: given[name]}) != set(_MODES)]
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            if not _modes({one: given[one], other: given[other]}):
                keys = f"{_spelt(one)} and {_spelt(other)}"
                return f"No request carries both {keys}{_because(one, other)}. Leave one out."
    return ""


def _because(one: str, other: str) -> str:
    keys = {fold(one), fold(other)}
    return f": {_ON_BEHALF}" if keys & _VIA and keys & _ENDPOINT else ""


def _modes(given: Mapping[str, object]) -> set[str]:
    """By which way a request of an IAM principal can come that carries these keys."""
    found = set(_MODES)
    for name, values in given.items():
        info = condition_key(name)
        if fold(name) == "aws:viaawsservice":
            found &= {"service"} if values == ("true",) else {"direct", "endpoint"}
        elif info is not None and info.klass != "identity":
            found &= {mode for mode in _MODES if _in(info, mode) != "no"}
    return found


def _in(info: ConditionKey, mode: str) -> Presence:
    by_mode: dict[str, Presence] = {
        "direct": info.present_direct,
        "endpoint": info.present_endpoint,
        "service": info.present_via_service,
    }
    return by_mode[mode]


def _spelt(key: str) -> str:
    info = condition_key(key)
    return info.name if info is not None else key
