"""Every sink that stands in a tree is evaluated, unknown with a reason, or listed: none is lost."""

from __future__ import annotations

from pathlib import Path

from tests.oracles.accounting import account, raw_count

TREE = Path(__file__).parent / "accounting_tree"


def test_where_each_sink_of_a_tree_goes() -> None:
    found = account(TREE)
    prefix = TREE.relative_to(TREE.parents[2]).as_posix() + "/"
    told = {
        f"{sink.path.removeprefix(prefix)}: {sink.resource} {sink.argument}".strip(): kind
        for sink, kind in found.items()
        if kind != "known"
    }
    assert told == {
        "main.tf: aws_kms_key.partly policy": "partly",
        "main.tf: aws_kms_key.not_made": "not made",
        "main.tf: aws_kms_key.not_made policy": "not made",
        "broken/main.tf: aws_kms_key.k": "listed",
        "broken/main.tf: aws_kms_key.k policy": "listed",
    }
    assert sum(kind == "known" for kind in found.values()) == 19


def test_the_raw_count_reads_text() -> None:
    kinds = [sink.resource.partition(".")[0] for sink in raw_count(TREE)]
    assert len(kinds) == 24
    assert kinds.count("aws_s3_bucket_policy") == 1
    assert "aws_kms_key.comment" not in {sink.resource for sink in raw_count(TREE)}
