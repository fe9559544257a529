"""How much one document may make a reader do before it is refused.

Counted in nodes and levels, never in seconds: the same file gives the same answer everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The caps on one document.

    `depth` is how many sequences and mappings may lie in one another. `nodes` is how many nodes
    the document may have, an alias counting as all the nodes of what it stands for, and a comment
    as one.
    """

    depth: int = 100
    nodes: int = 300_000


TEMPLATE_BUDGET = Budget()
"""For templates. The largest real ones seen are 33 deep and have 12,000 nodes."""

RULE_BUDGET = Budget(depth=50, nodes=50_000)
"""For rules, configuration and baselines: files that people write by hand."""
