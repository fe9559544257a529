"""What one check of a scalar says about another: for lint, by the values that it names.

All answers are on the safe side: False, or None, where nothing follows.
"""

from __future__ import annotations

from decimal import Decimal

from kmsiac.authoring.words import check_words
from kmsiac.aws.formats import FORMATS
from kmsiac.aws.shapes import glob_matches
from kmsiac.aws.tables import in_table
from kmsiac.policy.matching import has_wildcard
from kmsiac.rules.expression import Check
from kmsiac.rules.matchers import (
    Compare,
    Equals,
    Glob,
    HasFormat,
    HasWildcard,
    InTable,
    LongerThan,
    SameAs,
    Scalar,
)
from kmsiac.rules.vocabulary import FieldType
from kmsiac.values import Text

_KNOWN = (Compare, Equals, Glob, HasFormat, HasWildcard, InTable, LongerThan, SameAs)


def check_implies(one: Check, other: Check) -> bool:
    """Whether what passes one check of a field certainly passes another of the same field."""
    if same_check(one, other):
        return True
    if isinstance(one, Equals):
        return all(holds(other, value) is True for value in one.values)
    if isinstance(one, Glob) and isinstance(other, Glob):
        return all(
            any(_covers(wide, narrow, other.type) for wide in other.patterns)
            for narrow in one.patterns
        )
    if isinstance(one, Compare) and isinstance(other, Compare) and one.more is other.more:
        return one.limit >= other.limit if one.more else one.limit <= other.limit
    if isinstance(one, LongerThan) and isinstance(other, LongerThan):
        return one.size >= other.size
    return False


def check_excludes(one: Check, other: Check) -> bool:
    """Whether nothing passes both of two checks of one field."""
    for equals, test in ((one, other), (other, one)):
        if isinstance(equals, Equals):
            return all(holds(test, value) is False for value in equals.values)
    if isinstance(one, HasWildcard) and isinstance(other, HasWildcard):
        return one.wanted is not other.wanted
    if isinstance(one, Compare) and isinstance(other, Compare) and one.more is not other.more:
        least, most = (one.limit, other.limit) if one.more else (other.limit, one.limit)
        return least >= most
    return False


def always_holds(check: Check) -> bool:
    """Whether every value of the field passes the check."""
    if isinstance(check, Glob):
        return any(set(pattern) == {"*"} for pattern in check.patterns)
    if isinstance(check, Equals) and check.type.element == "bool":
        return {True, False} <= set(check.values)
    if isinstance(check, Equals) and check.type.choices:
        return set(check.type.choices) <= set(check.values)
    return False


def same_check(one: Check, other: Check) -> bool:
    """Whether two checks are one, spelt the same."""
    if not isinstance(one, _KNOWN) or type(one) is not type(other):
        return False
    if isinstance(one, InTable) and isinstance(other, InTable):
        return (one.table, _row(one)) == (other.table, _row(other))
    return check_words(one) == check_words(other)


def _row(check: InTable) -> object:
    return (check.row[0], check.row[1].name) if isinstance(check.row, tuple) else check.row


def holds(check: Check, value: Scalar) -> bool | None:
    """Whether a literal value passes a check; None where that is not certain."""
    if isinstance(check, Equals):
        return _among(value, check.values, check.type)
    if isinstance(check, Compare):
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        return value > check.limit if check.more else value < check.limit
    if not isinstance(value, str):
        return None
    if isinstance(check, Glob):
        found = [_globbed(pattern, value, check.type) for pattern in check.patterns]
        return True if True in found else None if None in found else False
    if isinstance(check, HasFormat):
        named = FORMATS[check.name]
        return named.could_match(value) if check.pattern else named.matches(value)
    if isinstance(check, HasWildcard):
        return has_wildcard(Text((value,))).is_yes is check.wanted
    if isinstance(check, LongerThan):
        return len(value) > check.size
    if isinstance(check, InTable) and not isinstance(check.row, tuple):
        return in_table(check.table, check.row, value, ignore_case=check.type.ignore_case)
    return None


def _among(value: Scalar, values: list[Scalar], type: FieldType) -> bool | None:
    if any(
        value == other and isinstance(value, bool) is isinstance(other, bool) for other in values
    ):
        return True
    folded = [other.lower() for other in values if isinstance(other, str)]
    if isinstance(value, str) and value.lower() in folded:
        return None if type.by_operator else type.ignore_case
    return False


def _globbed(pattern: str, value: str, type: FieldType) -> bool | None:
    exactly = glob_matches(pattern, value)
    loosely = glob_matches(pattern.lower(), value.lower())
    if type.by_operator and exactly is not loosely:
        return None
    return loosely if type.ignore_case else exactly


def _covers(wide: str, narrow: str, type: FieldType) -> bool:
    """Whether a glob matches all that another does: `*` in it takes the other's wildcards, too."""
    return "?" not in wide and _globbed(wide, narrow.replace("?", "*"), type) is True
