"""The keys that whoever runs Terraform or OpenTofu uses for the state, as resources of the root.

No resource block makes them and no plan shows them: the S3 backend encrypts the state with one,
OpenTofu's `encryption` block makes data keys with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmsiac.frontends.terraform.blocks import body_map
from kmsiac.frontends.terraform.finish import finish
from kmsiac.frontends.terraform.providers import default_provider, named
from kmsiac.frontends.terraform.split import Block
from kmsiac.stack import Environment, Provider, Resource
from kmsiac.values import Map, Owner, Text

if TYPE_CHECKING:
    from kmsiac.frontends.terraform.scope import Scope

BACKEND = "terraform.backend.s3"
KEY_PROVIDER = "terraform.encryption.key_provider.aws_kms"

_KEY = "kms_key_id"
_READ = frozenset({_KEY, "region"})
_OTHER_ACCOUNT = frozenset(
    {
        "access_key",
        "assume_role",
        "assume_role_with_web_identity",
        "profile",
        "role_arn",
        "shared_credentials_file",
        "shared_credentials_files",
    }
)


def state_keys(scope: Scope) -> Iterator[Resource]:
    """What uses a key to read and write the state of a root module."""
    for settings in scope.files.settings:
        for block in settings.body.blocks:
            if block.type == "backend" and block.labels == ("s3",):
                yield from _user(scope, block, BACKEND, BACKEND)
            elif block.type == "encryption":
                for inner in block.body.blocks:
                    if inner.type == "key_provider" and inner.labels[:1] == ("aws_kms",):
                        address = ".".join((KEY_PROVIDER, *inner.labels[1:]))
                        yield from _user(scope, inner, KEY_PROVIDER, address)


def _user(scope: Scope, block: Block, type_: str, address: str) -> Iterator[Resource]:
    if _KEY not in block.body.attributes:
        return
    names = frozenset(block.body.attributes) | {inner.type for inner in block.body.blocks}
    written = body_map(block.body, block.position, scope.frame, names - _READ)
    attributes = finish(written, address, scope.context)
    assert isinstance(attributes, Map)
    provider = _provider(scope, address, attributes, own=not names.isdisjoint(_OTHER_ACCOUNT))
    yield Resource(address, type_, attributes, provider, block.position, block.end)


def _provider(scope: Scope, address: str, attributes: Map, *, own: bool) -> Provider:
    """Where the state is: it has its own Region, and the account of the credentials unless it names
    others."""
    unit = scope.context.stack.unit
    environment = scope.context.inputs.environment
    shared = default_provider(unit, environment)
    owner = Owner(unit, address)
    apart = Provider.symbolic(owner, Environment(partition=environment.partition), named(address))
    region = attributes.get("region")
    return Provider(
        owner,
        apart.account if own else shared.account,
        region if isinstance(region, Text) else apart.region,
        shared.partition,
        shared.dns_suffix,
    )
