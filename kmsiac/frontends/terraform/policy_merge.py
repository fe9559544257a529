"""Policy documents merged by sid, as `aws_iam_policy_document` does it.

Sources come first, then the document's own statements, then overrides. A statement takes the place
of an earlier one with the same sid; one without a sid is added. What the provider refuses is an
error of the scan, and the statements stay.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from kmsiac.frontends.terraform.policy_sids import Later, alternatives, beside, unsure
from kmsiac.frontends.terraform.symbolic import MAX_GUARDS
from kmsiac.policy.json_text import decode
from kmsiac.values import (
    Absent,
    Bool,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    text,
)

REFUSED = "terraform refuses it"
"""The hint of an error that the provider gives, too."""

_MEMBERS = {
    name.lower(): name
    for name in (
        "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal",
        "NotPrincipal", "Condition",
    )
}  # fmt: skip
"""What the provider reads of a statement; it drops the rest and takes no notice of case."""


Mistake = Callable[[str, int, str], None]
"""Told what the provider refuses: problem, position, hint."""


class Merge:
    """The statements, version and Id so far, of a document in a unit.

    `spend` is told how many statements are taken in or compared. `mistake` is None where what is
    merged is not so in every case, so that a fault is no error.
    """

    def __init__(
        self, unit: str, position: int, spend: Callable[[int], None], mistake: Mistake | None
    ) -> None:
        self.statements: list[Value] = []
        self.open: Unknown | None = None
        self.first = 0
        self.version: Value = text("", position)
        self.identity: Value | None = None
        self._unit = unit
        self._position = position
        self._spend = spend
        self._mistake = mistake
        self._by_sid: dict[Hashable, int] = {}
        self._of_sources: set[Hashable] = set()
        self._doubted: set[int] = set()
        self._unsure: set[int] = set()
        """Statements of which it is open what Sid they have."""

    def source(self, document: Value) -> None:
        """Merge a member of `source_policy_documents`: no sid may come twice among them."""
        plain = self._read(document)
        statements = self._statements(plain)
        self._refuse_twice(statements, self._of_sources, "among the source documents")
        self._take(plain, statements, override=False)

    def own(
        self,
        statements: Sequence[Value],
        rest: Unknown | None,
        version: Value,
        identity: Value | None,
    ) -> None:
        """Merge what the data source itself writes."""
        self._refuse_twice(statements, set(), "in this document")
        if rest is not None:
            self._doubt(rest)
        self._add(statements, replacing=True)
        self.open = self.open or rest
        if isinstance(version, Text) and _equal(self.version, version):
            self.version = version  # where the data source itself has it
        self._adopt(version, identity)

    def override(self, document: Value) -> None:
        """Merge a member of `override_policy_documents`; one that is not known may replace any."""
        plain = self._read(document)
        if isinstance(plain, Unknown):
            self._doubt(plain)
        self._take(plain, self._statements(plain), override=True)

    def document(self, keys: dict[str, Text]) -> Map:
        """The merged document; `keys` are where the data source writes Version and Id."""
        entries: list[tuple[Text, Value]] = []
        if not _empty(self.version):
            entries.append((keys["Version"], self.version))
        if self.identity is not None:
            entries.append((keys["Id"], self.identity))
        if self.statements or self.open is not None:
            at = self.first or self._position
            entries.append((text("Statement", at), List(self.statements, at, self.open)))
        return Map(entries, self._position)

    def _read(self, document: Value) -> Value:
        """The document in a text: a Map, Null where there is none, an Unknown."""
        if isinstance(document, Absent) or _empty(document):
            return Null(document.position)
        if not isinstance(document, Text):
            return document if isinstance(document, Null) else self._unknown(document)
        plain = decode(document)
        if isinstance(plain, Map):
            return plain
        if document.literal is not None:
            self._refuse("a merged document is no JSON object", document.position)
        return self._unknown(plain)

    def _unknown(self, value: Value) -> Unknown:
        if isinstance(value, Unknown):
            return value
        guard = value.guard if isinstance(value, Choice) else None
        name = guard.name if guard else "a merged policy document"
        reason = "a merged policy document is not known"
        return Unknown(name, reason, value.position or self._position, self._unit)

    def _statements(self, plain: Value) -> list[Value]:
        found = _member(plain, "Statement") if isinstance(plain, Map) else None
        if isinstance(found, Map):
            self._refuse("the Statement of a merged document is no list", found.position)
            return [as_read(found)]
        if not isinstance(found, List):
            return []
        return [as_read(each) for each in found.items if not isinstance(each, Null)]

    def _take(self, plain: Value, statements: Sequence[Value], *, override: bool) -> None:
        if isinstance(plain, Unknown):
            self.open = self.open or plain
            return
        self._spend(len(statements))
        rest: Unknown | None = None
        if isinstance(plain, Map):
            listed = _member(plain, "Statement")
            rest = listed.open if isinstance(listed, List) else plain.open
            if isinstance(listed, Unknown | Text | Choice):
                rest = self._unknown(listed)
        if rest is not None and override:
            self._doubt(rest)
        self._add(statements, replacing=override)
        if not isinstance(plain, Map):
            return
        self.open = self.open or rest
        self._adopt(_member(plain, "Version"), _member(plain, "Id"))

    def _add(self, statements: Iterable[Value], *, replacing: bool) -> None:
        """Add or replace; a source is not `replacing`: none may have a Sid of another."""
        before = len(self.statements)
        for statement in statements:
            self.first = self.first or statement.position
            sid = _sid(statement)
            if replacing:
                self._take_places(statement, before)
            if sid is not None and sid in self._by_sid:
                self.statements[self._by_sid[sid]] = statement
                self._doubted.discard(self._by_sid[sid])
                continue
            if sid is not None:
                self._by_sid[sid] = len(self.statements)
            elif unsure(statement):
                self._unsure.add(len(self.statements))
            self.statements.append(statement)

    def _take_places(self, statement: Value, before: int) -> None:
        """Put a new statement in the place of those `before` that may have its Sid."""
        if isinstance(statement, Unknown):
            self._doubt(statement)
            return
        open_sid = unsure(statement)
        places = sorted(self._unsure.union(self._by_sid.values() if open_sid else ()))
        places = [at for at in places if at < before]
        if not places:
            return
        sids = [sid for sid, at in self._by_sid.items() if isinstance(sid, str) and at < before]
        known = alternatives(statement, sids) if open_sid else []
        self._spend(len(places) + len(known) * len(places))
        later = Later(statement, self._unit, known)
        for at in places:
            self.statements[at] = beside(self.statements[at], later)

    def _adopt(self, version: Value | None, identity: Value | None) -> None:
        """The newest version and the last Id count."""
        if isinstance(version, Text):
            mine = self.version.literal if isinstance(self.version, Text) else None
            theirs = version.literal
            if mine == "" or (mine is not None and theirs is not None and theirs > mine):
                self.version = version
        if identity is not None and not isinstance(identity, Null) and not _empty(identity):
            self.identity = identity

    def _doubt(self, override: Unknown) -> None:
        """What has a sid may be replaced by a document that is not known."""
        guard = Guard(override.unit, f"{override.expression} replaces statements")
        for at in set(self._by_sid.values()) - self._doubted:
            self._doubted.add(at)
            statement = self.statements[at]
            branches = [(True, Absent(statement.position)), (False, statement)]
            self.statements[at] = Choice(guard, branches, statement.position)

    def _refuse_twice(self, statements: Iterable[Value], seen: set[Hashable], where: str) -> None:
        for statement in statements:
            sid = _sid(statement)
            if sid is not None and sid in seen and isinstance(sid, str):
                self._refuse(f"the Sid {sid[:80]!r} comes twice {where}", statement.position)
            if sid is not None:
                seen.add(sid)

    def _refuse(self, message: str, position: int) -> None:
        if self._mistake is not None:
            self._mistake(message, position or self._position, REFUSED)


def _sid(statement: Value) -> Hashable:
    """What tells a sid from others: its text, or its parts where a symbol is in it."""
    sid = statement.get("Sid") if isinstance(statement, Map) else None
    if not isinstance(sid, Text) or any(isinstance(part, Unknown) for part in sid.parts):
        return None
    return sid.parts if sid.literal is None else sid.literal or None


def as_read(statement: Value) -> Value:
    """A statement as the provider reads it from JSON and writes it again."""
    if not isinstance(statement, Map):
        return statement
    entries = []
    for key, value in statement.entries:
        name = _MEMBERS.get(key.literal.lower()) if key.literal is not None else None
        if name is None:
            continue
        read = value
        if name in ("Principal", "NotPrincipal") and isinstance(value, Text):
            read = text("*", value.position)  # whatever the text is
        elif name == "Condition" and isinstance(value, Map):
            read = _condition(value)
        if not _empty(read) and not isinstance(read, Null):
            entries.append((key if name == key.literal else text(name, key.position), read))
    return Map(entries, statement.position, statement.open, statement.sensitive)


def _condition(condition: Map) -> Value:
    """The provider writes bools as texts and drops numbers and nulls, with their condition."""
    tests: list[tuple[Text, Value]] = []
    for test, by_key in condition.entries:
        if not isinstance(by_key, Map):
            tests.append((test, by_key))
            continue
        entries: list[tuple[Text, Value]] = []
        for key, value in by_key.entries:
            if isinstance(value, Bool):
                entries.append((key, text("true" if value.value else "false", value.position)))
            elif not isinstance(value, Number | Null):
                entries.append((key, value))
        if entries or by_key.open is not None:
            tests.append((test, Map(entries, by_key.position, by_key.open, by_key.sensitive)))
    if not tests and condition.open is None:
        return Null(condition.position)
    return Map(tests, condition.position, condition.open, condition.sensitive)


def _member(document: Map, name: str) -> Value | None:
    """A member of a document by its name, of which the provider takes no notice of the case."""
    for key, value in reversed(document.entries):
        if key.literal is not None and key.literal.lower() == name.lower():
            return value
    return None


def _equal(one: Value, other: Text) -> bool:
    return isinstance(one, Text) and one.literal is not None and one.literal == other.literal


def _empty(value: Value) -> bool:
    return isinstance(value, Text) and value.literal == ""


def without_absent(value: Value) -> Value:
    """The value with Null in the cases in which there is none."""
    if isinstance(value, Absent):
        return Null(value.position)
    if isinstance(value, Choice):
        branches = [(atom, without_absent(inner)) for atom, inner in value.branches]
        return Choice(value.guard, branches, value.position, value.sensitive)
    return value


def many_cases(documents: Sequence[Value]) -> bool:
    """Whether the values depend on more conditions than can be gone through case by case."""
    guards: set[Guard] = set()
    pending = list(documents)
    while pending and len(guards) <= MAX_GUARDS:
        value = pending.pop()
        if isinstance(value, Choice):
            guards.add(value.guard)
            pending.extend(inner for _, inner in value.branches)
    return len(guards) > MAX_GUARDS
