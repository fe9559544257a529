"""The functions of the AWS provider."""

from __future__ import annotations

from kmsiac.frontends.terraform.conversion import CallError, Undetermined, literal, to_text, why
from kmsiac.frontends.terraform.string_functions import Row, text_pieces
from kmsiac.values import Map, Part, Text, Value

_PARTS = ("partition", "service", "region", "account_id", "resource")


def _arn_parse(position: int, arguments: list[Value]) -> Value:
    value = to_text(arguments[0])
    pieces = text_pieces(value, ":")
    if len(pieces) < 6 or pieces[0] != ["arn"]:
        if value.literal is None:
            raise Undetermined(why(value))
        raise CallError("this is no ARN")
    resource: list[Part] = []
    for at, piece in enumerate(pieces[5:]):
        resource.extend(([":"] if at else []) + piece)
    texts = [Text(piece, position) for piece in (*pieces[1:5], resource)]
    if texts[0].literal == "" or texts[1].literal == "" or texts[4].literal == "":
        raise CallError("this is no ARN")
    return Map([(Text((k,), position), v) for k, v in zip(_PARTS, texts, strict=True)], position)


def _arn_build(position: int, arguments: list[Value]) -> Value:
    parts: list[Part] = ["arn"]
    for argument in arguments:
        parts += [":", *to_text(argument).parts]
    return Text(parts, position)


def _trim_iam_role_path(position: int, arguments: list[Value]) -> Value:
    arn = literal(arguments[0])
    head, slash, path = arn.partition("/")
    pieces = head.split(":")
    if len(pieces) != 6 or pieces[0] != "arn" or pieces[2] != "iam" or pieces[5] != "role":
        raise CallError("this is no ARN of a role")
    return Text((head + slash + path.rpartition("/")[2],), position)


TABLE: dict[str, Row] = {
    "provider::aws::arn_parse": (_arn_parse, 1, 1, False, False),
    "provider::aws::arn_build": (_arn_build, 5, 5, False, False),
    "provider::aws::trim_iam_role_path": (_trim_iam_role_path, 1, 1, False, False),
}
"""Name to (function, fewest arguments, most, takes unknowns, takes choices)."""
