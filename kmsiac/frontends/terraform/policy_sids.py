"""Which statement takes the place of which where it is not known what a Sid is, or who has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kmsiac.values import Absent, Choice, Guard, Map, Null, Text, Unknown, Value

_OTHER = "(another)"
"""The case in which an open Sid is none of those before it."""


class Later(NamedTuple):
    """A statement merged after others. `known` are the sids before it that its own may be."""

    statement: Value
    unit: str
    known: Sequence[str]


def unsure(statement: Value) -> bool:
    """Whether it depends on something what Sid a statement has, if any."""
    if not isinstance(statement, Map):
        return isinstance(statement, Choice)
    sid = statement.get("Sid")
    if sid is None:
        return statement.open is not None
    return isinstance(sid, Choice | Unknown) or (isinstance(sid, Text) and sid.has_unknown)


def alternatives(statement: Value, sids: Iterable[str]) -> list[str]:
    """The sids, of those given, that an open Sid of a statement may be."""
    sid = statement.get("Sid") if isinstance(statement, Map) else None
    return sorted(each for each in sids if not isinstance(sid, Text) or _may_be(sid, each))


def beside(earlier: Value, later: Later) -> Value:
    """An earlier statement, `Absent` in the cases where the later one takes its place."""
    if isinstance(later.statement, Choice):
        choice = later.statement
        cases = [
            (atom, beside(earlier, later._replace(statement=v))) for atom, v in choice.branches
        ]
        return _chosen(choice.guard, cases, earlier)
    if isinstance(earlier, Choice):
        cases = [(atom, beside(inner, later)) for atom, inner in earlier.branches]
        return _chosen(earlier.guard, cases, earlier)
    if not isinstance(earlier, Map) or not isinstance(later.statement, Map | Unknown):
        return earlier
    return _by_sids(earlier, _sid(earlier), _sid(later.statement), later)


def _by_sids(statement: Map, mine: Value, theirs: Value, later: Later) -> Value:
    for sid in (theirs, mine):
        if isinstance(sid, Choice):
            cases = [
                (atom, _by_sids(statement, *((mine, v) if sid is theirs else (v, theirs)), later))
                for atom, v in sid.branches
            ]
            return _chosen(sid.guard, cases, statement)
    gone = Absent(statement.position)
    if _none(mine) or _none(theirs):
        return statement
    if isinstance(mine, Text) and isinstance(theirs, Text):
        if mine.parts == theirs.parts:
            return gone
        if not (mine.has_unknown or theirs.has_unknown):
            return statement
    known = mine.literal if isinstance(mine, Text) else None
    if known is not None:
        if known not in later.known:
            return statement
        atoms = [*later.known, _OTHER]
        guard = Guard(later.unit, f"the Sid {_shown(theirs)}")
        return Choice(guard, [(a, gone if a == known else statement) for a in atoms], gone.position)
    literal = theirs.literal if isinstance(theirs, Text) else None
    if literal is not None and isinstance(mine, Text) and not _may_be(mine, literal):
        return statement
    guard = Guard(later.unit, f"the Sid {_shown(mine)} is {_shown(theirs)}")
    return Choice(guard, [(True, gone), (False, statement)], gone.position)


def _chosen(guard: Guard, cases: list[tuple[str | int | bool, Value]], earlier: Value) -> Value:
    """The cases, or the statement itself where none of them changes it."""
    before = dict(earlier.branches) if isinstance(earlier, Choice) else {}
    if all(value is before.get(atom, earlier) for atom, value in cases):
        return earlier
    return Choice(guard, cases, earlier.position)


def _sid(statement: Map | Unknown) -> Value:
    """The Sid of a statement, Null for one without."""
    if isinstance(statement, Unknown):
        return statement
    sid = statement.get("Sid")
    return sid or statement.open or Null(statement.position)


def _none(sid: Value) -> bool:
    return isinstance(sid, Null | Absent) or (isinstance(sid, Text) and sid.literal == "")


def _may_be(sid: Text, literal: str) -> bool:
    """Whether a text with something open in it may be that literal."""
    if sid.literal is not None or not sid.parts:
        return sid.literal == literal
    first, last = sid.parts[0], sid.parts[-1]
    start = first if isinstance(first, str) else ""
    end = last if isinstance(last, str) else ""
    return (
        len(literal) >= len(start) + len(end)
        and literal.startswith(start)
        and literal.endswith(end)
    )


def _shown(sid: Value) -> str:
    if isinstance(sid, Unknown):
        return f"${{{sid.expression}}}"
    return repr(sid.literal if isinstance(sid, Text) and sid.literal is not None else sid)[:120]
