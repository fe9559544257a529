"""Functions on address ranges: `cidrhost`, `cidrnetmask`, `cidrsubnet`, `cidrsubnets`."""

from __future__ import annotations

import ipaddress

from kmsiac.frontends.terraform.conversion import (
    CallError,
    Undetermined,
    literal,
    to_integer,
)
from kmsiac.frontends.terraform.string_functions import Row
from kmsiac.frontends.terraform.symbolic import ListOf
from kmsiac.values import Text, Value

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: Value) -> Network:
    written = literal(value)
    address, slash, size = written.partition("/")
    if not slash or not (size.isascii() and size.isdigit()) or len(size) > 3 or len(written) > 60:
        raise CallError("this is no address range")
    if ":" not in address:
        # Terraform reads a number of four decimal parts also where one starts with a zero.
        address = ".".join(part.lstrip("0") or "0" for part in address.split(".") if part.isdigit())
    try:
        network = ipaddress.ip_network(f"{address}/{int(size)}", strict=False)
    except ValueError:
        raise CallError("this is no address range") from None
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped is not None:
        raise Undetermined("an IPv4 range written as IPv6 is not evaluated")
    return network


def _written(address: int, bits: int) -> str:
    if bits == 32:
        return str(ipaddress.IPv4Address(address))
    found = ipaddress.IPv6Address(address)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return _go_ipv6(found)


def _go_ipv6(address: ipaddress.IPv6Address) -> str:
    """Go shortens a run of two zero groups at least, the first of the longest."""
    groups = [int(group, 16) for group in address.exploded.split(":")]
    best, size, at = 0, 0, 0
    while at < 8:
        run = 0
        while at + run < 8 and groups[at + run] == 0:
            run += 1
        if run > size:
            best, size = at, run
        at += run or 1
    shown = [format(group, "x") for group in groups]
    if size < 2:
        return ":".join(shown)
    return ":".join(shown[:best]) + "::" + ":".join(shown[best + size :])


def _cidrhost(position: int, arguments: list[Value]) -> Value:
    network, number = _network(arguments[0]), to_integer(arguments[1])
    size = network.num_addresses
    if not -size <= number < size:
        raise CallError("the range has no such address")
    address = int(network.network_address) + (number if number >= 0 else size + number)
    return Text((_written(address, network.max_prefixlen),), position)


def _cidrnetmask(position: int, arguments: list[Value]) -> Value:
    network = _network(arguments[0])
    if network.version != 4:
        raise CallError("only an IPv4 range has a netmask")
    return Text((str(network.netmask),), position)


def _cidrsubnet(position: int, arguments: list[Value]) -> Value:
    network = _network(arguments[0])
    more, number = to_integer(arguments[1]), to_integer(arguments[2])
    length = network.prefixlen + more
    if more < 0 or number < 0:
        raise Undetermined("a negative number of bits or of the subnet is not evaluated")
    if length > network.max_prefixlen or more > 128 or number >= 1 << more:
        raise CallError("the range has no such subnet")
    address = int(network.network_address) + (number << (network.max_prefixlen - length))
    return Text((f"{_written(address, network.max_prefixlen)}/{length}",), position)


def _cidrsubnets(position: int, arguments: list[Value]) -> Value:
    network = _network(arguments[0])
    end = int(network.network_address) + network.num_addresses
    at = int(network.network_address)
    found: list[Value] = []
    for argument in arguments[1:]:
        more = to_integer(argument)
        length = network.prefixlen + more
        if more < 1 or more > 32 or length > network.max_prefixlen:
            raise CallError("a prefix must grow by 1 to 32 bits, and fit")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            raise CallError("the range has no room for all subnets")
        found.append(Text((f"{_written(at, network.max_prefixlen)}/{length}",), position))
        at += size
    return ListOf(found, position, element="string")


TABLE: dict[str, Row] = {
    "cidrhost": (_cidrhost, 2, 2, False, False),
    "cidrnetmask": (_cidrnetmask, 1, 1, False, False),
    "cidrsubnet": (_cidrsubnet, 3, 3, False, False),
    "cidrsubnets": (_cidrsubnets, 1, 1000, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
