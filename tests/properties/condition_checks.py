"""What must hold between answers about one condition and the concrete procedure."""

from __future__ import annotations

from kmsiac import access
from kmsiac.access.model import Request
from kmsiac.access.operators import Variables, holds
from kmsiac.access.statements import folded_context, variables_of
from kmsiac.aws.shapes import fold
from kmsiac.policy.document import Condition, PolicyDocument
from kmsiac.values import Answer
from tests.properties.cases import Case, account_of, covers, only
from tests.properties.checks import effective, refute, seen, usable
from tests.properties.documents import Policy, as_document


def check_conditions(case: Case) -> None:
    """`satisfiable` and `tautology` against requests that the rest of the statement covers."""
    document, real = case.documents()[0], case.deployed_policies()[0]
    deployed = as_document(real)
    variables = variables_of(deployed)
    for index, statement in enumerate(document.statements):
        if len(statement.conditions) != len(deployed.statements[index].conditions):
            continue
        bare = _bare(real, index)
        for at, condition in enumerate(statement.conditions):
            where = f"{index} {condition.operator} {condition.key}"
            can = seen(
                "satisfiable", access.satisfiable(document, statement, condition, case.place)
            )
            always = seen("tautology", access.tautology(document, statement, condition, case.place))
            if can.is_no and always.is_yes:
                refute(case, can, None, f"{where}: never satisfied, and always")
            if not (can.is_no or always.is_yes):
                continue
            for request in case.requests():
                if not (usable(request) and covers(bare, bare.statements[0], request).is_yes):
                    continue
                known = deployed.statements[index].conditions
                holds = _holds(known[at], request, variables)
                others = [_holds(c, request, variables) for c in known if c is not known[at]]
                if can.is_no and holds.is_yes:
                    refute(case, can, request, f"satisfiable {where}: a request meets it")
                if always.is_yes and holds.is_no and all(one.is_yes for one in others):
                    refute(case, always, request, f"tautology {where}: a request fails it")


def _bare(real: Policy, index: int) -> PolicyDocument:
    """The statement alone, without its conditions."""
    body = {k: v for k, v in real["Statement"][index].items() if k != "Condition"}
    return as_document(real | {"Statement": [body]})


def _holds(condition: Condition, request: Request, variables: Variables) -> Answer:
    return holds(condition, folded_context(request), variables)


def check_neutralised(case: Case) -> None:
    """A restriction that does not evaporate: no request without the key passes the Allow."""
    document, real = case.documents()[0], case.deployed_policies()[0]
    for index, statement in enumerate(document.statements):
        alone = as_document(only(real, index))
        for condition in statement.conditions:
            answer = seen(
                "neutralised", access.neutralised(document, statement, condition, case.place)
            )
            if not answer.is_no or statement.effect_text != "Allow":
                continue
            key = fold(str(condition.key))
            restricts = _restricts(condition)
            for request in case.requests():
                lacks = key not in folded_context(request)
                if lacks and restricts and effective(real, index, alone, request):
                    where = f"{index} {condition.operator} {condition.key}"
                    refute(case, answer, request, f"neutralised {where}: passes without the key")


def _restricts(condition: Condition) -> bool:
    """Whether the condition is a restriction that absence turns off, as far as its name shows."""
    operator = str(condition.operator)
    positive = "Not" not in operator and not operator.startswith("Null")
    return positive and (operator.endswith("IfExists") or operator.startswith("ForAllValues"))


def check_stops(case: Case) -> None:
    """What a condition is said to keep out, it does."""
    document, real = case.documents()[0], case.deployed_policies()[0]
    deployed = as_document(real)
    variables = variables_of(deployed)
    for index, statement in enumerate(document.statements):
        alone = as_document(only(real, index))
        if len(statement.conditions) != len(deployed.statements[index].conditions):
            continue
        for at, condition in enumerate(statement.conditions):
            answers = access.stops(document, statement, condition, case.place)
            for kind, answer in answers.items():
                if not answer.is_yes:
                    continue
                where = f"stops {index} {condition.operator} {condition.key} {kind}"
                for request in case.requests():
                    if not _of_kind(kind, request):
                        continue
                    if statement.effect_text == "Allow":
                        if effective(real, index, alone, request):
                            refute(case, answer, request, f"{where}: passes")
                    elif usable(request) and _covered(real, index, request):
                        met = _holds(deployed.statements[index].conditions[at], request, variables)
                        if met.is_no:
                            refute(case, answer, request, f"{where}: does not meet it")


def _covered(real: Policy, index: int, request: Request) -> bool:
    bare = _bare(real, index)
    return covers(bare, bare.statements[0], request).is_yes


def _of_kind(kind: str, request: Request) -> bool:
    if kind == "service_principal":
        return not account_of(request)
    return folded_context(request).get("aws:viaawsservice") == ("true",)
