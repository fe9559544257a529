"""Comparing texts that may hold symbols: equal, matched by a glob, split as an ARN.

Every question has three answers. A symbol is one definite text without wildcards, of a shape that
its type gives; an Unknown part may be anything.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kmsiac.aws.shapes import fold, glob_matches
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Part,
    Symbol,
    Text,
    Unknown,
    all_of,
    blame_on,
    cannot_tell,
    decided,
    open_blame,
)

_MAX_SHAPE_DEPTH = 4
_MAX_REGEX_PARTS = 3
_MAX_REGEX_STEPS = 5_000_000

_SHAPES = {
    "account_id": r"[0-9]{12}",
    "partition": r"aws(?:-[a-z]+)*",
    "region": r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+",
    "dns_suffix": r"[a-z0-9.-]+",
    "key_id": r"(?:mrk-)?[0-9a-f-]+",
    "endpoint_id": r"vpce-[0-9a-f]+",
    "role_name": r"[\w+=,.@-]+",
    "user_name": r"[\w+=,.@-]+",
    "group_name": r"[\w+=,.@-]+",
    "alias_name": r"alias/[a-zA-Z0-9:/_-]+",
    "unique_id": r"A[A-Z0-9]+",
    "role_id": r"AROA[A-Z0-9]+",
    "role_unique_id": r"AROA[A-Z0-9]+",
    "user_unique_id": r"AIDA[A-Z0-9]+",
    "organization_id": r"o-[a-z0-9]+",
    "stack_name": r"[A-Za-z][A-Za-z0-9-]*",
}
"""What the text of a symbol looks like, by its type; any other has no wildcard in it."""

_ANY_SYMBOL = r"[^*?]*"
_ARN_SYMBOL = r"arn:[^*?]+"


class Arn(NamedTuple):
    """The parts of an ARN after `arn:`; each may hold symbols."""

    partition: Text
    service: Text
    region: Text
    account: Text
    resource: Text


def outline(text: Text) -> Text:
    """The text with every symbol whose shape is known spelt out by that shape."""
    return Text(_outline(text.parts, 0), text.position, text.sensitive)


def _outline(parts: tuple[Part, ...], depth: int) -> list[Part]:
    out: list[Part] = []
    for part in parts:
        if isinstance(part, Symbol) and part.shape is not None and depth < _MAX_SHAPE_DEPTH:
            out += _outline(part.shape.parts, depth + 1)
        else:
            out.append(part)
    return out


def open_parts(text: Text) -> list[Symbol | Unknown]:
    """The parts that are not literal."""
    return [part for part in text.parts if not isinstance(part, str)]


def split_arn(text: Text) -> Arn | None:
    """The parts of an ARN, or None for a text that is none or does not show that it is.

    An unknown part is taken to lie within one field, as its surroundings say.
    """
    fields = _split(outline(text), 5)
    if len(fields) < 6 or fields[0].literal != "arn":
        return None
    return Arn(*fields[1:])


def _split(text: Text, count: int) -> list[Text]:
    fields: list[list[Part]] = [[]]
    for part in text.parts:
        if not isinstance(part, str):
            fields[-1].append(part)
            continue
        pieces = part.split(":", count - len(fields) + 1)
        fields[-1].append(pieces[0])
        fields += [[piece] for piece in pieces[1:]]
    return [Text(field, text.position, text.sensitive) for field in fields]


def same(left: Text, right: Text) -> Answer:
    """Whether two texts are equal once deployed."""
    if left.parts == right.parts:
        return YES
    if left.literal is not None and right.literal is not None:
        return NO
    if _distinct_resources(left.symbol, right.symbol):
        return NO
    left_outline, right_outline = outline(left), outline(right)
    if left_outline.parts == right_outline.parts:
        return YES
    left_arn, right_arn = split_arn(left_outline), split_arn(right_outline)
    if left_arn is not None and right_arn is not None:
        return all_of(_same_field(a, b) for a, b in zip(left_arn, right_arn, strict=True))
    return _same_field(left_outline, right_outline)


def _same_field(left: Text, right: Text) -> Answer:
    if left.parts == right.parts:
        return YES
    if left.literal is not None and right.literal is not None:
        return NO
    if _ends_differ(left, right) or _distinct_resources(left.symbol, right.symbol):
        return NO
    for literal, other in ((left.literal, right), (right.literal, left)):
        if literal is not None and not _could_be(other, literal):
            return NO
    return cannot_tell(*open_blame(left), *open_blame(right))


def _distinct_resources(left: Symbol | None, right: Symbol | None) -> bool:
    """Two managed resources of one unit are two things; so is the same attribute of each."""
    return (
        left is not None
        and right is not None
        and left.origin == right.origin == "resource"
        and left.owner.unit == right.owner.unit
        and left.type == right.type
        and left.type != "text"
        and left.address != right.address
    )


def _ends_differ(left: Text, right: Text) -> bool:
    front, other = left.prefix, right.prefix
    shared = min(len(front), len(other))
    if front[:shared] != other[:shared]:
        return True
    back, other = _suffix(left), _suffix(right)
    shared = min(len(back), len(other))
    return shared > 0 and back[-shared:] != other[-shared:]


def _suffix(text: Text) -> str:
    last = text.parts[-1] if text.parts else ""
    return last if isinstance(last, str) else ""


def _could_be(text: Text, literal: str) -> bool:
    """Whether a text with open parts could turn out to be this literal; True where in doubt."""
    loose = "".join(part if isinstance(part, str) else "*" for part in text.parts)
    if not glob_matches(loose, literal):
        return False
    # Types are checked only where the regular expression cannot take long.
    loose_parts = len(open_parts(text))
    if loose_parts > _MAX_REGEX_PARTS or len(literal) ** loose_parts > _MAX_REGEX_STEPS:
        return True
    pattern = "".join(_regex(part) for part in text.parts)
    return re.fullmatch(pattern, literal, re.DOTALL) is not None


def _regex(part: Part) -> str:
    if isinstance(part, str):
        return re.escape(part)
    if isinstance(part, Unknown):
        return ".*"
    default = _ARN_SYMBOL if part.type.endswith("_arn") else _ANY_SYMBOL
    return _SHAPES.get(part.type, default)


def has_wildcard(text: Text) -> Answer:
    """Whether a `*` or `?` that IAM reads as a wildcard stands in the text.

    `${*}`, `${?}` and `${$}` are literal characters, and a policy variable holds no wildcard.
    """
    plain = "".join(part if isinstance(part, str) else "\x00" for part in text.parts)
    if wildcard_index(plain) >= 0:
        return YES
    unknown = [part for part in text.parts if isinstance(part, Unknown)]
    return cannot_tell(*(blame_on(part) for part in unknown)) if unknown else NO


_VARIABLE = re.compile(r"\$\{[^{}]*+\}")


def wildcard_index(plain: str) -> int:
    """The index of the first wildcard of a literal text, -1 for none."""
    masked = _VARIABLE.sub(lambda match: "\x00" * len(match[0]), plain) if "${" in plain else plain
    found = [at for at in (masked.find("*"), masked.find("?")) if at >= 0]
    return min(found, default=-1)


def variables(text: Text) -> list[str]:
    """The IAM policy variables in a text, without braces: `aws:username`."""
    inner = [
        match[0][2:-1]
        for part in text.parts
        if isinstance(part, str)
        for match in _VARIABLE.finditer(part)
    ]
    return [name for name in inner if name not in ("*", "?", "$")]


def any_variables(text: Text) -> Text:
    """The text with `*` for each IAM policy variable: a pattern that is no narrower."""
    parts = [
        _VARIABLE.sub(lambda m: m[0] if m[0][2:-1] in ("*", "?", "$") else "*", part)
        if isinstance(part, str)
        else part
        for part in text.parts
    ]
    return Text(parts, text.position, text.sensitive)


def glob(pattern: str, text: Text, *, ignore_case: bool = False) -> Answer:
    """Whether a literal glob (`*`, `?`) matches the text, once deployed."""
    wanted = fold(pattern) if ignore_case else pattern
    literal = text.literal
    if literal is not None:
        return decided(glob_matches(wanted, fold(literal) if ignore_case else literal))
    spelt = outline(text)
    front, back = spelt.prefix, _suffix(spelt)
    if ignore_case:
        front, back = fold(front), fold(back)
    head = re.split(r"[*?]", wanted, maxsplit=1)[0]
    tail = re.split(r"[*?]", wanted)[-1]
    # What is open stands as one character that no pattern spells: only an asterisk takes it, and
    # that takes whatever it turns out to be.
    probe = "".join(part if isinstance(part, str) else "\ue000" for part in spelt.parts)
    if "?" not in wanted and glob_matches(wanted, fold(probe) if ignore_case else probe):
        return YES
    size = min(len(head), len(front))
    if head[:size] != front[:size]:
        return NO
    size = min(len(tail), len(back))
    if size and tail[-size:] != back[-size:]:
        return NO
    return cannot_tell(*open_blame(spelt))
