"""What follows from the form of a rule's terms alone: implied, always true, never true.

`not` and quantifiers are followed, fields are not: that a public statement is an Allow is for the
access engine to know. Where nothing follows, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kmsiac.authoring.checks import always_holds, check_excludes, check_implies
from kmsiac.authoring.words import words_of
from kmsiac.rules.expression import All, AnyOf, Asks, Leaf, Node, Not, Path, Written
from kmsiac.rules.matchers import Equals, Glob
from kmsiac.rules.quantifiers import Count, Covers, Quantified
from kmsiac.rules.vocabulary import Cost


class Fault(NamedTuple):
    """A term that says nothing, or that cannot hold: what it is, and what to do."""

    node: Node
    message: str
    hint: str = ""


def faults(node: Node, denied: bool = False) -> Iterator[Fault]:
    """What is wrong with the form of a term and of those inside it.

    `denied`: it stands under a `not`, where an effect that IAM does not have may be meant.
    """
    if not denied and _any_effect(node):
        message = f'"{words_of(node)}" holds for every statement that IAM accepts'
        yield Fault(node, message, "leave it out")
    elif always(node):
        yield Fault(node, f'"{words_of(node)}" always holds', "leave it out")
    elif never(node):
        yield Fault(node, f'"{words_of(node)}" never holds')
    elif isinstance(node, All):
        yield from _in_conjunction(list(_flat(node)), denied)
    elif isinstance(node, AnyOf):
        yield from _in_any(node, denied)
    elif isinstance(node, Leaf):
        yield from _in_values(node)
    else:
        for inner in node.terms():
            yield from faults(inner, denied or isinstance(node, Not))


def _any_effect(node: Node) -> bool:
    if not isinstance(node, Leaf) or not isinstance(node.check, Equals) or not node.path.fields:
        return False
    return node.path.fields[-1].name == "effect" and {"Allow", "Deny"} <= set(node.check.values)


def _flat(node: All) -> Iterator[Node]:
    for term in node.nodes:
        if isinstance(term, All):
            yield from _flat(term)
        else:
            yield term


def _in_conjunction(terms: list[Node], denied: bool) -> Iterator[Fault]:
    for index, term in enumerate(terms):
        others = [*terms[:index], *terms[index + 1 :]]
        before = terms[:index]
        against = next((other for other in before if excludes(other, term)), None)
        # Of two terms that imply each other the later one is told.
        by = next(
            (
                other
                for other in others
                if implies(other, term) and not _filters(term, other)
                if other in before or not implies(term, other)
            ),
            None,
        )
        if against is not None:
            message = f'"{words_of(term)}" never holds beside "{words_of(against)}"'
            yield Fault(term, message)
        elif by is not None:
            message = f'"{words_of(term)}" is implied by "{words_of(by)}"'
            yield Fault(term, message, "leave it out")
        else:
            yield from faults(term, denied)


def _filters(term: Node, by: Node) -> bool:
    """A structural term beside a semantic one that implies it is the cheap filter."""
    return term.cost is not Cost.SEMANTIC and by.cost is Cost.SEMANTIC


def _in_any(node: AnyOf, denied: bool) -> Iterator[Fault]:
    for index, branch in enumerate(node.nodes):
        before = node.nodes[:index]
        others = [*before, *node.nodes[index + 1 :]]
        by = next(
            (
                other
                for other in others
                if implies(branch, other) and (other in before or not implies(other, branch))
            ),
            None,
        )
        if by is not None:
            message = f'"{words_of(branch)}" is covered by "{words_of(by)}" in this any'
            yield Fault(branch, message, "leave it out")
        else:
            yield from faults(branch, denied)


def _in_values(node: Leaf) -> Iterator[Fault]:
    """Values and globs of one check that another of them covers."""
    check = node.check
    parts: list[Leaf] = []
    if isinstance(check, Equals):
        parts = [Leaf(node.path, Equals([value], check.type)) for value in check.values]
    elif isinstance(check, Glob):
        parts = [Leaf(node.path, Glob([pattern], check.type)) for pattern in check.patterns]
    for fault in _in_any(AnyOf([*parts]), True) if len(parts) > 1 else ():
        yield Fault(node, fault.message.removesuffix(" in this any"), fault.hint)


# -- one term ---------------------------------------------------------------------------------------


def always(node: Node) -> bool:
    """Whether a term holds for everything that has the field."""
    if isinstance(node, Not):
        return never(node.node)
    if isinstance(node, AnyOf):
        return any(always(term) for term in node.nodes) or any(
            isinstance(term, Not) and implies(term.node, other)
            for term in node.nodes
            for other in node.nodes
        )
    if isinstance(node, Count):
        return not node.at_least and node.at_most is None
    return isinstance(node, Leaf) and not isinstance(node, Asks) and always_holds(node.check)


def never(node: Node) -> bool:
    """Whether a term can hold for nothing."""
    if isinstance(node, Not):
        return always(node.node)
    if isinstance(node, AnyOf):
        return all(never(term) for term in node.nodes)
    if isinstance(node, Count):
        return (node.at_least or 0) > (node.at_most if node.at_most is not None else 1 << 62)
    return isinstance(node, Quantified) and node.quantifier != "none" and never(node.inner)


# -- two terms --------------------------------------------------------------------------------------


def implies(one: Node, other: Node) -> bool:
    """Whether, by their form, the other term holds wherever the first one does."""
    if one is other:
        return True
    if isinstance(other, All):
        return all(implies(one, term) for term in other.nodes)
    if isinstance(one, AnyOf):
        return all(implies(term, other) for term in one.nodes)
    if isinstance(one, All) and any(implies(term, other) for term in one.nodes):
        return True
    if isinstance(other, AnyOf) and any(implies(one, term) for term in other.nodes):
        return True
    if isinstance(one, Not) and isinstance(other, Not):
        return implies(other.node, one.node)
    if isinstance(other, Not):
        return excludes(one, other.node)
    return _implies(one, other)


def _implies(one: Node, other: Node) -> bool:
    if isinstance(one, Leaf) and isinstance(other, Leaf):
        if isinstance(one, Asks) or isinstance(other, Asks):
            return False
        return _same(one.path, other.path) and check_implies(one.check, other.check)
    if isinstance(one, Written) and isinstance(other, Written):
        return _same(one.path, other.path) and one.wanted is other.wanted
    if isinstance(other, Count):
        return _implies_count(one, other)
    if isinstance(other, Covers):
        return isinstance(one, Covers) and all(
            any(implies(mine, check) for mine in one.checks) for check in other.checks
        )
    if isinstance(other, Quantified):
        return _implies_quantified(one, other)
    return False


def _implies_count(one: Node, other: Count) -> bool:
    path = getattr(one, "path", None)
    if not isinstance(path, Path) or not _same(path, other.path):
        return False
    if isinstance(one, Count):
        low, high = one.at_least or 0, one.at_most
        enough = low >= (other.at_least or 0)
        return enough and (other.at_most is None or (high is not None and high <= other.at_most))
    if other.at_most is not None:
        return False
    number = len(one.checks) if isinstance(one, Covers) else 1
    exists = isinstance(one, Covers) or (
        isinstance(one, Quantified) and one.quantifier in ("some", "every")
    )
    return exists and (other.at_least or 0) <= min(number, 1)


def _implies_quantified(one: Node, other: Quantified) -> bool:
    if isinstance(one, Covers):
        return any(implies(check, other) for check in one.checks)
    if isinstance(one, Count) and _same(one.path, other.path):
        return one.at_most == 0 and other.quantifier == "none"
    if not isinstance(one, Quantified) or not _same(one.path, other.path):
        return False
    if other.quantifier == "none":
        if one.quantifier == "none":
            return implies(other.inner, one.inner)
        return one.quantifier == "every" and excludes(one.inner, other.inner)
    if one.quantifier == "none":
        return False
    # What holds for every member holds for some: `every` over nothing is no.
    weaker = one.quantifier in (other.quantifier, "every")
    return weaker and implies(one.inner, other.inner)


def excludes(one: Node, other: Node) -> bool:
    """Whether, by their form, two terms cannot both hold."""
    if isinstance(one, Not):
        return implies(other, one.node)
    if isinstance(other, Not):
        return implies(one, other.node)
    for whole, part in ((one, other), (other, one)):
        if isinstance(whole, All) and any(excludes(term, part) for term in whole.nodes):
            return True
        if isinstance(whole, AnyOf):
            return all(excludes(term, part) for term in whole.nodes)
    if isinstance(one, Leaf) and isinstance(other, Leaf):
        if isinstance(one, Asks) or isinstance(other, Asks) or not _same(one.path, other.path):
            return False
        return check_excludes(one.check, other.check)
    if isinstance(one, Written) and isinstance(other, Written):
        return _same(one.path, other.path) and one.wanted is not other.wanted
    return _excludes_list(one, other) or _excludes_list(other, one)


def _excludes_list(one: Node, other: Node) -> bool:
    if isinstance(one, Count) and isinstance(other, Count) and _same(one.path, other.path):
        most = one.at_most
        return most is not None and most < (other.at_least or 0)
    if isinstance(one, Count) and isinstance(other, Quantified | Covers):
        if not _same(one.path, other.path) or one.at_most != 0:
            return False
        return isinstance(other, Covers) or other.quantifier != "none"
    if not isinstance(other, Quantified) or not isinstance(one, Quantified):
        return False
    if not _same(one.path, other.path) or "every" not in (one.quantifier, other.quantifier):
        both = {one.quantifier, other.quantifier} == {"some", "none"}
        asked, denied = (one, other) if one.quantifier == "some" else (other, one)
        return both and _same(one.path, other.path) and implies(asked.inner, denied.inner)
    if "none" in (one.quantifier, other.quantifier):
        whole, denied = (one, other) if one.quantifier == "every" else (other, one)
        return implies(whole.inner, denied.inner)
    return excludes(one.inner, other.inner)


def _same(one: Path, other: Path) -> bool:
    return one.fields == other.fields
