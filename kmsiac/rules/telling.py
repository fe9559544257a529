"""Whether a rule about grantees tells those apart that hold the same."""

from __future__ import annotations

from kmsiac.rules.expression import All, AnyOf, Leaf, Node, Not, Path
from kmsiac.rules.matchers import Equals, Glob
from kmsiac.rules.quantifiers import Covers, Quantified

_THE_SAME = frozenset({"kind", "via", "allowed_actions"})
"""The fields of a grantee that are the same for all that are alike."""


def tells_nobody(node: Node) -> bool:
    """Whether a term over grantees asks only what is the same for all that are alike: what one is
    allowed, by which ways, what kind it is.
    """
    if isinstance(node, All | AnyOf | Not):
        return all(map(tells_nobody, node.terms()))
    if isinstance(node, Leaf):
        return _is_the_same(node.path) and isinstance(node.check, Equals | Glob)
    if isinstance(node, Quantified):
        return _is_the_same(node.path) and node.alone
    return isinstance(node, Covers) and node.actions is not None and _is_the_same(node.path)


def _is_the_same(path: Path) -> bool:
    return len(path.fields) == 1 and path.fields[0].name in _THE_SAME
