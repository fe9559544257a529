"""Ignores of the configuration, which choose findings by path and resource."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence

from kmsiac.findings.fingerprint import without_indexes
from kmsiac.findings.ignores import Ignore
from kmsiac.reading.globs import Glob
from kmsiac.rules.match import Match


class ConfigIgnores:
    """Entries by the rules that they name.

    A path chooses what is written in a file or folder, and what is called from there. A resource
    chooses by address; one without indexes stands for every instance.
    """

    def __init__(self, ignores: Sequence[Ignore]) -> None:
        self._paths = [Glob(ignore.path) if ignore.path else None for ignore in ignores]
        self._resources = [_address(ignore.resource) for ignore in ignores]
        self._by_rule: dict[str, list[int]] = {}
        self._known: dict[tuple[int, str], bool] = {}
        for number, ignore in enumerate(ignores):
            for rule in ignore.rules:
                self._by_rule.setdefault(rule, []).append(number)

    def names(self, rule: str) -> bool:
        """Whether some entry names a rule."""
        return rule in self._by_rule

    def covering(self, match: Match, paths: Iterable[str]) -> Iterator[int]:
        """The entries, by number, that cover a match which is written and called in `paths`."""
        listed = list(paths)
        for number in self._by_rule.get(match.rule, ()):
            if self._takes_resource(number, match.resource) and (
                self._paths[number] is None or any(self.takes_path(number, p) for p in listed)
            ):
                yield number

    def takes_path(self, number: int, path: str) -> bool:
        """Whether an entry is about a file."""
        glob = self._paths[number]
        if glob is None:
            return True
        known = self._known.get((number, path))
        if known is None:
            names = path.split("/")
            folders = ("/".join(names[:end]) for end in range(1, len(names)))
            known = glob.matches(path) or any(glob.matches(f, folder=True) for f in folders)
            self._known[number, path] = known
        return known

    def _takes_resource(self, number: int, address: str) -> bool:
        pattern = self._resources[number]
        if pattern is None:
            return True
        return any(pattern.fullmatch(each) for each in (address, without_indexes(address)))


def _address(pattern: str) -> re.Pattern[str] | None:
    """An address with `*` and `?`; brackets are indexes."""
    if not pattern:
        return None
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
