"""No policy in the text of a template is lost: each is in the inventory, or it is said why not."""

from __future__ import annotations

from pathlib import Path

from tests.oracles.cloudformation_accounting import account, raw_templates

TREE = Path(__file__).parent / "accounting_templates"


def test_each_policy_of_the_tree_is_accounted_for() -> None:
    found = {
        f"{Path(raw.path).name} {raw.resource} {raw.statements[0][0]}": kind
        for raw, kind in account(TREE).items()
    }
    assert found == {
        "known.yaml Key 13": "elsewhere",
        "known.yaml Key 18": "known",
        "known.yaml Role 33": "known",
        "known.yaml Role 38": "known",
        "known.yaml Fn 46": "known",
        "known.yaml Fn 49": "known",
        "known.yaml Custom 55": "known",
        "known.yaml Runbook 60": "elsewhere",
        "known.yaml Gone 65": "never",
        "partly.json Key 10": "partly",
        "listed.yaml Odd 6": "listed",
    }


def test_templates_are_counted_without_the_front_end() -> None:
    found = {Path(path).name for path in raw_templates(TREE)}
    assert found == {"known.yaml", "partly.json", "listed.yaml"}
