"""Keys whose ids a plan knows: a policy that spells an ARN is about that key and about no other."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kmsiac.access.candidates import _may_reach, candidates
from kmsiac.access.unit import UnitAccess
from kmsiac.inventory.named import key_named
from kmsiac.policy.actions import all_actions
from kmsiac.values import text
from tests.access.units import ACCOUNT, key_of, unit_of, who_of

Json = dict[str, Any]
OTHER = "444455556666"
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
        "Resource": "*"}  # fmt: skip
TRUST = [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
]
ONE, TWO = "1111aaaa-0000-4000-8000-000000000001", "2222bbbb-0000-4000-8000-000000000002"
GLOBAL = "mrk-0123456789abcdef0123456789abcdef"


def arn(id: str, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{id}"


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def use(resource: Any, **more: Any) -> Json:
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": resource, **more}


def change(address: str, after: Json, unknown: Json | None = None) -> Json:
    type_, name = address.split(".")
    action = "create" if unknown else "no-op"
    values = {"actions": [action], "before": None, "after": after, "after_unknown": unknown or {}}
    return {"address": address, "mode": "managed", "type": type_, "name": name, "change": values}


def key(name: str, id: str | None, *said: Json, **more: Any) -> Json:
    about = {"policy": policy(*(said or (ROOT,))), **more}
    known = {"arn": arn(id), "key_id": id, "id": id} if id else {}
    unknown = None if id else {"arn": True, "key_id": True, "id": True}
    return change(f"aws_kms_key.{name}", about | known, unknown)


def role(name: str, *said: Json) -> list[Json]:
    made = {"name": name, "assume_role_policy": policy(*TRUST), "id": name,
            "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}  # fmt: skip
    inline = {"name": "access", "role": name, "policy": policy(*said)}
    return [change(f"aws_iam_role.{name}", made), change(f"aws_iam_role_policy.{name}", inline)]


def unit(folder: Path, *changes: Json | list[Json], abroad: Sequence[str] = ()) -> UnitAccess:
    """The unit of a plan; keys that are `abroad` have a provider configuration of their own."""
    flat = [one for made in changes for one in (made if isinstance(made, list) else [made])]
    plan: Json = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": flat}
    role = {"role_arn": {"constant_value": f"arn:aws:iam::{OTHER}:role/ci"}}
    providers = {"aws": {"name": "aws"}, "aws.far": {"name": "aws", "alias": "far",
                 "expressions": {"assume_role": [role]}}}  # fmt: skip
    resources = [{"address": one["address"], "expressions": {name: {} for name in ("policy", "role",
                  "key_id", "kms_master_key_id", "name", "target_key_id", "assume_role_policy",
                  "multi_region", "grantee_principal", "operations")},
                  "provider_config_key": "aws.far" if one["name"] in abroad else "aws"}
                 for one in flat]  # fmt: skip
    plan["configuration"] = {"provider_config": providers, "root_module": {"resources": resources}}
    return unit_of(folder, json.dumps(plan), None, "plan.json")


def holders(unit: UnitAccess, key: str) -> dict[str, bool]:
    """Which roles can decrypt with a key, and whether that is certain."""
    found = unit.holders(["kms:Decrypt"], key_of(unit, f"aws_kms_key.{key}"), written_only=True)
    return {
        one.who.identity.address.rpartition(".")[2]: one.answer.is_yes
        for one in found
        if one.who.identity is not None
    }


def test_who_spells_the_arn_of_a_key_reaches_that_key_alone(tmp_path: Path) -> None:
    made = unit(
        tmp_path, key("one", ONE), key("two", TWO), role("app", use(arn(ONE))),
        role("both", use([arn(ONE), arn(TWO)])), role("wide", use("*")),
        role("far", use(arn(ONE, region="us-east-1"))), role("abroad", use(arn(ONE, account=OTHER))),
        role("like", use(arn("2222*"))), role("alias", use(f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/a")),
    )  # fmt: skip
    assert holders(made, "one") == {"app": True, "both": True, "wide": True}
    assert holders(made, "two") == {"both": True, "wide": True, "like": True}


def test_not_that_key_and_a_deny_on_it_are_exact_too(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Action": "kms:*", "Resource": arn(TWO)}
    but = {"Effect": "Allow", "Action": "kms:Decrypt", "NotResource": arn(ONE)}
    made = unit(
        tmp_path, key("one", ONE), key("two", TWO), role("but", but), role("kept", use("*"), deny)
    )
    assert holders(made, "one") == {"kept": True}
    assert holders(made, "two") == {"but": True}


def test_a_key_policy_that_spells_its_own_key_or_another_one(tmp_path: Path) -> None:
    said = [{**ROOT, "Resource": arn(ONE)}]
    made = unit(tmp_path, key("one", ONE, *said), key("two", TWO, *said), role("app", use("*")))
    assert holders(made, "one") == {"app": True}
    assert holders(made, "two") == {}


def test_a_key_that_is_new_or_replaced_may_be_any_that_is_spelt(tmp_path: Path) -> None:
    made = unit(tmp_path, key("new", None), key("one", ONE), role("app", use(arn(TWO))))
    assert holders(made, "new") == {"app": False}
    assert holders(made, "one") == {}


def test_the_id_tells_whether_a_key_is_in_several_regions(tmp_path: Path) -> None:
    made = unit(
        tmp_path, key("one", ONE), key("all", GLOBAL, multi_region=True),
        role("global", use(arn("mrk-*", region="*"))),
    )  # fmt: skip
    assert holders(made, "one") == {}
    assert holders(made, "all") == {"global": True}


@pytest.mark.parametrize("apart", [True, False])
def test_the_account_and_region_of_a_key_are_those_of_its_arn(tmp_path: Path, apart: bool) -> None:
    """Of two accounts, whether or not the plan shows that there are two provider configurations."""
    abroad = key("two", TWO)
    abroad["change"]["after"]["arn"] = arn(TWO, "us-east-1", OTHER)
    roles = [*role("app", use(arn(ONE))), *role("other", use(arn(TWO, "us-east-1", OTHER))),
             *role("none", use(arn(TWO)))]  # fmt: skip
    made = unit(tmp_path, key("one", ONE), abroad, roles, abroad=["two"] if apart else [])
    two = key_of(made, "aws_kms_key.two")
    assert two.resource.provider.account.literal == OTHER
    assert two.resource.provider.region.literal == "us-east-1"
    # Its key policy lets in the first account, where the roles are.
    other, none = who_of(made, "aws_iam_role.other"), who_of(made, "aws_iam_role.none")
    assert made.can(none, ["kms:Decrypt"], two).answer.is_no is apart
    assert made.can(other, ["kms:Decrypt"], two).answer.is_yes is apart
    # Where it does not, whose role each policy is of is not certain.
    assert holders(made, "one").get("app") is apart


def test_ids_and_arns_name_their_keys(tmp_path: Path) -> None:
    alias = {"name": "alias/one", "target_key_id": ONE}
    queue = {"name": "q", "kms_master_key_id": arn(TWO)}
    grant = {"key_id": TWO, "grantee_principal": f"arn:aws:iam::{ACCOUNT}:role/app",
             "operations": ["Decrypt"]}  # fmt: skip
    made = unit(
        tmp_path, key("one", ONE), key("two", TWO), role("app", use("alias/nothing")),
        change("aws_kms_alias.a", alias), change("aws_sqs_queue.q", queue),
        change("aws_kms_grant.g", grant),
    )  # fmt: skip
    one, two = key_of(made, "aws_kms_key.one"), key_of(made, "aws_kms_key.two")
    assert [each.address for each in one.aliases.items] == ["aws_kms_alias.a"]
    assert [each.address for each in two.consumers.items] == ["aws_sqs_queue.q"]
    assert [each.address for each in two.grants.items] == ["aws_kms_grant.g"]
    assert (two.aliases.items, one.consumers.items, one.grants.maybe) == ((), (), ())
    assert holders(made, "two") == {"app": True}
    near = two.resource.provider
    for spelt, expected in ((ONE, one), (arn(TWO), two), ("alias/one", one)):
        assert key_named(made.inventory, text(spelt), near).items == (expected,)
    for spelt in (arn(ONE, "us-east-1"), arn(ONE, account=OTHER), ONE[:-1], "alias/" + ONE):
        found = key_named(made.inventory, text(spelt), near)
        assert (found.items, found.maybe) == ((), ())
        assert found.open


@pytest.mark.parametrize("id", ["*", "${x}", "a b", "", "x" * 300])
def test_what_cannot_be_an_id_is_none(tmp_path: Path, id: str) -> None:
    made = unit(tmp_path, key("odd", id or None, arn=arn(id)), role("app", use(arn(ONE))))
    assert holders(made, "odd") == {"app": False}


# -- looking up and asking one by one ----------------------------------------------------------------

IDS = [f"{number}000aaaa-0000-4000-8000-000000000000" for number in range(6)]


def drawn_role(draw: random.Random, name: str, ids: Sequence[str]) -> list[Json]:
    def resource() -> Any:
        spelt = arn(draw.choice([*ids, TWO]), draw.choice(("eu-west-1", "eu-west-1", "us-east-1")))
        wide = draw.choice(("*", arn("1000*"), arn("*"), "arn:aws:kms:eu-west-1:*:alias/x"))
        one = draw.choice((spelt, spelt, spelt, wide, arn("${aws:PrincipalTag/k}"), f"{ids[0]}"))
        return one if draw.random() < 0.5 else [one, arn(draw.choice(ids))]

    said = [use(resource()) for _ in range(draw.randint(1, 3))]
    if draw.random() < 0.1:
        statement = said[0]
        statement["NotResource"] = statement.pop("Resource")
    if draw.random() < 0.2:
        said.append({"Effect": "Deny", "Action": "kms:*", "Resource": resource()})
    return role(name, *said)


@pytest.mark.parametrize("seed", range(5))
def test_looking_up_who_spells_a_key_finds_all_who_may_reach_it(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    keys = [key(f"k{at}", None if draw.random() < 0.2 else id) for at, id in enumerate(IDS)]
    roles = [drawn_role(draw, f"r{at}", IDS) for at in range(25)]
    made = unit(tmp_path, *keys, *roles)
    spared = 0
    for one in made.inventory.keys:
        found = {c.who.identity for c in candidates(made, one, named_only=False)} - {None}
        each = {
            candidate.who.identity
            for likes in made.alike
            if _may_reach(made, likes, one)
            for _, candidate in likes.candidates
        }
        assert found == each
        spared += len(made.alike) - len(made.reaching.of(one))
        held = {
            identity
            for identity in made.inventory.identities
            for ruling in [made.can(made.who(identity), all_actions(), one)]
            if not ruling.answer.is_no
        }
        assert held <= found
    assert spared > 0
