"""What AWS managed policies say about KMS."""

from __future__ import annotations

from kmsiac.aws.managed_policies import managed_policy_statements


def test_administrator_access_is_everything() -> None:
    assert managed_policy_statements("AdministratorAccess") == [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]


def test_power_user_access_has_kms() -> None:
    statements = managed_policy_statements("PowerUserAccess")
    assert statements is not None
    (statement,) = statements
    assert statement["NotAction"] == ["iam:*", "organizations:*", "account:*"]


def test_none_is_not_kept_and_empty_says_nothing_of_kms() -> None:
    assert managed_policy_statements("AWSLambdaBasicExecutionRole") == []
    assert managed_policy_statements("ReadOnlyAccess") is None
