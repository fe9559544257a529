"""What AWS managed policies say about KMS, for those whose text is documented and kept here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

from kmsiac.aws.dataset import read

StatementJson = Mapping[str, str | list[str]]


@cache
def _policies() -> Mapping[str, list[StatementJson]]:
    return cast("Mapping[str, list[StatementJson]]", read("managed_policies.json")["policies"])


def managed_policy_statements(name: str) -> list[StatementJson] | None:
    """The statements of an AWS managed policy that concern KMS; None for one that is not kept here.

    `name` has no path: `AWSLambdaBasicExecutionRole`. An empty list: nothing in it concerns KMS.
    Source: AWS Managed Policy Reference Guide; AWS changes policies without notice.
    """
    return _policies().get(name)
