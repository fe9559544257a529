from __future__ import annotations

import re

from kmsiac.access.instantiate import Instances
from kmsiac.stack import Environment, Provider
from kmsiac.values import Owner, Symbol, Text, Unknown, text

OWNER = Owner("main")
NAMES = {name: name for name in ("account_id", "region", "partition", "dns_suffix")}
OWN = Provider.symbolic(OWNER, Environment(), NAMES)


def role(name: str) -> Symbol:
    shape = Text(["arn:", *OWN.partition.parts, ":iam::", *OWN.account.parts, f":role/{name}"])
    return Symbol("role_arn", f"aws_iam_role.{name}.arn", OWNER, "resource", shape)


def test_a_shape_uses_the_own_account_and_partition() -> None:
    instances = Instances(OWN, [], [])
    assert instances.of(Text([role("app")])) == f"arn:aws:iam::{instances.account}:role/app"
    assert re.fullmatch(r"[0-9]{12}", instances.account)


def test_equal_symbols_are_equal_and_others_differ() -> None:
    instances = Instances(OWN, [], [])
    kinds = ["account_id", "organization_id", "role_name", "bucket_arn", "user_arn", "text"]
    symbols = [
        Symbol(kind, f"var.{kind}{at}", OWNER, "parameter") for kind in kinds for at in range(3)
    ]
    first = [instances.of(Text([symbol])) for symbol in symbols]
    assert [instances.of(Text([symbol])) for symbol in symbols] == first
    assert len({*first, instances.account}) == len(symbols) + 1


def test_an_instance_stands_nowhere_else() -> None:
    taken = Instances(OWN, [], []).account
    instances = Instances(OWN, [text(f"arn:aws:iam::{taken}:root")], ["100000000002"])
    assert instances.account not in (taken, "100000000002")


def test_unknown_parts_stay() -> None:
    unknown = Unknown("var.x", "variable has no default")
    instances = Instances(OWN, [], [])
    assert instances.text(Text(["a-", unknown])).parts == ("a-", unknown)
    half = Symbol("role_arn", "r", OWNER, "resource", Text(["arn:aws:iam::", unknown, ":role/x"]))
    assert instances.text(Text([half])).parts == (half,)
    assert instances.of(Text([half])) is None
