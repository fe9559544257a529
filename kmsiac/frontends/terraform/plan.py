"""Plan JSON (`terraform show -json`) to a Stack.

What the plan knows stands in `after`; what it does not know yet is looked up in `configuration`:
an unknown attribute that nobody configured is simply the provider's own default, one that names an
attribute of one resource is a symbol, and one made of a deferred policy document is that document.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from pathlib import Path

from kmsiac.aws.policy_sites import sink_attributes, sink_heads
from kmsiac.errors import SourceError
from kmsiac.frontends.terraform.attributes import SINKS, not_covered
from kmsiac.frontends.terraform.plan_large import load_plan
from kmsiac.frontends.terraform.plan_model import (
    DOCUMENT_TYPE,
    PLANNED,
    Change,
    JsonMap,
    changed,
    join,
    located,
    mapping,
    module_calls,
    planned,
    sequence,
    state_resources,
    string,
)
from kmsiac.frontends.terraform.plan_providers import Providers
from kmsiac.frontends.terraform.plan_references import Configuration
from kmsiac.frontends.terraform.plan_unknowns import AttributeUnknowns, Unknowns
from kmsiac.frontends.terraform.plan_values import Converter
from kmsiac.frontends.terraform.room import Room
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.policy.json_text import decode
from kmsiac.reading.json_paths import locate
from kmsiac.reading.source import NOWHERE, Key, SourceFile
from kmsiac.reading.tree import MAX_PLAN_BYTES, STDIN, SourceTree
from kmsiac.stack import TERRAFORM, Call, DataDocument, Gap, Resource, Stack
from kmsiac.values import Map, Text, Unknown, Value

_SHOWN = 5
_VERSION = re.compile(r"(0\.[1-9]|1)(\.\d+)*\Z")


def load(source: UnitSource, tree: SourceTree, inputs: Inputs) -> Stack:
    """The stack of a plan. Raises `SourceError` for text that is no plan.

    Entries that are malformed are errors of the stack; the others are still loaded.
    """
    file = source.file
    if file is None or file.forgotten:
        file = tree.read(source.path, MAX_PLAN_BYTES)
    collecting = gc.isenabled()
    # Nothing made here is garbage, and there is a lot of it: collecting doubles the time.
    gc.disable()
    try:
        loaded = load_plan(file)
        if not loaded.whole and source.path != Path(STDIN):
            file.forget()
        plan = _Plan(file, loaded.document, inputs, whole=loaded.whole)
        plan.say_repeated(list(loaded.repeated))
        return plan.stack(tree)
    except SourceError as error:
        raise located(error, file.path) from None
    finally:
        if collecting:
            gc.enable()


class _Plan:
    def __init__(self, file: SourceFile, document: JsonMap, inputs: Inputs, *, whole: bool) -> None:
        version = string(document.get("format_version"), "format_version")
        if not _VERSION.match(version):
            raise SourceError(
                f"plan format {version or 'without a version'} is not supported",
                hint="made with `terraform show -json PLANFILE`?",
            )
        self.file = file
        self.document = document
        self.inputs = inputs
        self.result = Stack(file.path, TERRAFORM, files={file.path}, from_plan=True)
        # Looking for lines would take twice the memory: in a large plan the pointer is the place.
        self.root = file.use_paths(lambda paths: locate(file.text, paths) if whole else {})
        self.positions: dict[tuple[Key, ...], int] = {(): self.root}
        self.configuration = Configuration(document)
        variables = mapping(document.get("variables"), "variables")
        self.providers = Providers(file.path, self.configuration, variables, inputs.environment)
        self.converter = Converter(file, file.path)
        self.unknowns = Unknowns(
            self.configuration, self.providers, self.converter, self._values_at
        )
        self.failures: set[str] = set()
        self.taken: set[str] = set()
        self.room = Room()

    def stack(self, tree: SourceTree) -> Stack:
        """Everything of the plan that matters here; what it does not know from the code in `tree`."""
        self._say_incomplete()
        known = self._read_prior_state()
        changes = self._read_changes()
        for change in changes:
            self.configuration.add_instance(change)
            self._guarded(change, self.providers.learn_arn)
        for change in changes:
            self._guarded(change, self._take)
        for change in known:
            if change.type == DOCUMENT_TYPE and change.address not in self.taken:
                self._guarded(change, self._take_known_document)
        self.result.gaps.extend(self.room.gaps())
        if self.inputs.source_folder is not None:
            self._fill_in(tree)
        return self.result

    def _fill_in(self, tree: SourceTree) -> None:
        """Put what the code behind the plan says in the place of what the plan does not know."""
        # Who scans without `--source-dir` need not load the parser of HCL.
        from kmsiac.frontends.terraform.plan_source import fill_in  # noqa: PLC0415

        environment = self.providers.environment()
        fill_in(self.result, tree, self.inputs, self._variables(), environment)

    def _variables(self) -> dict[str, tuple[object, int, bool]]:
        """The variables of the root module: value, position, and whether each is secret."""
        root = self.configuration.module(())
        configured = mapping(root.get("variables"), "configuration.root_module.variables")
        found: dict[str, tuple[object, int, bool]] = {}
        for name, raw in mapping(self.document.get("variables"), "variables").items():
            entry = mapping(raw, f"variables.{name}")
            declared = configured.get(name)
            secret = isinstance(declared, dict) and bool(declared.get("sensitive"))
            found[name] = (entry.get("value"), self._at("variables", name), secret)
        return found

    def say_repeated(self, names: list[str]) -> None:
        """Terraform writes no key twice: somebody else has written here."""
        if names:
            named = ", ".join(f'"{name[:40]}"' for name in names[:_SHOWN])
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            problem = f"keys that an object of the plan has twice: {named}{more}"
            hint = "the last of each counts here; make the plan anew with `terraform show -json`"
            self._fail(SourceError(problem, hint=hint))

    def _say_incomplete(self) -> None:
        if self.document.get("errored") is True:
            reason = "planning ended with an error, so the plan may lack resources"
            self.result.gaps.append(Gap("", "", reason, self._at("errored")))
        elif self.document.get("complete") is False:
            reason = "the plan is not complete: another apply will change more"
            self.result.gaps.append(Gap("", "", reason, self._at("complete")))

    def _at(self, *path: Key) -> int:
        """The position of a JSON path, each made once."""
        known = self.positions.get(path)
        if known is None:
            known = self.file.member(self._at(*path[:-1]), path[-1])
            self.positions[path] = known
        return known

    def _values_at(self, change: Change) -> int:
        return self._at(*change.path, *change.values)

    def _guarded(self, change: Change, take: Callable[[Change], None]) -> None:
        try:
            take(change)
        except SourceError as error:
            self._fail(error)

    def _fail(self, error: SourceError) -> None:
        # One malformed part of the configuration is met by every resource under it.
        if error.message not in self.failures:
            self.failures.add(error.message)
            self.result.errors.append(located(error, self.file.path))

    # -- reading entries -------------------------------------------------------------------------

    def _read_prior_state(self) -> list[Change]:
        state = mapping(self.document.get("prior_state"), "prior_state")
        root = mapping(state.get("values"), "prior_state.values").get("root_module")
        path: tuple[Key, ...] = ("prior_state", "values", "root_module")
        found: list[Change] = []
        for entry, module, at, where in state_resources(root, path, "prior_state"):
            if entry.get("mode") == "data":
                change = planned(entry, module, at, where)
                found.append(change)
                self.configuration.add_known_data(change)
        for change in found:
            self.providers.learn(change)
        return found

    def _read_changes(self) -> list[Change]:
        if "resource_changes" not in self.document:
            values = mapping(self.document.get("planned_values"), "planned_values")
            if not values:
                return []
            root = values.get("root_module")
            path: tuple[Key, ...] = ("planned_values", "root_module")
            entries = list(state_resources(root, path, "planned_values"))
            if entries:
                reason = (
                    "the plan has no resource_changes: its planned_values are read, "
                    "in which what is not known yet looks like what is not written"
                )
                self.result.gaps.append(Gap("", "", reason, self._at("planned_values")))
            return [planned(entry, module, at, where) for entry, module, at, where in entries]
        changes = self.document.pop("resource_changes")  # no need to keep what becomes Changes
        found = self._entries(changes, ("resource_changes",), ())
        deferred = self.document.get("deferred_changes")
        return found + self._entries(deferred, ("deferred_changes",), ("resource_change",))

    def _entries(
        self, entries: object, path: tuple[Key, ...], inner: tuple[Key, ...]
    ) -> list[Change]:
        found: list[Change] = []
        for index, raw in enumerate(sequence(entries, str(path[0]))):
            where = f"{path[0]}[{index}]"
            try:
                entry = mapping(raw, where)
                body = mapping(entry.get(str(inner[0])), where) if inner else entry
                change = changed(body, (*path, index, *inner), where)
                if inner:
                    change.deferred = string(entry.get("reason"), where) or "deferred"
            except SourceError as error:
                self._fail(error)
                continue
            if change.actions == ("forget",) and change.type in SINKS:
                reason = "no longer managed after this apply, but it lives on"
                self.result.gaps.append(Gap(change.address, "", reason, self._at(*change.path)))
            elif change.actions not in {("delete",), ("forget",)}:
                found.append(change)
        return found

    # -- resources -------------------------------------------------------------------------------

    def _take(self, change: Change) -> None:
        if change.mode == "data":
            if change.type == DOCUMENT_TYPE:
                self.taken.add(change.address)
                if not self.room.take(change.address, self._at(*change.path)):
                    return
                document = self.unknowns.document(change)
                at = self._at(*change.path)
                self.result.documents.append(DataDocument(change.address, document, at))
        elif change.type in SINKS:
            if self.room.take(change.address, self._at(*change.path)):
                self.result.resources.append(self._resource(change))
        elif any(map(change.after.get, heads := sink_heads(change.type))) or any(
            map(change.is_unknown, heads)
        ):
            only = sink_attributes(change.type) | {"region"}
            if self.room.take(change.address, self._at(*change.path)):
                self.result.resources.append(self._resource(change, only))
        elif reason := not_covered(change.type):
            self.result.gaps.append(Gap(change.address, "", reason, self._at(*change.path)))

    def _take_known_document(self, change: Change) -> None:
        at = self._at(*change.path, *change.values, "json")
        if not self.room.take(change.address, at):
            return
        secret = isinstance(change.sensitive, dict) and change.sensitive.get("json") is True
        json = string(change.after.get("json"), f"{change.address}.json")
        document: Value
        if secret:
            document = Unknown("(sensitive)", "sensitive value", at, self.file.path, True)
        else:
            document = decode(Text((json,), at))
        self.result.documents.append(DataDocument(change.address, document, at))

    def _resource(self, change: Change, only: frozenset[str] | None = None) -> Resource:
        """The resource, whole, or those attributes that say which key it uses."""
        configured = self.configuration.resource(change)
        expressions = None
        depends: tuple[str, ...] = ()
        if configured is not None:
            where = f"configuration of {change.address}"
            expressions = mapping(configured.get("expressions"), where)
            names = sequence(configured.get("depends_on"), where)
            depends = tuple(join(change.module, n) for n in names if isinstance(n, str))
        position = self._at(*change.path)
        return Resource(
            change.address,
            change.type,
            self._attributes(change, expressions, only),
            self.providers.of(change),
            position,
            depends_on=depends,
            absent=self._deferral(change, position),
            call_chain=tuple(Call(address, NOWHERE) for address in module_calls(change.module)),
        )

    def _deferral(self, change: Change, position: int) -> Unknown | None:
        if not change.deferred:
            return None
        reason = f"deferred to a later plan: {change.deferred}"
        return Unknown(change.address, reason, position, self.file.path)

    def _attributes(
        self, change: Change, expressions: JsonMap | None, only: frozenset[str] | None
    ) -> Map:
        values_at = self._values_at(change)
        mask_at = self._at(*change.path, *change.values[:-1], "after_unknown")
        mask = change.unknown
        if change.values == PLANNED:
            # planned_values leaves out what is unknown; what is not configured is a default.
            left_out = (name for name in expressions or {} if change.is_unknown(name))
            mask = {**mapping(mask, change.address), **dict.fromkeys(left_out, True)}
            mask_at = values_at

        after = change.after
        if only is not None:
            after = {name: value for name, value in after.items() if name in only}
            if isinstance(mask, dict):
                mask = {name: marks for name, marks in mask.items() if name in only}
        masks = (mask, change.sensitive)
        places = (values_at, mask_at)
        unknowns = AttributeUnknowns(self.unknowns, change)
        return self.converter.block(after, masks, expressions, places, unknowns)
