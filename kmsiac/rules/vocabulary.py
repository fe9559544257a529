"""The terms of the rule language: targets, fields, operators, formats and tables.

Each is declared once, with type, meaning, example and cost; `docs/vocabulary.md` is generated from
here, and nothing that is not declared loads. Fields are declared beside the code that reads them,
in `kmsiac.rules.fields`; operators, beside the code that tests them, refer to names in here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kmsiac.rules.readings import ABSENT, Open, Reading, Thing
from kmsiac.rules.truth import Truth, cannot_tell, decided
from kmsiac.values import Text

if TYPE_CHECKING:
    from kmsiac.reading.nodes import Node as YamlNode
    from kmsiac.rules.compiler import Compiler
    from kmsiac.rules.expression import Env


class Cost(enum.IntEnum):
    """How dear a term is: cheap ones are tried first."""

    STRUCTURAL = 0
    RELATION = 1
    SEMANTIC = 2


class FieldType(NamedTuple):
    """What a field holds.

    `element` is `text` (of a template, may hold symbols), `name` (one of `choices`), `bool`,
    `number`, or a kind of thing. `many` marks lists and relations, which need a quantifier.
    `ignore_case`: compared without case. `prefix` is put before a value written without a colon.
    `pattern`: wildcards in it mean something, so a format asks whether it could match.
    `by_operator`: values of a condition, whose operator says whether case counts.
    """

    element: str
    many: bool = False
    choices: tuple[str, ...] = ()
    ignore_case: bool = False
    prefix: str = ""
    pattern: bool = False
    by_operator: bool = False

    def __str__(self) -> str:
        one = "one of " + ", ".join(self.choices) if self.choices else self.element
        return f"list of {one}" if self.many else one


TEXT = FieldType("text")
TEXTS = FieldType("text", many=True)
BOOL = FieldType("bool")
NUMBER = FieldType("number")
SCALARS = frozenset({"text", "name", "bool", "number"})
QUESTION = FieldType("question")
"""Of a field that takes a mapping of arguments and is true or false."""


def names(*choices: str) -> FieldType:
    """The type of a field that holds one of a few names."""
    return FieldType("name", choices=choices)


def one(kind: str) -> FieldType:
    """The type of a reference to at most one thing."""
    return FieldType(kind)


def many(kind: str) -> FieldType:
    """The type of a relation."""
    return FieldType(kind, many=True)


Read = Callable[[Thing], Reading]
Presence = Callable[[Thing], Truth]
CompileQuestion = Callable[["Compiler", "YamlNode", str], "Question"]
"""Reads the arguments of a question from a rule file; `str` is the kind of the innermost thing."""


class Question(Protocol):
    """A question with its arguments, as a rule asks it."""

    words: str
    """What is asked, as evidence says it."""

    def ask(self, thing: Thing, env: Env) -> Reading:
        """The answer for a thing; references are rooted in `env`."""
        ...


class Term(NamedTuple):
    """What is said of a field beside how it is read."""

    name: str
    type: FieldType
    meaning: str
    example: str
    presence: Presence | None = None
    source_only: bool = False
    compile: CompileQuestion | None = None
    bound: Read | None = None


class Field:
    """One field of a kind of thing: what rules may ask about it."""

    __slots__ = (
        "bound",
        "compile",
        "cost",
        "example",
        "kind",
        "meaning",
        "name",
        "presence",
        "read",
        "source_only",
        "type",
    )

    def __init__(self, kind: str, term: Term, read: Read, cost: Cost) -> None:
        self.kind = kind
        self.name = term.name
        self.type = term.type
        self.meaning = term.meaning
        self.example = term.example
        self.presence = term.presence
        self.source_only = term.source_only
        self.compile = term.compile
        self.bound = term.bound
        self.read = read
        self.cost = cost

    def of(self, thing: Thing) -> Reading:
        """The reading for a thing; open where nothing is known of the thing."""
        return thing.remember(self.name, self.read)

    def written(self, thing: Thing) -> Truth:
        """Whether the template writes it."""
        if self.presence is not None:
            return self.presence(thing)
        reading = self.of(thing)
        if isinstance(reading, Open):
            return cannot_tell(reading.blame)
        return decided(reading is not ABSENT)


FIELDS: dict[str, dict[str, Field]] = {}
"""Fields by the kind of thing that has them, and name. Filled by `kmsiac.rules.fields`."""


def declare(  # noqa: PLR0913  # a declaration says all that there is to say
    kind: str,
    name: str,
    type: FieldType,
    meaning: str,
    example: str,
    *,
    cost: Cost | None = None,
    presence: Presence | None = None,
    source_only: bool = False,
    bound: Read | None = None,
) -> Callable[[Read], Read]:
    """Declare a field whose reading the decorated function gives.

    `bound` reads, at little cost, a list that has all members of this one and perhaps more.
    """
    dear = cost if cost is not None else Cost.RELATION if type.many else Cost.STRUCTURAL

    def register(read: Read) -> Read:
        term = Term(name, type, meaning, example, presence, source_only, bound=bound)
        FIELDS.setdefault(kind, {})[name] = Field(kind, term, read, dear)
        return read

    return register


def declare_question(
    kind: str,
    name: str,
    meaning: str,
    example: str,
    compile: CompileQuestion,
    cost: Cost = Cost.SEMANTIC,
) -> None:
    """Declare a field that takes arguments."""
    term = Term(name, QUESTION, meaning, example, compile=compile)
    FIELDS.setdefault(kind, {})[name] = Field(kind, term, lambda _: ABSENT, cost)


class TextField(NamedTuple):
    """A field of a text as a value: of an ARN or of a service name."""

    name: str
    type: FieldType
    meaning: str
    example: str
    read: Callable[[Text], Reading]


TEXT_FIELDS: dict[str, TextField] = {}


class Target(NamedTuple):
    """What a rule can walk over. `in_policy`: it is a policy or lies in one, so `in` has a sense."""

    name: str
    meaning: str
    in_policy: bool


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("key", "a KMS key or replica key", False),
        Target("alias", "an alias of a key", False),
        Target("policy", "a policy document where it is written", True),
        Target("statement", "one statement of a policy", True),
        Target("action", "one pattern of an Action or NotAction element", True),
        Target("principal", "one principal of a Principal or NotPrincipal element", True),
        Target("resource", "one pattern of a Resource or NotResource element", True),
        Target("condition", "one operator with one condition key, as written", True),
        Target("identity", "a role, user or group", False),
        Target("grant", "a grant on a key", False),
        Target(
            "grantee", "a principal that can, or may be able to, do something with a key", False
        ),
        Target("endpoint", "a VPC endpoint", False),
        Target("consumer", "an attribute of a resource that names the key it uses", False),
    )
}

COMING_FIELDS: Mapping[str, frozenset[str]] = {
    "key": frozenset({"retained"}),
    "policy": frozenset({"size", "subset_of"}),
    "action_value": frozenset({"allowed_on"}),
    "principal": frozenset({"ordered_after"}),
    "condition": frozenset({"named_endpoints"}),
    "identity": frozenset({"other_allowed_actions"}),
    "grant": frozenset({"key_named_by"}),
}
"""Fields that the language has and this version cannot answer yet."""

COMING_OPERATORS = frozenset({"written_as"})


class OperatorTerm(NamedTuple):
    """An operator of matchers: what it can be asked of, and its meaning."""

    name: str
    of: str
    meaning: str
    example: str


OPERATORS: Mapping[str, OperatorTerm] = {
    term.name: term
    for term in (
        OperatorTerm("not", "any", "the matcher does not hold", "key: {not: {glob: 'kms:*'}}"),
        OperatorTerm("written", "any", "whether the template writes it", "name: {written: false}"),
        OperatorTerm(
            "same_as",
            "scalar",
            "equal to another field, rooted in target. or this.",
            "siblings: {some: {sid: {same_as: target.sid}}}",
        ),
        OperatorTerm(
            "in_table",
            "scalar",
            "a member of a table; a table with rows takes `row` too",
            "operations: {some: {not: {in_table: grant_operations}}}",
        ),
        OperatorTerm("row", "scalar", "the row of `in_table`", "row: target.key"),
        OperatorTerm(
            "glob", "text", "matched by one of the globs (* and ?)", "key: {glob: 'kms:*'}"
        ),
        OperatorTerm(
            "has_wildcard",
            "text",
            "whether a * or ? that IAM reads as a wildcard stands in it",
            "values: {some: {has_wildcard: true}}",
        ),
        OperatorTerm("format", "text", "of a named format", "name: {format: alias_name}"),
        OperatorTerm("longer_than", "text", "has more characters", "value: {longer_than: 384}"),
        OperatorTerm("less_than", "number", "smaller", "deletion_window: {less_than: 8}"),
        OperatorTerm("more_than", "number", "greater", "deletion_window: {more_than: 30}"),
        OperatorTerm("some", "list", "holds for at least one member", "actions: {some: Decrypt}"),
        OperatorTerm(
            "every",
            "list",
            "holds for every member, and there is one",
            "principals: {every: {external: true}}",
        ),
        OperatorTerm("none", "list", "holds for no member", "elements: {none: [Principal]}"),
        OperatorTerm("count", "list", "how many members", "conditions: {count: {at_most: 0}}"),
        OperatorTerm(
            "covers",
            "list",
            "all of the values, or of a table, are members",
            "actions: {covers: kms_actions}",
        ),
    )
}

CATEGORIES = (
    "key-policies",
    "key-settings",
    "iam-policies",
    "vpc-endpoint",
    "condition-keys",
    "cross-account",
    "permissions",
    "grants",
    "abac",
    "multi-region",
    "services",
    "organization",
    "template",
)
SEVERITIES = ("info", "low", "medium", "high", "critical")
"""From least to worst."""

POLICY_KINDS: Mapping[str, frozenset[str]] = {
    "key": frozenset({"key"}),
    "identity": frozenset({"identity"}),
    "endpoint": frozenset({"endpoint"}),
    "organization": frozenset({"scp", "rcp"}),
}
"""What `in` may name, and the kinds of policy it means."""


@cache
def load_fields() -> Mapping[str, Mapping[str, Field]]:
    """All fields by kind and name."""
    import kmsiac.rules.fields  # noqa: PLC0415 - declares them here

    assert kmsiac.rules.fields.__doc__
    return FIELDS
