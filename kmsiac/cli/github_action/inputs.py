"""The inputs of the action, as `INPUT_*` in the environment, and the arguments they stand for.

Nothing is split like a shell would, and nothing is dropped in silence: what cannot be meant is a
`UsageError` that names the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kmsiac.errors import UsageError

_SINGLE = (
    "config", "baseline", "since", "fail-on", "min-severity", "account-id", "region", "partition",
    "category",
)  # fmt: skip
"""Inputs that are the option of the same name."""
_SWITCHES = ("no-config", "pedantic", "strict", "no-ignores")
_LISTS = {
    "select": "--select",
    "ignore": "--ignore",
    "trusted-accounts": "--trusted-account",
    "trusted-orgs": "--trusted-org",
}
_PATHS = ("config", "baseline", "since", "sarif-file", "json-file")
"""Inputs of one line that name a file or a commit: never something that looks like an option."""


@dataclass(frozen=True)
class Inputs:
    """`arguments` are options of `kmsiac scan`, `paths` what follows the `--` behind them."""

    arguments: tuple[str, ...]
    paths: tuple[str, ...]
    annotations: bool
    summary: bool
    sarif_file: str
    json_file: str


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """The inputs out of `INPUT_*`. Raises `UsageError`."""
    one = _Reader(environment)
    paths = [*one.paths("paths"), *one.paths("plan")]
    # upload-sarif is for another step; here it is only checked, since that step would skip "True".
    one.switch("upload-sarif", default=False)
    return Inputs(
        arguments=tuple(_arguments(one)),
        paths=tuple(paths or ["."]),
        annotations=one.switch("annotations", default=True),
        summary=one.switch("summary", default=True),
        sarif_file=one.line("sarif-file"),
        json_file=one.line("json-file"),
    )


def _arguments(one: _Reader) -> Iterator[str]:
    # `--option=value` in one word: a value that begins with a dash stays a value.
    for name in _SINGLE:
        if value := one.line(name):
            yield f"--{name}={value}"
    for name in _SWITCHES:
        if one.switch(name, default=False):
            yield f"--{name}"
    for name, option in _LISTS.items():
        for value in one.words(name):
            yield f"{option}={value}"
    for folder in one.paths("rules"):
        yield f"--rules={folder}"
    yield from one.arguments("extra-args")


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def _text(self, name: str) -> str:
        return self._environment.get("INPUT_" + name.replace("-", "_").upper(), "")

    def line(self, name: str) -> str:
        """A value of one line, without blanks around it."""
        text = self._text(name).strip()
        if "\n" in text or "\r" in text:
            raise UsageError(f'the input "{name}" has several lines', hint="it takes one value")
        if name in _PATHS:
            _no_option(name, text)
        return text

    def switch(self, name: str, default: bool) -> bool:
        """`true` or `false`; nothing is the default."""
        text = self._text(name).strip()
        if text not in ("", "true", "false"):
            hint = "write true or false"
            raise UsageError(f'the input "{name}" is "{text}"', hint=hint)
        return default if text == "" else text == "true"

    def paths(self, name: str) -> list[str]:
        """Paths, one a line; a comma or a blank may be part of one."""
        found = [line.strip() for line in self._text(name).splitlines() if line.strip()]
        for path in found:
            _no_option(name, path)
        return found

    def words(self, name: str) -> list[str]:
        """Values between commas or on lines of their own."""
        return [word for word in re.split(r"[,\s]+", self._text(name)) if word]

    def arguments(self, name: str) -> list[str]:
        """Arguments, one a line, each as it is written."""
        found = [line for line in self._text(name).splitlines() if line.strip()]
        if "--" in found:
            hint = 'name what is scanned in "paths"'
            raise UsageError(f'the input "{name}" holds "--"', hint=hint)
        return found


def _no_option(name: str, text: str) -> None:
    if text.startswith("-"):
        hint = f'write ./{text} if there is such a path; options belong into "extra-args"'
        raise UsageError(
            f'the input "{name}" holds "{text}", which looks like an option', hint=hint
        )
