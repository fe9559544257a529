"""Expressions of template languages that stand in a policy as plain text.

A `${AWS::AccountId}` without `Fn::Sub`, a `!Ref Role` in quotes, a `${var.account}` in a file that is
read and not rendered: the deployment takes them as they are written, and they match nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TypeGuard

from kmsiac.values import Text, Unknown

PLACEHOLDER = "a placeholder"
"""The reason of an Unknown that a `${...}` in a principal is, where no policy variable can stand."""

_BRACED = re.compile(r"\$\{([^{}$]{1,200})\}")
_POLICY_VARIABLE = re.compile(
    r"\s*(?:[*?$]|(?!(?:self|opt|env|file|param|sls|ssm|cf|git|strToBool):)[A-Za-z][\w-]*:(?!:)[^{}]*)\s*"
)
"""`${aws:username}`, and `${*}`, `${?}`, `${$}`, which stand for the characters. The names before a
colon that are none are those of the Serverless Framework."""

_FUNCTIONS = (
    "Ref|Sub|GetAtt|Join|ImportValue|FindInMap|Select|Split|If|Base64|Transform|GetAZs|Cidr"
)
_TAG = re.compile(rf"(?<![\w!])!(?:{_FUNCTIONS})[ \t]+[\w:.$\[\"\'-][^,\s]{{0,200}}")
_LONG = re.compile(rf"\bFn::(?:{_FUNCTIONS})\b")
_PSEUDO = re.compile(
    r"\bAWS::(?:AccountId|NotificationARNs|NoValue|Partition|Region|StackId|StackName|URLSuffix)\b"
)
_ADDRESS = re.compile(
    r"(?:(?:data|module)\.)?(?:aws_[a-z0-9_]+)\.[A-Za-z_][\w-]*(?:\[[^\]\s]{0,100}\])?\.[a-z_]+"
    r"|(?:var|local)\.[A-Za-z_][\w-]*"
)
_MUSTACHE = re.compile(r"\{\{(?!resolve:)[^{}]{1,200}\}\}")
_MOST = 5
"""The expressions of one text that are named."""
_PATTERNS = (
    ("!", _TAG),
    ("${", _BRACED),
    ("{{", _MUSTACHE),
    ("Fn::", _LONG),
    ("AWS::", _PSEUDO),
)


def expressions_in(text: Text) -> Iterator[str]:
    """The first expressions in what is written of a text, each once."""
    found: dict[str, None] = {}
    whole = text.literal
    if whole is not None and (match := _ADDRESS.fullmatch(whole.strip())):
        found[match[0]] = None
    for part in text.parts:
        if isinstance(part, str):
            found.update(dict.fromkeys(islice(_in_literal(part), _MOST)))
        elif is_placeholder(part):
            found[f"${{{part.expression}}}"] = None
    yield from islice(found, _MOST)


def is_placeholder(part: object) -> TypeGuard[Unknown]:
    """Whether a part of a text stands for a `${...}` in a principal."""
    # `<my-org-id>` in a document of its own has this reason too: its author means it to be filled in.
    return (
        isinstance(part, Unknown)
        and part.reason == PLACEHOLDER
        and not part.expression.startswith("<")
    )


def _in_literal(literal: str) -> Iterator[str]:
    rest = literal
    for needle, pattern in _PATTERNS:
        if needle in rest:
            for match in pattern.finditer(rest):
                if pattern is not _BRACED or not _POLICY_VARIABLE.fullmatch(match[1]):
                    yield match[0].rstrip()
            # `!Ref AWS::Region` is one expression, not two.
            rest = pattern.sub(" ", rest)
