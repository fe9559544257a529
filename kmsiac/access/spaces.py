"""The values of one condition key, split into classes that no condition on it tells apart.

Each class has one value that stands for it; a condition is then the set of classes for which it is
true, as bits of an integer. Where a class may be missing, or whether a request carries the key is
not documented, the space has an open class: what a condition does there is cannot tell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from itertools import combinations, pairwise

from kmsiac.access.comparisons import Network, address, instant, network, number
from kmsiac.access.operators import Variables, holds
from kmsiac.access.patterns import Context, MultivaluedVariableError, Tokens, tokens, variable_names
from kmsiac.access.strings import Pieces, Row, arn_row, classes, glob_pieces, text_pieces
from kmsiac.aws.operators import Operator
from kmsiac.aws.shapes import ANY, MANY, fold
from kmsiac.policy.conditions import operator_of
from kmsiac.policy.document import Condition
from kmsiac.values import Answer, Blame, Text, cannot_tell

ANYTHING: Pieces = ((ANY, 0, MANY),)
_SOMETHING: Pieces = ((ANY, 1, MANY),)
_MANY_SETS = 400
_MANY_VALUES = 400
_MANY_TRUTHS = 100_000
_PUBLIC_V4 = (198 << 24) + (51 << 16) + (100 << 8) + 9
_PUBLIC_V6 = (0x2001 << 112) + 9
WIDEST = {4: 8, 6: 32}
"""A range of addresses with a shorter prefix is no limit (S3's meaning of public)."""


@dataclass(frozen=True)
class Term:
    """One condition of one statement, with what it takes to decide it."""

    condition: Condition
    key: str
    operator: Operator | None
    variables: Variables
    names: tuple[str, ...] = ()
    """The condition keys that policy variables in its values name."""

    def holds(self, context: Context) -> Answer:
        """Whether it is true for a request."""
        return holds(self.condition, context, self.variables)


def term_of(condition: Condition, variables: Variables) -> Term:
    """The term of a condition; its key is empty where it is not known."""
    names: list[str] = []
    if variables is not False:
        for value in condition.values:
            if isinstance(value, Text) and value.literal is not None:
                names += variable_names(value.literal)
    key = condition.key.literal
    return Term(
        condition,
        fold(key) if key is not None else "",
        operator_of(condition),
        variables,
        tuple(dict.fromkeys(names)),
    )


@dataclass(frozen=True)
class Shape:
    """What values a caller can give a key: the formats, and the rows that none may match.

    `values` are the only ones, where they are given; of a multivalued key they are one list.
    `unpinned`: addresses outside every range that counts as a limit, numbers and dates that no
    condition asks for. `choices` are the single values of an enumeration.
    """

    formats: tuple[Pieces, ...] = (ANYTHING,)
    excluded: tuple[Row, ...] = ()
    type: str = "string"
    multivalued: bool = False
    complete: bool = True
    unpinned: bool = False
    values: tuple[str, ...] | None = None
    choices: tuple[str, ...] | None = None
    always: bool = False
    """Every request has it; what is open is which value."""


@dataclass
class Space:
    """The classes of one key. Class 0 is the absent key; `open` is the index of the open class."""

    values: list[tuple[str, ...]]
    absent: int
    present: int
    open: int
    complete: bool
    masks: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Per term (by `id`): the classes where it is true, and those where it may be."""
    blame: dict[int, frozenset[Blame]] = field(default_factory=dict)


def build(terms: Sequence[Term], key: str, shape: Shape, context: Context) -> Space:
    """The space of a key under all conditions on it; `context` holds what variables name."""
    values, complete = candidates(terms, shape, context)
    most = max(2, _MANY_TRUTHS // max(1, sum(len(term.condition.values) for term in terms)))
    values, complete = values[:most], complete and len(values) <= most
    return tabulate(terms, key, values, complete, context, always=shape.always)


def tabulate(
    terms: Sequence[Term],
    key: str,
    values: Iterable[tuple[str, ...]],
    complete: bool,
    context: Context,
    *,
    always: bool = False,
) -> Space:
    """The space over given values (absent is added); values with equal truths are one class.

    A condition that is true for all of them is true for the open class; `always` leaves the
    absent key out of that.
    """
    kept: list[tuple[str, ...]] = [()]
    rows: list[tuple[Answer, ...]] = []
    seen: set[tuple[object, ...]] = set()
    base = {name: given for name, given in context.items() if name != key}
    rows.append(tuple(term.holds(base) for term in terms))
    for value in values:
        answers = tuple(term.holds({**base, key: value}) for term in terms)
        signature = tuple(answer.verdict for answer in answers)
        if signature not in seen:
            seen.add(signature)
            kept.append(value)
            rows.append(answers)
    told = rows[1:] if always else rows
    rows.append(tuple(_whichever([row[at] for row in told], complete) for at in range(len(terms))))
    opening = 1 << len(kept)
    space = Space(kept, 1, opening - 2, opening, complete)
    for at, term in enumerate(terms):
        yes = maybe = 0
        blame: set[Blame] = set()
        for index, row in enumerate(rows):
            if not row[at].is_no:
                maybe |= 1 << index
            if row[at].is_yes:
                yes |= 1 << index
            blame |= row[at].blame
        space.masks[id(term)] = (yes, maybe)
        space.blame[id(term)] = frozenset(blame)
    return space


def _whichever(answers: Sequence[Answer], complete: bool) -> Answer:
    """The answer that holds for every class, where there is one."""
    verdicts = {answer.verdict for answer in answers}
    return answers[0] if complete and len(verdicts) == 1 else cannot_tell()


def candidates(
    terms: Sequence[Term], shape: Shape, context: Context
) -> tuple[list[tuple[str, ...]], bool]:
    """Values that reach every class of the key, and whether they surely do."""
    singles: list[str] = []
    complete = shape.complete
    if shape.values is not None:
        return [shape.values], True
    if shape.choices is not None:
        return _lists([*shape.choices], terms, shape, complete)
    families = {term.operator.family for term in terms if term.operator} - {"null"}
    if shape.type == "bool" and ANYTHING in shape.formats:
        return [("true",), ("false",)], complete
    if not families & {"numeric", "date", "ip", "binary"} and shape.type in ("string", "arn"):
        found, whole = strings(terms, shape, context)
        # The empty text comes last: whether it counts as null is not documented.
        singles += [*found, ""] if ANYTHING in shape.formats else found
        complete &= whole
    else:
        complete &= len(families) <= 1
        literals = [value for term in terms for value in literal_values(term)]
        if shape.type == "ip" or "ip" in families:
            singles += addresses(literals, unpinned=shape.unpinned)
            complete &= families <= {"ip"}
        elif shape.type == "date" or "date" in families:
            singles += _around([instant(value) for value in literals])
        elif shape.type == "numeric" or "numeric" in families:
            singles += _around([number(value) for value in literals])
        if families & {"string", "arn", "binary"}:
            singles += [value for value in literals if "*" not in value and "?" not in value]
            complete &= families <= {"binary"}
        if families == {"binary"}:
            singles.append("AA==")
    if shape.unpinned and shape.type in ("numeric", "date"):
        singles = [value for value in singles if not _asked_for(value, terms)]
    return _lists(singles, terms, shape, complete)


def _lists(
    singles: list[str], terms: Sequence[Term], shape: Shape, complete: bool
) -> tuple[list[tuple[str, ...]], bool]:
    if not shape.multivalued:
        return [(value,) for value in singles], complete
    return _sets(singles, terms, complete)


def _sets(
    singles: list[str], terms: Sequence[Term], complete: bool
) -> tuple[list[tuple[str, ...]], bool]:
    """Lists of values: one value for each condition that wants one is enough."""
    found: list[tuple[str, ...]] = []
    for size in range(1, max(1, len(terms)) + 1):
        for members in combinations(singles, size):
            if len(found) > _MANY_SETS:
                return found, False
            found.append(members)
    return found, complete


def strings(terms: Sequence[Term], shape: Shape, context: Context) -> tuple[list[str], bool]:
    """A text for each set of string and ARN conditions that can be true together."""
    rows: list[Row] = []
    complete = True
    for term in terms:
        operator = term.operator
        if operator is None or operator.family not in ("string", "arn", "bool"):
            continue
        for value in literal_values(term):
            try:
                wanted = tokens(
                    value, context, like=operator.like, variables=term.variables is True
                )
            except MultivaluedVariableError:
                wanted, complete = None, False
            if wanted is not None:
                rows.append(row_of(wanted, operator))
    complete &= len(rows) <= _MANY_VALUES
    texts: dict[str, None] = {}
    for form in shape.formats:
        found = classes(
            _SOMETHING if form == ANYTHING else form, rows[:_MANY_VALUES], shape.excluded
        )
        texts.update(dict.fromkeys(found.texts))
        complete &= found.complete
    return list(texts), complete


def _asked_for(value: str, terms: Iterable[Term]) -> bool:
    """Whether a positive condition on the key is true for a value."""
    return any(
        term.operator is not None
        and not term.operator.negated
        and term.operator.family != "null"
        and term.holds({term.key: (value,)}).is_yes
        for term in terms
    )


def row_of(wanted: Tokens, operator: Operator) -> Row:
    """The row of a pattern under an operator."""
    if operator.family == "arn":
        return arn_row(wanted)
    return Row(glob_pieces(wanted, ignore_case=operator.ignore_case))


def literal_values(term: Term) -> list[str]:
    """The values of a condition that are wholly known."""
    found = []
    for value in term.condition.values:
        literal = value.literal if isinstance(value, Text) else None
        if literal is not None:
            found.append(literal)
    return found


def addresses(ranges: Iterable[str], *, unpinned: bool) -> list[str]:
    """An address of each elementary interval; unpinned: outside every range that is a limit."""
    networks = [found for text in ranges if (found := network(text)) is not None]
    out: list[str] = []
    for version, plain, top in ((4, _PUBLIC_V4, (1 << 32) - 1), (6, _PUBLIC_V6, (1 << 128) - 1)):
        own = [net for net in networks if net.version == version]
        merged = _merged([n for n in own if unpinned and n.length >= WIDEST[version]])
        # Limits side by side that are wider than the widest limit are none.
        widest = (top + 1) >> WIDEST[version]
        limits = [pair for pair in merged if pair[1] - pair[0] < widest]
        wide = [(n.first, n.last) for n in own if not unpinned or n.length < WIDEST[version]]
        wide += [pair for pair in merged if pair[1] - pair[0] >= widest]
        starts = {0, plain, *(first for first, _ in wide), *(last + 1 for _, last in wide)}
        ordered = sorted(start for start in starts if start <= top)
        # A common public address comes first: witnesses read better with it.
        for start, after in sorted(
            pairwise([*ordered, top + 1]), key=lambda pair: (pair[0] != plain, pair)
        ):
            point = _outside(start, limits)
            if point < after:
                out.append(address(version, point))
    return out


def _merged(networks: Sequence[Network]) -> list[tuple[int, int]]:
    """The ranges in order, those that touch joined."""
    out: list[tuple[int, int]] = []
    for net in sorted(networks, key=lambda net: net.first):
        if out and net.first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], net.last))
        else:
            out.append((net.first, net.last))
    return out


def _outside(point: int, merged: Sequence[tuple[int, int]]) -> int:
    """The first address from `point` on that lies in none of the ranges."""
    at = bisect_right(merged, point, key=lambda pair: pair[0]) - 1
    return merged[at][1] + 1 if at >= 0 and point <= merged[at][1] else point


def _around(numbers: Iterable[Decimal | None]) -> list[str]:
    """Each number, and one on either side of it that no other lies between."""
    known = sorted({value for value in numbers if value is not None})
    if not known:
        return ["1"]
    with localcontext() as context:
        context.prec = 200  # numbers have 64 characters and two digits of exponent at most
        out = [known[0] - 1]
        for low, high in zip(known, [*known[1:], known[-1] + 2], strict=True):
            out += [low, (low + high) / 2]
    return [f"{value:f}" for value in out]


def exactly(text: str) -> Row:
    """The row that only this text matches."""
    return Row(text_pieces(text))


def starting(text: str) -> Row:
    """The row of all texts that start so."""
    return Row((*text_pieces(text), (ANY, 0, MANY)))
