"""Lint of what people read: message, prose, references, and how examples are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kmsiac.authoring.example import Failure, examples_of
from kmsiac.authoring.problem import ERROR, Problem
from kmsiac.authoring.rule_file import RuleFile
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.rules.model import Rule, RuleSet

_PROSE = ("rationale", "remediation", "false_positives")
_AWS = "https://docs.aws.amazon.com/"
_SENTENCES = re.compile(r"[.!?] [A-Z]|\n|\.$")


def prose_faults(file: RuleFile, rule: Rule) -> Iterator[Problem]:
    """What is wrong with the texts of a rule."""
    if _SENTENCES.search(rule.message):
        place = file.span(file.value("message"))
        yield file.lesser(place, "the message is more than a phrase", "one line, no full stop")
    for key in _PROSE:
        node = file.value(key)
        if not isinstance(node, Scalar | Mapping | Sequence) or not _says_something(node):
            message = f'the rule has no "{key}"'
            yield file.lesser(file.key_span("id"), message, "`kmsiac explain` shows it")
    yield from _references(file)
    yield from _examples(file, rule)


def _says_something(node: Node) -> bool:
    if isinstance(node, Mapping):
        return bool(node.entries)
    return bool(node.items if isinstance(node, Sequence) else getattr(node, "text", "").strip())


def _references(file: RuleFile) -> Iterator[Problem]:
    node = file.value("references")
    items = node.items if isinstance(node, Sequence) else []
    if not items:
        place = file.key_span("references") if node is not None else file.key_span("id")
        hint = "reports link to the first one"
        yield file.lesser(place, 'the rule has no "references"', hint)
    for item in items:
        if not isinstance(item, Scalar) or not item.text.startswith("https://"):
            message = "a reference is an address that starts with https://"
            yield Problem(ERROR, file.span(item), message)
        elif not item.text.startswith(_AWS):
            message = f"{item.text} is no page of {_AWS}"
            yield file.lesser(file.span(item), message, "what AWS promises stands there")


def _examples(file: RuleFile, rule: Rule) -> Iterator[Problem]:
    """Examples that cannot be run: without a kind, a framework, an expectation, a name."""
    ours = RuleSet({rule.id: rule}, lambda _: file.prose())
    for failure in examples_of(ours, rule.id)[1]:
        about = " ".join(word for word in (failure.example, failure.framework) if word)
        message = f"example {about}: {failure.message}" if about else failure.message
        yield Problem(ERROR, file.span(_place(file, failure)), message)


def _place(file: RuleFile, failure: Failure) -> Node | None:
    """The example that a failure is about; `examples` where it is about none."""
    examples = file.value("examples")
    kinds = [node for _, node in examples.items()] if isinstance(examples, Mapping) else []
    for entries in kinds:
        for entry in entries.items if isinstance(entries, Sequence) else ():
            name = entry.get("name") if isinstance(entry, Mapping) else None
            if isinstance(name, Scalar) and name.text == failure.example:
                return name
    return examples if examples is not None else file.value("id")
