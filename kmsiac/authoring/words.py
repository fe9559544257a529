"""Compiled terms in words, close to how the rule file spells them."""

from __future__ import annotations

from kmsiac.rules.expression import All, AnyOf, Asks, Check, Leaf, Node, Not, Written
from kmsiac.rules.matchers import (
    Compare,
    Equals,
    Glob,
    HasFormat,
    HasWildcard,
    InTable,
    LongerThan,
    SameAs,
)
from kmsiac.rules.quantifiers import Count, Covers, Quantified


def words_of(node: Node) -> str:
    """A term in a few words, after the fields it asks."""
    if isinstance(node, Not):
        return f"not {words_of(node.node)}"
    if isinstance(node, All):
        return ", ".join(words_of(term) for term in node.nodes)
    if isinstance(node, AnyOf):
        return f"any of ({'; '.join(words_of(term) for term in node.nodes)})"
    if isinstance(node, Quantified):
        return f"{node.path.name}: {node.quantifier}: {words_of(node.inner)}"
    if isinstance(node, Count):
        limits = (("at_least", node.at_least), ("at_most", node.at_most))
        said = ", ".join(f"{name} {limit}" for name, limit in limits if limit is not None)
        return f"{node.path.name}: count {said}"
    if isinstance(node, Covers):
        return f"{node.path.name}: covers {node.words}"
    if isinstance(node, Written):
        return f"{node.path.name or 'the value'}: {'' if node.wanted else 'not '}written"
    assert isinstance(node, Leaf)
    name = node.path.name or "the value"
    said = node.question.words if isinstance(node, Asks) else check_words(node.check)
    return f"{name}: {said}"


def check_words(check: Check) -> str:
    """A check of a value in a few words."""
    if isinstance(check, Equals):
        return ", ".join(_scalar(value) for value in check.values)
    if isinstance(check, Glob):
        return f"glob {', '.join(check.patterns)}"
    if isinstance(check, HasWildcard):
        return f"has_wildcard {_scalar(check.wanted)}"
    if isinstance(check, HasFormat):
        return f"format {check.name}"
    if isinstance(check, InTable):
        return f"in_table {check.table}"
    if isinstance(check, LongerThan):
        return f"longer_than {check.size}"
    if isinstance(check, Compare):
        return f"{'more' if check.more else 'less'}_than {check.limit}"
    if isinstance(check, SameAs):
        return f"same_as {check.written}"
    return type(check).__name__


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
