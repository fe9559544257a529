"""Rule files to a `RuleSet`: every mistake of every file at once, and no prose until it is asked.

The shipped rules are read up to their first prose key; the folders of users are read whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

from kmsiac.errors import ErrorGroup, KmsiacError, RuleError, SourceError, did_you_mean, whole_file
from kmsiac.reading.budget import RULE_BUDGET
from kmsiac.reading.nodes import Mapping as MappingNode
from kmsiac.reading.nodes import Node as YamlNode
from kmsiac.reading.nodes import Scalar
from kmsiac.reading.nodes import Sequence as SequenceNode
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.rules.model import Prose, Rule, RuleSet
from kmsiac.rules.problems import Problems
from kmsiac.rules.schema import PROSE_KEYS, SCAN_KEYS, RuleReader, problems_in
from kmsiac.rules.shipped import builtin_rules_folder

__all__ = ["MAX_RULE_BYTES", "builtin_rules_folder", "examples", "load_rules", "plain"]

MAX_RULE_BYTES = 1024 * 1024
_PROSE = re.compile(rb"^(?:" + "|".join(PROSE_KEYS).encode() + rb")[ \t]*:", re.MULTILINE)


def load_rules(folders: Sequence[Path] | None = None) -> RuleSet:
    """The rules of some folders; without any, those that ship.

    Rules of users may stand beside shipped ones, not replace them. Raises `ErrorGroup` of
    `RuleError`s with all that is wrong. The rules that ship alone are loaded once a process.
    """
    shipped = builtin_rules_folder()
    chosen = (shipped,) if folders is None else tuple(folders)
    return _shipped_alone(shipped) if chosen == (shipped,) else _loaded(chosen, shipped)


@cache
def _shipped_alone(shipped: Path) -> RuleSet:
    return _loaded((shipped,), shipped)


def _loaded(chosen: Sequence[Path], shipped: Path) -> RuleSet:
    errors: list[KmsiacError] = []
    loaded: list[_Loaded] = []
    number = 0
    for folder in chosen:
        if not folder.is_dir():
            errors.append(RuleError("there is no such folder of rules", whole_file(str(folder))))
            continue
        for path in sorted(_rule_files(folder)):
            number += 1
            loaded.append(_Loaded(number, path, folder, builtin=folder.resolve() == shipped))
    for one in loaded:
        one.load()
        errors += one.problems.errors
    errors += _check_together([one for one in loaded if one.rule is not None], loaded)
    if errors:
        raise ErrorGroup(problems_in(errors))
    by_id = {one.rule.id: one for one in loaded if one.rule is not None}
    return _rule_set(dict(sorted(by_id.items())))


def examples(rules: RuleSet, id: str) -> object:
    """The `examples` of a rule as plain data: mappings, lists and text."""
    return rules.prose(id).get("examples")


def _rule_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            yield path


class _Loaded:
    """One rule file."""

    def __init__(self, number: int, path: Path, folder: Path, builtin: bool) -> None:
        self.path = path
        self.builtin = builtin
        self.name = f"{folder.name}/{path.relative_to(folder).as_posix()}" if builtin else str(path)
        self.number = number
        self.problems = Problems(SourceFile(number, self.name, b""))
        self.reader: RuleReader | None = None
        self.rule: Rule | None = None

    def load(self) -> None:
        """Read the file as far as a scan needs it."""
        try:
            data = self._bytes()
        except OSError as error:
            self.problems.errors.append(
                RuleError(f"cannot be read: {error.strerror}", whole_file(self.name))
            )
            return
        prose = _PROSE.search(data) if self.builtin else None
        file = SourceFile(self.number, self.name, data[: prose.start()] if prose else data)
        self.problems = Problems(file)
        try:
            root = read_yaml(file, RULE_BUDGET)
        except SourceError as error:
            self.problems.errors.append(RuleError(error.message, error.span, error.hint))
            return
        if not self.builtin:
            _check_order(self.problems, root)
        self.reader = RuleReader(self.problems, root, self.builtin)
        self.rule = self.reader.read()

    def _bytes(self) -> bytes:
        with self.path.open("rb") as stream:
            data = stream.read(MAX_RULE_BYTES + 1)
        if len(data) > MAX_RULE_BYTES:
            raise OSError(27, f"larger than {MAX_RULE_BYTES} bytes")
        return data

    def prose(self) -> Prose:
        """What the file says beside what a scan needs."""
        try:
            file = SourceFile(self.number, self.name, self._bytes())
            root = read_yaml(file, RULE_BUDGET)
        except OSError as error:
            raise RuleError(f"cannot be read: {error.strerror}", whole_file(self.name)) from None
        except SourceError as error:
            raise RuleError(error.message, error.span, error.hint) from None
        found = plain(root)
        assert isinstance(found, dict)
        return {key: value for key, value in found.items() if key in PROSE_KEYS}


def _check_order(problems: Problems, root: YamlNode) -> None:
    """Scan keys stand before prose, so that the file can be shipped."""
    if not isinstance(root, MappingNode):
        return
    after = ""
    for key, _ in root.entries:
        name = key.text if isinstance(key, Scalar) else ""
        if name in PROSE_KEYS:
            after = name
        elif name in SCAN_KEYS and after:
            problems.add(key, f'"{name}" stands after "{after}"', "prose stands last")


def plain(node: YamlNode) -> object:
    """Nodes as plain data; scalars stay text as written."""
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.text if isinstance(node, Scalar) else None


# -- checks over several rules --------------------------------------------------------------------


def _check_together(good: list[_Loaded], all_files: list[_Loaded]) -> list[KmsiacError]:
    errors: list[KmsiacError] = []
    taken: dict[str, str] = {}
    for one in good:
        assert one.rule is not None
        for id in (one.rule.id, *one.rule.aliases):
            if id in taken:
                message = f'the id "{id}" is taken by {taken[id]}'
                errors.append(_error(one, "id" if id == one.rule.id else "aliases", message))
            taken.setdefault(id, one.name)
    # A file with mistakes may hold the rule that another one names.
    known = {*taken, *(id for one in all_files for id in _id_of(one))}
    for one in good:
        assert one.rule is not None
        errors += [
            _error(one, "yields_to", f'there is no rule "{id}"', did_you_mean(id, known))
            for id in sorted(one.rule.yields_to - known)
        ]
    errors += _cycles(good)
    return errors


def _id_of(one: _Loaded) -> list[str]:
    node = one.reader.nodes.get("id") if one.reader is not None else None
    return [node.text] if isinstance(node, Scalar) else []


def _error(one: _Loaded, key: str, message: str, hint: str = "") -> RuleError:
    assert one.reader is not None
    node = one.reader.nodes.get(key)
    span = one.problems.file.span(node.position) if node else whole_file(one.name)
    return RuleError(message, span, hint)


def _cycles(good: list[_Loaded]) -> list[KmsiacError]:
    edges = {one.rule.id: sorted(one.rule.yields_to) for one in good if one.rule is not None}
    errors: list[KmsiacError] = []
    for one in good:
        assert one.rule is not None
        reached: set[str] = set()
        pending = list(edges[one.rule.id])
        while pending:
            id = pending.pop()
            if id not in reached:
                reached.add(id)
                pending += edges.get(id, ())
        if one.rule.id in reached:
            message = f"{one.rule.id} yields to itself, by way of {', '.join(sorted(reached))}"
            errors.append(_error(one, "yields_to", message))
    return errors


# -- parameters -----------------------------------------------------------------------------------


def _rule_set(files: Mapping[str, _Loaded]) -> RuleSet:
    def prose(id: str) -> Prose:
        return files[id].prose() if id in files else {}

    def recompile(id: str, values: Mapping[str, object]) -> Rule:
        return _with_params(files[id], values)

    rules = {id: one.rule for id, one in files.items() if one.rule is not None}
    return RuleSet(rules, prose, recompile)


def _with_params(one: _Loaded, values: Mapping[str, object]) -> Rule:
    assert one.rule is not None
    assert one.reader is not None
    for name in values:
        if name not in one.rule.params:
            hint = did_you_mean(name, one.rule.params)
            raise RuleError(f'{one.rule.id} has no parameter "{name}"', None, hint)
    problems = Problems(one.problems.file)
    nodes = {name: _node(value) for name, value in values.items()}
    rule = RuleReader(problems, one.reader.root, one.builtin).read(nodes)
    if rule is None:
        reasons = "; ".join(e.message for e in problems.errors)
        raise RuleError(f"the parameters of {one.rule.id} do not fit: {reasons}")
    return rule


def _node(value: object) -> YamlNode:
    if isinstance(value, list | tuple):
        return SequenceNode([_node(item) for item in value], 0)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), "bool", "plain", 0)
    kind = "number" if isinstance(value, int | Decimal) else "text"
    return Scalar(str(value), kind, "plain", 0)
