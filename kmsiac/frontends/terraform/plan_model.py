"""Plan JSON as `terraform show -json` prints it, read with every type checked.

A plan is data from outside: anything may stand where a map is expected. The accessors here raise
`SourceError` with the JSON path; None counts as empty, since every part of a plan is optional.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kmsiac.errors import SourceError, whole_file
from kmsiac.reading.source import Key

DOCUMENT_TYPE = "aws_iam_policy_document"
"""The data source that makes policy documents."""

MAX_MODULE_DEPTH = 100
"""Modules deeper than this in one another are refused; real ones reach about 10."""

_MODULE_STEP = re.compile(r"module\.([^.\[\]]+)(\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\])?\.?")
_KINDS = {dict: "a map", list: "a list", str: "a text", bool: "a boolean"}

JsonMap = dict[str, object]

PLANNED: tuple[Key, ...] = ("values",)
"""Where `planned_values` has a resource's values; what is unknown is simply left out there."""


def mapping(value: object, where: str) -> JsonMap:
    """The value as a map; None is empty. Raises `SourceError` naming `where` for anything else."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise _wrong(value, where, "a map")


def sequence(value: object, where: str) -> list[object]:
    """The value as a list; None is empty. Raises `SourceError` naming `where` for anything else."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise _wrong(value, where, "a list")


def string(value: object, where: str) -> str:
    """The value as a text; None is empty. Raises `SourceError` naming `where` for anything else."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise _wrong(value, where, "a text")


def _wrong(value: object, where: str, wanted: str) -> SourceError:
    found = _KINDS.get(type(value), "a number")
    return SourceError(f"not a well-formed plan: `{where}` is {found} where {wanted} belongs")


def module_names(address: str) -> tuple[str, ...]:
    """The module calls of a module instance address, without indexes: `module.a["x"]` is `("a",)`."""
    names = tuple(match[1] for match in _MODULE_STEP.finditer(address))
    if len(names) > MAX_MODULE_DEPTH:
        raise SourceError(f"modules more than {MAX_MODULE_DEPTH} deep")
    return names


def module_calls(address: str) -> tuple[str, ...]:
    """The addresses of the module instances from the outermost down to `address` itself."""
    return tuple(address[: match.end()].rstrip(".") for match in _MODULE_STEP.finditer(address))


def join(module: str, address: str) -> str:
    """`address` as seen from the root, for something inside the module instance `module`."""
    return f"{module}.{address}" if module else address


class Change:
    """One resource instance of a plan: what it will be, what is not known yet, what is secret.

    `after` holds the known values. `unknown` and `sensitive` mirror its shape with true at the
    leaves that are marked, or are true as a whole. `path` is the JSON path of the entry, and
    `values` the path from there to `after`. `index` is `[0]`, `["x"]` or empty.
    """

    __slots__ = (
        "actions",
        "address",
        "after",
        "deferred",
        "index",
        "mode",
        "module",
        "name",
        "path",
        "sensitive",
        "type",
        "unknown",
        "values",
    )

    def __init__(self, entry: JsonMap, module: str, path: tuple[Key, ...], where: str) -> None:
        self.address = string(entry.get("address"), f"{where}.address")
        self.module = module
        self.mode = string(entry.get("mode"), f"{where}.mode") or "managed"
        self.type = string(entry.get("type"), f"{where}.type")
        self.name = string(entry.get("name"), f"{where}.name")
        self.path = path
        base = join(module, self.base)
        self.index = self.address[len(base) :] if self.address.startswith(base) else ""
        self.actions: tuple[str, ...] = ()
        self.deferred = ""
        self.values: tuple[Key, ...] = ()
        self.after: JsonMap = {}
        self.unknown: object = None
        self.sensitive: object = None

    @property
    def base(self) -> str:
        """The address inside its module, without the index: `data.aws_region.here`."""
        return (
            f"data.{self.type}.{self.name}" if self.mode == "data" else f"{self.type}.{self.name}"
        )

    def is_unknown(self, attribute: str) -> bool:
        """Whether the attribute, or a part of it, is known only after the apply."""
        if self.values == PLANNED:
            return attribute not in self.after
        return has_true(mask_of(self.unknown, attribute))


def changed(entry: JsonMap, path: tuple[Key, ...], where: str) -> Change:
    """A `Change` from an entry of `resource_changes`."""
    module = string(entry.get("module_address"), f"{where}.module_address")
    made = Change(entry, module, path, where)
    change = mapping(entry.get("change"), f"{where}.change")
    actions = sequence(change.get("actions"), f"{where}.change.actions")
    made.actions = tuple(string(action, f"{where}.change.actions") for action in actions)
    made.values = ("change", "after")
    made.after = mapping(change.get("after"), f"{where}.change.after")
    made.unknown = change.get("after_unknown")
    made.sensitive = change.get("after_sensitive")
    return made


def planned(entry: JsonMap, module: str, path: tuple[Key, ...], where: str) -> Change:
    """A `Change` from a resource of `planned_values`, which does not say what is unknown."""
    made = Change(entry, module, path, where)
    made.values = PLANNED
    made.after = mapping(entry.get("values"), f"{where}.values")
    made.unknown = _gaps(made.after)
    made.sensitive = entry.get("sensitive_values")
    return made


def _gaps(value: object, depth: int = 0) -> object:
    # planned_values print an unknown member of a list as null.
    if depth > MAX_MODULE_DEPTH:
        return True
    if isinstance(value, list):
        return [item is None or _gaps(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {name: _gaps(item, depth + 1) for name, item in value.items()}
    return False


def state_resources(
    module: object, path: tuple[Key, ...], where: str
) -> Iterator[tuple[JsonMap, str, tuple[Key, ...], str]]:
    """The resources of a module tree (`planned_values`, `prior_state`), child modules included.

    Each with the address of its module instance, its JSON path, and its place for messages.
    """
    stack = [(module, path, where, 0)]
    while stack:
        raw, at, place, depth = stack.pop()
        if depth > MAX_MODULE_DEPTH:
            raise SourceError(f"`{where}` has modules more than {MAX_MODULE_DEPTH} deep")
        members = mapping(raw, place)
        address = string(members.get("address"), f"{place}.address")
        for index, entry in enumerate(sequence(members.get("resources"), f"{place}.resources")):
            name = f"{place}.resources[{index}]"
            yield mapping(entry, name), address, (*at, "resources", index), name
        children = sequence(members.get("child_modules"), f"{place}.child_modules")
        for index in range(len(children) - 1, -1, -1):
            name = f"{place}.child_modules[{index}]"
            stack.append((children[index], (*at, "child_modules", index), name, depth + 1))


def has_true(mask: object) -> bool:
    """Whether a mask (`after_unknown`, `after_sensitive`) marks anything in it."""
    stack = [mask]
    while stack:
        current = stack.pop()
        if current is True:
            return True
        if isinstance(current, dict):
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
    return False


def mask_of(mask: object, key: Key) -> object:
    """What a mask says about the member `key`: a mask that is true marks all of its members."""
    if mask is True:
        return True
    if isinstance(mask, dict) and isinstance(key, str):
        return mask.get(key)
    if isinstance(mask, list) and isinstance(key, int):
        return mask[key] if key < len(mask) else None
    return None


def located(error: SourceError, path: str) -> SourceError:
    """The error with the file it is about, where it does not say so itself."""
    return SourceError(error.message, error.span or whole_file(path), error.hint)
