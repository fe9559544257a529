# ruff: noqa: D102, ARG002 - a check does, and takes, what `Check` declares
"""The checks of scalar readings: equality, globs, formats, tables, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from kmsiac.policy.conditions import operator_of
from kmsiac.policy.document import Condition
from kmsiac.policy.matching import glob, has_wildcard, outline, same
from kmsiac.rules import truth as t
from kmsiac.rules.expression import Check, Env, Path
from kmsiac.rules.labels import printed
from kmsiac.rules.readings import Absent, Open, Reading, Witnessed
from kmsiac.rules.truth import Truth, truth_of
from kmsiac.rules.vocabulary import FieldType
from kmsiac.values import Blame, Symbol, Text, blame_on

Scalar = str | bool | int | Decimal
"""A value of a rule file."""


class Equals(Check):
    """Equal to one of some values."""

    __slots__ = ("type", "values")

    def __init__(self, values: list[Scalar], type: FieldType) -> None:
        self.values = values
        self.type = type

    def test(self, reading: Reading, env: Env) -> Truth:
        if isinstance(reading, Witnessed):
            return Truth(t.Code.YES, witness=reading.witness) if True in self.values else t.NO
        if isinstance(reading, Text):
            ignore_case = ignores_case(self.type, env)
            return t.any_of(
                equal_text(reading, value, ignore_case)
                for value in self.values
                if isinstance(value, str)
            )
        return t.decided(any(_equal(reading, value) for value in self.values))

    def ruled_out(self, reading: Open) -> bool:
        return reading.never.issuperset(self.values)

    def words(self, value: str, negated: bool) -> str:
        if not negated:
            return f"is {value}"
        others = ", ".join(printed(v) for v in self.values)
        return f"is {value}" if self.values in ([True], [False]) else f"is {value}, not {others}"


def ignores_case(type: FieldType, env: Env) -> bool:
    """Whether case does not count: of values, as the operator of their condition has it."""
    condition = env.this.value
    if type.by_operator and isinstance(condition, Condition):
        operator = operator_of(condition)
        return operator is not None and operator.ignore_case
    return type.ignore_case


def _equal(reading: Reading, value: Scalar) -> bool:
    return reading == value and isinstance(reading, bool) is isinstance(value, bool)


def equal_text(text: Text, value: str, ignore_case: bool) -> Truth:
    """Whether a text equals a literal."""
    literal = text.literal
    if literal is not None:
        return t.decided(literal == value or (ignore_case and literal.lower() == value.lower()))
    if not ignore_case or "*" in value or "?" in value:
        return truth_of(same(text, Text((value,))))
    return truth_of(glob(value, text, ignore_case=True))


class SameAs(Check):
    """Equal to what a rooted path ends at."""

    __slots__ = ("ignore_case", "path", "root", "written")

    def __init__(self, root: str, path: Path, ignore_case: bool) -> None:
        self.root = root
        self.path = path
        self.ignore_case = ignore_case
        self.written = f"{root}.{path.name}"

    def test(self, reading: Reading, env: Env) -> Truth:
        other = self.path.read(env.target if self.root == "target" else env.this)
        if isinstance(other, Open):
            return t.cannot_tell(other.blame)
        if isinstance(other, Absent):
            return t.NOT_APPLICABLE
        if isinstance(reading, Text) and isinstance(other, Text):
            if self.ignore_case and reading.literal is not None:
                return equal_text(other, reading.literal, True)
            return truth_of(same(reading, other))
        if isinstance(reading, Text) and isinstance(other, str):
            return equal_text(reading, other, self.ignore_case)
        return t.decided(reading is other or reading == other)

    def words(self, value: str, negated: bool) -> str:
        return f"is {value}, {'not ' if negated else ''}the same as {self.written}"


class Glob(Check):
    """Matched by one of some globs."""

    __slots__ = ("patterns", "type")

    def __init__(self, patterns: list[str], type: FieldType) -> None:
        self.patterns = patterns
        self.type = type

    def test(self, reading: Reading, env: Env) -> Truth:
        text = _as_text(reading)
        ignore_case = ignores_case(self.type, env)
        return t.any_of(
            truth_of(glob(pattern, text, ignore_case=ignore_case)) for pattern in self.patterns
        )

    def words(self, value: str, negated: bool) -> str:
        patterns = " or ".join(self.patterns)
        return f"is {value}, which {'does not match' if negated else 'matches'} {patterns}"


class HasWildcard(Check):
    """Whether IAM reads a wildcard in it."""

    __slots__ = ("wanted",)

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted

    def test(self, reading: Reading, env: Env) -> Truth:
        found = truth_of(has_wildcard(_as_text(reading)))
        return found if self.wanted else t.negate(found)

    def words(self, value: str, negated: bool) -> str:
        wild = self.wanted is not negated
        return f"{value} has {'a' if wild else 'no'} wildcard"


_SAMPLES: Mapping[str, str] = {
    "account_id": "111122223333",
    "member_account_id": "111122223333",
    "management_account_id": "111122223333",
    "region": "us-east-1",
    "partition": "aws",
    "dns_suffix": "amazonaws.com",
    "organization_id": "o-a1b2c3d4e5",
    "endpoint_id": "vpce-0123456789abcdef0",
    "vpc_id": "vpc-0123456789abcdef0",
    "stack_name": "stack",
}
"""A text of the right form for symbols whose form is certain whatever the deployment says."""


def spelt_out(text: Text) -> str | frozenset[Blame]:
    """The text with a sample for each symbol of a known form, or the parts that are in the way."""
    out: list[str] = []
    blame: set[Blame] = set()
    for part in outline(text).parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, Symbol) and part.type in _SAMPLES:
            out.append(_SAMPLES[part.type])
        else:
            blame.add(blame_on(part))
    return frozenset(blame) if blame else "".join(out)


class HasFormat(Check):
    """Of a named format."""

    __slots__ = ("name", "pattern")

    def __init__(self, name: str, pattern: bool) -> None:
        self.name = name
        self.pattern = pattern

    def test(self, reading: Reading, env: Env) -> Truth:
        from kmsiac.aws.formats import FORMATS  # noqa: PLC0415 - regular expressions

        text = _as_text(reading)
        plain = spelt_out(text)
        if not isinstance(plain, str):
            return t.cannot_tell(plain)
        named = FORMATS[self.name]
        doubt = named.doubt(plain)
        if doubt:
            return t.cannot_tell(frozenset({Blame(str(text), doubt, text.position)}))
        return t.decided(named.could_match(plain) if self.pattern else named.matches(plain))

    def words(self, value: str, negated: bool) -> str:
        return f"is {value}, {'not ' if negated else ''}of the format {self.name}"


class InTable(Check):
    """A member of a table, or of a row of it."""

    __slots__ = ("row", "table", "type")

    def __init__(self, table: str, row: str | tuple[str, Path] | None, type: FieldType) -> None:
        self.table = table
        self.row = row
        self.type = type

    def test(self, reading: Reading, env: Env) -> Truth:
        from kmsiac.aws.tables import in_table  # noqa: PLC0415 - loads the tables

        row = self._row(env)
        if isinstance(row, Truth):
            return row
        member = spelt_out(_as_text(reading))
        if not isinstance(member, str):
            return t.cannot_tell(member) if self.applies(env) else t.NOT_APPLICABLE
        found = in_table(self.table, row, member, ignore_case=ignores_case(self.type, env))
        return t.NOT_APPLICABLE if found is None else t.decided(found)

    def applies(self, env: Env) -> bool:
        from kmsiac.aws.tables import in_table  # noqa: PLC0415 - loads the tables

        row = self._row(env)
        return isinstance(row, Truth) or in_table(self.table, row, "") is not None

    def _row(self, env: Env) -> str | Truth | None:
        if not isinstance(self.row, tuple):
            return self.row
        root, path = self.row
        reading = path.read(env.target if root == "target" else env.this)
        if isinstance(reading, Open):
            return t.cannot_tell(reading.blame)
        if isinstance(reading, Absent):
            return t.NOT_APPLICABLE
        row = spelt_out(_as_text(reading))
        return row if isinstance(row, str) else t.cannot_tell(row)

    def words(self, value: str, negated: bool) -> str:
        return f"is {value}, which {'is not' if negated else 'is'} in the table {self.table}"


class LongerThan(Check):
    """Longer than a number of characters."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size

    def test(self, reading: Reading, env: Env) -> Truth:
        text = _as_text(reading)
        known = sum(len(part) for part in text.parts if isinstance(part, str))
        others = [part for part in text.parts if not isinstance(part, str)]
        if known > self.size or not others:
            return t.decided(known > self.size)
        return t.cannot_tell(frozenset(blame_on(part) for part in others))

    def words(self, value: str, negated: bool) -> str:
        return f"has {'no more' if negated else 'more'} than {self.size} characters"


class Compare(Check):
    """Less or more than a number."""

    __slots__ = ("limit", "more")

    def __init__(self, limit: int | Decimal, more: bool) -> None:
        self.limit = limit
        self.more = more

    def test(self, reading: Reading, env: Env) -> Truth:
        if not isinstance(reading, int | Decimal):
            return t.NOT_APPLICABLE
        return t.decided(reading > self.limit if self.more else reading < self.limit)

    def words(self, value: str, negated: bool) -> str:
        word = "more" if self.more else "less"
        return f"is {value}, {'not ' if negated else ''}{word} than {self.limit}"


def _as_text(reading: Reading) -> Text:
    return reading if isinstance(reading, Text) else Text((str(reading),))
