"""How an expression of a template prints in a report, in one line."""

from __future__ import annotations

from kmsiac.frontends.cloudformation.tags import as_call
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence

_LONGEST = 160


def render(node: Node) -> str:
    """The expression in short form: `Ref` as its name, `Fn::GetAtt` as `A.B`, others as calls.

    Long ones are cut and end in the offset of their source, so that different expressions never
    print alike.
    """
    pieces: list[str] = []
    size = 0
    stack: list[Node | str] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, str):
            pieces.append(current)
            size += len(current)
        else:
            stack.extend(reversed(_expand(current)))
        if size > _LONGEST:
            return "".join(pieces)[:_LONGEST] + f"... @{node.position}"
    return "".join(pieces)


def _expand(node: Node) -> list[Node | str]:
    call = as_call(node)
    if call is not None:
        argument = call.argument
        if call.name == "Ref" and isinstance(argument, Scalar):
            return [argument.text]
        if call.name == "Fn::GetAtt" and isinstance(argument, Sequence):
            return _separated(argument.items, ".")
        if isinstance(argument, Sequence) and not argument.tag:
            return [call.name, "(", *_separated(argument.items, ", "), ")"]
        return [call.name, "(", argument, ")"]
    if isinstance(node, Scalar):
        return [f'"{node.text}"' if node.kind == "text" else node.text]
    if isinstance(node, Sequence):
        return ["[", *_separated(node.items, ", "), "]"]
    assert isinstance(node, Mapping)
    members: list[Node | str] = ["{"]
    for index, (key, value) in enumerate(node.entries):
        members += [", " if index else "", key, ": ", value]
    return [*members, "}"]


def _separated(items: list[Node], separator: str) -> list[Node | str]:
    result: list[Node | str] = []
    for index, item in enumerate(items):
        if index:
            result.append(separator)
        # The names in A.B are no quoted texts.
        is_name = separator == "." and isinstance(item, Scalar) and not item.tag
        result.append(item.text if is_name and isinstance(item, Scalar) else item)
    return result
