"""Policy documents of `aws_iam_policy_document`, as the provider's data source prints them.

A document that depends on something unknown is deferred to the apply, but the plan still has every
statement of it with its known leaves. From these it is built anew, with a symbol or an Unknown in
the place of each unknown leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kmsiac.frontends.terraform.plan_model import Change, JsonMap, mapping, mask_of, sequence
from kmsiac.frontends.terraform.plan_values import Converter, agrees, matching_block
from kmsiac.frontends.terraform.policy_merge import Merge
from kmsiac.frontends.terraform.symbolic import Budget, OverBudget
from kmsiac.values import List, Map, Text, Unknown, Value

VERSION = "2012-10-17"
"""What the data source writes where no version is given."""

LeafSymbols = Callable[[str, object, int, int], "Sequence[Text] | None"]
"""Texts for the unknown leaves of a list: from what the list is (`identifiers`, `resources`,
`values`), its expression, how many leaves are unknown, and a position. None if it is not certain."""

Sources = Callable[[object, int], "Text | None"]
"""The document behind an unknown `source_policy_documents` expression, if it can be followed."""

MAX_MERGED = 200_000
"""How many statements of other documents those of one plan take in: one may take in another twice,
which takes in another twice."""


def one_or_many(values: Sequence[Value], position: int, open: Unknown | None = None) -> Value:
    """A set of texts as the data source prints it: one alone, several in reverse order."""
    if len(values) == 1 and open is None:
        return values[0]
    known: list[Text] = []
    others: list[Value] = []
    for value in values:
        if isinstance(value, Text) and value.literal is not None:
            known.append(value)
        else:
            others.append(value)
    known.sort(key=lambda value: value.literal or "", reverse=True)
    return List([*known, *others], position, open)


def unescape(literal: str) -> str:
    """`&{aws:username}` as IAM wants it: `${aws:username}` (HCL would take that for its own)."""
    return literal.replace("&{", "${")


Named = Callable[[object, str], str]
"""How an unknown leaf prints, from its expression and its path: by what it is made of, if that is
one thing."""


class DocumentReader:
    """Builds the documents of deferred `aws_iam_policy_document` data sources."""

    def __init__(
        self,
        converter: Converter,
        budget: Budget,
        symbols: LeafSymbols,
        sources: Sources,
        named: Named,
    ) -> None:
        self._named = named
        self._budget = budget
        self._converter = converter
        self._symbols = symbols
        self._sources = sources

    def read(self, change: Change, expressions: JsonMap, position: int) -> Value:
        """The document of one deferred data source; `position` is that of its `after`."""
        statement_at = self._converter.file.member(position, "statement")
        rest: Unknown | None = None
        own: list[Map] = []
        if mask_of(change.unknown, "statement") is True:
            rest = self._unknown(f"{change.address}.statement", statement_at)
        else:
            own += self._statements(change, expressions, statement_at)
        lists = ("source_policy_documents", "override_policy_documents")
        sources, overrides = (
            self._documents(change, name, expressions.get(name), position) for name in lists
        )
        version = self._member(change, "version", position)
        identity = self._member(change, "policy_id", position)
        # A deferred document is not made yet, so that nobody has refused anything of it.
        merge = Merge(self._converter.unit, position, self._budget.spend, mistake=None)
        try:
            for source in sources:
                merge.source(source)
            merge.own(own, rest, version or Text((VERSION,), position), identity)
            for override in overrides:
                merge.override(override)
        except OverBudget:
            reason = "it is made of too many documents in one another"
            return self._converter.unknown(change.address, reason, position)
        return merge.document({"Version": Text(("Version",)), "Id": Text(("Id",))})

    def _member(self, change: Change, name: str, position: int) -> Value | None:
        """A text of the data source, None where it is not given."""
        at = self._converter.file.member(position, name)
        if mask_of(change.unknown, name) is True:
            return self._unknown(f"{change.address}.{name}", at)
        raw = change.after.get(name)
        return Text((raw,), at) if isinstance(raw, str) and raw else None

    def _unknown(self, path: str, position: int) -> Unknown:
        return self._converter.unknown(path, "known after apply", position)

    def _documents(
        self, change: Change, name: str, expression: object, position: int
    ) -> list[Value]:
        """The documents that this one starts from or that override it, Unknowns among them."""
        at = self._converter.file.member(position, name)
        mask = mask_of(change.unknown, name)
        path = f"{change.address}.{name}"
        if mask is True:
            return [self._sources(expression, at) or self._unknown(path, at)]
        found: list[Value] = []
        for index, raw in enumerate(sequence(change.after.get(name), path)):
            here = self._converter.file.member(at, index)
            if mask_of(mask, index) is True:
                found.append(
                    self._sources(expression, here) or self._unknown(f"{path}[{index}]", here)
                )
            elif isinstance(raw, str):
                found.append(Text((raw,), here))
        return found

    # -- statements -----------------------------------------------------------------------------

    def _statements(self, change: Change, expressions: JsonMap, position: int) -> Iterable[Map]:
        where = f"{change.address}.statement"
        raws = sequence(change.after.get("statement"), where)
        masks = mask_of(change.unknown, "statement")
        configured = expressions.get("statement")
        blocks = configured if isinstance(configured, list) else [configured]
        for index, raw in enumerate(raws):
            values = mapping(raw, f"{where}[{index}]")
            # Statements keep their order, unless `dynamic` ones are missing in between.
            block = blocks[index] if len(blocks) == len(raws) else None
            if not isinstance(block, dict) or not agrees(block, values):
                block = matching_block(configured, values)
            at = self._converter.file.member(position, index)
            yield self._statement(
                values, mask_of(masks, index), block or {}, at, f"{where}[{index}]"
            )

    def _statement(
        self, values: JsonMap, mask: object, block: JsonMap, position: int, path: str
    ) -> Map:
        entries: list[tuple[Text, Value]] = []
        member = self._converter.file.member

        def add(name: str, value: Value | None) -> None:
            if value is not None:
                entries.append((Text((name,), value.position or position), value))

        for name, key in (("sid", "Sid"), ("effect", "Effect")):
            at = member(position, name)
            raw = values.get(name)
            if mask_of(mask, name) is True:
                add(key, self._unknown(f"{path}.{name}", at))
            elif isinstance(raw, str) and raw:
                add(key, Text((raw,), at))
            elif key == "Effect":
                add(key, Text(("Allow",), position))
        for name, key in _LISTS:
            add(key, self._texts(values, mask, block, name, position, path))
        for name, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
            add(key, self._principals(values, mask, block, name, position, path))
        add("Condition", self._conditions(values, mask, block, position, path))
        return Map(entries, position)

    def _texts(
        self, values: JsonMap, mask: object, block: JsonMap, name: str, position: int, path: str
    ) -> Value | None:
        items, rest, at = self._leaves(values, mask, block, name, position, path)
        return one_or_many(items, at, rest) if items or rest else None

    def _leaves(
        self, values: JsonMap, mask: object, block: JsonMap, name: str, position: int, path: str
    ) -> tuple[list[Value], Unknown | None, int]:
        """The members of a list of texts; the Unknown for more of them; where the list stands."""
        at = self._converter.file.member(position, name)
        here = f"{path}.{name}"
        marks = mask_of(mask, name)
        if marks is True:
            symbols = self._symbols(name, block.get(name), 0, at)
            return (list(symbols), None, at) if symbols else ([], self._unknown(here, at), at)
        raws = sequence(values.get(name), here)
        places = [self._converter.file.member(at, index) for index in range(len(raws))]
        count = sum(mask_of(marks, index) is True for index in range(len(raws)))
        symbols = self._symbols(name, block.get(name), count, at) if count else None
        waiting = iter(symbols or ())
        items: list[Value] = []
        for index, raw in enumerate(raws):
            if mask_of(marks, index) is True:
                known = next(waiting, None)
                place = places[index]
                told = self._named(block.get(name), f"{here}[{index}]")
                items.append(known.at(place) if known else self._unknown(told, place))
            elif raw is not None:
                literal = raw if isinstance(raw, str) else str(raw)
                literal = literal if name.endswith("actions") else unescape(literal)
                items.append(Text((literal,), places[index]))
        return items, None, at

    def _principals(
        self, values: JsonMap, mask: object, block: JsonMap, name: str, position: int, path: str
    ) -> Value | None:
        at = self._converter.file.member(position, name)
        here = f"{path}.{name}"
        marks = mask_of(mask, name)
        if marks is True:
            return self._unknown(here, at)
        kinds: dict[str, list[Value]] = {}
        open_kinds: dict[str, Unknown] = {}
        for index, raw in enumerate(sequence(values.get(name), here)):
            place = f"{here}[{index}]"
            members = mapping(raw, place)
            if mask_of(marks, index) is True or mask_of(mask_of(marks, index), "type") is True:
                return self._unknown(place, at)
            configured = matching_block(block.get(name), members) or {}
            inner = self._converter.file.member(at, index)
            items, rest, _ = self._leaves(
                members, mask_of(marks, index), configured, "identifiers", inner, place
            )
            kind = str(members.get("type"))
            kinds.setdefault(kind, []).extend(items)
            if rest:
                open_kinds[kind] = rest
        if not kinds:
            return None
        anyone = kinds.get("*")
        if len(kinds) == 1 and anyone and [_literal(item) for item in anyone] == ["*"]:
            return Text(("*",), at)
        return Map(
            (
                (Text((kind,), at), one_or_many(items, at, open_kinds.get(kind)))
                for kind, items in kinds.items()
            ),
            at,
        )

    def _conditions(
        self, values: JsonMap, mask: object, block: JsonMap, position: int, path: str
    ) -> Value | None:
        at = self._converter.file.member(position, "condition")
        here = f"{path}.condition"
        marks = mask_of(mask, "condition")
        if marks is True:
            return self._unknown(here, at)
        merged: Merged = {}
        for index, raw in enumerate(sequence(values.get("condition"), here)):
            place = f"{here}[{index}]"
            members = mapping(raw, place)
            inner = mask_of(marks, index)
            if (
                inner is True
                or mask_of(inner, "test") is True
                or mask_of(inner, "variable") is True
            ):
                return self._unknown(place, at)
            test, variable = str(members.get("test")), str(members.get("variable"))
            configured = matching_block(block.get("condition"), members) or {}
            if "Like" in test or "Arn" in test:
                # A pattern made with an ARN would pass for the ARN itself.
                configured = {}
            where = self._converter.file.member(at, index)
            items, rest, _ = self._leaves(members, inner, configured, "values", where, place)
            old, old_rest = merged.setdefault(test, {}).get(variable, ([], None))
            merged[test][variable] = ([*old, *items], old_rest or rest)
        return _condition_map(merged, at) if merged else None


Merged = dict[str, dict[str, tuple[list[Value], Unknown | None]]]
"""Test, condition key, then its values and the Unknown for more of them."""


def _condition_map(merged: Merged, position: int) -> Map:
    entries: list[tuple[Text, Value]] = []
    for test, variables in merged.items():
        keys = [
            (Text((variable,), position), _in_order(items, position, rest))
            for variable, (items, rest) in variables.items()
        ]
        entries.append((Text((test,), position), Map(keys, position)))
    return Map(entries, position)


_LISTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)


def _in_order(items: Sequence[Value], position: int, open: Unknown | None) -> Value:
    return items[0] if len(items) == 1 and open is None else List(items, position, open)


def _literal(value: Value | None) -> str | None:
    return value.literal if isinstance(value, Text) else None
