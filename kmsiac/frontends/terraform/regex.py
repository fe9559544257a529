"""Regular expressions in time linear in pattern and text, with RE2's rules for which match wins.

Python's `re` backtracks: a pattern of a pull request could keep it busy for ever. Here every
character of the text is looked at once for every place of the pattern, under a budget of steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kmsiac.frontends.terraform.conversion import CallError, Undetermined
from kmsiac.frontends.terraform.regex_syntax import CharacterSet, Parser, Tree

_MAX_PROGRAM = 20_000
_MAX_STEPS = 300_000
"""Steps that one call may take: half a second; a policy's patterns take some hundreds."""
_EXPANDED = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
Slots = tuple[int, ...]
Instruction = tuple[str, object, int]


class _Compiler:
    """A tree to instructions; each names where it goes on."""

    def __init__(self) -> None:
        self.program: list[Instruction] = []

    def add(self, kind: str, what: object, to: int) -> int:
        if len(self.program) >= _MAX_PROGRAM:
            raise Undetermined("the regular expression is too large")
        self.program.append((kind, what, to))
        return len(self.program) - 1

    def compile(self, tree: Tree, to: int) -> int:
        """Where to start so that the tree is matched and it goes on at `to`."""
        kind = tree[0]
        if kind in ("set", "assert"):
            return self.add(kind, tree[1], to)
        if kind == "cat":
            for item in reversed(tree[1]):
                to = self.compile(item, to)
            return to
        if kind == "alt":
            starts = [self.compile(branch, to) for branch in tree[1]]
            return self.add("split", tuple(starts), to)
        if kind == "group":
            inner = self.compile(tree[1], self.add("save", 2 * tree[2] + 1, to))
            return self.add("save", 2 * tree[2], inner)
        return self._repeat(tree, to)

    def _repeat(self, tree: Tree, to: int) -> int:
        _, inner, least, most, greedy = tree
        if most is None:
            start = self._plus(inner, greedy, to)
            if least == 0:
                return self._optional(start, greedy, to)
            copies = least - 1
        else:
            start, copies = to, least
            for _ in range(most - least):
                start = self._optional(self.compile(inner, start), greedy, to)
        for _ in range(copies):
            start = self.compile(inner, start)
        return start

    def _plus(self, inner: Tree, greedy: bool, to: int) -> int:
        loop = self.add("split", (), to)
        start = self.compile(inner, loop)
        self.program[loop] = ("split", (start, to) if greedy else (to, start), to)
        return start

    def _optional(self, start: int, greedy: bool, to: int) -> int:
        return self.add("split", (start, to) if greedy else (to, start), to)


class Regex:
    """A compiled pattern. `names` holds the name of each group, empty for one without."""

    def __init__(self, pattern: str) -> None:
        parser = Parser(pattern)
        tree = parser.parse()
        self.names = parser.groups
        compiler = _Compiler()
        accept = compiler.add("accept", None, 0)
        self._start = compiler.compile(tree, accept)
        self._program = compiler.program
        self._left = _MAX_STEPS

    def search(self, text: str, begin: int = 0) -> Slots | None:
        """The leftmost match from `begin` on: start and end of the whole and of every group, or -1."""
        size = 2 * len(self.names) + 2
        empty = (-1,) * size
        current: list[tuple[int, Slots]] = []
        found: Slots | None = None
        for at in range(begin, len(text) + 1):
            if found is None:
                fresh = (at, *empty[1:])
                current = self._closed([*current, (self._start, fresh)], text, at)
            else:
                current = self._closed(current, text, at)
            waiting: list[tuple[int, Slots]] = []
            for place, slots in current:
                kind, what, to = self._program[place]
                if kind == "accept":
                    found = (slots[0], at, *slots[2:])
                    break
                assert isinstance(what, CharacterSet)
                if at < len(text) and text[at] in what:
                    waiting.append((to, slots))
            current = waiting
            if found is not None and not current:
                break
        return found

    def _closed(
        self, threads: list[tuple[int, Slots]], text: str, at: int
    ) -> list[tuple[int, Slots]]:
        """The threads, in order, after everything that takes no character."""
        seen: set[int] = set()
        result: list[tuple[int, Slots]] = []
        stack = list(reversed(threads))
        while stack:
            place, slots = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            self._left -= 1
            if self._left < 0:
                raise Undetermined("matching the regular expression takes too many steps")
            kind, what, to = self._program[place]
            if kind == "split":
                assert isinstance(what, tuple)
                stack.extend((target, slots) for target in reversed(what))
            elif kind == "save":
                assert isinstance(what, int)
                stack.append((to, (*slots[:what], at, *slots[what + 1 :])))
            elif kind == "assert":
                if _holds(str(what), text, at):
                    stack.append((to, slots))
            else:
                result.append((place, slots))
        return result

    def all_matches(self, text: str) -> Iterator[Slots]:
        """Every match, one after the other."""
        at, previous = 0, -1
        while at <= len(text):
            found = self.search(text, at)
            if found is None:
                return
            accepted = True
            if found[1] == at:
                accepted = found[0] != previous
                at += 1
            else:
                at = found[1]
            previous = found[1]
            if accepted:
                yield found

    def replace_all(self, text: str, by: str, most: int) -> str:
        """Every match replaced, `$1` and `${name}` filled in. Raises Undetermined over `most`."""
        out: list[str] = []
        size, last, at = 0, 0, 0
        while at <= len(text):
            found = self.search(text, at)
            if found is None:
                break
            out.append(text[last : found[0]])
            if found[1] > last or found[0] == 0:
                out.append(self._expand(by, text, found))
                size += len(out[-1])
            if size > most:
                raise Undetermined("the replaced text is too long")
            last = found[1]
            at = found[1] if found[1] > at else at + 1
        return "".join([*out, text[last:]])

    def _expand(self, by: str, text: str, found: Slots) -> str:
        def fill(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name is None:
                return "$"
            group = self._group(name)
            return text[found[2 * group] : found[2 * group + 1]] if self._took(found, group) else ""

        return _EXPANDED.sub(fill, by)

    def _group(self, name: str) -> int:
        if name.isascii() and name.isdigit() and len(name) < 6:
            return int(name) if int(name) <= len(self.names) else -1
        if name in self.names:
            return len(self.names) - self.names[::-1].index(name)
        return -1

    @staticmethod
    def _took(found: Slots, group: int) -> bool:
        return group >= 0 and found[2 * group] >= 0


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _holds(kind: str, text: str, at: int) -> bool:
    if kind == "start":
        return at == 0
    if kind == "end":
        return at == len(text)
    if kind == "line start":
        return at == 0 or text[at - 1] == "\n"
    if kind == "line end":
        return at == len(text) or text[at] == "\n"
    before = at > 0 and _is_word(text[at - 1])
    after = at < len(text) and _is_word(text[at])
    return (before != after) == (kind == "boundary")


def compiled(pattern: str) -> Regex:
    """A pattern. Raises CallError where Go refuses it, Undetermined where it is too much."""
    try:
        return Regex(pattern)
    except RecursionError:
        raise CallError("the regular expression is nested too deeply") from None
