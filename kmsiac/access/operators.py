"""Whether a condition holds for a request: the definition that everything else is tested against.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context
keys". What AWS does not document is cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from kmsiac.access.comparisons import compare
from kmsiac.access.patterns import Context, MultivaluedVariableError, tokens
from kmsiac.aws.condition_keys import condition_key
from kmsiac.aws.operators import Operator
from kmsiac.aws.shapes import fold
from kmsiac.policy.conditions import holds_when_absent, operator_of
from kmsiac.policy.document import Condition
from kmsiac.values import (
    NO,
    YES,
    Answer,
    Blame,
    Text,
    Unknown,
    all_of,
    any_of,
    blame_on,
    cannot_tell,
    decided,
    negate,
    open_blame,
)

Variables = bool | Unknown
"""Whether `${...}` in values are policy variables: from version 2012-10-17 on."""


def holds(condition: Condition, context: Context, variables: Variables = True) -> Answer:
    """Whether a condition is true for a request that carries `context`.

    A value that is not known matters only where no known value already decides.
    """
    operator = operator_of(condition)
    if operator is None:
        return _open(condition, "not a condition operator that IAM knows")
    key = condition.key.literal
    if key is None:
        return cannot_tell(*open_blame(condition.key))
    found = context.get(fold(key), ())
    if operator.name == "Null":
        return _null(condition, found)
    if not found:
        return holds_when_absent(condition)
    if operator.set_operator is None and (len(found) > 1 or _is_multivalued(key)):
        return _open(condition, "a key with several values needs ForAllValues or ForAnyValue")
    each = (_fits(condition, operator, value, context, variables) for value in found)
    if found == ("",) and operator.set_operator is not None:
        return _over_nothing(condition, operator, all_of(each))
    return any_of(each) if operator.set_operator == "ForAnyValue" else all_of(each)


def _over_nothing(condition: Condition, operator: Operator, literally: Answer) -> Answer:
    """A set operator where the only value is empty: AWS documents it as a null data set."""
    if operator.set_operator == "ForAllValues":
        return YES
    if literally.is_no:
        return NO
    return _open(condition, "whether a listed empty value fits an empty one under ForAnyValue")


def all_hold(
    conditions: Iterable[Condition], context: Context, variables: Variables = True
) -> Answer:
    """Whether every condition of a statement is true."""
    return all_of(holds(condition, context, variables) for condition in conditions)


def _fits(
    condition: Condition, operator: Operator, found: str, context: Context, variables: Variables
) -> Answer:
    """One value of the request against all of the policy: any for positive, none for negated."""
    answers = (_compare(operator, value, found, context, variables) for value in condition.values)
    rest = condition.values_open
    further = [cannot_tell(blame_on(rest))] if rest is not None else []
    answer = any_of([*answers, *further])
    return negate(answer) if operator.negated else answer


def _compare(
    operator: Operator, value: Text | Unknown, found: str, context: Context, variables: Variables
) -> Answer:
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    literal = value.literal
    if literal is None:
        return cannot_tell(*open_blame(value))
    if isinstance(variables, Unknown):
        if "${" in literal:
            return cannot_tell(blame_on(variables))
        variables = False
    has_variables = operator.family in ("string", "arn", "bool")
    try:
        wanted = tokens(literal, context, like=operator.like, variables=variables and has_variables)
    except MultivaluedVariableError:
        return cannot_tell(Blame(literal, "a variable with several values", value.position))
    if wanted is None:
        return NO
    if operator.family == "arn" and literal.rstrip("*") in ("", "arn:") and literal.endswith("*"):
        reason = "what a lone wildcard matches under an ARN operator is not documented"
        return cannot_tell(Blame(literal, reason, value.position))
    return decided(compare(operator, wanted, found))


def _null(condition: Condition, found: tuple[str, ...]) -> Answer:
    if not found:
        return holds_when_absent(condition)
    if found == ("",):
        return _open(condition, "whether an empty value counts as null is not documented")
    answers = [_is_false(value) for value in condition.values]
    if condition.values_open is not None:
        answers.append(cannot_tell(blame_on(condition.values_open)))
    return any_of(answers)


def _is_false(value: Text | Unknown) -> Answer:
    if isinstance(value, Unknown):
        return cannot_tell(blame_on(value))
    if value.literal is None:
        return cannot_tell(*open_blame(value))
    return YES if fold(value.literal) == "false" else NO


def _is_multivalued(key: str) -> bool:
    known = condition_key(key)
    return known is not None and known.multivalued


def _open(condition: Condition, reason: str) -> Answer:
    return cannot_tell(Blame(str(condition.operator), reason, condition.operator_position))
