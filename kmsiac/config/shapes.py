"""What the value of a key may look like: how it is read, and what the published schema says of it.

Both come from one declaration. `read` notes every mistake at its place and gives None for a value
that is wrong; what a value means (a rule that exists, a folder that is there) is checked later.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping as MappingType
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from kmsiac.config.problems import Placed, Problems
from kmsiac.errors import did_you_mean
from kmsiac.reading.globs import MAX_PATTERN
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

MAX_ITEMS = 1000
"""Members that one list or mapping may have: each of them may stand in every report."""

Schema = dict[str, object]


class Shape(ABC):
    """One kind of value. `words` say it in the documentation."""

    words: str = ""

    @abstractmethod
    def read(self, name: str, node: Node, problems: Problems) -> object | None:
        """The value of the key `name`."""

    @abstractmethod
    def schema(self) -> Schema:
        """The same as JSON Schema."""


class Words(Shape):
    """Text on one line, of a form if one is given; read as `Placed[str]`."""

    def __init__(self, words: str, pattern: str = "", example: str = "") -> None:
        self.words = words
        self._pattern = pattern
        self._example = example

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The text."""
        text = _text(name, node, problems)
        if text is None:
            return None
        if self._pattern and re.fullmatch(self._pattern, text, re.ASCII) is None:
            problems.add(node, f'"{name}" does not take "{text}"', f"like {self._example}")
            return None
        return Placed(text, problems.span(node))

    def schema(self) -> Schema:
        """Text of that form."""
        return {"type": "string", "pattern": f"^(?:{self._pattern})$" if self._pattern else _LINE}


_LINE = r"^[^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f][^\u0000-\u001f\u007f]*$"
"""Text that is not blank and has no control characters: as the loader has it."""


def _text(name: str, node: Node, problems: Problems) -> str | None:
    if not isinstance(node, Scalar) or node.tag or node.kind == "null":
        problems.add(node, f'"{name}" must be text')
    elif node.kind != "text":
        problems.add(node, f'"{name}" must be text', f'quote it: "{node.text}"')
    elif re.fullmatch(_LINE, node.text) is None:
        problems.add(node, f'"{name}" must be text on one line, without control characters')
    else:
        return node.text
    return None


class AccountId(Shape):
    """Twelve digits; read as `Placed[str]`. Without quotes a leading zero would be lost elsewhere."""

    words = "account id"

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The id."""
        text = node.text if isinstance(node, Scalar) and not node.tag else ""
        if not re.fullmatch(r"[0-9]{12}", text, re.ASCII):
            problems.add(node, f'"{name}" takes account ids of 12 digits', 'like "111122223333"')
            return None
        if text.startswith("0") and isinstance(node, Scalar) and node.style == "plain":
            problems.add(node, f'"{name}": quote an id that begins with 0', f'"{text}"')
            return None
        return Placed(text, problems.span(node))

    def schema(self) -> Schema:
        """Twelve digits as text, or a number that has twelve."""
        return {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]{12}$"},
                {"type": "integer", "minimum": 10**11, "maximum": 10**12 - 1},
            ]
        }


class OneOf(Shape):
    """One of some words; read as `Placed[str]`."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.words = " | ".join(f"`{option}`" for option in options)

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The word."""
        text = _text(name, node, problems)
        if text is not None and text not in self.options:
            hint = did_you_mean(text, self.options)
            problems.add(node, f'"{name}" does not take "{text}"', hint)
            return None
        return None if text is None else Placed(text, problems.span(node))

    def schema(self) -> Schema:
        """The words."""
        return {"type": "string", "enum": list(self.options)}


class Format(OneOf):
    """A format of a report. A scanned tree must not choose which files are written."""

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The format."""
        text = _text(name, node, problems)
        if text is not None and "=" in text:
            hint = f"-f {text} on the command line"
            problems.add(node, "a configuration file names no file of a report", hint)
            return None
        return None if text is None else super().read(name, node, problems)


class YesNo(Shape):
    """`true` or `false`; read as `Placed[bool]`."""

    words = "`true` | `false`"

    def read(self, name: str, node: Node, problems: Problems) -> Placed[bool] | None:
        """Whether it is true."""
        if not isinstance(node, Scalar) or node.kind != "bool" or node.tag:
            problems.add(node, f'"{name}" must be true or false')
            return None
        return Placed(node.text.lower() == "true", problems.span(node))

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


class Count(Shape):
    """A whole number from 1 on; read as `Placed[int]`."""

    words = "number"

    def read(self, name: str, node: Node, problems: Problems) -> Placed[int] | None:
        """The number."""
        text = node.text if isinstance(node, Scalar) and node.kind == "number" else ""
        if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
            problems.add(node, f'"{name}" must be a whole number from 1 on')
            return None
        return Placed(int(text), problems.span(node))

    def schema(self) -> Schema:
        """A whole number."""
        return {"type": "integer", "minimum": 1, "maximum": 999_999_999}


class Day(Shape):
    """A date as 2027-01-31; read as `Placed[date]`."""

    words = "date"

    def read(self, name: str, node: Node, problems: Problems) -> Placed[date] | None:
        """The date."""
        text = _text(name, node, problems)
        if text is None:
            return None
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            with suppress(ValueError):
                return Placed(date.fromisoformat(text), problems.span(node))
        problems.add(node, f'"{name}" does not take "{text}"', "a date, like 2027-01-31")
        return None

    def schema(self) -> Schema:
        """A date as text."""
        return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


class Pattern(Shape):
    """A glob over paths; read as `Placed[str]`. With `takes_back` it may begin with `!`."""

    words = "glob"

    def __init__(self, *, takes_back: bool = True) -> None:
        self._takes_back = takes_back

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The pattern."""
        text = _text(name, node, problems)
        if text is None:
            return None
        if len(text) > MAX_PATTERN:
            problems.add(node, f'"{name}": a pattern has at most {MAX_PATTERN} characters')
        elif ".." in text.split("/"):
            problems.add(node, f'"{name}" does not take "{text}"', "a pattern cannot lead upward")
        elif not self._takes_back and text.startswith("!"):
            problems.add(node, f'"{name}" does not take "{text}"', "write what it is about")
        elif not text.removeprefix("!").strip("/ "):
            problems.add(node, f'"{name}" does not take "{text}"', "name something to leave out")
        else:
            return Placed(text, problems.span(node))
        return None

    def schema(self) -> Schema:
        """Text without a step upward."""
        upward = {"pattern": r"(^|/)\.\.(/|$)"}
        nothing = {"pattern": "^!?[/ ]*$" if self._takes_back else "^(!|[/ ]*$)"}
        line: Schema = {"type": "string", "pattern": _LINE, "maxLength": MAX_PATTERN}
        return {**line, "not": {"anyOf": [upward, nothing]}}


class Place(Shape):
    """A path below the root of what is scanned; read as `Placed[str]`."""

    def __init__(self, words: str) -> None:
        self.words = words

    def read(self, name: str, node: Node, problems: Problems) -> Placed[str] | None:
        """The path, relative, with `/`."""
        text = _text(name, node, problems)
        if text is None:
            return None
        if re.match(r"[/\\~]|[A-Za-z]:", text):
            problems.add(node, f'"{name}" takes no absolute path', "write it relative to this file")
            return None
        if "\\" in text:
            problems.add(node, f'"{name}" does not take "{text}"', "write paths with /")
            return None
        return Placed(text, problems.span(node))

    def schema(self) -> Schema:
        """A relative path with `/`."""
        wrong = {"anyOf": [{"pattern": r"^([/~]|[A-Za-z]:)"}, {"pattern": r"\\"}]}
        return {"type": "string", "pattern": _LINE, "not": wrong}


class ListOf(Shape):
    """A list; read as a list of what the members are read as."""

    def __init__(self, item: Shape, words: str = "") -> None:
        self.item = item
        self.words = words or f"list of {item.words}"

    def read(self, name: str, node: Node, problems: Problems) -> list[object] | None:
        """The members that are right."""
        if not isinstance(node, Sequence) or node.tag:
            shown = node.text if isinstance(node, Scalar) and node.text else "..."
            problems.add(node, f'"{name}" must be a list', f"write it as [{shown}]")
            return None
        if len(node.items) > MAX_ITEMS:
            problems.add(node, f'"{name}" has more than {MAX_ITEMS} entries')
            return None
        found = [self.item.read(name, item, problems) for item in node.items]
        return [item for item in found if item is not None]

    def schema(self) -> Schema:
        """An array."""
        return {"type": "array", "items": self.item.schema(), "maxItems": MAX_ITEMS}


class MapOf(Shape):
    """Values by name; read as a list of pairs, the name `Placed`."""

    def __init__(self, key: str, value: Shape, pattern: str, example: str) -> None:
        self._value = value
        self._name = Words(key, pattern, example)
        self._pattern = pattern
        self.words = f"{key}: {value.words}"

    def read(
        self, name: str, node: Node, problems: Problems
    ) -> list[tuple[Placed[str], object]] | None:
        """The pairs that are right."""
        if not isinstance(node, Mapping) or node.tag:
            problems.add(node, f'"{name}" must be a mapping', f"write it as {{{self.words}}}")
            return None
        if len(node.entries) > MAX_ITEMS:
            problems.add(node, f'"{name}" has more than {MAX_ITEMS} entries')
            return None
        pairs: list[tuple[Placed[str], object]] = []
        for key, value in unique_entries(node, problems):
            placed = self._name.read(name, key, problems)
            found = self._value.read(f"{name}.{key.text}", value, problems)
            if placed is not None and found is not None:
                pairs.append((placed, found))
        return pairs

    def schema(self) -> Schema:
        """An object with names of that form."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self._pattern})$"},
            "additionalProperties": self._value.schema(),
            "maxProperties": MAX_ITEMS,
        }


def unique_entries(node: Mapping, problems: Problems) -> list[tuple[Scalar, Node]]:
    """The entries with text keys; other keys, and those that stand there twice, are mistakes."""
    seen: set[str] = set()
    found: list[tuple[Scalar, Node]] = []
    for key, value in node.entries:
        if not isinstance(key, Scalar) or key.tag:
            problems.add(key, "a key must be text")
        elif key.text in seen:
            problems.add(key, f'"{key.text}" stands here twice')
        else:
            seen.add(key.text)
            found.append((key, value))
    return found


@dataclass(frozen=True)
class Member:
    """One key of a record."""

    shape: Shape
    meaning: str
    required: bool = False


class Record(Shape):
    """A mapping with keys of its own; read as a dict of them, its place under the empty name."""

    def __init__(self, members: MappingType[str, Member]) -> None:
        self.members = members
        self.words = "{" + ", ".join(members) + "}"

    def read(self, name: str, node: Node, problems: Problems) -> dict[str, object] | None:
        """The keys that are there."""
        if not isinstance(node, Mapping) or node.tag:
            problems.add(node, f'an entry of "{name}" is a mapping', f"write it as {self.words}")
            return None
        found: dict[str, object] = {"": problems.span(node)}
        for key, value in unique_entries(node, problems):
            member = self.members.get(key.text)
            if member is None:
                hint = did_you_mean(key.text, self.members)
                problems.add(key, f'unknown key "{key.text}" in an entry of "{name}"', hint)
                continue
            # One that is wrong is left out, so that what the others mean is judged all the same.
            read = member.shape.read(key.text, value, problems)
            if read is not None:
                found[key.text] = read
        required = [name for name, member in self.members.items() if member.required]
        for missing in required:
            if node.key(missing) is None:
                problems.add(node, f'an entry of "{name}" needs "{missing}"')
        return found if found.keys() >= set(required) else None

    def schema(self) -> Schema:
        """An object without other keys."""
        return {
            "type": "object",
            "properties": {
                name: {**member.shape.schema(), "description": member.meaning}
                for name, member in self.members.items()
            },
            "required": [name for name, member in self.members.items() if member.required],
            "additionalProperties": False,
        }
