"""Data sources of the AWS provider that compute and look nothing up."""

from __future__ import annotations

import re
from collections.abc import Callable

from kmsiac.frontends.terraform.conversion import Undetermined
from kmsiac.frontends.terraform.string_functions import text_pieces
from kmsiac.stack import Provider
from kmsiac.values import Text, Value

TYPES = frozenset({"aws_arn", "aws_service_principal"})

_ARN_PARTS = ("partition", "service", "region", "account")
_COMMERCIAL = re.compile(r"(?!cn-|us-gov-|us-iso|eu-isoe-|eusc-)[a-z]{2,}(-[a-z]+)+-[0-9]+")


def computed(
    type: str,
    name: str,
    written: Callable[[str], Value | None],
    provider: Provider,
    position: int,
) -> Value | None:
    """An attribute of one of `TYPES`; None where it is not known or there is no such attribute."""
    if type == "aws_arn":
        arn = written("arn")
        return _part(arn, name, position) if isinstance(arn, Text) else None
    service = written("service_name")
    region = written("region") or provider.region
    if not isinstance(service, Text) or name not in ("name", "suffix"):
        return None
    # Elsewhere the suffix depends on the service.
    if not (isinstance(region, Text) and region.literal and _COMMERCIAL.fullmatch(region.literal)):
        return None
    suffix = "amazonaws.com"
    if name == "suffix":
        return Text((suffix,), position)
    return Text((*service.parts, f".{suffix}"), position)


def _part(arn: Text, name: str, position: int) -> Value | None:
    """One part of an ARN whose parts can be told apart."""
    try:
        pieces = text_pieces(arn, ":")
    except Undetermined:
        return None
    if len(pieces) < 6 or pieces[0] != ["arn"]:
        return None
    if name == "resource":
        parts = [part for piece in pieces[5:] for part in (":", *piece)][1:]
        return Text(parts, position, arn.sensitive)
    if name in _ARN_PARTS:
        return Text(pieces[1 + _ARN_PARTS.index(name)], position, arn.sensitive)
    return None
