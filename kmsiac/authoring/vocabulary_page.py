"""`docs/vocabulary.md`: the terms of the rule language, from where they are declared."""

from __future__ import annotations

from kmsiac.authoring.markdown import GENERATED, cell, code, table
from kmsiac.aws.formats import FORMATS
from kmsiac.aws.tables import TABLES
from kmsiac.rules.key_classes import CLASSES, keys_of_class
from kmsiac.rules.points import points_of
from kmsiac.rules.vocabulary import (
    CATEGORIES,
    OPERATORS,
    POLICY_KINDS,
    SEVERITIES,
    TARGETS,
    TEXT_FIELDS,
    Field,
    load_fields,
)

_INTRODUCTION = """\
A rule asks about a *target*, through the *fields* of the target and of what belongs to it, with
*operators*. Nothing that is not listed here loads; a typing error is answered with the nearest term.

A field of type *list* needs a quantifier (`some`, `every`, `none`), `count` or `covers`. The type
says what the members are: where it names a kind of thing (a statement, a condition), the fields of
that kind follow. A field of type *question* takes a mapping of arguments and is true or false;
arguments that name actions take names with wildcards, a matcher over actions (`{duty: use}`), or a
path to a list of actions (`target.actions`). Cost says how dear a field is; cheap terms of a rule
are tried first.
"""

_KINDS = {
    "action_value": "an AWS KMS action, as a value",
    "grantee_principal": "the grantee of a grant",
    "tag": "a tag, or a pair of an encryption context",
}
"""Kinds of things that are no targets."""


def vocabulary_page() -> str:
    """The text of the page."""
    lines = [GENERATED, "", "# Vocabulary of the rule language", "", _INTRODUCTION]
    lines += _targets() + _fields() + _operators() + _formats() + _tables() + _words()
    return "\n".join(lines).rstrip() + "\n"


def _targets() -> list[str]:
    rows = [
        (
            code(target.name),
            cell(target.meaning),
            "yes" if target.in_policy else "",
            ", ".join(code(point) for point in sorted(points_of(target.name))),
        )
        for target in TARGETS.values()
    ]
    head = ("target", "what it is", "takes `in`", "`point_at`")
    return ["## Targets", "", *table(head, rows)]


def _fields() -> list[str]:
    lines = ["## Fields", ""]
    fields = load_fields()
    for kind in [*TARGETS, *sorted(set(fields) - set(TARGETS))]:
        meaning = TARGETS[kind].meaning if kind in TARGETS else _KINDS.get(kind, "")
        rows = [_field(field) for field in fields[kind].values()]
        head = ("field", "type", "what it holds", "example", "cost")
        lines += [f"### {kind}", "", f"{meaning[:1].upper()}{meaning[1:]}.", "", *table(head, rows)]
    rows = [
        (code(field.name), cell(str(field.type)), cell(field.meaning), code(field.example), "")
        for field in TEXT_FIELDS.values()
    ]
    head = ("field", "type", "what it holds", "example", "cost")
    return [
        *lines,
        "### text",
        "",
        "Parts of a text that is an ARN or a name.",
        "",
        *table(head, rows),
    ]


def _field(field: Field) -> tuple[str, ...]:
    meaning = field.meaning + (" (not in plans)" if field.source_only else "")
    return (
        code(field.name),
        cell(str(field.type)),
        cell(meaning),
        code(field.example),
        field.cost.name.lower(),
    )


def _operators() -> list[str]:
    rows = [(code(o.name), o.of, cell(o.meaning), code(o.example)) for o in OPERATORS.values()]
    return ["## Operators", "", *table(("operator", "of", "holds where", "example"), rows)]


def _formats() -> list[str]:
    rows = [(code(f.name), cell(f.meaning), code(f.example)) for f in FORMATS.values()]
    return ["## Formats", "", *table(("format", "what fits", "example"), rows)]


def _tables() -> list[str]:
    rows = [(code(t.name), "yes" if t.has_rows else "", cell(t.meaning)) for t in TABLES.values()]
    return ["## Tables", "", *table(("table", "takes `row`", "members"), rows)]


def _words() -> list[str]:
    kinds = [
        (code(name), ", ".join(code(kind) for kind in sorted(kinds)))
        for name, kinds in POLICY_KINDS.items()
    ]
    classes = [
        (code(f"@{name}"), ", ".join(code(key) for key in sorted(keys_of_class(name))))
        for name in CLASSES
    ]
    return [
        "## Names",
        "",
        f"Severities, from least to worst: {', '.join(code(s) for s in SEVERITIES)}.",
        "",
        f"Categories: {', '.join(code(c) for c in CATEGORIES)}.",
        "",
        *table(("`in`", "kinds of policy"), kinds),
        "",
        "Classes of condition keys, for `unlimited_by`:",
        "",
        *table(("class", "keys"), classes),
    ]
