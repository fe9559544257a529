"""Twins: what a plan says and the root module beside it says as well is one finding, at the code.
The same holds for a template that a tool has packaged and the one that it was made of.

Only what is equal in every part that a finding is judged by counts as said twice, so that a plan
that is out of date hides nothing of the code, nor the code anything of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from kmsiac.findings.finding import Suppression
from kmsiac.rules.match import Match

_PACKAGED = re.compile(r"(?:^|[-_.])(?:packaged?|output|export(?:ed)?)(?:[-_.]|$)", re.IGNORECASE)
"""How `aws cloudformation package` and `sam package` are told to name what they write."""

Twins = Mapping[int, Sequence[int]]
"""By index of a plan's match: the matches of one root module that say the same."""


def twins_of(
    matches: Sequence[Match], plans: Collection[str], roots: Collection[str]
) -> dict[int, tuple[int, ...]]:
    """The matches of `plans` (by unit) that a unit of `roots` has, too.

    The root module is the innermost one whose folder holds the plan. For a plan that lies in none
    it is the only one that says the same at the same address; where several do, each stands alone.
    """
    if not plans or not roots:
        return {}
    in_code: dict[tuple[object, ...], list[int]] = {}
    for index, match in enumerate(matches):
        if match.unit in roots:
            in_code.setdefault(_said(match), []).append(index)
    holders = {plan: _holder(plan, roots) for plan in plans}
    found: dict[int, tuple[int, ...]] = {}
    for index, match in enumerate(matches):
        if match.unit not in holders:
            continue
        equal = in_code.get(_said(match), [])
        units = {matches[one].unit for one in equal}
        holder = holders[match.unit] or (units.pop() if len(units) == 1 else None)
        codes = tuple(one for one in equal if matches[one].unit == holder)
        if codes:
            found[index] = codes
    return found


def packaged_twins(
    matches: Sequence[Match], templates: Collection[str]
) -> dict[int, tuple[int, ...]]:
    """The matches of packaged templates that the template they were made of has, too.

    `templates` are the units that are templates. What is packaged is told by its name; its original
    lies beside it, or around the folder that `sam build` writes. Where several say the same, each
    stands alone.
    """
    packaged = {unit: place for unit in templates if (place := _packaged_from(unit)) is not None}
    if not packaged:
        return {}
    in_source: dict[tuple[object, ...], list[int]] = {}
    for index, match in enumerate(matches):
        if match.unit in templates and match.unit not in packaged:
            place = PurePosixPath(match.unit).parent
            in_source.setdefault((place, _said(match)), []).append(index)
    found: dict[int, tuple[int, ...]] = {}
    for index, match in enumerate(matches):
        if match.unit in packaged:
            equal = in_source.get((packaged[match.unit], _said(match)), [])
            if len({matches[one].unit for one in equal}) == 1:
                found[index] = tuple(equal)
    return found


def _packaged_from(unit: str) -> PurePosixPath | None:
    """The folder that the original of a packaged template lies in; None for any other."""
    path = PurePosixPath(unit)
    if path.parts[-3:-1] == (".aws-sam", "build"):
        return path.parent.parent.parent
    return path.parent if _PACKAGED.search(path.name) else None


def _said(match: Match) -> tuple[object, ...]:
    """Everything that two matches about the same thing have in common."""
    return (match.rule, match.resource, match.attribute, match.verdict, match.flag, match.severity,
            match.statement, match.element, match.content)  # fmt: skip


def _holder(plan: str, roots: Collection[str]) -> str | None:
    """The innermost root module whose folder holds the plan."""
    for folder in PurePosixPath(plan).parents:
        if folder.name == "..":
            return None
        if str(folder) in roots and not (str(folder) == "." and plan.startswith("../")):
            return str(folder)
    return None


def follow(suppressed: dict[int, Suppression], twins: Twins) -> None:
    """What is suppressed in the code is so in the plan that says the same; never the other way."""
    for plan, codes in twins.items():
        if plan not in suppressed and all(code in suppressed for code in codes):
            suppressed[plan] = suppressed[codes[0]]
