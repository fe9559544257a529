"""What a search is asked: which statements must cover a request, which must not, and which requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from kmsiac.access.model import Request
from kmsiac.access.people import Circle
from kmsiac.access.persons import Person
from kmsiac.access.presence import NO_LIMITS, Limits
from kmsiac.access.views import View


class Sense(Enum):
    """What to do with what is not known: take it as false, or as true."""

    CERTAIN = 0
    POSSIBLE = 1


@dataclass(frozen=True)
class Question:
    """How to read what is open: in the statements that must cover a request (`inside`), and in
    those that must not (`outside`).
    """

    inside: Sense
    outside: Sense

    @property
    def generous(self) -> bool:
        """Whether everything open is read in favour of such a request."""
        return self.inside is Sense.POSSIBLE and self.outside is Sense.CERTAIN

    @property
    def strict(self) -> bool:
        """Whether everything open is read against it."""
        return self.inside is Sense.CERTAIN and self.outside is Sense.POSSIBLE


SURELY = Question(Sense.CERTAIN, Sense.POSSIBLE)
PERHAPS = Question(Sense.POSSIBLE, Sense.CERTAIN)
EXACTLY_KNOWN = Question(Sense.CERTAIN, Sense.CERTAIN)
CAUTIOUS = Question(Sense.POSSIBLE, Sense.POSSIBLE)


class Part(NamedTuple):
    """A statement in a question. `effect`: Allow, Deny, or `either` for no matter which.

    `path`: only where it names the caller in that way. `like`: only where it names the caller as
    directly as that other statement.
    """

    view: View
    effect: str = "Allow"
    path: str = ""
    like: View | None = None


@dataclass(frozen=True)
class Reach:
    """Which requests are in question: who calls, what, on which resources, and how."""

    circles: tuple[Circle, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    limits: Limits = NO_LIMITS
    persons: tuple[Person, ...] = ()
    """Callers given one by one, beside the circles."""
    regions: tuple[str, ...] = ()
    """The Regions of calls without a resource; the own one where none is given."""
    complete: bool = True
    """Whether the resources stand for all that are in question."""


class Scene(NamedTuple):
    """One caller with one action on one resource, by one way."""

    person: Person
    mode: str
    action: str
    resource: str
    assigned: Mapping[str, tuple[str, ...]]


class Found(NamedTuple):
    """A request, with the scene and the classes that it was made from."""

    request: Request
    scene: Scene
    open_keys: frozenset[str]
    keys: frozenset[str]
