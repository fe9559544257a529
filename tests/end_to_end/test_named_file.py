"""A named `.tf` scans its module and reports that file: nothing that concerns it is lost."""

from __future__ import annotations

STAR = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}'
KEY = 'resource "aws_kms_key" "k" {\n  enable_key_rotation = true\n  policy = %s\n}\n'


def test_findings_in_a_file_or_module_that_the_named_file_refers_to_are_kept(kmsiac):
    files = {
        "main.tf": KEY % 'file("${path.module}/p.json")' + 'module "m" {\n  source = "./m"\n}\n',
        "p.json": STAR,
        "m/main.tf": KEY % f"jsonencode({STAR})",
        "other.tf": KEY.replace('"k"', '"o"') % f"jsonencode({STAR})",
    }
    out = kmsiac(files, "scan", "main.tf").out
    assert "p.json:1:" in out
    assert "module.m.aws_kms_key.k" in out
    assert "aws_kms_key.o" not in out
