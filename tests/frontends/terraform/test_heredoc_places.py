"""Values in heredocs stand at the lines where they are written."""

from pathlib import Path

from kmsiac.values import Text
from tests.frontends.terraform.loading import read

HEREDOC = """resource "aws_kms_key" "k" {
  policy = <<-EOT
    {
      "Principal": "${data.aws_caller_identity.me.account_id}"
    }
    EOT
}
data "aws_caller_identity" "me" {}
"""


def test_positions_in_a_heredoc_lead_to_its_lines(tmp_path: Path) -> None:
    stack, tree = read(tmp_path, {"a.tf": HEREDOC})
    value = stack.resources[0].attributes.get("policy")
    assert isinstance(value, Text)
    assert str(value) == '{\n  "Principal": "${data.aws_caller_identity.me.account_id}"\n}\n'
    assert str(tree.span(value.position_of(str(value).index('"Principal')))) == "a.tf:4:7"
    assert str(tree.span(value.position_of(len('{\n  "Principal": "') + 1))) == "a.tf:4:62"
