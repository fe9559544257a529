"""The declared vocabulary: complete enough to be printed, and every example loads."""

from __future__ import annotations

import pytest

from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml
from kmsiac.rules.compiler import Compiler
from kmsiac.rules.problems import Problems
from kmsiac.rules.vocabulary import (
    COMING_FIELDS,
    OPERATORS,
    QUESTION,
    SCALARS,
    TARGETS,
    TEXT_FIELDS,
    Field,
    load_fields,
)

FIELDS = [field for fields in load_fields().values() for field in fields.values()]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.kind}.{field.name}")
def test_the_example_of_a_field_loads_and_uses_it(field: Field) -> None:
    file = SourceFile(1, "example", f"{{{field.example}}}".encode())
    problems = Problems(file)
    compiled = Compiler(problems, field.kind).when(read_yaml(file))
    assert problems.errors == []
    assert compiled is not None
    assert field.example.startswith(f"{field.name}:")
    assert field.meaning


def test_types_of_fields_are_scalars_or_declared_kinds() -> None:
    kinds = set(load_fields())
    assert {field.type.element for field in FIELDS} <= SCALARS | kinds | {QUESTION.element}
    assert set(TARGETS) <= kinds
    for kind, names in COMING_FIELDS.items():
        assert not names & set(load_fields()[kind])


def test_no_field_is_named_like_an_operator() -> None:
    reserved = {*OPERATORS, "all", "any"}
    assert not reserved & {field.name for field in FIELDS}
    assert not reserved & set(TEXT_FIELDS)
