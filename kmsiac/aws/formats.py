"""Named text formats: the account id, the Region, the ARN of a key and their like."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from kmsiac.aws.partitions import partition_of_region
from kmsiac.aws.shapes import ANY, MANY, Shape

_Pieces = tuple[tuple[frozenset[str] | None, int, int], ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A named set of texts."""

    name: str
    meaning: str
    example: str
    matches: Callable[[str], bool]
    """Whether a text, taken literally, has the format."""
    could_match: Callable[[str], bool]
    """Whether a pattern with `*`, `?` and policy variables could match a text of the format."""
    doubt: Callable[[str], str] = lambda _: ""
    """Why AWS's documentation leaves open whether a text has the format; empty where it does not."""


def _text(text: str) -> _Pieces:
    return tuple((frozenset(character), 1, 1) for character in text)


def _run(characters: str, least: int = 1, most: int = MANY) -> _Pieces:
    return ((frozenset(characters), least, most),)


_LOWER, _DIGITS = string.ascii_lowercase, string.digits
_WORD = string.ascii_letters + _DIGITS
_LOWER_HEX = _DIGITS + "abcdef"
_SOMETHING: _Pieces = ((ANY, 1, MANY),)
_POLICY_CHARACTERS = "\t\n\r" + "".join(map(chr, range(0x20, 0x100)))
_ACCOUNT = _run(_DIGITS, 12, 12)
_PARTITION = _text("aws") + _run(_LOWER + "-", 0)
_REGIONS = tuple(
    _run(_LOWER, 2, 4)
    + (_text("-") + _run(_LOWER, 1, 16)) * words
    + _text("-")
    + _run(_DIGITS, 1, 2)
    for words in (1, 2, 3)
)
_EUROPEAN_REGION = _text("eusc-") + _run(_LOWER + "-", 1, 24) + _text("-") + _run(_DIGITS, 1, 2)
_VIA_ENDS = (
    *(region + _text(".amazonaws.com") for region in _REGIONS),
    _EUROPEAN_REGION + _text(".amazonaws.eu"),
)


def _ids(prefix: str) -> tuple[_Pieces, ...]:
    return tuple(_text(prefix) + _run(_LOWER_HEX, size, size) for size in (8, 17))


def _regional_arn(service: str, rest: _Pieces) -> tuple[_Pieces, ...]:
    head = (*_text("arn:"), *_PARTITION, *_text(f":{service}:"))
    tail = (*_text(":"), *_ACCOUNT, *_text(":"), *rest)
    return tuple((*head, *region, *tail) for region in _REGIONS)


def _shapes() -> Mapping[str, tuple[_Pieces, ...]]:
    """The formats that are rows of character classes, each with its alternatives."""
    alias = _text("alias/") + _run(_WORD + "/_-")
    label = _run(_WORD + "-") + _text(".")
    return {
        "account_id": (_ACCOUNT,),
        "action": (
            _text("*"),
            _run(_LOWER + string.ascii_uppercase + _DIGITS + "-*?")
            + _text(":")
            + _run(_WORD + "*?"),
        ),
        "alias_name": (alias,),
        "alias_pattern": (alias,),
        "kms_arn": (
            *_regional_arn("kms", _text("key/") + _run(_WORD + "-")),
            *_regional_arn("kms", alias),
        ),
        "log_group_arn": _regional_arn("logs", (*_text("log-group:"), *_SOMETHING)),
        "organization_id": (_text("o-") + _run(_LOWER + _DIGITS, 10, 32),),
        "policy_name": (_run(_WORD + "_", 1, 128),),
        "policy_text": (_run(_POLICY_CHARACTERS, 0),),
        "region": _REGIONS,
        "service_principal": tuple(label * labels + _run(_WORD + "-") for labels in range(2, 7)),
        "sha384_hex": (_run(string.hexdigits, 96, 96),),
        "sid": (_run(_WORD, 0),),
        "via_service": tuple(
            _run(_LOWER + _DIGITS + "-", 1, 63) + _text(".") + end for end in _VIA_ENDS
        ),
        "vpc_id": _ids("vpc-"),
        "vpce_id": _ids("vpce-"),
        "zero_hex": (_run("0"),),
    }


@cache
def _compiled(name: str) -> tuple[Shape, ...]:
    return tuple(Shape(pieces) for pieces in _shapes()[name])


@lru_cache(maxsize=4096)
def _literal(name: str, text: str) -> bool:
    return any(shape.matches(text) for shape in _compiled(name))


@lru_cache(maxsize=4096)
def _pattern(name: str, pattern: str) -> bool:
    return any(shape.meets(pattern) for shape in _compiled(name))


def _shaped(name: str, meaning: str, example: str) -> Format:
    return Format(
        name, meaning, example, lambda text: _literal(name, text), lambda text: _pattern(name, text)
    )


def _is_policy_text(text: str) -> bool:
    # Nearly all are plain ASCII, and a scan asks thousands of strings.
    return (text.isascii() and text.isprintable()) or _literal("policy_text", text)


def _could_be_action(pattern: str) -> bool:
    # A wildcard stands for no colon: IAM wants it written, but in what another tool fills in.
    return _pattern("action", pattern) if "${" in pattern else _literal("action", pattern)


def _is_alias_name(text: str) -> bool:
    return _literal("alias_name", text) and len(text) <= 256 and not text.startswith("alias/aws/")


def _could_be_alias_name(pattern: str) -> bool:
    return _pattern("alias_name", pattern) and not pattern.startswith("alias/aws/")


def _arn_fits(text: str) -> bool:
    """Whether partition and Region of a KMS ARN belong together, as far as both are known."""
    _, partition, _, region, *_ = text.split(":", 4)
    known = partition_of_region(region)
    return known is None or known == partition or not set("*?$").isdisjoint(partition + region)


def _is_kms_arn(text: str) -> bool:
    return _literal("kms_arn", text) and _arn_fits(text)


def _could_be_kms_arn(pattern: str) -> bool:
    whole = pattern.count(":") >= 5 and "${" not in pattern
    return _pattern("kms_arn", pattern) and (not whole or _arn_fits(pattern))


def _is_private_cidr(text: str) -> bool:
    import ipaddress  # noqa: PLC0415  (slow to import, seldom needed)

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    if isinstance(network, ipaddress.IPv6Network):
        return network.subnet_of(ipaddress.IPv6Network("fc00::/7"))
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    return any(network.subnet_of(ipaddress.IPv4Network(block)) for block in private)


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def _could_be_boolean(pattern: str) -> bool:
    return any(Shape(_text(value)).meets(pattern.lower()) for value in ("true", "false"))


def _via_service_doubt(text: str) -> str:
    region = text.split(".")[1] if text.count(".") > 1 else ""
    known = partition_of_region(region) == "aws-eusc" and _pattern("via_service", text)
    return "how kms:ViaService ends in the partition aws-eusc is not documented" if known else ""


_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

_ALL = (
    _shaped("account_id", "An AWS account id: twelve digits.", "111122223333"),
    Format(
        "action",
        "An action or action pattern: `*`, or service and name.",
        "kms:Describe*",
        lambda text: _literal("action", text),
        _could_be_action,
    ),
    Format(
        "alias_name",
        "A valid alias name that is not reserved for AWS (`alias/aws/`).",
        "alias/orders",
        _is_alias_name,
        _could_be_alias_name,
    ),
    _shaped("alias_pattern", "An alias name, those reserved for AWS included.", "alias/aws/s3"),
    Format("boolean", "true or false, case aside.", "true", _is_boolean, _could_be_boolean),
    Format(
        "kms_arn",
        "The ARN of a key or alias, with a Region of its partition.",
        _KEY_ARN,
        _is_kms_arn,
        _could_be_kms_arn,
    ),
    _shaped(
        "log_group_arn",
        "The ARN of a CloudWatch Logs log group.",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/app",
    ),
    _shaped("organization_id", "The id of an organization.", "o-a1b2c3d4e5"),
    _shaped("policy_name", "The name of a key policy, as the API takes it.", "default"),
    Format(
        "policy_text",
        "Only characters that policies may hold: Latin-1, tabs and line ends.",
        "Allow access to the key",
        _is_policy_text,
        lambda pattern: _pattern("policy_text", pattern),
    ),
    Format(
        "private_cidr",
        "An address or range inside RFC 1918 or fc00::/7.",
        "10.1.0.0/16",
        _is_private_cidr,
        _is_private_cidr,
    ),
    _shaped("region", "The name of a Region.", "eusc-de-east-1"),
    _shaped("service_principal", "The name of an AWS service principal.", "logs.amazonaws.com"),
    _shaped("sha384_hex", "A SHA-384 digest in hexadecimal: 96 digits.", "0a" * 48),
    _shaped("sid", "A statement id as IAM policies take it: letters and digits.", "AllowUse"),
    replace(
        _shaped("via_service", "A value of kms:ViaService.", "s3.eu-west-1.amazonaws.com"),
        doubt=_via_service_doubt,
    ),
    _shaped("vpc_id", "The id of a VPC.", "vpc-0123456789abcdef0"),
    _shaped("vpce_id", "The id of a VPC endpoint.", "vpce-0123456789abcdef0"),
    _shaped("zero_hex", "Zeros only: what an enclave in debug mode measures.", "0" * 96),
)

FORMATS: Mapping[str, Format] = {format.name: format for format in _ALL}
"""The formats by name. Nothing is compiled before its first use."""
