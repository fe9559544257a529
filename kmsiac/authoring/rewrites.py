"""Policies as plain data, written in other ways that IAM reads alike.

What is rewritten is the JSON of one document; texts in it may hold references of their template,
and an intrinsic function of CloudFormation is a value that stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Data = object
"""Plain JSON data."""
Document = dict[str, Data]
Rewrite = Callable[[Document], Document]
"""A policy document to another spelling of it."""

_VALUES = ("Action", "NotAction", "Resource", "NotResource")
_ALL_VALUES = (*_VALUES, "Principal", "NotPrincipal", "Condition")


def reversed_keys(policy: Document) -> Document:
    """Every mapping with its keys the other way round."""
    turned = _reversed(policy)
    assert isinstance(turned, dict)
    return turned


def _reversed(data: Data) -> Data:
    if isinstance(data, Mapping):
        return {key: _reversed(data[key]) for key in reversed(list(data))}
    return [_reversed(item) for item in data] if isinstance(data, list) else data


def reversed_statements(policy: Document) -> Document:
    """The statements the other way round."""
    statements = policy["Statement"]
    if isinstance(statements, list):
        return {**policy, "Statement": statements[::-1]}
    return policy


def listed(policy: Document) -> Document:
    """A list of one for every single value, and for a single statement."""
    return _with_values(policy, lambda value: [value] if isinstance(value, str) else value)


def unlisted(policy: Document) -> Document:
    """The value alone for every list of one, of statements too."""

    def single(value: Data) -> Data:
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    changed = _with_values(policy, single)
    return {**changed, "Statement": single(changed["Statement"])}


def shouted(policy: Document) -> Document:
    """Action names in upper case; a text with a reference stays as it is."""

    def loud(value: Data) -> Data:
        if isinstance(value, list):
            return [loud(item) for item in value]
        return value.upper() if isinstance(value, str) and "${" not in value else value

    return _with_values(policy, loud, ("Action", "NotAction"))


APART: tuple[tuple[str, Rewrite], ...] = (
    ("with the keys the other way round", reversed_keys),
    ("with lists for single values", listed),
    ("with actions in upper case", shouted),
    ("with the statements the other way round", reversed_statements),
)
"""Rewrites that do not get in each other's way, each with what is done."""

ALONE: tuple[str, Rewrite] = ("with single values for lists of one", unlisted)


def together(policy: Document) -> Document:
    """All rewrites of `APART` at once."""
    for _, rewrite in APART:
        policy = rewrite(policy)
    return policy


def _with_values(
    policy: Document, change: Callable[[Data], Data], elements: Sequence[str] = _ALL_VALUES
) -> Document:
    statements = policy["Statement"]
    several = statements if isinstance(statements, list) else [statements]
    changed: list[Data] = [_with_elements(item, change, elements) for item in several]
    return {**policy, "Statement": changed}


def _with_elements(
    statement: Data, change: Callable[[Data], Data], elements: Sequence[str]
) -> Data:
    if not isinstance(statement, dict):
        return statement
    return {
        name: _at_leaves(value, change, name) if name in elements else value
        for name, value in statement.items()
    }


def _at_leaves(value: Data, change: Callable[[Data], Data], element: str) -> Data:
    """Change the values of an element: those of its members where it is a map of them.

    The lone asterisk as principal is another thing than a list.
    """
    if isinstance(value, dict):
        if any(key == "Ref" or key.startswith("Fn::") for key in value):
            return value
        return {key: _at_leaves(inner, change, key) for key, inner in value.items()}
    return value if element in ("Principal", "NotPrincipal") else change(value)
