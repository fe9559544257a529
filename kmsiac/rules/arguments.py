"""The arguments of questions: actions, principals, context, names; read, checked, resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kmsiac.errors import did_you_mean
from kmsiac.policy.actions import ActionSet, all_actions
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node as YamlNode
from kmsiac.reading.nodes import Scalar, Sequence
from kmsiac.rules.expression import Env, Node, Path
from kmsiac.rules.readings import Absent, Items, Open, Reading, Scope, Thing
from kmsiac.rules.truth import Code
from kmsiac.rules.vocabulary import FieldType
from kmsiac.values import Text

if TYPE_CHECKING:
    from kmsiac.rules.compiler import Compiler

Reference = tuple[str, Path]
"""A root (`target` or `this`), and the path from there."""


def named(
    compiler: Compiler, node: YamlNode, question: str, names: tuple[str, ...]
) -> dict[str, YamlNode]:
    """The arguments of a question by name. Raises `Broken` for anything else."""
    node = compiler.parameter(node)
    if not isinstance(node, MappingNode) or not node.entries:
        hint = f"{question}: {{{names[0]}: ...}}"
        raise compiler.problems.fail(node, f"`{question}` takes a mapping of arguments", hint)
    found: dict[str, YamlNode] = {}
    for key, value in node.entries:
        name = compiler.word(key)
        if name not in names:
            hint = did_you_mean(name, names)
            raise compiler.problems.fail(key, f'`{question}` has no argument "{name}"', hint)
        if name in found:
            raise compiler.problems.fail(key, f'"{name}" stands here twice')
        found[name] = compiler.parameter(value)
    return found


def words_among(
    compiler: Compiler, node: YamlNode, what: str, options: tuple[str, ...]
) -> tuple[str, ...]:
    """One or several of a few words."""
    return tuple(compiler.known(item, what, options) for item in compiler.members(node))


def follow(reference: Reference, env: Env) -> Reading:
    """What a reference ends at."""
    root, path = reference
    return path.read(env.target if root == "target" else env.this)


def is_reference(node: YamlNode) -> bool:
    """Whether a node is a rooted path."""
    return isinstance(node, Scalar) and node.text.startswith(("target.", "this."))


# -- actions --------------------------------------------------------------------------------------


class Actions:
    """Which KMS actions are meant: some by name, those that fit a matcher, or those of a relation.

    `words` say it after a verb: `any of the use or grant actions on keys`.
    """

    __slots__ = ("_matcher", "_names", "_reference", "words")

    def __init__(
        self,
        words: str,
        names: frozenset[str] | None = None,
        matcher: Node | None = None,
        reference: Reference | None = None,
    ) -> None:
        self.words = words
        self._names = names
        self._matcher = matcher
        self._reference = reference

    def of(self, scope: Scope, env: Env) -> ActionSet:
        """The actions by name; possible ones where a relation is not wholly known."""
        if self._reference is not None:
            return _related(follow(self._reference, env))
        if self._names is None:
            assert self._matcher is not None
            self._names = _fitting(self._matcher, scope, env)
        return ActionSet(self._names, self._names, frozenset())


def _related(reading: Reading) -> ActionSet:
    if isinstance(reading, Open):
        return ActionSet(frozenset(), all_actions(), reading.blame)
    if not isinstance(reading, Items):
        return ActionSet(frozenset(), frozenset(), frozenset())
    certain = frozenset(_name(item) for item in reading.certain)
    maybe = frozenset(_name(item) for item, _ in reading.maybe)
    blame = reading.more.union(*(doubt for _, doubt in reading.maybe))
    possible = all_actions() if reading.more else certain | maybe
    return ActionSet(certain, possible, blame)


def _name(item: Reading) -> str:
    return str(getattr(item.value, "name", "")) if isinstance(item, Thing) else ""


def _fitting(matcher: Node, scope: Scope, env: Env) -> frozenset[str]:
    from kmsiac.aws.actions import kms_actions  # noqa: PLC0415 - loads the action table

    found: set[str] = set()
    for action in kms_actions():
        thing = scope.thing("action_value", action)
        if matcher.test(thing, Env(env.target, thing)).code is Code.YES:
            found.add(action.name)
    return frozenset(found)


def read_actions(compiler: Compiler, node: YamlNode | None, this: str) -> Actions:
    """Names and globs, a matcher over actions, or the path to a relation of actions."""
    if node is None:
        return Actions("any action", all_actions())
    node = compiler.parameter(node)
    if isinstance(node, MappingNode):
        path = Path(FieldType("action_value"))
        matcher = compiler.matcher(node, path, "action_value")
        return Actions(f"any of the {_in_words(node)}", matcher=matcher)
    if is_reference(node):
        reference = compiler.reference(node, this, many=True)
        if reference[1].type.element != "action_value":
            raise compiler.problems.fail(node, f"{compiler.text(node)} are no actions")
        return Actions(f"any of {spoken(compiler.text(node))}", reference=reference)
    names: set[str] = set()
    words = [compiler.text(item) for item in compiler.members(node)]
    for word, item in zip(words, compiler.members(node), strict=True):
        names |= _expanded(compiler, word, item)
    return Actions(", ".join(words), frozenset(names))


def spoken(reference: str) -> str:
    """A rooted path in words: `its policy's identities`."""
    root, *fields = reference.split(".")
    owner = "its" if root == "target" else "this one's"
    words = [field.replace("_", " ") for field in fields]
    return " ".join([owner, *(f"{word}'s" for word in words[:-1]), *words[-1:]])


def _in_words(node: MappingNode) -> str:
    """A matcher of actions in words: `use or grant actions on keys`."""
    given = {key.text: value for key, value in node.entries if isinstance(key, Scalar)}
    duty, on = given.pop("duty", None), given.pop("on", None)
    before = after = ""
    if isinstance(duty, Scalar | Sequence):
        before = f"{_sketch(duty)} "
    elif duty is not None:
        given["duty"] = duty
    what = on.get("some") if isinstance(on, MappingNode) and len(on.entries) == 1 else None
    if isinstance(what, Scalar):
        after = {"key": " on keys", "alias": " on aliases"}.get(what.text, f" on {what.text}")
    elif on is not None:
        given["on"] = on
    rest = ", ".join(_sketch_of(name, value) for name, value in given.items())
    return f"{before}actions{after}" + (f" with {rest}" if rest else "")


def _sketch_of(name: str, value: YamlNode) -> str:
    """One entry of a matcher in words; what `not` holds is said as such."""
    inner = value.get("not") if isinstance(value, MappingNode) else None
    if inner is not None and isinstance(value, MappingNode) and len(value.entries) == 1:
        return f"a {name} other than {_sketch(inner)}"
    return f"{name} {_sketch(value)}"


def _sketch(node: YamlNode) -> str:
    """A matcher in words, as evidence says it."""
    if isinstance(node, MappingNode):
        if len(node.entries) == 1 and node.get("glob") is not None:
            return _sketch(node.entries[0][1])
        return ", ".join(f"{_sketch(key)} {_sketch(value)}" for key, value in node.entries)
    if isinstance(node, Sequence):
        return " or ".join(_sketch(item) for item in node.items)
    return node.text if isinstance(node, Scalar) else "..."


def _expanded(compiler: Compiler, word: str, node: YamlNode) -> set[str]:
    from kmsiac.aws.actions import expand  # noqa: PLC0415 - loads the action table

    found = {action.name for action in expand(word if ":" in word else f"kms:{word}")}
    if not found:
        hint = did_you_mean(word, (name.removeprefix("kms:") for name in all_actions()))
        raise compiler.problems.fail(node, f'"{word}" is no KMS action', hint)
    return found


# -- condition keys -------------------------------------------------------------------------------


def read_condition_keys(compiler: Compiler, node: YamlNode | None) -> frozenset[str]:
    """Condition keys, families (`kms:EncryptionContext:*`) and classes (`@source`)."""
    from kmsiac.rules.key_classes import CLASSES, keys_of_class  # noqa: PLC0415

    found: set[str] = set()
    for item in compiler.members(node) if node is not None else ():
        word = compiler.text(item)
        if word.startswith("@"):
            if word[1:] not in CLASSES:
                hint = did_you_mean(word, (f"@{name}" for name in CLASSES))
                raise compiler.problems.fail(item, f'no class of condition keys "{word}"', hint)
            found |= keys_of_class(word[1:])
        else:
            found.add(_condition_key(compiler, item, word))
    return frozenset(found)


def _condition_key(compiler: Compiler, node: YamlNode, word: str) -> str:
    from kmsiac.aws.condition_keys import condition_key, names  # noqa: PLC0415 - loads a table

    name = word if ":" in word else f"kms:{word}"
    if condition_key(name) is None and name not in names():
        hint = did_you_mean(name, names())
        raise compiler.problems.fail(node, f'"{name}" is no condition key', hint)
    return name


# -- context --------------------------------------------------------------------------------------


class Context:
    """What is known of the request: condition keys with their values; None: it lacks the key."""

    __slots__ = ("_references", "_values")

    def __init__(
        self,
        values: Mapping[str, tuple[Text, ...] | None],
        references: Mapping[str, Reference],
    ) -> None:
        self._values = values
        self._references = references

    def of(self, env: Env) -> dict[str, tuple[Text, ...] | None] | Open:
        """The values by key; open where a path ends at what cannot be told."""
        found = dict(self._values)
        for key, reference in self._references.items():
            reading = follow(reference, env)
            if isinstance(reading, Open):
                return reading
            if isinstance(reading, Absent):
                found[key] = None
            else:
                found[key] = (reading if isinstance(reading, Text) else Text((str(reading),)),)
        return found


def read_context(compiler: Compiler, node: YamlNode | None, this: str) -> Context:
    """A mapping of condition keys to a value, several, a rooted path, or null."""
    if node is None:
        return Context({}, {})
    if not isinstance(node, MappingNode):
        raise compiler.problems.fail(node, "`context` is a mapping of condition keys to values")
    values: dict[str, tuple[Text, ...] | None] = {}
    references: dict[str, Reference] = {}
    for key, value in node.entries:
        name = _condition_key(compiler, key, compiler.word(key))
        if isinstance(value, Scalar) and value.kind == "null":
            values[name] = None
        elif is_reference(value):
            references[name] = compiler.reference(value, this)
        else:
            values[name] = tuple(
                Text((_plain(compiler, item),)) for item in compiler.members(value)
            )
    return Context(values, references)


def _plain(compiler: Compiler, node: YamlNode) -> str:
    if isinstance(node, Scalar) and node.kind in ("bool", "number"):
        return node.text
    return compiler.text(node)
