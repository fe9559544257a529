"""The classes of condition keys that rules name as `@class`."""

from __future__ import annotations

from functools import cache

_RESOURCE = (
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/*",
    "kms:ResourceAliases",
    "kms:RequestAlias",
)
_GRANT = (
    "kms:GrantIsForAWSResource",
    "kms:GrantOperations",
    "kms:GranteePrincipal",
    "kms:GranteeServicePrincipal",
    "kms:GrantConstraintType",
    "kms:GrantConstraintSourceArn",
    "kms:RetiringPrincipal",
)
"""What limits CreateGrant to a grantee, operations or a use. Not kms:ViaService: it limits neither
(AWS KMS Developer Guide, "Grants in AWS KMS")."""

CLASSES = ("identity", "network", "source", "resource", "grant")
"""identity: who calls; network: by which way; source: for which resource a service calls;
resource: which key; grant: what a grant may give."""


@cache
def keys_of_class(name: str) -> frozenset[str]:
    """The condition keys of a class, families with `*` at the end."""
    from kmsiac.aws.condition_keys import condition_keys  # noqa: PLC0415 - loads a table

    if name == "resource":
        return frozenset(_RESOURCE)
    if name == "grant":
        return frozenset(_GRANT)
    return frozenset(key.name for key in condition_keys() if key.klass == name)
