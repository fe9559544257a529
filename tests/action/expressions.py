"""The expressions of GitHub Actions that action.yml may use. Anything else is an `UnknownExpressionError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, Any]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<mark>&&|\|\||[=!]=|[!()]))"
)
_INTERPOLATION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class UnknownExpressionError(Exception):
    """An expression that this runner does not know, or that names what is not there."""


def interpolate(text: str, context: Context) -> str:
    """The text with each `${{ expression }}` in it replaced."""
    return _INTERPOLATION.sub(lambda match: _as_text(evaluate(match[1], context)), text)


def condition(text: str, context: Context) -> bool:
    """An `if`, with or without `${{ }}` around it; without a status function it wants success."""
    whole = _INTERPOLATION.fullmatch(text.strip())
    inner = whole[1] if whole else text
    if not re.search(r"\b(always|success|failure|cancelled)\(\)", inner):
        inner = f"success() && ({inner})"
    return bool(evaluate(inner, context))


def evaluate(text: str, context: Context) -> Any:
    """The value of one expression."""
    parser = _Parser(text, context)
    value = parser.any_of()
    if parser.tokens:
        raise UnknownExpressionError(text)
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class _Parser:
    def __init__(self, text: str, context: Context) -> None:
        self.text, self.context = text, context
        self.tokens = self._split(text)

    def _split(self, text: str) -> list[str]:
        found, at = [], 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise UnknownExpressionError(text)
            found.append(match[0].strip())
            at = match.end()
        return found

    def _take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def any_of(self) -> Any:
        value = self.all_of()
        while self._take("||"):
            other = self.all_of()
            value = value or other
        return value

    def all_of(self) -> Any:
        value = self.comparison()
        while self._take("&&"):
            other = self.comparison()
            value = value and other
        return value

    def comparison(self) -> Any:
        value = self.single()
        while sign := self._take("==", "!="):
            other = self.single()
            # GitHub compares text without regard to case.
            same = _as_text(value).lower() == _as_text(other).lower()
            value = same is (sign == "==")
        return value

    def single(self) -> Any:
        if self._take("!"):
            return not self.single()
        if self._take("("):
            value = self.any_of()
            if not self._take(")"):
                raise UnknownExpressionError(self.text)
            return value
        if not self.tokens or self.tokens[0] in {"&&", "||", "==", "!=", ")"}:
            raise UnknownExpressionError(self.text)
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in {"true", "false"}:
            return token == "true"
        if self._take("("):
            return self._call(token)
        return self._value(token)

    def _call(self, name: str) -> Any:
        function: Callable[[], Any] | None = self.context["functions"].get(name)
        if function is None or not self._take(")"):
            raise UnknownExpressionError(self.text)
        return function()

    def _value(self, path: str) -> Any:
        value: Any = self.context
        for part in path.split("."):
            if not isinstance(value, Mapping) or part not in value:
                raise UnknownExpressionError(f"{path} in {self.text.strip()}")
            value = value[part]
        if isinstance(value, Mapping):
            raise UnknownExpressionError(f"{path} in {self.text.strip()}")
        return value
