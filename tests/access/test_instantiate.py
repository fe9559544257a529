from __future__ import annotations

import re

import pytest

from kmsiac.access.instantiate import Guess, Instances
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
    instances = Instances(OWN, [f"arn:aws:iam::{taken}:root"], ["100000000002"])
    assert instances.account not in (taken, "100000000002")


def test_unknown_parts_stay() -> None:
    unknown = Unknown("var.x", "variable has no default")
    instances = Instances(OWN, [], [])
    assert instances.text(Text(["a-", unknown])).parts == ("a-", unknown)
    half = Symbol("role_arn", "r", OWNER, "resource", Text(["arn:aws:iam::", unknown, ":role/x"]))
    assert instances.text(Text([half])).parts == (half,)
    assert instances.of(Text([half])) is None


def test_a_resource_is_one_thing_whatever_its_name_is() -> None:
    unknown = Unknown("var.p", "variable has no default")
    shape = Text(["arn:aws:iam::111122223333:role", unknown, unknown, "-app"])
    symbol = Symbol("role_arn", "aws_iam_role.app.arn", OWNER, "resource", shape)
    instances = Instances(OWN, [], [])
    made = instances.of(Text([symbol]))
    assert made is not None
    assert re.fullmatch(r"arn:aws:iam::111122223333:role/[^:]+-app", made)
    assert instances.of(Text([symbol])) == made
    looked_up = Symbol("role_arn", "data.aws_iam_role.x.arn", OWNER, "data", shape)
    assert instances.of(Text([looked_up])) is None


def test_a_guess_makes_symbols_equal() -> None:
    partner, other = (
        Symbol("account_id", f"var.{name}", OWNER, "parameter") for name in ("a", "b")
    )
    guess = Guess(((partner, OWN.account), (other, Text([partner]))))
    instances = Instances(OWN, [], [], guess)
    assert instances.of(Text([other])) == instances.of(Text([partner])) == instances.account
    guess = Guess(((account_symbol(), text("444455556666")), (partner, OWN.account)))
    assert Instances(OWN, [], [], guess).of(Text([partner])) == "444455556666"


def account_symbol() -> Symbol:
    found = OWN.account.symbol
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("multi_region", "pattern"),
    [
        (True, r"mrk-[a-z]{32}"),
        (False, r"[a-z]{8}(-[a-z]{4}){3}-[a-z]{12}"),
        (None, r"either-[a-z]+"),
    ],
)
def test_the_id_of_a_key_has_the_form_of_its_kind(multi_region: bool | None, pattern: str) -> None:
    key_id = Symbol("key_id", "aws_kms_key.k.key_id", OWNER, "resource")
    shape = Text(["arn:aws:kms:eu-west-1:111122223333:key/", key_id])
    arn = Text([Symbol("key_arn", "aws_kms_key.k.arn", OWNER, "resource", shape)])
    instances = Instances(OWN, [], [])
    instances.name_key(arn, multi_region=multi_region)
    made = instances.of(arn)
    assert made is not None
    assert re.fullmatch(pattern, made.rpartition("/")[2])
    assert instances.of(Text([key_id])) == made.rpartition("/")[2]
    assert instances.made_from_symbols(made)


@pytest.mark.parametrize(
    ("type", "form"),
    [("role_id", "AROA"), ("role_unique_id", "AROA"), ("user_unique_id", "AIDA")],
)
def test_the_id_of_a_role_looks_like_one(type: str, form: str) -> None:
    symbol = Symbol(type, "app", OWNER, "resource")
    made = Instances(OWN, [], []).of(Text([symbol, ":session"]))
    assert re.fullmatch(f"{form}[0-9A-Z]{{17}}:session", made or "")
