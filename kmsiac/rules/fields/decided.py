"""Whether settings are decided together: by the template, or by one choice of who deploys it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from kmsiac.inventory.model import Key
from kmsiac.inventory.settings import EntitySettings
from kmsiac.reading.source import NOWHERE
from kmsiac.rules.arguments import named, words_among
from kmsiac.rules.expression import Env
from kmsiac.rules.fields.entity import setting_of
from kmsiac.rules.readings import Open, Reading, Thing
from kmsiac.rules.vocabulary import Cost, declare_question, load_fields
from kmsiac.values import Blame, Guard

if TYPE_CHECKING:
    from kmsiac.reading.nodes import Node as YamlNode
    from kmsiac.rules.compiler import Compiler


class Decided:
    """Whether no two of some settings are left to different conditions or parameters."""

    __slots__ = ("_names", "words")

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.words = f"{' and '.join(names)} are decided together"

    def ask(self, thing: Thing, env: Env) -> Reading:  # noqa: ARG002 - as every question
        """The answer for a key: yes or open, for any two may be chosen so that they fit."""
        return thing.remember(("decided", self._names), self._answer)

    def _answer(self, thing: Thing) -> Reading:
        guards = {name: _guards(thing, name) for name in self._names}
        blame: set[Blame] = set()
        for one, other in combinations(self._names, 2):
            if guards[one] and guards[other] and guards[one].isdisjoint(guards[other]):
                blame |= {_blame(thing, one, guards[one]), _blame(thing, other, guards[other])}
        return Open(blame) if blame else True


def _guards(thing: Thing, name: str) -> frozenset[Guard]:
    """The conditions and parameters that a setting depends on."""
    assert isinstance(thing.value, Key)
    settings = thing.value.settings
    if not isinstance(settings, EntitySettings) or name not in settings.names:
        return frozenset()
    return frozenset(guard for when, _ in settings.setting(name).cases for guard in when)


def _blame(thing: Thing, name: str, guards: frozenset[Guard]) -> Blame:
    found = setting_of(thing, name)
    words = ", ".join(sorted(guard.name for guard in guards))
    reason = f"decides {name} by itself, at deployment"
    return Blame(words, reason, NOWHERE if found is None else found.position)


def _compile(compiler: Compiler, node: YamlNode, this: str) -> Decided:
    given = named(compiler, node, "decided", ("together",))
    fields = load_fields()[this].values()
    settings = tuple(field.name for field in fields if field.presence is not None)
    names = words_among(compiler, given["together"], "setting", settings)
    if len(names) < 2:
        raise compiler.problems.fail(node, "`together` takes two settings or more")
    return Decided(names)


declare_question(
    "key",
    "decided",
    "no two of the settings (`together`) are left to different conditions or parameters, so that "
    "who deploys chooses whether they fit; where two are, it cannot be told",
    "decided: {together: [spec, usage]}",
    _compile,
    Cost.RELATION,
)
