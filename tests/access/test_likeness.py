"""Identities that are alike: one of them speaks for all, and only where each would say the same."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kmsiac.access.candidates import Candidate, candidates, grouped
from kmsiac.access.unit import UnitAccess
from kmsiac.inventory.model import Key
from kmsiac.policy.actions import all_actions
from tests.access.units import ACCOUNT, key_of, unit_of

Json = dict[str, Any]
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER = "999988887777"
WIDE = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
OBJECTS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::things/*"}

# -- units -----------------------------------------------------------------------------------------


def policy(statements: Sequence[Json]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, actions: Any = "kms:*", condition: Json | None = None) -> Json:
    made: Json = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def template(keys: dict[str, Sequence[Json]], roles: dict[str, Json]) -> str:
    """A unit by the statements of its key policies, and of its roles what they have.

    `own` are the statements of a role, `bounds` those of its boundary, `unknown` says that it has
    a policy that nobody knows, `kind` is a user or a role, `name` what it is called.
    """
    made: Json = {"aws_kms_key": {n: {"policy": policy(said)} for n, said in keys.items()}}
    trust = policy([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROOT}}])
    for label, has in roles.items():
        kind = has.get("kind", "role")
        body: Json = {"name": has.get("name", label)}
        if kind == "role":
            body["assume_role_policy"] = trust
        if "bounds" in has:
            text = policy(has["bounds"])
            bound = {"name": f"{label}-bound", "policy": text}
            made.setdefault("aws_iam_policy", {})[f"{label}-bound"] = bound
            body["permissions_boundary"] = f"${{aws_iam_policy.{label}-bound.arn}}"
        made.setdefault(f"aws_iam_{kind}", {})[label] = body
        inline = made.setdefault(f"aws_iam_{kind}_policy", {})
        reference = f"${{aws_iam_{kind}.{label}.name}}"
        if "own" in has:
            inline[label] = {kind: reference, "policy": policy(has["own"])}
        if has.get("unknown"):
            inline[f"{label}-more"] = {kind: reference, "policy": f"${{var.{label}}}"}
    variables = {label: {} for label, has in roles.items() if has.get("unknown")}
    data = {"aws_iam_role": {"looked_up": {"name": "${var.looked_up}"}}}
    return json.dumps({"resource": made, "variable": {**variables, "looked_up": {}}, "data": data})


def unit(
    folder: Path,
    keys: dict[str, Sequence[Json]],
    roles: dict[str, Json],
    account: str | None = ACCOUNT,
) -> UnitAccess:
    return unit_of(folder, template(keys, roles), account, "main.tf.json")


def groups(unit: UnitAccess, key: str = "k") -> list[set[str]]:
    found = grouped(unit, key_of(unit, f"aws_kms_key.{key}"))
    return [{called(one) for one in group} for group in found if len(group) > 1]


def called(candidate: Candidate) -> str:
    identity = candidate.who.identity
    return identity.address.partition(".")[2] if identity is not None else str(candidate.who.text)


DELEGATED = [allow({"AWS": ROOT})]

# -- who is alike ----------------------------------------------------------------------------------


def test_roles_that_say_the_same_of_keys_are_alike(tmp_path: Path) -> None:
    other = {**OBJECTS, "Resource": "arn:aws:s3:::others/*"}
    roles = {"a": {"own": [WIDE, OBJECTS]}, "b": {"own": [WIDE, other]}, "c": {"own": [OBJECTS]}}
    assert groups(unit(tmp_path, {"k": DELEGATED}, roles)) == [{"a", "b"}]


def test_what_a_wider_statement_allows_makes_no_difference(tmp_path: Path) -> None:
    keys = {"k": DELEGATED, "l": DELEGATED}
    one = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
    }
    other = {**one, "Action": "kms:Sign", "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/2"}
    roles = {"a": {"own": [one, WIDE]}, "b": {"own": [WIDE, other]}, "c": {"own": [WIDE]}}
    assert groups(unit(tmp_path, keys, roles)) == [{"a", "b"}]  # `c` spells no key of this Region
    roles = {
        "a": {"own": [one, WIDE], "bounds": [one, WIDE]},
        "b": {"own": [one, WIDE], "bounds": [WIDE]},
    }
    assert groups(unit(tmp_path, keys, roles)) == []


def test_whom_the_key_names_stands_alone(tmp_path: Path) -> None:
    roles = {name: {"own": [WIDE]} for name in ("one", "two", "three", "four")}
    said = [*DELEGATED, allow({"AWS": "${aws_iam_role.one.arn}"}, "kms:Decrypt")]
    said.append(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/two"}, "kms:Encrypt"))
    assert groups(unit(tmp_path, {"k": said}, roles)) == [{"three", "four"}]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param({"own": [{**WIDE, "Action": "kms:Decrypt"}]}, id="other actions"),
        pytest.param({"own": [{**WIDE, "Effect": "Deny"}, WIDE]}, id="a Deny"),
        pytest.param({"own": [WIDE], "bounds": [OBJECTS]}, id="a boundary"),
        pytest.param({"own": [WIDE], "unknown": True}, id="a policy that is not known"),
        pytest.param({"own": [WIDE], "kind": "user"}, id="a user"),
        pytest.param(
            {"own": [WIDE, {**OBJECTS, "Resource": f"arn:aws:sqs:eu-west-1:{OTHER}:q"}]},
            id="an account that may be our own",
        ),
        pytest.param(
            {"own": [{**WIDE, "Condition": {"StringEquals": {"kms:ViaService": "s3"}}}]},
            id="a condition",
        ),
    ],
)
def test_who_differs_in_what_counts_is_not_alike(tmp_path: Path, own: Json) -> None:
    roles = {"a": {"own": [WIDE]}, "b": {"own": [WIDE]}, "c": own}
    assert groups(unit(tmp_path, {"k": DELEGATED}, roles, None)) == [{"a", "b"}]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            allow({"AWS": "*"}, "kms:*", {"ArnLike": {"aws:PrincipalArn": "*:role/app-*"}}),
            id="a pattern for ARNs",
        ),
        pytest.param(
            allow({"AWS": "*"}, "kms:*", {"StringEquals": {"kms:EncryptionContext:u": "$${aws:username}"}}),
            id="a policy variable",
        ),
        pytest.param(allow({"AWS": "${data.aws_iam_role.looked_up.arn}"}), id="a role looked up"),
        pytest.param(allow({"AWS": "${var.looked_up}"}), id="not known"),
    ],
)  # fmt: skip
def test_a_key_that_may_mean_anybody_tells_all_apart(tmp_path: Path, statement: Json) -> None:
    roles = {"a": {"own": [WIDE]}, "b": {"own": [WIDE]}}
    found = unit(tmp_path, {"k": [*DELEGATED, statement]}, roles)
    alone = groups(found) == []
    assert alone or "var.looked_up" in str(statement)  # what is not known may be each as well


def test_what_only_own_policies_ask_by_name_tells_apart(tmp_path: Path) -> None:
    named = {**WIDE, "Condition": {"ArnLike": {"aws:PrincipalArn": "*/a"}}}
    roles = {"a": {"own": [named]}, "b": {"own": [named]}}
    assert groups(unit(tmp_path, {"k": DELEGATED}, roles)) == []


def test_policies_that_are_not_known_are_alike(tmp_path: Path) -> None:
    roles = {name: {"unknown": True} for name in "abc"}
    assert groups(unit(tmp_path, {"k": DELEGATED}, roles)) == [{"a", "b", "c"}]


# -- one speaks for all ----------------------------------------------------------------------------

NAMES = ("app-one", "app-two", "web", "ops", "batch", "ci", "audit", "deploy", "app-three", "etl")


def drawn_key(draw: random.Random) -> list[Json]:
    own = {"kms:CallerAccount": ACCOUNT}
    choices = [
        allow({"AWS": ROOT}),
        allow({"AWS": ROOT}, ["kms:Decrypt", "kms:CreateGrant"]),
        allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{draw.choice(NAMES)}"}, "kms:Decrypt"),
        allow({"AWS": f"${{aws_iam_role.{draw.choice(NAMES[2:5])}.arn}}"}, "kms:Put*"),
        allow({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/{draw.choice(NAMES)}/x"}, "kms:Sign"),
        allow({"AWS": "*"}, "kms:Encrypt", {"StringEquals": own}),
        allow({"AWS": "*"}, "kms:Decrypt", {"ArnLike": {"aws:PrincipalArn": "*:role/app-*"}}),
        allow({"AWS": "*"}, "kms:*", {"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
        allow({"AWS": "*"}, "kms:*", {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        allow({"AWS": "${data.aws_iam_role.looked_up.arn}"}, "kms:DisableKey"),
        allow({"AWS": "${var.looked_up}"}, "kms:Verify"),
        allow({"Service": "s3.amazonaws.com"}, "kms:Decrypt"),
        allow({"AWS": OTHER}, "kms:Decrypt"),
        {"Effect": "Deny", "NotPrincipal": {"AWS": [ROOT, f"arn:aws:iam::{ACCOUNT}:role/web"]},
         "Action": "kms:DisableKey", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*",
         "Condition": {"StringNotLike": {"aws:PrincipalArn": f"*/{draw.choice(NAMES)}"}}},
        {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ops"},
         "Action": "kms:*", "Resource": "*"},
    ]  # fmt: skip
    return [choices[0], *draw.sample(choices, draw.randint(0, 3))]


def drawn_role(draw: random.Random) -> Json:
    statements = [
        WIDE,
        WIDE,
        OBJECTS,
        {**OBJECTS, "Resource": f"arn:aws:s3:::bucket-{draw.randint(0, 99)}"},
        {**OBJECTS, "Resource": f"arn:aws:sqs:eu-west-1:{draw.choice((ACCOUNT, OTHER))}:q"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "${aws_kms_key.k.arn}"},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:PutKeyPolicy"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/{draw.randint(0, 99)}",
        },
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/{draw.randint(0, 99)}",
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:Put*"],
            "Resource": f"arn:aws:kms:*:{OTHER}:key/*",
        },
        {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
        {**WIDE, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue"}}},
        {**WIDE, "Condition": {"ArnLike": {"aws:PrincipalArn": "*/app-*"}}},
        {**WIDE, "Condition": {"StringEquals": {"kms:EncryptionContext:who": "$${aws:username}"}}},
    ]
    made: Json = {"own": draw.sample(statements, draw.randint(1, 3))}
    if draw.random() < 0.15:
        made["bounds"] = draw.choice(([OBJECTS], [WIDE]))
    if draw.random() < 0.15:
        made["unknown"] = True
    if draw.random() < 0.2:
        made["kind"] = "user"
    return made


def varied(draw: random.Random, role: Json) -> Json:
    """The role with something that mostly does not count beside what it has."""
    beside = [
        {**OBJECTS, "Resource": f"arn:aws:s3:::bucket-{draw.randint(0, 99)}"},
        {"Effect": "Allow", "Action": "kms:Decrypt",
         "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{draw.randint(0, 99)}"},
    ]  # fmt: skip
    own = [*role["own"], *draw.sample(beside, draw.randint(0, 2))]
    draw.shuffle(own)
    return {**role, "own": own}


def held(unit: UnitAccess, candidate: Candidate, key: Key) -> object:
    """All that is held; what keeps it open is everybody's own."""
    found = unit.holder(candidate, all_actions(), key, written_only=True)
    if found is None:
        return None
    actions = found.actions
    return (found.answer.verdict, actions.certain, actions.possible, found.paths,
            bool(actions.blame), bool(found.needs), unit.stated(candidate, key))  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_each_of_a_group_holds_what_the_first_holds(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    together = 0
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        likely = [drawn_role(draw) for _ in range(2)]
        roles = {name: varied(draw, draw.choice(likely)) for name in NAMES if draw.random() < 0.9}
        roles |= {name: {"own": [WIDE]} for name in NAMES[2:5] if name not in roles}
        for name in NAMES[2:5]:
            roles[name] = {**roles[name], "kind": "role"}
        found = unit(
            folder,
            {"k": drawn_key(draw), "l": drawn_key(draw)},
            roles,
            draw.choice((ACCOUNT, None)),
        )
        for key in found.inventory.keys:
            groups = [*grouped(found, key)]
            flat = [called(one) for group in groups for one in group]
            assert sorted(flat) == sorted(
                called(one) for one in candidates(found, key, named_only=False)
            )
            for group in groups:
                together += len(group) - 1
                assert len({held(found, one, key) for one in group}) == 1
    assert together > 0
