"""One piece of code that several modules and root modules call: one finding, each address, each call."""

from __future__ import annotations

from kmsiac.config import ScanOptions
from kmsiac.scan import scan

KEY = """variable "who" {}
resource "aws_kms_key" "k" {
  enable_key_rotation = true
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "x", Effect = "Allow", Principal = { AWS = var.who }, Action = "kms:*", Resource = "*" }] })
}
"""


def call(name, source, who):
    return f'module "{name}" {{\n  source = "{source}"\n  who    = "{who}"\n}}\n'


def public(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    result = scan(ScanOptions(paths=(root,), working_directory=root))
    return [finding for finding in result.findings if finding.rule == "KP-20"]


def places(pairs):
    return [(text, f"{span.path}:{span.line}") for text, span in pairs]


def test_three_root_modules_that_call_one_module_get_one_finding(tmp_path):
    wrap = 'variable "who" {}\nmodule "key" {\n  source = "../key"\n  who    = var.who\n}\n'
    files = {
        "modules/key/main.tf": KEY,
        "modules/wrap/main.tf": wrap,
        "a/main.tf": call("key", "../modules/key", "*"),
        "b/main.tf": call("key", "../modules/key", "*"),
        "c/main.tf": call("wrap", "../modules/wrap", "*"),
        "d/main.tf": call("key", "../modules/key", "arn:aws:iam::111122223333:root"),
    }
    (finding,) = public(tmp_path, files)
    assert [(one.address, one.unit) for one in finding.addresses] == [
        ("module.key.aws_kms_key.k", "a"),
        ("module.key.aws_kms_key.k", "b"),
        ("module.wrap.module.key.aws_kms_key.k", "c"),
    ]
    assert finding.others == [
        "module.key.aws_kms_key.k in b",
        "module.wrap.module.key.aws_kms_key.k in c",
    ]
    assert places(finding.call_chain) == [("module.key", "a/main.tf:1")]
    assert places(finding.related)[-3:] == [
        ("also called as module.key", "b/main.tf:1"),
        ("also called as module.wrap", "c/main.tf:1"),
        ("also called as module.wrap.module.key", "modules/wrap/main.tf:2"),
    ]


def test_calls_of_one_root_module_are_one_finding_unless_the_answer_differs(tmp_path):
    hcl = "".join(
        call(name, "./key", who)
        for name, who in (("one", "*"), ("two", "*"), ("safe", "arn:aws:iam::111122223333:root"))
    )
    more = hcl + 'module "many" {\n  source = "./key"\n  count  = 2\n  who    = "*"\n}\n'
    (finding,) = public(tmp_path, {"main.tf": more, "key/main.tf": KEY})
    assert [one.address for one in finding.addresses] == [
        "module.many[0].aws_kms_key.k",
        "module.many[1].aws_kms_key.k",
        "module.one.aws_kms_key.k",
        "module.two.aws_kms_key.k",
    ]
    assert len({(one.unit, one.address) for one in finding.addresses}) == 4
    assert places(finding.related)[-2:] == [
        ("also called as module.one", "main.tf:1"),
        ("also called as module.two", "main.tf:5"),
    ]


def test_an_ignore_at_one_call_covers_that_one_only(tmp_path):
    ignored = "# kmsiac: ignore[KP-20] -- known\n" + call("key", "../key", "*")
    files = {"key/main.tf": KEY, "a/main.tf": ignored, "b/main.tf": call("key", "../key", "*")}
    (finding,) = public(tmp_path, files)
    assert finding.suppressed is None
    assert [(one.unit, one.suppressed is not None) for one in finding.addresses] == [
        ("a", True),
        ("b", False),
    ]
    assert places(finding.call_chain) == [("module.key", "b/main.tf:1")]
    assert finding.others == ["module.key.aws_kms_key.k in a"]
