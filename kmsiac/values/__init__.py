"""What an expression of a template can be before it is deployed, and the three answers.

A value is Text, Number, Bool, Null, List, Map, Choice or Unknown. Text is made of literal
stretches and *symbols*: definite things whose text is not known yet, such as "the ARN of
`aws_iam_role.app`". Every value knows where it was written (`position`) and whether it is
sensitive. Values are immutable; they are plain `__slots__` classes because a scan makes many.

`Answer` is the result of every question asked about values: yes, no, or cannot tell with the
expressions to blame.
"""

from kmsiac.values.answers import (
    NO,
    YES,
    Answer,
    Blame,
    Verdict,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
    decided,
    negate,
    open_blame,
)
from kmsiac.values.guards import ANOTHER, Equality
from kmsiac.values.kinds import (
    Absent,
    Atom,
    Bool,
    Choice,
    Guard,
    List,
    Map,
    Null,
    Number,
    Owner,
    Part,
    Symbol,
    Text,
    Unknown,
    Value,
    text,
)
from kmsiac.values.unquoted import Unquoted, UnquotedNumber, has_leading_zero
from kmsiac.values.walking import (
    children,
    holds_secret,
    is_leaf,
    map_texts,
    unknowns,
    walk,
)

__all__ = [
    "ANOTHER",
    "NO",
    "YES",
    "Absent",
    "Answer",
    "Atom",
    "Blame",
    "Bool",
    "Choice",
    "Equality",
    "Guard",
    "List",
    "Map",
    "Null",
    "Number",
    "Owner",
    "Part",
    "Symbol",
    "Text",
    "Unknown",
    "Unquoted",
    "UnquotedNumber",
    "Value",
    "Verdict",
    "all_of",
    "any_of",
    "blame_on",
    "cannot_tell",
    "children",
    "decided",
    "has_leading_zero",
    "holds_secret",
    "is_leaf",
    "map_texts",
    "negate",
    "open_blame",
    "text",
    "unknowns",
    "walk",
]
