"""What the Serverless transform (AWS SAM) knows by name: policy templates, event sources, globals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from kmsiac.aws.dataset import read

TRANSFORM = "AWS::Serverless-2016-10-31"
"""How a template asks for it."""


@cache
def _data() -> Mapping[str, object]:
    return read("sam.json")


@cache
def _actions() -> Mapping[str, tuple[str, ...]]:
    named = cast("Mapping[str, list[str]]", _data()["key_templates"])
    others = cast("list[str]", _data()["other_templates"])
    return dict.fromkeys(others, ()) | {name: tuple(actions) for name, actions in named.items()}


def template_actions(name: str) -> tuple[str, ...] | None:
    """The KMS actions that a policy template allows on the key of its parameter `KeyId`.

    Empty for one that grants none, None where SAM has no policy template of that name.
    """
    return _actions().get(name)


def template_names() -> frozenset[str]:
    """Every policy template."""
    return frozenset(_actions())


def event_policy(event: str) -> str | None:
    """The AWS managed policy (`service-role/...`) that an event source adds to a function's role."""
    return cast("Mapping[str, str]", _data()["event_policies"]).get(event)


def global_properties(kind: str) -> tuple[str, ...]:
    """The properties of `AWS::Serverless::<kind>` that Globals may give and that decide something."""
    return tuple(cast("Mapping[str, list[str]]", _data()["globals"]).get(kind, ()))


def forbidden_globals(kind: str) -> tuple[str, ...]:
    """Properties that people write in Globals and that SAM refuses there."""
    return tuple(cast("Mapping[str, list[str]]", _data()["forbidden_globals"]).get(kind, ()))
