"""A text that two globs both match, where there is one."""

from __future__ import annotations

from collections.abc import Iterator

STEPS = 40_000
"""The product of the two lengths, at most: patterns of names are short."""


def met(left: str, right: str) -> str | None:
    """A shortest text that both globs (`*`, `?`) match; None for none. Nothing is found for very long ones (`STEPS`)."""
    if not ("*" in left or "?" in left or "*" in right or "?" in right):
        return left if left == right else None
    if len(left) * len(right) > STEPS:
        return None
    start, end = (0, 0), (len(left), len(right))
    came: dict[tuple[int, int], tuple[tuple[int, int], str]] = {start: (start, "")}
    row = [start]
    for at in row:
        if at == end:
            return _text(came, end)
        for further, letter in _steps(left, right, *at):
            if further not in came:
                came[further] = (at, letter)
                row.append(further)
    return None


def _steps(left: str, right: str, i: int, j: int) -> Iterator[tuple[tuple[int, int], str]]:
    """One step on in either glob, or a letter that both take."""
    mine = left[i] if i < len(left) else ""
    other = right[j] if j < len(right) else ""
    if mine == "*":
        yield (i + 1, j), ""
        if other and other != "*":
            yield (i, j + 1), "x" if other == "?" else other
    if other == "*":
        yield (i, j + 1), ""
        if mine and mine != "*":
            yield (i + 1, j), "x" if mine == "?" else mine
    both = mine and other and "*" not in (mine, other)
    if both and (mine == other or "?" in (mine, other)):
        letter = other if mine == "?" else mine
        yield (i + 1, j + 1), "x" if letter == "?" else letter


def _text(came: dict[tuple[int, int], tuple[tuple[int, int], str]], end: tuple[int, int]) -> str:
    letters = []
    at = end
    while at != (0, 0):
        at, letter = came[at]
        letters.append(letter)
    return "".join(reversed(letters))
