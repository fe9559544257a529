"""Parameters of CloudFormation in one text, as the command lines of AWS's tools take them.

Env=prod                                   aws cloudformation deploy, sam deploy
ParameterKey=Env,ParameterValue=prod       aws cloudformation create-stack
Env=prod Owner="Team A"                    several at once: parameter_overrides of sam
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PAIR = re.compile("([A-Za-z0-9]+)=(.*)", re.DOTALL)
_LONG = ("ParameterKey", "ParameterValue", "UsePreviousValue", "ResolvedValue")
_FIELD = re.compile(f"({'|'.join(_LONG)})=")
_NAMED = re.compile(r"""(["']?)([A-Za-z0-9]+)\1=""")
_WORD = re.compile(r"\S+")


def as_pair(text: str) -> tuple[str, str | None] | None:
    """One parameter as name and value; None for a text that is none (the name of a file).

    The value is None where the parameter keeps its previous one.
    """
    if text.startswith(tuple(f"{name}=" for name in _LONG)) and "ParameterKey=" in text:
        fields = _fields(text)
        name = fields.get("ParameterKey", "")
        if not name.isalnum() or not name.isascii():
            return None
        if fields.get("UsePreviousValue", "").lower() == "true":
            return name, None
        return (name, fields["ParameterValue"]) if "ParameterValue" in fields else None
    found = _PAIR.fullmatch(text)
    return (found[1], found[2]) if found else None


def _fields(text: str) -> dict[str, str]:
    """The fields of `A=b,C=d`; a comma of a value itself is escaped, or the value quoted."""
    fields: dict[str, str] = {}
    place = 0
    while found := _FIELD.match(text, place):
        value, place = _value(text, found.end(), ",")
        fields[found[1]] = value
        place += 1
    return fields


def pairs_in(text: str) -> Iterator[tuple[str, str | None] | str]:
    """The parameters in a text that holds several, between spaces; what is none as the text it is.

    A value in double quotes may hold spaces.
    """
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        start = place
        if text.startswith(tuple(f"{name}=" for name in _LONG), place):
            _, place = _value(text, place, " \t\r\n", keep=True)
            yield as_pair(text[start:place]) or text[start:place]
            continue
        named = _NAMED.match(text, place)
        if named is None:
            stray = _WORD.match(text, place)
            assert stray is not None
            place = stray.end()
            yield stray[0]
            continue
        value, place = _value(text, named.end(), " \t\r\n")
        yield named[2], value


def _value(text: str, start: int, ends: str, *, keep: bool = False) -> tuple[str, int]:
    """The value that starts at an index, unquoted, and the index of what ended it. With `keep`
    quotes only protect what stands between them.
    """
    taken: list[str] = []
    quoted = False
    place = start
    while place < len(text):
        char = text[place]
        if char == '"':
            quoted = not quoted
        elif char == "\\" and place + 1 < len(text):
            place += 1
            taken.append(text[place])
        elif char in ends and not quoted:
            break
        else:
            taken.append(char)
        place += 1
    return (text[start:place] if keep else "".join(taken)), place
