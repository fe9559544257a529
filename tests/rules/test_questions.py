"""Questions with arguments: what loads, what is refused and where, what they ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmsiac.errors import ErrorGroup
from kmsiac.rules.loader import load_rules

Rule = Callable[..., str]

WRONG = [
    (
        "allows: {any_of: Decrpt}",
        'r.yaml:7:25: "Decrpt" is no KMS action (did you mean "Decrypt"?)',
    ),
    ("allows: {any_of: [Decrypt, 's3:*']}", 'r.yaml:7:35: "s3:*" is no KMS action'),
    (
        "allows: {to: lokal}",
        'r.yaml:7:21: unknown kind of caller "lokal" (did you mean "local"?)',
    ),
    (
        "allows: {unlimited_by: '@sorce'}",
        'r.yaml:7:31: no class of condition keys "@sorce" (did you mean "@source"?)',
    ),
    (
        "allows: {unlimited_by: 'aws:SourceAcount'}",
        'r.yaml:7:31: "aws:SourceAcount" is no condition key (did you mean "aws:SourceAccount"?)',
    ),
    (
        "allows: {anyof: Decrypt}",
        'r.yaml:7:17: `allows` has no argument "anyof" (did you mean "any_of"?)',
    ),
    ("allows: true", "r.yaml:7:16: `allows` takes a mapping of arguments (allows: {any_of: ...})"),
    (
        "allows: {any_of: {dutty: use}}",
        'r.yaml:7:26: an action has no field "dutty" (did you mean "duty"?)',
    ),
    (
        "named_keys: {some: {can: {any_of: target.resources}}}",
        "r.yaml:7:42: target.resources are no actions",
    ),
    (
        "named_keys: {some: {can: {any_of: Decrypt, side: left}}}",
        'r.yaml:7:57: unknown side "left" (known: both, identity, key)',
    ),
    (
        "named_keys: {some: {can: {any_of: Decrypt, all_of: Encrypt}}}",
        "r.yaml:7:33: `can` takes either any_of or all_of",
    ),
    (
        "named_keys: {some: {can: {any_of: Decrypt, principal: target.conditions}}}",
        "r.yaml:7:62: target.conditions is no principal",
    ),
    (
        "named_keys: {some: {can: {any_of: Decrypt, principal: identity}}}",
        (
            "r.yaml:7:62: `principal` is a path rooted in target. or this. "
            "(principal: target.policy.identities)"
        ),
    ),
]


@pytest.mark.parametrize(("when", "expected"), WRONG)
def test_wrong_arguments_are_placed(tmp_path: Path, rule: Rule, when: str, expected: str) -> None:
    (tmp_path / "r.yaml").write_text(rule("{" + when + "}"))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    found = [str(error).removeprefix(f"{tmp_path}/") for error in caught.value.errors]
    assert found == [expected]


@pytest.mark.parametrize(
    "when",
    [
        "allows: {any_of: [Decrypt, 'kms:Generate*'], to: [local, external]}",
        "allows: {any_of: {duty: [use, grant]}, to: service, unlimited_by: '@source'}",
        "allows: {unlimited_by: ['kms:EncryptionContext:*', 'aws:RequestTag/*', KeySpec]}",
        "named_keys: {none: {can: {principal: target.policy.identities, all_of: target.actions}}}",
        "policy.key.can: {any_of: Sign, context: {aws:SourceArn: null, kms:ViaService: [a, b]}}",
        "covered_keys: {every: {not: {can: {any_of: {on: {some: key}}, side: identity}}}}",
    ],
)
def test_arguments_that_load(tmp_path: Path, rule: Rule, when: str) -> None:
    (tmp_path / "r.yaml").write_text(rule("{" + when + "}"))
    assert list(load_rules([tmp_path]).rules) == ["TEST-01"]


def test_a_question_is_no_value(tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "r.yaml").write_text(rule("{effect: Allow}", message='"{allows}"'))
    with pytest.raises(ErrorGroup) as caught:
        load_rules([tmp_path])
    assert "no value to show" in str(caught.value.errors[0])


def test_nobody_has_the_policy_so_it_cannot_be_told(world: Any, check: Any, rule: Rule) -> None:
    world.key()
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    world.policy(world.document(statement), "identity", "aws_iam_policy.p")
    when = (
        "{covered_keys: {some: {can: {principal: target.policy.identities,"
        " any_of: target.actions}}}}"
    )
    (found,) = check(world, rule(when))
    assert "attached to nobody" in found.blame[0].reason
