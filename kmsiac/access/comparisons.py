"""How one value of a policy compares with one value of a request, by family of operator.

Sources: IAM User Guide, "Condition operators"; RFC 3339 for dates. A value that is not of the
operator's type compares as false.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from kmsiac.access.patterns import Tokens, arn_fields, matches
from kmsiac.aws.operators import Operator
from kmsiac.aws.shapes import fold

_LONGEST_NUMBER = 64
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?)?"
)


class Network(NamedTuple):
    """A range of addresses: IP version, its first and last address as numbers, prefix length."""

    version: int
    first: int
    last: int
    length: int


def compare(operator: Operator, wanted: Tokens, found: str) -> bool:
    """Whether the request's value fits the policy's, the operator's negation set aside."""
    if operator.family == "string":
        if operator.ignore_case:
            return fold("".join(wanted)) == fold(found)
        return matches(wanted, found)
    if operator.family == "arn":
        return arn_like(wanted, found)
    text = "".join(wanted)
    if operator.family == "bool":
        return fold(text) in ("true", "false") and fold(text) == fold(found)
    return _OTHERS[operator.family](operator, text, found)


def arn_like(wanted: Tokens, found: str) -> bool:
    """Each of the six fields of an ARN by itself; a wildcard never reaches over a colon of them."""
    fields, parts = arn_fields(wanted), found.split(":", 5)
    if fields is None or len(parts) < 6 or parts[0] != "arn":
        return False
    return all(matches(field, part) for field, part in zip(fields, parts, strict=True))


def _numeric(operator: Operator, wanted: str, found: str) -> bool:
    left, right = number(found), number(wanted)
    return left is not None and right is not None and _ordered(operator)(left, right)


def _date(operator: Operator, wanted: str, found: str) -> bool:
    left, right = instant(found), instant(wanted)
    return left is not None and right is not None and _ordered(operator)(left, right)


def _ordered(operator: Operator) -> Callable[[Decimal, Decimal], bool]:
    name = operator.name
    if name.endswith("LessThan"):
        return Decimal.__lt__
    if name.endswith("LessThanEquals"):
        return Decimal.__le__
    if name.endswith("GreaterThan"):
        return Decimal.__gt__
    if name.endswith("GreaterThanEquals"):
        return Decimal.__ge__
    return Decimal.__eq__


def _binary(operator: Operator, wanted: str, found: str) -> bool:
    del operator
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        return False


def _ip(operator: Operator, wanted: str, found: str) -> bool:
    del operator
    outer, inner = network(wanted), network(found)
    return (
        outer is not None
        and inner is not None
        and outer.version == inner.version
        and outer.first <= inner.first
        and inner.last <= outer.last
    )


_OTHERS: dict[str, Callable[[Operator, str, str], bool]] = {
    "numeric": _numeric,
    "date": _date,
    "binary": _binary,
    "ip": _ip,
}


def number(text: str) -> Decimal | None:
    """A decimal number; None for any other text."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_NUMBER or _NUMBER.fullmatch(stripped) is None:
        return None
    return Decimal(stripped)


@lru_cache(maxsize=1024)
def instant(text: str) -> Decimal | None:
    """Seconds since the epoch of an ISO 8601 date and time (UTC if it does not say) or a number."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return number(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    passed = moment - epoch
    seconds = Decimal(passed.days * 86400 + passed.seconds)
    if fraction:
        seconds += Decimal(f"0.{fraction}")
    if zone and zone != "Z":
        sign = 1 if zone[0] == "+" else -1
        seconds -= sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return seconds


@lru_cache(maxsize=1024)
def network(text: str) -> Network | None:
    """A CIDR range or one address, bits of the host masked; None for any other text."""
    import ipaddress  # noqa: PLC0415  (slow to import, seldom needed)

    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    first, last = int(found.network_address), int(found.broadcast_address)
    return Network(found.version, first, last, found.prefixlen)


def address(version: int, value: int) -> str:
    """The text of an address."""
    import ipaddress  # noqa: PLC0415

    return str(ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value))
