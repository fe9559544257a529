"""The patterns of conditions on who calls, as rows over whole ARNs of aws:PrincipalArn."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence

from kmsiac.access.patterns import RUN, Context, Tokens, tokens
from kmsiac.access.spaces import Term, literal_values, row_of
from kmsiac.access.strings import Classes, Pieces, Row, arn_row, classes, text_pieces
from kmsiac.aws.shapes import ANY, MANY

DIGITS = frozenset(string.digits)
LOWER = frozenset(string.ascii_lowercase + string.digits)
NAME = frozenset(string.ascii_letters + string.digits + "_+=,.@-")
TWELVE: Pieces = ((DIGITS, 12, 12),)
ORGANIZATION: Pieces = (*text_pieces("o-"), (LOWER, 10, 32))
_TRIES = 64


def tail(kind: str) -> Pieces:
    """The part of an aws:PrincipalArn after the account, for a kind of caller."""
    tails: dict[str, Pieces] = {
        "role": (*text_pieces(":role/"), (NAME | {"/"}, 0, MANY), (NAME, 1, MANY)),
        "user": (*text_pieces(":user/"), (NAME | {"/"}, 0, MANY), (NAME, 1, MANY)),
        "root": text_pieces(":root"),
        "federated": (*text_pieces(":federated-user/"), (NAME, 1, MANY)),
    }
    return tails[kind]


def rows_of(kind: str, terms: Sequence[Term], head: str) -> tuple[list[Row], bool]:
    """What the conditions on who calls can tell apart, as patterns of whole ARNs."""
    rows: list[Row] = []
    complete = True
    for term in terms:
        if term.key in ("aws:principalaccount", "kms:calleraccount"):
            rows += [_within(head, row) for row in patterns_of([term], {})]
        elif term.key == "aws:principalarn":
            whole, found = _arn_rows(term)
            rows += found
            complete &= whole
        elif term.key == "aws:username" and kind == "user":
            start: Row = Row((*text_pieces(head), (DIGITS, 12, 12), *text_pieces(":user/")))
            rows += [Row((*start.pieces, *row.pieces)) for row in patterns_of([term], {})]
    return rows, complete


def untaken(format: Pieces, rows: Sequence[Row], taken: Callable[[str], Row | None]) -> Classes:
    """The classes without texts that are taken: those are barred one by one, as they turn up."""
    barred: list[Row] = []
    found = classes(format, rows)
    for _ in range(_TRIES):
        again = [row for text in found.texts if (row := taken(text)) is not None]
        if not again:
            return found
        barred += again
        found = classes(format, rows, barred)
    return Classes(tuple(text for text in found.texts if taken(text) is None), complete=False)


def names_account(row: Row, head: str, barred: frozenset[str]) -> bool:
    """Whether the pattern fixes an account that no caller in question is in: it never matches."""
    start = row.pieces[: len(head) + 13]
    if any(piece[0] is None or len(piece[0]) != 1 for piece in start):
        return False
    text = "".join(next(iter(piece[0])) for piece in start if piece[0])
    return text.startswith(head) and text[len(head) : -1] in barred


def _within(head: str, row: Row) -> Row:
    """A pattern of an account as one of whole ARNs."""
    start = text_pieces(head)
    plain = frozenset(range(len(start), len(start) + len(row.pieces)))
    return Row((*start, *row.pieces, *text_pieces(":"), (ANY, 0, MANY)), plain)


def _arn_rows(term: Term) -> tuple[bool, list[Row]]:
    """The rows of a condition on aws:PrincipalArn; its own account as a variable fits always."""
    rows: list[Row] = []
    complete = True
    for value in literal_values(term):
        operator = term.operator
        if operator is None or operator.family not in ("string", "arn"):
            continue
        plain = re.sub(
            r"::\$\{(?:aws:principalaccount|kms:calleraccount)\}:",
            "::\x00:",
            value,
            flags=re.IGNORECASE,
        )
        if term.variables is True and "${" in re.sub(r"\$\{[*?$]\}", "", plain):
            complete = False
            continue
        wanted = tokens(plain, {}, like=operator.like, variables=term.variables is True)
        if wanted is None:
            continue
        if "\x00" in wanted:
            spelt: Tokens = tuple(RUN if piece == "\x00" else piece for piece in wanted)
            rows.append(arn_row(spelt))
            continue
        rows.append(row_of(wanted, operator))
    return complete, rows


def patterns_of(terms: Iterable[Term], context: Context) -> Iterator[Row]:
    """The patterns that string and ARN conditions compare their key with."""
    for term in terms:
        if term.operator is None or term.operator.family not in ("string", "arn"):
            continue
        for value in literal_values(term):
            if term.variables is True and "${" in value:
                continue  # what the key is compared with is fixed elsewhere: a fresh value differs
            wanted = tokens(value, context, like=term.operator.like, variables=False)
            if wanted is not None:
                yield row_of(wanted, term.operator)
