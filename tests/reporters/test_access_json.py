"""The JSON of `can`, `who-can` and `principal-can`: the shape that scripts rely on."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from kmsiac import __version__
from kmsiac.reporters import access_json
from tests.reporters import access_samples as samples


def written(report: access_json.Report) -> dict[str, Any]:
    stream = io.StringIO()
    access_json.write(report, stream)
    assert stream.getvalue().isascii() and stream.getvalue().endswith("}\n")
    shape: dict[str, Any] = json.loads(stream.getvalue())
    assert shape["schema_version"] == 1
    assert shape["tool"] == {"name": "kmsiac", "version": __version__}
    return shape


def place(path: str, line: int, column: int) -> dict[str, Any]:
    return {"path": path, "line": line, "column": column, "end_line": line}


def starts(location: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in location.items() if name != "end_column"}


def test_can_has_the_promised_keys() -> None:
    shape = written(samples.can(samples.YES, around=samples.AROUND))
    promised = {
        "answer", "principal", "action", "key", "deciding", "blocked_by", "witness", "needs",
        "blame", "when",
    }  # fmt: skip
    assert promised <= set(shape)
    assert (shape["answer"], shape["blocked_by"], shape["when"]) == ("yes", None, [])
    assert shape["principal"] == "aws_iam_role.app"
    assert (shape["action"], shape["key"]) == ("kms:Decrypt", "aws_kms_key.data")
    assert [(d["resource"], d["statement"]) for d in shape["deciding"]] == [
        ("aws_kms_key.data", "Delegates"),
        ("aws_iam_role_policy.app", "Use"),
    ]
    assert starts(shape["deciding"][1]["location"]) == place("iam.tf", 9, 5)
    assert shape["needs"] == [
        {"key": "kms:ViaService", "operator": "StringEquals",
         "values": ["s3.eu-west-1.amazonaws.com"]}
    ]  # fmt: skip
    assert shape["witness"] == samples.WITNESS
    assert shape["notes"] == ["aws_kms_key.data exists only when IsProd is true"]
    assert shape["unresolved"][0]["reason"] == "a remote module is not read"
    assert shape["errors"][0]["message"] == "not closed (close the brace)"


def test_a_no_has_the_layer_and_what_would_mend_it() -> None:
    shape = written(samples.can(samples.NO))
    assert (shape["answer"], shape["blocked_by"]) == ("no", "identity-policy")
    assert shape["mend"] == "allow kms:Decrypt on the key in a policy of the role"
    assert starts(shape["mend_at"]) == place("iam.tf", 3, 1)
    assert shape["witness"] is None and shape["needs"] == []


def test_cannot_tell_has_the_blame() -> None:
    blame = written(samples.can(samples.OPEN))["blame"]
    assert [(b["expression"], b["reason"]) for b in blame] == [
        ("var.readers", "variable has no default")
    ]
    assert starts(blame[0]["location"]) == place("vars.tf", 3, 1)


def test_what_depends_has_its_cases() -> None:
    shape = written(samples.depends())
    prod = [[{"condition": "IsProd", "value": True}]]
    assert (shape["answer"], shape["when"]) == ("cannot-tell", prod)
    assert [(case["answer"], case["when"]) for case in shape["cases"]] == [
        ("yes", prod),
        ("no", [[{"condition": "IsProd", "value": False}]]),
    ]
    assert shape["cases"][1]["blocked_by"] == "key-policy"


def test_who_can_has_a_row_for_each_way() -> None:
    shape = written(samples.who(samples.ADMIN, samples.APP, samples.BUILD))
    assert (shape["action"], shape["key"]) == ("kms:*", "aws_kms_key.data")
    rows = shape["principals"]
    promised = {"id", "kind", "answer", "path", "needs", "location"}
    assert all(promised <= set(row) for row in rows)
    assert [(row["id"], row["kind"], row["answer"], row["path"]) for row in rows] == [
        ("arn:aws:iam::111122223333:role/admin", "role", "yes", ["key-policy"]),
        ("${aws_iam_role.app.arn}", "role", "yes", ["delegation"]),
        ("arn:aws:iam::444455556666:role/ci", "role", "cannot-tell", ["key-policy"]),
    ]
    assert [row["resource"] for row in rows] == [None, "aws_iam_role.app", None]
    assert [row["capability"] for row in rows] == ["administer", "use", "use"]
    assert rows[1]["actions"] == ["kms:Decrypt"]
    assert rows[2]["when"] == [[{"condition": "IsProd", "value": True}]]
    assert starts(rows[0]["location"]) == place("keys.tf", 20, 7)


def test_principal_can_has_a_row_for_each_key_and_way() -> None:
    shape = written(samples.principal(samples.APP, replace(samples.APP, key="aws_kms_key.logs")))
    assert shape["principal"] == "aws_iam_role.app"
    assert [row["key"] for row in shape["keys"]] == ["aws_kms_key.data", "aws_kms_key.logs"]
    assert shape["keys"][0]["needs"][0]["key"] == "kms:ViaService"


@pytest.mark.parametrize("bad", ["\x1b[2J", "##[group]x", "##vso[task]", "\u202e"])
def test_nothing_in_it_speaks_to_a_terminal_or_build_server(bad: str) -> None:
    stream = io.StringIO()
    access_json.write(samples.who(samples.holding(bad, "use", "kms:Decrypt")), stream)
    assert bad not in stream.getvalue()
    assert json.loads(stream.getvalue())["principals"][0]["id"] == bad
