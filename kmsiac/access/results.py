"""What the questions over a whole deployment unit answer with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kmsiac.access.model import Blocked, Deciding
from kmsiac.access.place import Who
from kmsiac.inventory.model import Key
from kmsiac.policy.actions import ActionSet
from kmsiac.reading.source import NOWHERE
from kmsiac.values import Answer

PathStep = Literal["key-policy", "delegation", "grant", "service"]
"""A way to a key: named by its policy, through its account and IAM, a grant, as an AWS service."""


@dataclass(frozen=True)
class Need:
    """A condition that a request must meet: as an Allow writes it, or the opposite of a Deny's.

    Where any of several will do (a Deny has several conditions), `others` are the rest of them.
    """

    key: str
    operator: str
    values: tuple[str, ...]
    others: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """Whether a principal can do something with a key, in one unit and one world.

    A yes has a witness (`answer.witness`, a Request), the statements that allow it, and what the
    request must carry. A no names the first layer in the way and what would mend it.
    """

    answer: Answer
    deciding: tuple[Deciding, ...] = ()
    blocked_by: Blocked | None = None
    mend: str = ""
    needs: tuple[Need, ...] = ()
    paths: tuple[PathStep, ...] = ()
    position: int = NOWHERE
    """The statement or grant that `mend` starts with, where it names one."""


@dataclass(frozen=True)
class Holder:
    """One principal that can, or may be able to, do something with a key.

    `id` is how it prints: an ARN with `${reference}` for symbols, a service name, `anyone`.
    `actions` are those that it holds (`certain`) or may hold; `needs` what every way to them asks
    of a request; `position` the statement or grant that names it, else the identity.
    """

    id: str
    who: Who
    key: Key
    answer: Answer
    actions: ActionSet
    needs: tuple[Need, ...] = ()
    deciding: tuple[Deciding, ...] = ()
    position: int = NOWHERE
    find_paths: Callable[[], tuple[PathStep, ...]] = tuple

    @cached_property
    def paths(self) -> tuple[PathStep, ...]:
        """By which ways it is held, the sure ones where there are some: worked out when asked for."""
        return self.find_paths()


@dataclass(frozen=True)
class Outsider:
    """A class of principals outside the own account that a key policy lets in.

    `kind`: anyone, account, organization, role, user, service. `name` is its id or ARN; the yes
    carries a witness. `needs` say by what else it is held (`aws:SourceVpce`).
    """

    kind: str
    name: str
    answer: Answer
    needs: tuple[Need, ...] = ()
