"""`rules new`: a rule to start from, which loads and passes its own tests as it is."""

from __future__ import annotations

import re
from pathlib import Path

from kmsiac.errors import UsageError
from kmsiac.findings.excerpt import one_line
from kmsiac.rules.loader import builtin_rules_folder
from kmsiac.rules.model import RuleSet
from kmsiac.rules.schema import BUILTIN_PREFIXES, RULE_ID, RULE_NAME
from kmsiac.rules.vocabulary import CATEGORIES

_TERRAFORM = """\
        resource "aws_kms_key" "k" {
          policy = jsonencode({ Version = "2012-10-17", Statement = [{
            Effect    = "$effect"
            Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
            Action    = "$action"$expect
            Resource  = "*"
          }] })
        }
"""
_CLOUDFORMATION = """\
        Resources:
          K:
            Type: AWS::KMS::Key
            Properties:
              KeyPolicy:
                Version: "2012-10-17"
                Statement:
                  - Effect: $effect
                    Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/app"}
                    Action: $action$expect
                    Resource: "*"
"""
_HEAD = """\
# A rule that works, to be made into yours. `kmsiac rules vocabulary` lists the words of `when`;
# `kmsiac rules lint $folder` says what is still missing, `kmsiac rules test $folder` runs the examples.
id: $id
name: $name
title: Key policy lets somebody schedule the deletion of the key
severity: medium # info, low, medium, high or critical
category: $category
target: statement # what the rule walks over
in: [key] # the kinds of policy that the target lies in
when: # all of it must hold
  effect: Allow
  explicit_actions: {some: kms:ScheduleKeyDeletion}
point_at: action # the part that the finding points at
message: "{statement} allows kms:ScheduleKeyDeletion"
rationale: "" # why it matters
remediation: "" # how to mend it, with a snippet to paste
false_positives: "" # when it may be wrong
references: [] # pages of https://docs.aws.amazon.com/
examples:
"""


def new_rule(id: str, name: str, category: str, folder: Path, known: RuleSet) -> Path:
    """Write the skeleton of a rule into a folder, made if need be; the file it is in.

    Without a `category` it is that of the folder (`rules/<category>` of a checkout), else
    key-policies. Raises `UsageError` where the id or the name will not do or are taken.
    """
    shipped = folder.resolve().is_relative_to(builtin_rules_folder())
    name = name or id.lower()
    category = category or (folder.resolve().name if shipped else "key-policies")
    _check(id, name, category, shipped)
    for rule in known:
        if id == rule.id or id in rule.aliases:
            raise UsageError(f"there is a rule {id}", hint=f"kmsiac explain {id}")
        if name == rule.name:
            raise UsageError(f'the name "{name}" is that of {rule.id}')
    taken = sorted(folder.glob(f"{id}-*.yaml"))
    if taken:
        raise UsageError(f"{taken[0]} exists", hint="take the next free number")
    path = folder / f"{id}-{name}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(_text(id, name, category, folder))
    except FileExistsError:
        raise UsageError(f"{path} exists") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return path


def _check(id: str, name: str, category: str, shipped: bool) -> None:
    if not RULE_ID.fullmatch(id):
        raise UsageError(f'"{id}" is no id of a rule', hint="write it as ACME-01")
    if not RULE_NAME.fullmatch(name):
        raise UsageError(f'"{name}" is no name of a rule', hint="write it as public-key-policy")
    if category not in CATEGORIES:
        raise UsageError(f'there is no category "{category}"', hint=", ".join(CATEGORIES))
    prefix = id.partition("-")[0]
    if (prefix in BUILTIN_PREFIXES) is not shipped:
        hint = "take a prefix of your own" if not shipped else ", ".join(sorted(BUILTIN_PREFIXES))
        whose = "that of shipped rules" if not shipped else "none of shipped rules"
        raise UsageError(f'the prefix "{prefix}" is {whose}', hint=hint)


def _text(id: str, name: str, category: str, folder: Path) -> str:
    head = {"id": id, "name": name, "category": category, "folder": one_line(folder.as_posix())}
    good = [
        _example("denied", "Deny", "kms:ScheduleKeyDeletion"),
        _example("another action", "Allow", "kms:DescribeKey"),
    ]
    return "".join(
        [
            _filled(_HEAD, head),
            "  bad:\n",
            _example("allowed", "Allow", "kms:ScheduleKeyDeletion", f" # expect: {id}"),
            "  good:\n",
            *good,
        ]
    )


def _example(name: str, effect: str, action: str, expect: str = "") -> str:
    words = {"effect": effect, "action": action, "expect": expect}
    terraform, cloudformation = (_filled(t, words) for t in (_TERRAFORM, _CLOUDFORMATION))
    return f"    - name: {name}\n      terraform: |\n{terraform}      cloudformation: |\n{cloudformation}"


def _filled(template: str, words: dict[str, str]) -> str:
    return re.sub(r"\$([a-z]+)", lambda match: words[match[1]], template)
