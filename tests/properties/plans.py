"""Each check with how its cases are drawn."""

from __future__ import annotations

from collections.abc import Callable

from tests.properties import checks, condition_checks, relations
from tests.properties.broken import check_broken
from tests.properties.cases import OUTSIDERS, STRANGERS, Case, draw_case
from tests.properties.grammar import Choices, Style

Draw = Callable[[Choices], Case]
Check = Callable[[Case], None]

_EVERYBODY = Style(everybody=True)
_ADMIN = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")


def _public(choices: Choices) -> Case:
    style = _EVERYBODY if choices.below(2) else Style()
    return draw_case(choices, style, accounts=STRANGERS, services=False, requests=15)


def _any(choices: Choices) -> Case:
    return draw_case(choices, _EVERYBODY if choices.below(3) == 0 else Style())


def _external(choices: Choices) -> Case:
    return draw_case(choices, accounts=OUTSIDERS)


def _administrable(choices: Choices) -> Case:
    return draw_case(choices, accounts=("<me>",), services=False, actions=_ADMIN)


def _subset(choices: Choices) -> Case:
    style = Style(unknown=choices.below(3) == 0)
    return draw_case(choices, style, policies=2 + choices.below(2), most=3, requests=8)


def _alone(choices: Choices) -> Case:
    style = _EVERYBODY if choices.below(3) == 0 else Style()
    return draw_case(choices, style, requests=1, most=2 + choices.below(2))


def _pair(choices: Choices) -> Case:
    style = _EVERYBODY if choices.below(2) else Style()
    return draw_case(choices, style, policies=2, requests=1)


def _symbols(choices: Choices) -> Case:
    return draw_case(choices, Style(unknown=False), requests=1, most=2)


def _broken(choices: Choices) -> Case:
    return draw_case(choices, accounts=STRANGERS, services=False, requests=6, most=2)


def _unknown(choices: Choices) -> Case:
    return draw_case(choices, Style(symbols=False), requests=1, most=2)


PLANS: dict[str, tuple[Draw, Check]] = {
    "public": (_public, checks.check_public),
    "allows": (_any, checks.check_allows),
    "free": (_any, checks.check_free),
    "shadowed": (_any, checks.check_shadowed),
    "redundant": (_any, checks.check_redundant),
    "conditions": (_any, condition_checks.check_conditions),
    "neutralised": (_any, condition_checks.check_neutralised),
    "stops": (_any, condition_checks.check_stops),
    "administrable": (_administrable, checks.check_administrable),
    "delegated": (_any, checks.check_delegated),
    "external": (_external, checks.check_external),
    "subset": (_subset, checks.check_subset),
    "spelling": (_alone, relations.check_spelling),
    "deny": (_pair, relations.check_deny),
    "instance": (_symbols, relations.check_instance),
    "resolved": (_unknown, relations.check_resolved),
    "broken": (_broken, check_broken),
}
