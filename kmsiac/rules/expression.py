# ruff: noqa: D102, ARG002 - a node does, and takes, what `Node` declares
"""Compiled `when` trees: conjunction, disjunction, negation, quantifiers over fields.

A tree is compiled once, when its rule loads, and tested many times. Terms of a conjunction stand
in order of cost, and testing stops at the first that decides. `explain` walks a tree that held or
stayed open again and notes why: sentences of evidence, the elements that a `some` found, a witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from kmsiac.rules import truth as t
from kmsiac.rules.readings import ABSENT, Absent, Items, Open, Reading, Thing, Witnessed
from kmsiac.rules.truth import Code, Truth
from kmsiac.rules.vocabulary import Cost, Field, FieldType, TextField
from kmsiac.values import Text


class Env:
    """What references are rooted in: the target, and the innermost thing."""

    __slots__ = ("target", "this")

    def __init__(self, target: Thing, this: Thing | None = None) -> None:
        self.target = target
        self.this = this if this is not None else target


class Notes:
    """What an explaining pass collects."""

    __slots__ = ("bound", "evidence", "witness")

    def __init__(self) -> None:
        self.bound: dict[str, Reading] = {}
        self.evidence: list[str] = []
        self.witness: object = None


class Path:
    """A way from a thing or text through single fields to a reading; empty: the subject itself."""

    __slots__ = ("fields", "name", "type")

    def __init__(self, type: FieldType, fields: tuple[Field | TextField, ...] = ()) -> None:
        self.type = type
        self.fields = fields
        self.name = ".".join(field.name for field in fields)

    def then(self, field: Field | TextField) -> Path:
        """The path that goes on with a field."""
        return Path(field.type, (*self.fields, field))

    @property
    def cost(self) -> Cost:
        """The cost of the dearest field on the way."""
        costs = (f.cost for f in self.fields if isinstance(f, Field))
        return max(costs, default=Cost.STRUCTURAL)

    def read(self, subject: Reading) -> Reading:
        """The reading at the end; open or absent as soon as something on the way is."""
        for field in self.fields:
            subject = _step(field, subject)
        return subject

    def written(self, subject: Reading) -> Truth:
        """Whether the template writes what the path ends at."""
        for field in self.fields[:-1]:
            subject = _step(field, subject)
        if isinstance(subject, Open):
            return t.cannot_tell(subject.blame)
        if isinstance(subject, Absent):
            return t.NOT_APPLICABLE
        last = self.fields[-1] if self.fields else None
        if isinstance(last, Field) and isinstance(subject, Thing):
            return last.written(subject)
        end = subject if last is None else _step(last, subject)
        if isinstance(end, Open):
            return t.cannot_tell(end.blame)
        return t.decided(end is not ABSENT)


def _step(field: Field | TextField, subject: Reading) -> Reading:
    if isinstance(subject, Thing) and isinstance(field, Field):
        return field.of(subject)
    if isinstance(subject, Text) and isinstance(field, TextField):
        return field.read(subject)
    return subject if isinstance(subject, Open) else ABSENT


class Node:
    """A compiled term."""

    __slots__ = ()

    @property
    def cost(self) -> Cost:
        """The declared cost of the dearest part."""
        raise NotImplementedError

    def test(self, subject: Reading, env: Env) -> Truth:
        """The truth of the term for a thing, or for an element of a list."""
        raise NotImplementedError

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        """Note why the term (or, `negated`, its negation) is yes or open."""
        raise NotImplementedError

    def bound(self) -> Mapping[str, str]:
        """The names that are bound whenever the term holds, with the kind of element."""
        return {}

    def terms(self) -> Iterator[Node]:
        """The terms directly inside."""
        return iter(())


class All(Node):
    """All terms hold."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = sorted(nodes, key=lambda node: node.cost)

    @property
    def cost(self) -> Cost:
        return max((node.cost for node in self.nodes), default=Cost.STRUCTURAL)

    def test(self, subject: Reading, env: Env) -> Truth:
        return t.all_of(node.test(subject, env) for node in self.nodes)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        for node in self.nodes:
            if not negated or node.test(subject, env).code in (Code.NO, Code.OPEN):
                node.explain(subject, env, notes, negated)

    def bound(self) -> Mapping[str, str]:
        return {name: kind for node in self.nodes for name, kind in node.bound().items()}

    def terms(self) -> Iterator[Node]:
        return iter(self.nodes)


class AnyOf(Node):
    """At least one term holds."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = sorted(nodes, key=lambda node: node.cost)

    @property
    def cost(self) -> Cost:
        return max((node.cost for node in self.nodes), default=Cost.STRUCTURAL)

    def test(self, subject: Reading, env: Env) -> Truth:
        return t.any_of(node.test(subject, env) for node in self.nodes)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        if negated:
            for node in self.nodes:
                node.explain(subject, env, notes, negated)
            return
        truths = [node.test(subject, env).code for node in self.nodes]
        wanted = Code.YES if Code.YES in truths else Code.OPEN
        for node, truth in zip(self.nodes, truths, strict=True):
            if truth is wanted:
                node.explain(subject, env, notes)
                return

    def bound(self) -> Mapping[str, str]:
        first, *others = [node.bound() for node in self.nodes]
        return {
            name: kind
            for name, kind in first.items()
            if all(other.get(name) == kind for other in others)
        }

    def terms(self) -> Iterator[Node]:
        return iter(self.nodes)


class Not(Node):
    """The term does not hold."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def cost(self) -> Cost:
        return self.node.cost

    def test(self, subject: Reading, env: Env) -> Truth:
        return t.negate(self.node.test(subject, env))

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        # What holds under an even number of negations is still no binding.
        inner = Notes()
        self.node.explain(subject, env, inner, not negated)
        notes.evidence += inner.evidence

    def terms(self) -> Iterator[Node]:
        yield self.node


class Written(Node):
    """Whether the template writes what a path names."""

    __slots__ = ("path", "wanted")

    def __init__(self, path: Path, wanted: bool) -> None:
        self.path = path
        self.wanted = wanted

    @property
    def cost(self) -> Cost:
        return self.path.cost

    def test(self, subject: Reading, env: Env) -> Truth:
        found = self.path.written(subject)
        return found if self.wanted else t.negate(found)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        written = self.wanted is not negated
        notes.evidence.append(f"{self.path.name} is {'' if written else 'not '}written")


class Check:
    """A test of one scalar reading that is neither open nor absent."""

    __slots__ = ()

    def test(self, reading: Reading, env: Env) -> Truth:
        """The truth for a reading."""
        raise NotImplementedError

    def words(self, value: str, negated: bool) -> str:
        """What to say of the value when the check (or its negation) holds."""
        raise NotImplementedError


class Leaf(Node):
    """A check of what a path ends at."""

    __slots__ = ("check", "path")

    def __init__(self, path: Path, check: Check) -> None:
        self.path = path
        self.check = check

    @property
    def cost(self) -> Cost:
        return self.path.cost

    def test(self, subject: Reading, env: Env) -> Truth:
        reading = self.path.read(subject)
        if isinstance(reading, Open):
            return t.cannot_tell(reading.blame)
        if isinstance(reading, Absent):
            return t.NOT_APPLICABLE
        return self.check.test(reading, env)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        reading = self.path.read(subject)
        name = self.path.name or "the value"
        if isinstance(reading, Witnessed):
            notes.witness = notes.witness or reading.witness
        truth = self.test(subject, env)
        if truth.code is Code.OPEN:
            notes.evidence.append(f"{name} cannot be told")
        else:
            notes.evidence.append(f"{name} {self.check.words(printed(reading), negated)}")


class Quantified(Node):
    """some, every or none over a list."""

    __slots__ = ("inner", "path", "quantifier")

    def __init__(self, path: Path, quantifier: str, inner: Node) -> None:
        self.path = path
        self.quantifier = quantifier
        self.inner = inner

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
        quantify = {"some": t.some, "every": t.every, "none": t.none}[self.quantifier]
        return quantify(self._elements(reading, env), reading.more)

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
        details = "; ".join(inner.evidence)
        notes.evidence.append(f"{name} has {printed(found)}" + (f": {details}" if details else ""))

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

    __slots__ = ("checks", "path", "words")

    def __init__(self, path: Path, checks: list[Node], words: str) -> None:
        self.path = path
        self.checks = checks
        self.words = words

    @property
    def cost(self) -> Cost:
        return max(self.path.cost, Cost.RELATION)

    def test(self, subject: Reading, env: Env) -> Truth:
        return t.all_of(check.test(subject, env) for check in self.checks)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        words = "does not cover" if negated else "covers"
        notes.evidence.append(f"{self.path.name} {words} {self.words}")


def printed(reading: Reading) -> str:
    """A reading as messages show it."""
    if isinstance(reading, Text):
        return str(reading)
    if isinstance(reading, bool | Witnessed):
        return "true" if reading else "false"
    if isinstance(reading, Thing):
        from kmsiac.rules.labels import label_of  # noqa: PLC0415 - labels print readings too

        return label_of(reading)
    if isinstance(reading, Items):
        members = [printed(item) for item in reading.certain]
        more = len(reading.maybe) + (1 if reading.more else 0)
        shown = members[:8] + (["..."] if more or len(members) > 8 else [])
        return ", ".join(shown) or "none"
    if isinstance(reading, Open):
        return ", ".join(sorted(blame.expression for blame in reading.blame)) or "unknown"
    if isinstance(reading, Absent):
        return "not written"
    return str(Decimal(reading)) if isinstance(reading, int | Decimal) else reading
