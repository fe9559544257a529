"""AWS managed policies that are attached in a unit: by name, with what they say about KMS."""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.aws.managed_policies import StatementJson, managed_policy_statements
from kmsiac.inventory.cases import Varying
from kmsiac.inventory.link import Directory, Naming, aws_managed_policy
from kmsiac.inventory.model import Policy, Related
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Provider, Resource
from kmsiac.values import List, Map, Owner, Text, Value, text

AWS_MANAGED = "AWS managed policy"
"""The type of the resource that stands for one."""


class ManagedPolicies(Directory[Policy]):
    """The managed policies of a unit, and those of AWS that something in it refers to.

    One of AWS whose text is known is a Policy like the others (`default`, `aws_managed`), one for
    the unit, whose resource stands for it: no template has it. `used` are those that were found.
    """

    def __init__(self, entities: Iterable[tuple[Policy, Naming]]) -> None:
        super().__init__(entities)
        self._of_aws: dict[str, Policy] = {}

    @property
    def used(self) -> tuple[Policy, ...]:
        """The policies of AWS that something referred to."""
        return tuple(self._of_aws.values())

    def find(self, value: Value, noun: str = "", near: Provider | None = None) -> Related[Policy]:
        """What one value refers to: see `Directory.find`."""
        name = aws_managed_policy(value) if isinstance(value, Text) else None
        if name is None or not isinstance(value, Text):
            return super().find(value, noun, near)
        statements = managed_policy_statements(name)
        if statements is None:
            return super().find(value, noun, near)
        if name not in self._of_aws:
            self._of_aws[name] = _policy(name, statements, value, near)
        return Related((self._of_aws[name],))


def _policy(
    name: str, statements: list[StatementJson], value: Text, near: Provider | None
) -> Policy:
    provider = near or _nowhere()
    resource = Resource(str(value), AWS_MANAGED, Map(()), provider, value.position)
    document = Map(
        (
            (text("Version"), text("2012-10-17")),
            (text("Statement"), List([_statement(statement) for statement in statements])),
        )
    )
    return Policy(
        resource,
        Varying.always({}),
        kind="identity",
        attribute="document",
        attribute_position=value.position,
        document=Varying.always(parse_document(document)),
        default=True,
        aws_managed=name,
    )


def _statement(statement: StatementJson) -> Map:
    return Map((text(name), _value(value)) for name, value in statement.items())


def _value(value: str | list[str]) -> Value:
    return text(value) if isinstance(value, str) else List([text(item) for item in value])


def _nowhere() -> Provider:
    empty = Text(())
    return Provider(Owner(""), empty, empty, empty, empty)
