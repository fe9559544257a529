"""What a condition does with a request that does not carry its key.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

from kmsiac.aws.operators import Operator, parse_operator
from kmsiac.policy.document import Condition
from kmsiac.values import NO, YES, Answer, Blame, Text, Unknown, blame_on, cannot_tell, decided


def operator_of(condition: Condition) -> Operator | None:
    """The operator with its affixes taken apart; None if IAM has no such operator."""
    literal = condition.operator.literal
    return parse_operator(literal) if literal is not None else None


def holds_when_absent(condition: Condition) -> Answer:
    """Whether the condition is true for a request without its key.

    Negated operators are, positive ones are not; `IfExists` and `ForAllValues` are,
    `ForAnyValue` is not (even negated); `Null` says it itself.
    """
    operator = operator_of(condition)
    if operator is None:
        reason = "not a condition operator that IAM knows"
        return cannot_tell(Blame(str(condition.operator), reason, condition.operator_position))
    if operator.name == "Null":
        return _null(condition)
    if operator.if_exists or operator.set_operator == "ForAllValues":
        return YES
    if operator.set_operator == "ForAnyValue":
        return NO
    return decided(operator.negated)


def _null(condition: Condition) -> Answer:
    answers = set()
    for value in condition.values:
        literal = value.literal if isinstance(value, Text) else None
        if literal is None:
            blame = value if isinstance(value, Unknown) else None
            place = Blame(str(value), "known only after deployment", value.position)
            return cannot_tell(blame_on(blame) if blame else place)
        answers.add(literal.lower())
    if condition.values_open is not None:
        return cannot_tell(blame_on(condition.values_open))
    return decided("true" in answers)
