"""What a rule says about one place: the plain result that leaves the engine.

A Match holds no values or entities, so it can cross a process border.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kmsiac.stack import Call
from kmsiac.values import Atom, Blame, Verdict

When = tuple[tuple[str, Atom], ...]
"""A conjunction of guards by name, `(("IsProd", True),)`."""


@dataclass(frozen=True)
class Match:
    """One rule on one element.

    `verdict` is YES or CANNOT_TELL; `flag` says whether a cannot-tell is a finding that counts
    (the rule's `on_unknown: flag`) or an unresolved entry.
    `position` is the anchor that `point_at` names; `resource` the address it belongs to,
    `attribute` the policy attribute or setting. `statement` is the Sid or ordinal of the statement,
    `element` the normalised value of the anchor: both only serve the fingerprint. `content` is the
    normalised value of all that the rule judges there: of a statement without its Sid where that
    is what it speaks of, else the element. Only a baseline asks for it.
    `when` lists conjunctions, any of which suffices; empty: in every case.
    `evidence` says in words which terms held; `related` are further places, each with its message.
    `excerpt` is the statement written anew as JSON, for sources whose raw lines must not be shown.
    `witness` is a request that shows it, as plain JSON data. `places` are the other positions at
    which an ignore counts: where the value was written, the policy's attribute, the resource.
    `like` says of how many further targets (principals of a key, all alike) the same is open.
    """

    rule: str
    verdict: Verdict
    severity: str
    flag: bool
    unit: str
    resource: str
    attribute: str
    position: int
    message: str
    statement: str = ""
    element: str = ""
    content: str = ""
    excerpt: str = ""
    when: tuple[When, ...] = ()
    evidence: tuple[str, ...] = ()
    related: tuple[tuple[str, int], ...] = ()
    witness: Mapping[str, object] | None = None
    blame: tuple[Blame, ...] = ()
    call_chain: tuple[Call, ...] = ()
    places: tuple[int, ...] = ()
    like: int = 0
