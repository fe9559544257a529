"""The code behind a plan (`--source-dir`): what a plan does not know is filled in from it.

A plan has nothing of a policy that names something of the same apply, not even its literal parts.
The code has all of it, evaluated with the variables and the environment of the plan. What the plan
knows stays what the plan says; what is found in both is shown at its line of the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from kmsiac.frontends.terraform.filling import Filler
from kmsiac.frontends.terraform.json_text import from_plain
from kmsiac.frontends.terraform.load import load_given
from kmsiac.frontends.terraform.scope import Context
from kmsiac.frontends.unit import Inputs, UnitSource
from kmsiac.policy.json_text import decode
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import DataDocument, Environment, Gap, Resource, Stack
from kmsiac.values import Absent, Map, Null, Text, Unknown, Value

MAX_TOLD = 100
"""How many differences between plan and code are told one by one."""

Variables = Mapping[str, tuple[object, int, bool]]
"""The variables of a plan: the plain value of each, its position, and whether it is secret."""


def fill_in(
    stack: Stack, tree: SourceTree, inputs: Inputs, variables: Variables, known: Environment
) -> None:
    """Put what the code in `inputs.source_folder` says into the stack of a plan.

    `known` is the environment that the plan shows. Where plan and code do not belong together, a
    gap says so.
    """
    folder = inputs.source_folder
    assert folder is not None, "there is code to look at"
    near = tree.beside(folder)
    given = Inputs(environment=known)
    code = load_given(UnitSource("terraform", folder), near, given, stack.unit, _values(variables))
    name = near.report_path(folder)
    _Joining(stack, code, name).join()


def _values(variables: Variables) -> Callable[[Context], Callable[[str], Value | None]]:
    def in_context(context: Context) -> Callable[[str], Value | None]:
        def lookup(name: str) -> Value | None:
            if name not in variables:
                return None
            value, position, secret = variables[name]
            return from_plain(value, position, secret, context.budget)

        return lookup

    return in_context


class _Joining:
    """One plan and its code, put together in the stack of the plan."""

    def __init__(self, stack: Stack, code: Stack, name: str) -> None:
        self.stack = stack
        self.code = code
        self.name = name
        self.told: list[Gap] = []

    def join(self) -> None:
        """Fill in the stack, and tell what does not fit."""
        stack, code = self.stack, self.code
        stack.files |= code.files
        stack.errors += code.errors
        behind = code.by_address()
        planned = {resource.address for resource in stack.resources}
        missing: dict[str, list[Resource]] = {}
        for index, resource in enumerate(stack.resources):
            written = behind.get(resource.address)
            if written is not None and written.type == resource.type:
                stack.resources[index] = self._resource(resource, written)
            else:
                missing.setdefault(_module(resource.address), []).append(resource)
        if not planned.isdisjoint(behind) or code.errors or not planned:
            self._tell_missing(missing)
            self._tell_unplanned(planned)
        else:
            reason = f"nothing of the plan is in {self.name}: is it the folder that was planned?"
            self.told.append(Gap("", "", reason, stack.resources[0].position))
        documents = {each.address: each for each in code.documents}
        for index, document in enumerate(stack.documents):
            same = documents.get(document.address)
            if same is not None:
                stack.documents[index] = self._document(document, same)
        self._tell()

    def _tell_missing(self, missing: Mapping[str, list[Resource]]) -> None:
        for module, resources in missing.items():
            first = resources[0]
            reason = f"it is not in {self.name}, so only the plan tells of it"
            told = resources
            if module and len(resources) > 1:
                reason += f" (and of {len(resources) - 1} more in {module})"
                told = [first]
            self.told += [Gap(each.address, "", reason, each.position) for each in told]

    def _tell_unplanned(self, planned: set[str]) -> None:
        reason = f"it stands in {self.name} and not in the plan: an older plan, or one of a part"
        self.told += [
            Gap(written.address, "", reason, written.position)
            for written in self.code.resources
            if written.absent is None and written.exists is None and written.address not in planned
        ]

    def _tell(self) -> None:
        told = self.told[:MAX_TOLD]
        if len(self.told) > MAX_TOLD:
            more = len(self.told) - MAX_TOLD
            reason = f"plan and code differ in {more} more places: do they belong together?"
            told.append(Gap("", "", reason, self.told[MAX_TOLD].position))
        self.stack.gaps += told

    def _resource(self, planned: Resource, written: Resource) -> Resource:
        values = Map(
            list(self._entries(planned, written)),
            written.position,
            None,
            planned.attributes.sensitive,
        )
        return replace(
            planned,
            attributes=values,
            position=written.position,
            end=written.end,
            lifecycle=written.lifecycle,
            call_chain=written.call_chain,
            planned=planned.position,
        )

    def _entries(self, planned: Resource, written: Resource) -> Iterator[tuple[Text, Value]]:
        for key, value in planned.attributes.entries:
            own = written.attributes.get(key.literal or "")
            if isinstance(own, Null | Absent) and isinstance(value, Unknown):
                continue  # not given after all: what is unknown is the provider's default
            if own is None:  # the provider's default: what shows it is the resource
                yield key.at(written.position), value
                continue
            filler = Filler()
            filled = filler.fill(value, own)
            if filler.different:
                reason = f"the plan does not say what {self.name} says here: the plan counts"
                self.told.append(Gap(planned.address, key.literal or "", reason, planned.position))
            elif isinstance(value, Unknown) and isinstance(own, Text) and own.literal is not None:
                reason = (
                    f"the plan knows it after apply only, and {self.name} says all of it:"
                    " do they belong together?"
                )
                self.told.append(Gap(planned.address, key.literal or "", reason, own.position))
            yield written.attributes.key(key.literal or "") or key, filled

    def _document(self, planned: DataDocument, written: DataDocument) -> DataDocument:
        code = written.document
        own = decode(code) if isinstance(code, Text) else code
        document = Filler().fill(planned.document, own)
        return DataDocument(planned.address, document, written.position)


def _module(address: str) -> str:
    """The module instance that an address is in, empty for the root."""
    at = address.rfind("module.")
    if at < 0 or (at and address[at - 1] != "."):
        return ""
    step = address.find(".", at + len("module."))
    return address[:step] if step > 0 else ""
