"""Policy documents as HCL: `jsonencode`, a heredoc of JSON, and `aws_iam_policy_document`.

`plain` turns the value of a document into plain data in which texts are the inside of an HCL
template: what only the deployment knows stands there as the reference that it was written with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from kmsiac.authoring.rewrites import Data, Document
from kmsiac.authoring.spelling import Unwritable
from kmsiac.values import (
    Bool,
    List,
    Map,
    Null,
    Number,
    Part,
    Text,
    Unknown,
    Unquoted,
    UnquotedNumber,
    Value,
    walk,
)

_REFERENCE = re.compile(r"[a-z_][\w-]*(?:\.[\w-]+|\[\d+\])+")
_ALONE = re.compile(r"\$\{([^{}$]+)\}")


class Whole(str):
    """A reference to something unknown that may be no text: it must stand by itself."""

    __slots__ = ()


def plain(value: Value) -> Data:
    """The value as plain data. Raises `Unwritable` for what has no spelling of its own."""
    if value.sensitive:
        raise Unwritable("a secret stands in it")
    if isinstance(value, Text):
        return "".join(_part(part) for part in value.parts)
    if isinstance(value, Unknown):
        return Whole(_part(value))
    if isinstance(value, Bool):
        return value.value
    if isinstance(value, Number):
        number = value.number
        return number if isinstance(number, int) else float(number)
    if isinstance(value, Null):
        return None
    if isinstance(value, List) and value.open is None:
        return [plain(item) for item in value.items]
    if isinstance(value, Map) and value.open is None:
        entries = [(str(plain(key)), plain(inner)) for key, inner in value.entries]
        found = dict(entries)
        if len(found) < len(entries):
            raise Unwritable("a key stands in it twice")
        return found
    raise Unwritable("not all of it is known")


def refuse_unquoted(value: Value) -> None:
    """Raises `Unwritable` where a number with a leading zero stands in it: another spelling has none."""
    for inner in walk(value):
        parts = inner.parts if isinstance(inner, Text) else ()
        number = inner.number if isinstance(inner, Number) else None
        if isinstance(number, UnquotedNumber) or any(isinstance(p, Unquoted) for p in parts):
            raise Unwritable("digits without quotes stand in it")


def document(value: Value) -> Document:
    """`plain` of a whole policy document, which has statements."""
    refuse_unquoted(value)
    found = plain(value)
    if not isinstance(found, dict) or "Statement" not in found:
        raise Unwritable("it has no Statement")
    return found


def _part(part: Part) -> str:
    if isinstance(part, str):
        return part.replace("${", "$${").replace("%{", "%%{")
    reference = part.expression if isinstance(part, Unknown) else part.reference
    if not _REFERENCE.fullmatch(reference):
        raise Unwritable(f"{reference} is no reference that can be written anew")
    return f"${{{reference}}}"


def literal(data: Data) -> Data:
    """Plain data without references as what Terraform makes of it: escapes undone."""
    if isinstance(data, dict):
        return {str(literal(key)): literal(value) for key, value in data.items()}
    if isinstance(data, list):
        return [literal(item) for item in data]
    return data.replace("$${", "${").replace("%%{", "%{") if isinstance(data, str) else data


# -- jsonencode and heredoc -----------------------------------------------------------------------


def jsonencode(policy: Document, _name: str) -> tuple[str, str]:
    """The expression, and the blocks that it needs (none)."""
    return f"jsonencode({_expression(policy)})", ""


def heredoc(policy: Document, _name: str) -> tuple[str, str]:
    """The expression, and the blocks that it needs (none)."""
    _refuse_whole(policy)
    return f"<<POLICY\n{json.dumps(policy, indent=1, ensure_ascii=False)}\nPOLICY\n", ""


def _refuse_whole(data: Data) -> None:
    if isinstance(data, Whole):
        raise Unwritable(f"{data[2:-1]} may be no text")
    for inner in (
        data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    ):
        _refuse_whole(inner)


def _expression(data: Data) -> str:
    if isinstance(data, dict):
        inner = ", ".join(f"{_quoted(key)} = {_expression(value)}" for key, value in data.items())
        return f"{{ {inner} }}"
    if isinstance(data, list):
        return f"[{', '.join(_expression(item) for item in data)}]"
    if isinstance(data, str):
        alone = _ALONE.fullmatch(data)
        return alone[1] if alone else _quoted(data)
    return json.dumps(data)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# -- aws_iam_policy_document ----------------------------------------------------------------------

_LISTS = {
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}
_PRINCIPALS = {"Principal": "principals", "NotPrincipal": "not_principals"}
_VERSIONS = ("2008-10-17", "2012-10-17")


def data_source(policy: Document, name: str) -> tuple[str, str]:
    """The reference, and the data source called `name`.

    Raises `Unwritable` for what `aws_iam_policy_document` cannot say or would change.
    """
    _refuse_whole(policy)
    _refuse(set(policy) - {"Version", "Id", "Statement"}, "it has no {}")
    if policy.get("Version") not in _VERSIONS:
        raise Unwritable("a data source always writes a Version")
    lines = [f"version = {_quoted(str(policy['Version']))}"]
    if "Id" in policy:
        lines.append(f"policy_id = {_quoted(_filled(policy['Id']))}")
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    sids = [item.get("Sid") for item in listed if isinstance(item, dict) and "Sid" in item]
    if not listed or len(sids) != len(set(map(str, sids))):
        raise Unwritable("a data source has statements, each Sid once")
    for statement in listed:
        lines += _block("statement", _statement(statement))
    header = f'data "aws_iam_policy_document" "{name}"'
    block = "\n".join(_block(header, lines))
    return f"data.aws_iam_policy_document.{name}.json", f"\n{block}\n"


def _refuse(names: set[str], message: str) -> None:
    if names:
        raise Unwritable(message.format(", ".join(sorted(names))))


def _block(header: str, lines: list[str]) -> list[str]:
    return [f"{header} {{", *(f"  {line}" for line in lines), "}"]


def _statement(statement: Data) -> list[str]:
    if not isinstance(statement, dict):
        raise Unwritable("a statement is no map")
    known = {"Sid", "Effect", "Condition", *_LISTS, *_PRINCIPALS}
    _refuse(set(statement) - known, "a statement of a data source has no {}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise Unwritable("a data source takes the Effects Allow and Deny")
    lines = [f"effect = {_quoted(str(statement['Effect']))}"]
    if "Sid" in statement:
        lines.append(f"sid = {_quoted(_filled(statement['Sid']))}")
    for element, attribute in _LISTS.items():
        if element in statement:
            lines.append(f"{attribute} = {_set(statement[element], element.endswith('Resource'))}")
    for element, block in _PRINCIPALS.items():
        if element in statement:
            for type, identifiers in _principals(statement[element]):
                inner = [f"type = {_quoted(type)}", f"identifiers = {_set(identifiers, True)}"]
                lines += _block(block, inner)
    for test, variable, values in _conditions(statement.get("Condition")):
        inner = [f"test = {_quoted(test)}", f"variable = {_quoted(variable)}"]
        lines += _block("condition", [*inner, f"values = {_set(values, True)}"])
    return lines


def _principals(value: Data) -> Iterator[tuple[str, Data]]:
    if value == "*":
        yield "*", "*"
        return
    if not isinstance(value, dict) or not value or "*" in value:
        raise Unwritable("a data source writes principals by type, or the asterisk alone")
    yield from value.items()


def _conditions(value: Data) -> Iterator[tuple[str, str, Data]]:
    if value is None:
        return
    if not isinstance(value, dict) or not value:
        raise Unwritable("a data source has no Condition that is empty or no map")
    for test, variables in value.items():
        if not isinstance(variables, dict) or not variables:
            raise Unwritable("a data source has no condition operator without a key")
        for variable, values in variables.items():
            yield test, variable, values


def _set(value: Data, substitutes: bool) -> str:
    """Values as a data source takes them: texts, each once, at least one."""
    members = [_filled(item) for item in (value if isinstance(value, list) else [value])]
    if not members or len(set(members)) < len(members):
        raise Unwritable("a data source has sets: no empty one, no member twice")
    if substitutes and any("&{" in member for member in members):
        raise Unwritable("a data source reads &{ as ${")
    return f"[{', '.join(_quoted(member) for member in members)}]"


def _filled(value: Data) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, str) and value:
        return value
    raise Unwritable("a data source takes texts that are not empty")


Writer = Callable[[Document, str], tuple[str, str]]
"""A document and a free name to an expression and the blocks that it needs."""
