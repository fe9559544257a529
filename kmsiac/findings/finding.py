"""Findings and the result of a scan: all that a reporter reads.

Everything here is plain data with places already worked out (`Span`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from kmsiac.errors import KmsiacError, Span
from kmsiac.values import Atom

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""From worst to least."""


@dataclass(frozen=True)
class Suppression:
    """Why a finding does not count: `by` is inline, config or baseline."""

    by: str
    reason: str = ""
    until: str | None = None


@dataclass(frozen=True)
class Address:
    """One resource that a finding stands for. `unit` is the root module or stack that it is in:
    two of them may have resources of one address.
    """

    address: str
    fingerprint: str
    suppressed: Suppression | None = None
    unit: str = ""


@dataclass(frozen=True)
class BlamedExpression:
    """An expression that keeps a question open."""

    expression: str
    reason: str
    location: Span | None


@dataclass(frozen=True)
class Finding:
    """One thing to look at: a rule that fired at a place. The JSON shape is in docs/json.md.

    `excerpt` is the source line to show with a caret, or, for plan JSON, the statement written
    anew (a raw line of a plan may hold secrets). `when` lists conjunctions, any of which suffices.
    """

    rule: str
    name: str
    severity: str
    category: str
    title: str
    message: str
    verdict: str
    resource: str
    location: Span
    fingerprint: str
    url: str
    remediation: str = ""
    addresses: tuple[Address, ...] = ()
    related: tuple[tuple[str, Span], ...] = ()
    call_chain: tuple[tuple[str, Span | None], ...] = ()
    when: tuple[tuple[tuple[str, Atom], ...], ...] = ()
    evidence: tuple[str, ...] = ()
    witness: Mapping[str, object] | None = None
    blame: tuple[BlamedExpression, ...] = ()
    suppressed: Suppression | None = None
    excerpt: str | None = None

    @property
    def others(self) -> list[str]:
        """The other resources that the same code stands for, with their unit where it is another."""
        own = [one for one in self.addresses if one.address == self.resource]
        counted = [one for one in own if one.suppressed == self.suppressed] or own
        first = counted[0] if counted else None
        unit = first.unit if first else ""
        return [
            one.address if one.unit == unit else f"{one.address} in {one.unit}"
            for one in self.addresses
            if one is not first
        ]


@dataclass(frozen=True)
class Unresolved:
    """What could not be read or decided: a gap of a front end, or questions of rules left open.

    `never` marks what this format can never tell (listed once per rule, no concern of --strict).
    """

    resource: str
    attribute: str
    reason: str
    rules: tuple[str, ...]
    location: Span | None
    blame: tuple[BlamedExpression, ...] = ()
    never: bool = False
    addresses: tuple[str, ...] = ()
    """Every resource that the same code stands for (`for_each`, a module called twice)."""


@dataclass(frozen=True)
class Setting:
    """A setting that can remove or lower a finding, and where it came from: tree, flag or trusted."""

    key: str
    value: str
    origin: str
    location: Span | None = None


@dataclass(frozen=True)
class Note:
    """Something a user should know about a scan that is no finding: an ignore that covers nothing
    or is past its date, a comment that another tool reads. One sentence, and where.
    """

    message: str
    location: Span | None = None


@dataclass(frozen=True)
class ActiveRule:
    """A rule that ran, whether it found something or not; `ScanResult.prose` has the rest."""

    id: str
    name: str
    title: str
    severity: str
    category: str
    builtin: bool = True


@dataclass
class Summary:
    """What was looked at."""

    files: int = 0
    skipped: int = 0
    excluded: int = 0
    keys: int = 0
    policies: int = 0
    grants: int = 0
    endpoints: int = 0
    rules: int = 0


@dataclass
class ScanResult:
    """The outcome of a scan, sorted by path, line, column and rule."""

    findings: list[Finding] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    errors: list[KmsiacError] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    prose: Callable[[str], Mapping[str, object]] | None = None
    """Title, rationale, remediation, ... of a rule id, read when a reporter asks."""
    notes: list[Note] = field(default_factory=list)
    rules: tuple[ActiveRule, ...] = ()
    """Every rule that ran, in order of id."""
    left_out: list[Finding] = field(default_factory=list)
    """What `--max-findings` took out of `findings`; counts and the exit code still hold it."""

    @property
    def cut(self) -> int:
        """How many findings `--max-findings` took out of the list."""
        return len(self.left_out)

    def count(self, severity: str) -> int:
        """How many unsuppressed findings have this severity."""
        return sum(1 for f in self._all() if f.severity == severity and f.suppressed is None)

    def suppressed_by(self) -> dict[str, int]:
        """How many findings are suppressed, by what: inline, config or baseline."""
        by = [f.suppressed.by for f in self._all() if f.suppressed is not None]
        return {name: by.count(name) for name in sorted(set(by))}

    def keep_worst(self, most: int) -> None:
        """Take the least severe findings out of the list, so that `most` are left in it.

        What is suppressed goes first. What is left keeps its order.
        """
        if len(self.findings) <= most:
            return
        worst = set(map(id, worst_first(self.findings)[:most]))
        self.left_out += [f for f in self.findings if id(f) not in worst]
        self.findings = [f for f in self.findings if id(f) in worst]

    def _all(self) -> Iterator[Finding]:
        return chain(self.findings, self.left_out)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, each severity in the order it had; suppressed ones come last."""
    return sorted(findings, key=lambda f: (f.suppressed is not None, SEVERITIES.index(f.severity)))
