"""Functions on points in time. None of them asks what time it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from kmsiac.frontends.terraform.conversion import CallError, literal, normalized
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.values import Number, Text, Value

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,20}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_FIELD = re.compile(r"'(?:[^']|'')*+'|'|([A-Za-z])\1*|[^A-Za-z']+")
_DURATION = re.compile(r"(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}  # fmt: skip
_MAX_NANOSECONDS = 2**63
_MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _moment(written: str) -> tuple[datetime, Fraction]:
    """A timestamp to the second, and the nanoseconds behind it. Raises CallError."""
    found = _RFC3339.fullmatch(written)
    if found is None:
        raise CallError("this is no RFC 3339 timestamp")
    zone: timezone = UTC
    if found[8] != "Z":
        hours, minutes = int(found[8][1:3]), int(found[8][4:6])
        if hours > 23 or minutes > 59:
            raise CallError("this is no RFC 3339 timestamp")
        away = timedelta(hours=hours, minutes=minutes)
        zone = timezone(-away if found[8][0] == "-" else away)
    try:
        moment = datetime(*(int(found[at]) for at in range(1, 7)), tzinfo=zone)  # type: ignore[misc,arg-type]
    except ValueError:
        raise CallError("this is no RFC 3339 timestamp") from None
    return moment, Fraction(int((found[7] or "0")[:9].ljust(9, "0")))


def _zone(moment: datetime, colon: bool, zulu: str) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    if not minutes and zulu:
        return zulu
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{minutes // 60:02d}{':' if colon else ''}{minutes % 60:02d}"


def _field(run: str, at: datetime) -> str:
    twelve = at.hour % 12 or 12
    fields = {
        "YYYY": f"{at.year:04d}", "YY": f"{at.year % 100:02d}",
        "MMMM": _MONTHS[at.month - 1], "MMM": _MONTHS[at.month - 1][:3],
        "MM": f"{at.month:02d}", "M": str(at.month), "DD": f"{at.day:02d}", "D": str(at.day),
        "EEEE": _DAYS[at.weekday()], "EEE": _DAYS[at.weekday()][:3],
        "hh": f"{at.hour:02d}", "h": str(at.hour), "HH": f"{twelve:02d}", "H": str(twelve),
        "mm": f"{at.minute:02d}", "m": str(at.minute), "ss": f"{at.second:02d}", "s": str(at.second),
        "AA": "PM" if at.hour >= 12 else "AM", "aa": "pm" if at.hour >= 12 else "am",
        "ZZZZZ": _zone(at, True, ""), "ZZZZ": _zone(at, False, ""),
        "ZZZ": _zone(at, False, "UTC"), "Z": _zone(at, True, "Z"),
    }  # fmt: skip
    if run not in fields:
        raise CallError(f"{run[:20]} is no part of a date")
    return fields[run]


def _formatdate(position: int, arguments: list[Value]) -> Value:
    pattern, (moment, _) = literal(arguments[0]), _moment(literal(arguments[1]))
    out: list[str] = []
    for found in _FIELD.finditer(pattern):
        run = found[0]
        if run == "'":
            raise CallError("an unclosed quotation mark")
        if run[0] == "'":
            out.append(run[1:-1].replace("''", "'"))
        else:
            out.append(_field(run, moment) if found[1] else run)
    return normalized("".join(out), position)


def _nanoseconds(written: str) -> int:
    """A duration as Go writes it: `1h30m`, `-1.5s`. Raises CallError."""
    sign = -1 if written[:1] == "-" else 1
    rest = written.removeprefix("-") if sign < 0 else written.removeprefix("+")
    if rest == "0":
        return 0
    total, at = Fraction(0), 0
    while at < len(rest) or not rest:
        found = _DURATION.match(rest, at)
        if found is None or not (found[1] or found[2]) or len(found[0]) > 40:
            raise CallError("this is no duration")
        number = Fraction(int(found[1] or "0")) + Fraction(int(found[2] or "0"), 10 ** len(found[2] or ""))  # fmt: skip
        total += number * _UNITS[found[3]]
        at = found.end()
    if total >= _MAX_NANOSECONDS:
        raise CallError("this is no duration")
    return sign * int(total)


def _timeadd(position: int, arguments: list[Value]) -> Value:
    moment, behind = _moment(literal(arguments[0]))
    nanoseconds = _nanoseconds(literal(arguments[1])) + int(behind)
    try:
        moved = moment + timedelta(seconds=nanoseconds // 10**9)
    except OverflowError:
        raise CallError("a point in time out of range") from None
    shown = f"{moved.year:04d}-{moved:%m-%dT%H:%M:%S}{_zone(moved, True, 'Z')}"
    return Text((shown,), position)


def _timecmp(position: int, arguments: list[Value]) -> Value:
    (one, first), (two, second) = (_moment(literal(argument)) for argument in arguments)
    left, right = (one, first), (two, second)
    return Number((left > right) - (left < right), position)


TABLE: dict[str, Row] = {
    "formatdate": (_formatdate, 2, 2, False, False),
    "timeadd": (_timeadd, 2, 2, False, False),
    "timecmp": (_timecmp, 2, 2, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
