# ruff: noqa: D102, ARG002 - a node does, and takes, what `Node` declares
"""Compiled `when` trees: conjunction, disjunction, negation, and checks of fields.

A tree is compiled once, when its rule loads, and tested many times. Terms of a conjunction stand
in order of cost, and testing stops at the first that decides. `explain` walks a tree that held or
stayed open again and notes why: sentences of evidence, the elements that a `some` found, a witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kmsiac.rules import truth as t
from kmsiac.rules.labels import printed
from kmsiac.rules.readings import ABSENT, Absent, Open, Reading, Thing, Witnessed
from kmsiac.rules.truth import Code, Truth
from kmsiac.rules.vocabulary import Cost, Field, FieldType, Question, TextField
from kmsiac.values import Text


class Env:
    """What references are rooted in: the target, and the innermost thing."""

    __slots__ = ("target", "this")

    def __init__(self, target: Thing, this: Thing | None = None) -> None:
        self.target = target
        self.this = this if this is not None else target


class Notes:
    """What an explaining pass collects."""

    __slots__ = ("bound", "every", "evidence", "witness")

    def __init__(self) -> None:
        self.bound: dict[str, Reading] = {}
        """The element that each `some` found, by the name that it binds."""
        self.every: dict[str, list[Reading]] = {}
        """All elements that fit, by that name."""
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

    def ruled_out(self, subject: Reading, env: Env) -> bool:
        """Whether the bounds of fields, which cost little, show that the term does not hold."""
        return False

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

    def ruled_out(self, subject: Reading, env: Env) -> bool:
        return any(
            node.test(subject, env).code is Code.NO
            if node.cost is Cost.STRUCTURAL
            else node.ruled_out(subject, env)
            for node in self.nodes
        )

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

    def ruled_out(self, reading: Open) -> bool:
        """Whether it fails for a reading that cannot be told, whatever that turns out to be."""
        return False

    def applies(self, env: Env) -> bool:
        """Whether there is something to ask at all, whatever the reading turns out to be."""
        return True

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
        if isinstance(reading, Open) and self.check.applies(env):
            return t.NO if self.check.ruled_out(reading) else t.cannot_tell(reading.blame)
        if isinstance(reading, Absent | Open):
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


class Asked(Check):
    """Whether a question is answered with yes."""

    __slots__ = ("asked",)

    def __init__(self, asked: str) -> None:
        self.asked = asked

    def test(self, reading: Reading, env: Env) -> Truth:
        if isinstance(reading, Witnessed):
            return Truth(Code.YES, witness=reading.witness)
        return t.decided(reading is True)

    def words(self, value: str, negated: bool) -> str:
        return f"{self.asked}: {'no' if negated else 'yes'}"


class Asks(Leaf):
    """A question with arguments, asked of the thing that a path leads to."""

    __slots__ = ("question",)

    def __init__(self, path: Path, question: Question) -> None:
        super().__init__(path, Asked(question.words))
        self.question = question

    def test(self, subject: Reading, env: Env) -> Truth:
        reading = self._ask(subject, env)
        if isinstance(reading, Open):
            return t.cannot_tell(reading.blame)
        return t.NOT_APPLICABLE if isinstance(reading, Absent) else self.check.test(reading, env)

    def explain(self, subject: Reading, env: Env, notes: Notes, negated: bool = False) -> None:
        reading = self._ask(subject, env)
        if isinstance(reading, Witnessed):
            notes.witness = notes.witness or reading.witness
        words = self.check.words("", negated)
        if isinstance(reading, Open):
            words = f"{self.question.words}: cannot be told"
        # The words are a sentence of their own, about what the path leads to.
        subject_name = self.path.name.rpartition(".")[0]
        notes.evidence.append(f"{subject_name}: {words}" if subject_name else words)

    def _ask(self, subject: Reading, env: Env) -> Reading:
        for field in self.path.fields[:-1]:
            subject = _step(field, subject)
        if isinstance(subject, Thing):
            return self.question.ask(subject, env)
        return subject if isinstance(subject, Open) else ABSENT
