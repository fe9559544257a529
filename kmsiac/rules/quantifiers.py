# ruff: noqa: D102, ARG002 - a node does, and takes, what `Node` declares
"""Compiled terms over lists and relations: some, every, none, count, covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kmsiac.rules import truth as t
from kmsiac.rules.expression import All, AnyOf, Env, Leaf, Node, Not, Notes, Path
from kmsiac.rules.labels import printed
from kmsiac.rules.matchers import Equals, Glob
from kmsiac.rules.readings import Absent, Items, Open, Reading, Thing
from kmsiac.rules.truth import Code, Truth
from kmsiac.rules.vocabulary import Cost

_QUANTIFY = {"some": t.some, "every": t.every, "none": t.none}


class Quantified(Node):
    """some, every or none over a list."""

    __slots__ = ("alone", "inner", "path", "quantifier")

    def __init__(self, path: Path, quantifier: str, inner: Node) -> None:
        self.path = path
        self.quantifier = quantifier
        self.inner = inner
        self.alone = _speaks_alone(inner)

    @property
    def cost(self) -> Cost:
        return max(self.path.cost, self.inner.cost)

    @property
    def name(self) -> str:
        """The name that `some` binds: the last field of the path."""
        return self.path.name.rpartition(".")[2]

    def test(self, subject: Reading, env: Env) -> Truth:
        reading = self.path.read(subject)
        if isinstance(reading, Absent):
            return t.NOT_APPLICABLE
        if not isinstance(reading, Items):
            return t.cannot_tell(reading.blame if isinstance(reading, Open) else frozenset())
        return self._over(reading, env)

    def ruled_out(self, subject: Reading, env: Env) -> bool:
        bound = getattr(self.path.fields[0], "bound", None) if len(self.path.fields) == 1 else None
        if bound is None or self.quantifier != "some" or not isinstance(subject, Thing):
            return False
        reading = subject.remember((self.path.name, "bound"), bound)
        if not isinstance(reading, Items) or reading.more:
            return False
        return not self._may_hold(reading, env)

    def _may_hold(self, items: Items, env: Env) -> bool:
        """Whether some member fits, or may."""
        return self._over(items, env).code in (Code.YES, Code.OPEN)

    def _over(self, items: Items, env: Env) -> Truth:
        """What the term says of a list."""
        if items.truths is None or not self.alone:
            return _QUANTIFY[self.quantifier](self._elements(items, env), items.more)
        known = items.truths.get(self)
        if known is None:
            known = _QUANTIFY[self.quantifier](self._elements(items, env), items.more)
            items.truths[self] = known
        return known

    def _elements(self, items: Items, env: Env) -> Iterator[t.Element]:
        for item in items.certain:
            yield self.inner.test(item, _inside(item, env)), None
        for item, doubt in items.maybe:
            yield self.inner.test(item, _inside(item, env)), doubt

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        reading = self.path.read(subject)
        name = self.path.name or "the list"
        if not isinstance(reading, Items):
            notes.evidence.append(f"{name} cannot be told")
            return
        # "none" that fails, and "some" that holds, both have an element to show.
        if (self.quantifier == "some") is not negated and self.quantifier != "every":
            self._show(reading, env, notes, name)
        elif self.quantifier == "every":
            words = "not every one fits" if negated else "every one fits"
            notes.evidence.append(f"{name}: {words} ({printed(reading)})")
        else:
            notes.evidence.append(f"{name}: none fits ({printed(reading)})")

    def _show(self, items: Items, env: Env, notes: Notes, name: str) -> None:
        found = self._find(items, env)
        if found is None:
            notes.evidence.append(f"{name} may have more members than are known")
            return
        notes.bound.setdefault(self.name, found)
        inner = Notes()
        self.inner.explain(found, _inside(found, env), inner)
        notes.witness = notes.witness or inner.witness
        for key, value in inner.bound.items():
            notes.bound.setdefault(key, value)
        self._show_all(items, found, env, notes)
        details = "; ".join(inner.evidence)
        notes.evidence.append(f"{name} has {printed(found)}" + (f": {details}" if details else ""))

    def _show_all(self, items: Items, found: Reading, env: Env, notes: Notes) -> None:
        """Note every element that fits, and what fits inside of each."""
        fitting = [
            item
            for item in items.certain
            if self.inner.test(item, _inside(item, env)).code is Code.YES
        ]
        gathered: dict[str, list[Reading]] = {self.name: fitting or [found]}
        for item in gathered[self.name]:
            inner = Notes()
            self.inner.explain(item, _inside(item, env), inner)
            for key, values in inner.every.items():
                gathered.setdefault(key, []).extend(values)
        for key, values in gathered.items():
            notes.every.setdefault(key, values)

    def _find(self, items: Items, env: Env) -> Reading | None:
        """The element that decides: one that fits, else one that may."""
        fallback: Reading | None = None
        members = [*items.certain, *(item for item, _ in items.maybe)]
        for index, item in enumerate(members):
            code = self.inner.test(item, _inside(item, env)).code
            if code is Code.YES and index < len(items.certain):
                return item
            if code in (Code.YES, Code.OPEN) and fallback is None:
                fallback = item
        return fallback

    def bound(self) -> Mapping[str, str]:
        if self.quantifier != "some":
            return {}
        return {**self.inner.bound(), self.name: self.path.type.element}

    def terms(self) -> Iterator[Node]:
        yield self.inner


def _inside(item: Reading, env: Env) -> Env:
    return Env(env.target, item) if isinstance(item, Thing) else env


class Count(Node):
    """How many members a list has."""

    __slots__ = ("at_least", "at_most", "path")

    def __init__(self, path: Path, at_least: int | None, at_most: int | None) -> None:
        self.path = path
        self.at_least = at_least
        self.at_most = at_most

    @property
    def cost(self) -> Cost:
        return self.path.cost

    def test(self, subject: Reading, env: Env) -> Truth:
        reading = self.path.read(subject)
        if isinstance(reading, Absent):
            return t.NOT_APPLICABLE
        if not isinstance(reading, Items):
            return t.cannot_tell(reading.blame if isinstance(reading, Open) else frozenset())
        # A member that is wholly unknown may be several (a variable that holds a list).
        unknown = [item.blame for item in reading.certain if isinstance(item, Open)]
        blame = reading.more.union(*unknown, *(doubt for _, doubt in reading.maybe))
        maybe = 0 if reading.more or unknown else len(reading.maybe)
        known = len(reading.certain)
        return t.count(known, maybe, blame, self.at_least, self.at_most)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        reading = self.path.read(subject)
        if not isinstance(reading, Items) or reading.more:
            notes.evidence.append(f"{self.path.name}: how many cannot be told")
            return
        number = len(reading.certain)
        notes.evidence.append(f"{self.path.name}: {number or 'none'}")


class Covers(Node):
    """All of some values are members of a list."""

    __slots__ = ("actions", "checks", "path", "words")

    def __init__(self, path: Path, checks: list[Node], words: str, values: list[str]) -> None:
        self.path = path
        self.checks = checks
        self.words = words
        # Actions are compared as a set: there are 58 of them, and many statements.
        self.actions = frozenset(values) if path.type.element == "action_value" else None

    @property
    def cost(self) -> Cost:
        return max(self.path.cost, Cost.RELATION)

    def test(self, subject: Reading, env: Env) -> Truth:
        if self.actions is not None:
            reading = self.path.read(subject)
            if isinstance(reading, Items) and not reading.maybe and not reading.more:
                things = (item for item in reading.certain if isinstance(item, Thing))
                held = {getattr(thing.value, "name", "") for thing in things}
                return t.decided(self.actions <= held)
        return t.all_of(check.test(subject, env) for check in self.checks)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        words = "does not cover" if negated else "covers"
        notes.evidence.append(f"{self.path.name} {words} {self.words}")


def _speaks_alone(node: Node) -> bool:
    """Whether what a term says of an element hangs on nothing but the element."""
    if isinstance(node, Leaf):
        return isinstance(node.check, Equals | Glob)
    return isinstance(node, All | AnyOf | Not) and all(map(_speaks_alone, node.terms()))
