"""Writes out the loops of a template with cfn-lint, so that a test can compare.

    python -m tests.oracles.cfn_lint_loops      write the golden anew; needs cfn-lint

One difference is meant: cfn-lint leaves `${Identifier}` alone in texts that are no `Fn::Sub`, no key
and no `Ref`. CloudFormation documents that all of them are replaced. What it makes up for items that
are not known (random names) is not compared either.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "frontends" / "cloudformation" / "language"
TEMPLATE = FOLDER / "foreach-agreed.yaml"
GOLDEN = Path(__file__).parent / "data" / "cfn_lint_loops.json"
_SECTIONS = ("Mappings", "Conditions", "Resources")


def main() -> None:
    """Write the golden."""
    from cfnlint.decode import decode  # noqa: PLC0415 - only whoever writes the golden has it
    from cfnlint.template import Template  # noqa: PLC0415 - as above

    document, problems = decode(str(TEMPLATE))
    assert not problems, problems
    template = Template(str(TEMPLATE), document, ["us-east-1"])
    assert not template.transform()
    expanded = {name: template.template.get(name) for name in _SECTIONS}
    GOLDEN.write_text(json.dumps(expanded, indent=1) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main()
