"""Provider configurations of a plan, and the account, Region and partition they stand for.

A plan's own facts come first (the values of `aws_caller_identity` and its like, read while
planning; a constant `region`; the ARNs of what exists), then what the user says, then symbols.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kmsiac.frontends.terraform.plan_model import Change, JsonMap, mapping, module_names
from kmsiac.frontends.terraform.plan_references import (
    Configuration,
    chains,
    constant_text,
    parse_reference,
)
from kmsiac.stack import Environment, Provider
from kmsiac.values import Owner, Text

NAMES = {
    "account_id": "data.aws_caller_identity.current.account_id",
    "region": "data.aws_region.current.region",
    "partition": "data.aws_partition.current.partition",
    "dns_suffix": "data.aws_partition.current.dns_suffix",
}
"""How the symbols of a provider print: the data sources that everybody writes for them."""

DEFAULT = "aws"
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_ROLE_ACCOUNT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):role/")

_ARN = re.compile(r"arn:(aws[a-z-]*):(?:kms:([a-z0-9-]+)|iam:):([0-9]{12}):")
_OWN_TYPES = ("aws_kms_", "aws_iam_")
"""Types whose ARNs are of the account and (of KMS) the Region that they are managed in."""

_OTHER_ACCOUNT = frozenset(
    {
        "access_key",
        "allowed_account_ids",
        "assume_role",
        "assume_role_with_web_identity",
        "forbidden_account_ids",
        "profile",
        "shared_config_files",
        "shared_credentials_files",
    }
)
"""Arguments with which a provider configuration may work in an account of its own."""


class Providers:
    """The providers of one plan, by the provider configuration that a resource names."""

    def __init__(
        self, unit: str, configuration: Configuration, variables: JsonMap, environment: Environment
    ) -> None:
        self._unit = unit
        self._configuration = configuration
        self._variables = variables
        self._environment = environment
        self._facts: dict[tuple[str, str], str] = {}
        self._spelt: dict[tuple[str, str], set[str]] = {}
        self._made: dict[str, Provider] = {}

    def learn(self, data: Change) -> None:
        """Take what a data source that was read while planning says about its provider."""
        key = self._key(data)
        after = data.after
        if data.type == "aws_caller_identity":
            self._fact("account_id", self._account_group(key), after.get("account_id"))
        elif data.type == "aws_region":
            self._fact("region", key, after.get("region") or after.get("name") or after.get("id"))
        elif data.type == "aws_partition":
            self._fact("partition", self._account_group(key), after.get("partition"))

    def _fact(self, name: str, key: str, value: object) -> None:
        if isinstance(value, str) and value:
            self._facts.setdefault((name, key), value)

    def learn_arn(self, change: Change) -> None:
        """Take what the ARN of a resource that exists says about its provider."""
        found = _own_arn(change)
        if found is None:
            return
        partition, region, account = found.groups()
        key = self._key(change)
        told = [("account_id", self._account_group(key), account)]
        told += [("partition", self._account_group(key), partition)]
        if region and not change.after.get("region"):
            told += [("region", key, region)]
        for name, of, value in told:
            self._spelt.setdefault((name, of), set()).add(value)

    def _known_fact(self, name: str, key: str) -> str | None:
        """What data sources say, else what the ARNs of all that exists say alike."""
        spelt = self._spelt.get((name, key), set())
        return self._facts.get((name, key)) or (next(iter(spelt)) if len(spelt) == 1 else None)

    def of(self, change: Change) -> Provider:
        """The provider that a resource instance is made by."""
        key = self._key(change)
        provider = self._made.get(key)
        if provider is None:
            provider = self._made[key] = self._make(key)
        # Provider 6 has a `region` argument on every resource.
        region = change.after.get("region")
        if isinstance(region, str) and region and change.mode == "managed":
            provider = replace(provider, region=Text((region,)))
        found = _own_arn(change)
        return provider if found is None else _as_spelt(provider, found)

    def environment(self) -> Environment:
        """What is known of the default configuration."""
        return self._known(DEFAULT)

    def _known(self, key: str) -> Environment:
        group = self._account_group(key)
        given = self._environment
        return Environment(
            self._known_fact("account_id", group) or self._assumed(key) or given.account_id,
            self._region(key) or self._given_region(key),
            self._known_fact("partition", group) or given.partition,
        )

    def _make(self, key: str) -> Provider:
        group = self._account_group(key)
        known = self._known(key)
        own = Provider.symbolic(self._owner(key), known, NAMES)
        shared = Provider.symbolic(self._owner(group), known, NAMES)
        return replace(
            own,
            account=shared.account,
            partition=shared.partition,
            dns_suffix=shared.dns_suffix,
        )

    def _owner(self, key: str) -> Owner:
        """As the front end for HCL names it: `aws.west` is `west`, in a module `module.a.west`."""
        module, _, name = key.rpartition(":")
        alias = name.partition(".")[2] if name.startswith(f"{DEFAULT}.") else name
        alias = "" if alias == DEFAULT else alias
        return Owner(self._unit, f"{module}.{alias}" if module else alias)

    def _region(self, key: str) -> str | None:
        expression = mapping(self._expressions(key).get("region"), f"provider_config.{key}.region")
        if constant := constant_text(expression):
            return constant
        references = chains(expression)
        names = parse_reference(references[0]).names if len(references) == 1 else ()
        # A variable of the root module: the plan records its value.
        if len(names) == 2 and names[0] == "var" and ":" not in key:
            variable = self._variables.get(names[1])
            value = variable.get("value") if isinstance(variable, dict) else None
            # It may be but a part of a template: `"${var.part}-west-1"`.
            if isinstance(value, str) and _REGION.fullmatch(value):
                return value
        return self._known_fact("region", key)

    def _given_region(self, key: str) -> str | None:
        """The Region of the command line: not for a configuration with one of its own."""
        own = key != DEFAULT and "region" in self._expressions(key)
        return None if own else self._environment.region

    def _expressions(self, key: str) -> JsonMap:
        where = f"provider_config.{key}"
        entry = mapping(self._configuration.provider_configurations.get(key), where)
        return mapping(entry.get("expressions"), f"{where}.expressions")

    def _account_group(self, key: str) -> str:
        """The provider configuration whose account `key` works in: its own, or the default one's."""
        way = self._way(key)
        if way is None:
            return DEFAULT
        known = sorted(self._configuration.provider_configurations, key=lambda one: one != DEFAULT)
        return next((other for other in known if self._way(other) == way), key)

    def _way(self, key: str) -> object:
        """By what it comes to an account of its own, None for the default one's."""
        expressions = self._expressions(key)
        found = {name: expressions[name] for name in _OTHER_ACCOUNT if name in expressions}
        # A variable of one name is another one in each module.
        return (key.rpartition(":")[0], found) if found else None

    def _assumed(self, key: str) -> str | None:
        """The account of the role that it assumes, where the plan has its ARN."""
        blocks = self._expressions(key).get("assume_role")
        last = blocks[-1] if isinstance(blocks, list) and blocks else None
        arn = last.get("role_arn") if isinstance(last, dict) else None
        constant = constant_text(arn)
        found = _ROLE_ACCOUNT.match(constant) if constant else None
        return found[1] if found else None

    def _key(self, change: Change) -> str:
        entry = self._configuration.resource(change) or {}
        key = entry.get("provider_config_key")
        if not isinstance(key, str) or not key:
            return DEFAULT
        # A module that was handed its provider names it `module.a:aws` in older plans.
        known = self._configuration.provider_configurations
        name = key.rpartition(":")[2]
        calls = module_names(change.module)
        while key not in known and calls:
            calls = calls[:-1]
            prefix = ".".join(f"module.{call}" for call in calls)
            key = f"{prefix}:{name}" if prefix else name
        return key


def _own_arn(change: Change) -> re.Match[str] | None:
    """The known ARN of a resource of KMS or IAM, split: partition, Region (of KMS), account."""
    if change.mode != "managed" or not change.type.startswith(_OWN_TYPES):
        return None
    arn = change.after.get("arn")
    return _ARN.match(arn) if isinstance(arn, str) and not change.is_unknown("arn") else None


def _as_spelt(provider: Provider, found: re.Match[str]) -> Provider:
    """The provider of a resource with the account and Region that its ARN says."""

    def known(own: Text, spelt: str | None) -> Text:
        return own if spelt is None or own.literal == spelt else Text((spelt,))

    partition, region, account = found.groups()
    changed = replace(
        provider,
        partition=known(provider.partition, partition),
        region=known(provider.region, region),
        account=known(provider.account, account),
    )
    return provider if changed == provider else changed
