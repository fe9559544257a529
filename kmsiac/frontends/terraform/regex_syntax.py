"""RE2's regular expressions, as Go reads them, to a small tree. See `regex` for how they match."""

from __future__ import annotations

import unicodedata
from typing import Any

from kmsiac.frontends.terraform.conversion import CallError, Undetermined

Tree = tuple[Any, ...]
"""`("set", CharacterSet)`, `("cat"|"alt", [Tree])`, `("repeat", Tree, least, most, greedy)`,
`("group", Tree, number)` or `("assert", kind)`."""

_MAX_REPEAT = 1000
_MAX_NESTING = 100
_MAX_PATTERN = 10_000
_PERL = {"d": [(48, 57)], "w": [(48, 57), (65, 90), (95, 95), (97, 122)], "s": [(9, 10), (12, 13), (32, 32)]}  # fmt: skip
_POSIX = {
    "alnum": [(48, 57), (65, 90), (97, 122)], "alpha": [(65, 90), (97, 122)], "ascii": [(0, 127)],
    "blank": [(9, 9), (32, 32)], "cntrl": [(0, 31), (127, 127)], "digit": [(48, 57)],
    "graph": [(33, 126)], "lower": [(97, 122)], "print": [(32, 126)],
    "punct": [(33, 47), (58, 64), (91, 96), (123, 126)], "space": [(9, 13), (32, 32)],
    "upper": [(65, 90)], "word": _PERL["w"], "xdigit": [(48, 57), (65, 70), (97, 102)],
}  # fmt: skip
_CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cs",
    ]
)
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ORBITS = {c: orbit for orbit in ("kK\u212a", "sS\u017f", "åÅ\u212b", "σςΣ") for c in orbit}


class CharacterSet:
    """The characters that one place of a pattern accepts."""

    def __init__(self, fold: bool, negated: bool = False) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.categories: list[tuple[str, bool]] = []
        self.inner: list[CharacterSet] = []
        self.fold = fold
        self.negated = negated
        self._known: dict[str, bool] = {}

    def __contains__(self, character: str) -> bool:
        known = self._known.get(character)
        if known is None:
            variants = _variants(character) if self.fold else (character,)
            found = any(self._holds(variant) for variant in variants)
            known = self._known[character] = found != self.negated
        return known

    def _holds(self, character: str) -> bool:
        code = ord(character)
        if any(low <= code <= high for low, high in self.ranges):
            return True
        if any(character in inner for inner in self.inner):
            return True
        category = unicodedata.category(character) if self.categories else ""
        return any(
            (name == "Any" or category.startswith(name)) != negated
            for name, negated in self.categories
        )


def _variants(character: str) -> set[str]:
    if character in "ıİ":
        return {character}
    found = {character, *_ORBITS.get(character, "")}
    found.update(c for c in (character.lower(), character.upper()) if len(c) == 1)
    found.update(c for c in (v.upper() for v in tuple(found)) if len(c) == 1)
    return found


class Parser:
    """One pattern. Raises CallError for what Go refuses, Undetermined for what we do not know."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > _MAX_PATTERN:
            raise Undetermined("the regular expression is too long")
        self.pattern = pattern
        self.at = 0
        self.flags = frozenset[str]()
        self.groups: list[str] = []
        """The name of every capture group in order, empty for one that has none."""
        self.depth = 0

    def parse(self) -> Tree:
        """The whole pattern."""
        tree = self._alternatives()
        if self.at < len(self.pattern):
            raise CallError("the regular expression has an unexpected `)`")
        return tree

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self, text: str) -> bool:
        if not self.pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def _broken(self, what: str) -> CallError:
        return CallError(f"the regular expression has {what}")

    def _alternatives(self) -> Tree:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise Undetermined(f"a regular expression nested over {_MAX_NESTING} deep")
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else ("alt", branches)

    def _sequence(self) -> Tree:
        items: list[Tree] = []
        while self.at < len(self.pattern) and self._peek() not in "|)":
            if self._take("\\Q"):
                end = self.pattern.find("\\E", self.at)
                quoted = self.pattern[self.at : end if end >= 0 else None]
                items.extend(self._one(c) for c in quoted)
                self.at = len(self.pattern) if end < 0 else end + 2
                continue
            if self._peek() == "(" and self._only_flags():
                continue
            items.append(self._repeated(self._atom()))
        return items[0] if len(items) == 1 else ("cat", items)

    def _repeated(self, atom: Tree) -> Tree:
        bounds = self._repetition()
        if bounds is None:
            return atom
        greedy = not self._take("?")
        if "U" in self.flags:
            greedy = not greedy
        if self._repetition() is not None:
            raise self._broken("a repetition of a repetition")
        return ("repeat", atom, *bounds, greedy)

    def _repetition(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        end = self.pattern.find("}", self.at)
        if self._peek() != "{" or end < 0:
            return None
        least, comma, most = self.pattern[self.at + 1 : end].partition(",")
        if not (least.isascii() and least.isdigit()) or (most and not most.isdigit()):
            return None
        if len(least) > 4 or len(most) > 4 or int(least) > _MAX_REPEAT:
            raise self._broken("too many repetitions")
        self.at = end + 1
        upper = int(least) if not comma else (int(most) if most else None)
        if upper is not None and (upper > _MAX_REPEAT or upper < int(least)):
            raise self._broken("a repetition out of range")
        return int(least), upper

    def _one(self, character: str) -> Tree:
        accepted = CharacterSet("i" in self.flags)
        accepted.ranges.append((ord(character), ord(character)))
        return ("set", accepted)

    def _atom(self) -> Tree:
        character = self._peek()
        if character in "*+?":
            raise self._broken("a repetition of nothing")
        self.at += 1
        if character == "(":
            return self._group()
        if character == "[":
            return ("set", self._class())
        if character == ".":
            accepted = CharacterSet(False, negated=True)
            if "s" not in self.flags:
                accepted.ranges.append((10, 10))
            return ("set", accepted)
        if character == "^":
            return ("assert", "line start" if "m" in self.flags else "start")
        if character == "$":
            return ("assert", "line end" if "m" in self.flags else "end")
        if character == "\\":
            return self._escape()
        return self._one(character)

    # -- groups -----------------------------------------------------------------------------------

    def _only_flags(self) -> bool:
        """Whether `(?flags)` stands here: then it holds for the rest of the group."""
        end = self.pattern.find(")", self.at)
        written = self.pattern[self.at + 2 : end]
        if not self.pattern.startswith("(?", self.at) or end < 0 or not written:
            return False
        if set(written) - set("imsU-"):
            return False
        self._set_flags(written)
        self.at = end + 1
        return True

    def _set_flags(self, written: str) -> None:
        on, minus, off = written.partition("-")
        if set(on + off) - set("imsU") or (minus and not off):
            raise self._broken("unknown flags")
        self.flags = (self.flags | set(on)) - set(off)

    def _group(self) -> Tree:
        before = self.flags
        number: int | None = None
        if self._take("?P<") or self._take("?<"):
            end = self.pattern.find(">", self.at)
            name = self.pattern[self.at : end] if end >= 0 else ""
            if not name or not name.isascii() or not name.replace("_", "a").isalnum():
                raise self._broken("a broken name of a group")
            self.at = end + 1
            self.groups.append(name)
            number = len(self.groups)
        elif self._take("?"):
            end = self.pattern.find(":", self.at)
            if end < 0:
                raise self._broken("an unknown kind of group")
            self._set_flags(self.pattern[self.at : end])
            self.at = end + 1
        else:
            self.groups.append("")
            number = len(self.groups)
        inner = self._alternatives()
        if not self._take(")"):
            raise self._broken("an unclosed `(`")
        self.flags = before
        return inner if number is None else ("group", inner, number)

    # -- characters -------------------------------------------------------------------------------

    def _escape(self) -> Tree:
        kinds = {"A": "start", "z": "end", "b": "boundary", "B": "no boundary"}
        character = self._peek()
        if character in kinds and character:
            self.at += 1
            return ("assert", kinds[character])
        accepted = CharacterSet("i" in self.flags)
        if not self._named_class(accepted):
            code = self._escaped_character()
            accepted.ranges.append((code, code))
        return ("set", accepted)

    def _named_class(self, into: CharacterSet) -> bool:
        """`d`, `W`, `pL`, `P{Lu}` behind a backslash, added to a set."""
        character = self._peek()
        if character and character in "dwsDWS":
            self.at += 1
            inner = CharacterSet(into.fold, negated=character.isupper())
            inner.ranges.extend(_PERL[character.lower()])
            into.inner.append(inner)
            return True
        if not character or character not in "pP":
            return False
        self.at += 1
        name = self._peek()
        self.at += 1
        if name == "{":
            end = self.pattern.find("}", self.at)
            if end < 0:
                raise self._broken("an unclosed `\\p{`")
            name = self.pattern[self.at : end]
            self.at = end + 1
        negated = (character == "P") != name.startswith("^")
        name = name.removeprefix("^")
        if name not in _CATEGORIES and name != "Any":
            raise Undetermined(f"the character class \\p{{{name[:20]}}} is not evaluated")
        into.categories.append((name, negated))
        return True

    def _escaped_character(self) -> int:
        character = self._peek()
        self.at += 1
        if not character:
            raise self._broken("a backslash at its end")
        if character in _CONTROLS:
            return ord(_CONTROLS[character])
        if character == "x":
            return self._hexadecimal()
        if character in "01234567":
            digits = character
            while len(digits) < 3 and self._peek() and self._peek() in "01234567":
                digits += self._peek()
                self.at += 1
            if character != "0" and len(digits) == 1:
                raise self._broken("a reference to a group")
            return int(digits, 8)
        if ord(character) < 128 and not character.isalnum():
            return ord(character)
        raise self._broken("an unknown escape")

    def _hexadecimal(self) -> int:
        if self._take("{"):
            end = self.pattern.find("}", self.at)
            digits = self.pattern[self.at : end] if end >= 0 else ""
            self.at = end + 1
        else:
            digits = self.pattern[self.at : self.at + 2]
            digits = digits if len(digits) == 2 else ""
            self.at += 2
        if not 0 < len(digits) < 9 or set(digits) - set("0123456789abcdefABCDEF"):
            raise self._broken("a broken `\\x`")
        if int(digits, 16) > 0x10FFFF:
            raise self._broken("a character out of range")
        return int(digits, 16)

    def _class(self) -> CharacterSet:
        accepted = CharacterSet("i" in self.flags, negated=self._take("^"))
        first = True
        while first or self._peek() != "]":
            if self.at >= len(self.pattern):
                raise self._broken("an unclosed `[`")
            first = False
            if self._posix(accepted):
                continue
            if self._peek() == "\\":
                self.at += 1
                if self._named_class(accepted):
                    continue
                self.at -= 1
            low = self._class_character()
            high = low
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._class_character()
            if high < low:
                raise self._broken("a range that runs backwards")
            accepted.ranges.append((low, high))
        self.at += 1
        return accepted

    def _class_character(self) -> int:
        if self.at >= len(self.pattern):
            raise self._broken("an unclosed `[`")
        if self._take("\\"):
            return self._escaped_character()
        self.at += 1
        return ord(self.pattern[self.at - 1])

    def _posix(self, into: CharacterSet) -> bool:
        end = self.pattern.find(":]", self.at)
        if not self.pattern.startswith("[:", self.at) or end < 0:
            return False
        name = self.pattern[self.at + 2 : end]
        inner = CharacterSet(into.fold, negated=name.startswith("^"))
        if name.removeprefix("^") not in _POSIX:
            raise self._broken("an unknown class")
        inner.ranges.extend(_POSIX[name.removeprefix("^")])
        into.inner.append(inner)
        self.at = end + 2
        return True
