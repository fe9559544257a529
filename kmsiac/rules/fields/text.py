"""Fields of texts as values: of an ARN or a service name, and the policy variables in it."""

from __future__ import annotations

from kmsiac.rules.readings import ABSENT, Items, Open, Reading
from kmsiac.rules.vocabulary import TEXT, TEXT_FIELDS, FieldType, TextField
from kmsiac.values import Text, Unknown, Unquoted, blame_on, open_blame


def _unclear(text: Text) -> Reading:
    """Absent for a literal that is no ARN; open where it may turn out to be one."""
    if text.literal is not None:
        return ABSENT
    return Open(open_blame(text))


def _part(name: str, index: int) -> None:
    def read(text: Text) -> Reading:
        from kmsiac.policy.matching import split_arn  # noqa: PLC0415 - needed by few rules

        arn = split_arn(text)
        if arn is not None:
            part = arn[index]
            return part if part.parts else ABSENT
        return _of_service(text, name) or _unclear(text)

    where = "ARN" if name == "resource" else "ARN or service name"
    TEXT_FIELDS[name] = TextField(
        name, TEXT, f"the {name} of an {where}", f"{name}: {{written: true}}", read
    )


def _of_service(text: Text, name: str) -> Reading | None:
    """`logs.us-east-1.amazonaws.com`: service and Region."""
    words = (text.literal or "").split(".")
    if "amazonaws" not in words:
        return None
    words = words[: words.index("amazonaws")]
    if name == "service":
        return Text((words[0],), text.position) if words else ABSENT
    if name == "region":
        return Text((words[-1],), text.position) if len(words) > 1 else ABSENT
    return ABSENT


def partition_around(partition: Text, region: Text) -> Text:
    """The partition that a known Region lies in; else what is written as the partition."""
    from kmsiac.aws.partitions import partition_of_region  # noqa: PLC0415 - needed by few rules

    if partition.literal is not None or region.literal is None:
        return partition
    told = partition_of_region(region.literal)
    return partition if told is None else Text((told,), partition.position)


def _partition(text: Text) -> Reading:
    from kmsiac.policy.matching import split_arn  # noqa: PLC0415 - needed by few rules

    arn = split_arn(text)
    return _unclear(text) if arn is None else partition_around(arn.partition, arn.region)


TEXT_FIELDS["partition"] = TextField(
    "partition",
    TEXT,
    "the partition of an ARN, told by its Region where that is known",
    "partition: {same_as: target.partition}",
    _partition,
)
_part("service", 1)
_part("region", 2)
_part("account", 3)
_part("resource", 4)


def _variables(text: Text) -> Reading:
    from kmsiac.policy.matching import variables  # noqa: PLC0415 - needed by few rules

    blame = frozenset(blame_on(p) for p in text.parts if isinstance(p, Unknown))
    return Items([Text((name,), text.position) for name in variables(text)], (), blame)


TEXT_FIELDS["variables"] = TextField(
    "variables",
    FieldType("text", many=True, ignore_case=True),
    "the policy variables in it, such as aws:username",
    "variables: {some: aws:username}",
    _variables,
)


def _stray(text: Text) -> Reading:
    from kmsiac.aws.formats import FORMATS  # noqa: PLC0415 - needed by few rules

    if text.sensitive:
        return ABSENT
    allowed = FORMATS["policy_text"].matches
    written = "".join(part for part in text.parts if isinstance(part, str))
    found = dict.fromkeys(character for character in written if not allowed(character))
    blame = frozenset(blame_on(p) for p in text.parts if isinstance(p, Unknown))
    return Items([Text((f"U+{ord(character):04X}",)) for character in found], (), blame)


TEXT_FIELDS["stray_characters"] = TextField(
    "stray_characters",
    FieldType("text", many=True),
    "the characters in it that no policy may hold, by code point",
    "stray_characters: {some: U+2014}",
    _stray,
)


def _expressions(text: Text) -> Reading:
    from kmsiac.policy.leftovers import expressions_in, is_placeholder  # noqa: PLC0415

    if text.sensitive:
        return ABSENT
    doubted = (p for p in text.parts if isinstance(p, Unknown) and not is_placeholder(p))
    blame = frozenset(map(blame_on, doubted))
    return Items([Text((found,), text.position) for found in expressions_in(text)], (), blame)


TEXT_FIELDS["expressions"] = TextField(
    "expressions",
    FieldType("text", many=True),
    "what in it looks like an expression of a template language that nothing worked out, such as "
    "${AWS::AccountId} or !Ref Role; policy variables are none",
    "expressions: {count: {at_least: 1}}",
    _expressions,
)


def unquoted_in(text: Text) -> Text | None:
    """The digits in a text that its template has without quotes and does not keep as they are."""
    if text.sensitive:
        return None
    found = next((part for part in text.parts if isinstance(part, Unquoted)), None)
    return None if found is None else Text((found.written,), text.position)


TEXT_FIELDS["unquoted"] = TextField(
    "unquoted",
    TEXT,
    "digits in it that are written without quotes and begin with 0, of which the template language "
    "makes another number, such as 012345670123; absent without such",
    "unquoted: {format: account_id}",
    lambda text: unquoted_in(text) or ABSENT,
)
