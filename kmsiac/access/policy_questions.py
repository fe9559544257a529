"""Being written."""

from typing import Any

from kmsiac.values import Answer, cannot_tell


def subset_of(*_: Any) -> Answer:
    """Being written."""
    return cannot_tell()


def administrable(*_: Any) -> tuple[str | None, frozenset[Any]]:
    """Being written."""
    return None, frozenset()


def delegated_actions(*_: Any) -> Any:
    """Being written."""
    from kmsiac.policy.actions import ActionSet, all_actions

    return ActionSet(frozenset(), all_actions(), frozenset())


def external(*_: Any) -> Any:
    """Being written."""
    return ()
