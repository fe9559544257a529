"""What another spelling of an example is, and why one may be missing."""

from __future__ import annotations

from typing import NamedTuple

from kmsiac.authoring.example import Example
from kmsiac.authoring.sandbox import Prepared


class Unwritable(Exception):  # noqa: N818 - a fact about a spelling, not a fault
    """Something that a spelling cannot say; the message says what."""


class Spelling(NamedTuple):
    """One other spelling of an example.

    `words` say what was done ("as a heredoc"). `example` is the example written anew, None where
    nothing of it could be; `unwritten` says of each policy that was left as it is why.
    `apart` are the spellings that it puts together, to be tried where it makes a difference.
    `reordered`: statements have other ordinals. `original` is what it is compared with where that
    is not the example itself (a plan knows the account). `partial`: what is missing in it may
    instead stay open.
    """

    words: str
    example: Example | None
    unwritten: tuple[str, ...] = ()
    apart: tuple[Spelling, ...] = ()
    reordered: bool = False
    original: Prepared | None = None
    partial: bool = False
