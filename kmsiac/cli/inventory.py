"""`kmsiac inventory`."""

from __future__ import annotations

import io
import os
import sys

from kmsiac.cli import options as o
from kmsiac.cli.exit_codes import ExitCode
from kmsiac.cli.formats import only_stdout
from kmsiac.cli.group import new_app
from kmsiac.cli.output import emit, is_terminal, say
from kmsiac.cli.request import Deployment, settings
from kmsiac.cli.standard_input import mention_unread
from kmsiac.reporters import inventory_text
from kmsiac.reporters.json_report import dumps
from kmsiac.reporters.terminal import Style, use_color
from kmsiac.scan import take_inventory

app = new_app()

_FOUND = ("policies", "data", "keys", "aliases", "grants", "endpoints", "identities", "consumers")


@app.command(
    epilog="\b\nExamples:\n  kmsiac inventory infra/\n  kmsiac inventory -f json template.yaml\n\n"
    "\b\nExit codes:\n  0 all read, 2 wrong use, 3 something could not be read or nothing was found"
)
def inventory(  # noqa: PLR0913, PLR0917  # one argument is one option
    paths: o.Paths = None,
    format: o.OneFormat = "text",
    account_id: o.Account = None,
    region: o.Region = None,
    partition: o.Partition = None,
    var: o.Variables = None,
    var_file: o.VariableFiles = None,
    parameters: o.Parameters = None,
    policy_kind: o.PolicyKinds = None,
    source_dir: o.SourceFolder = None,
    config: o.ConfigFile = None,
    no_config: o.NoConfig = False,
    color: o.ColorMode = None,
) -> int:
    """Show what was found: keys with their policies, grants and aliases, identities, endpoints."""
    wanted = only_stdout(format)
    deployment = Deployment(
        account_id, region, partition, var, var_file, parameters,
        config=config, no_config=no_config, policy_kind=policy_kind,
        source_folder=source_dir,
    )  # fmt: skip
    wish = settings(paths, deployment, color=color)
    for note in wish.scan.notes:
        say(f"kmsiac: note: {note.location}: {note.message}")
    found = take_inventory(wish.scan)
    if wanted == "json":
        emit(dumps(found))
    else:
        stream = io.StringIO()
        style = Style(use_color(wish.color, is_terminal(sys.stdout), os.environ))
        inventory_text.write(found, stream, style)
        emit(stream.getvalue())
    mention_unread("inventory", paths)
    if found["errors"] or not any(found[name] for name in _FOUND):
        return ExitCode.INCOMPLETE
    return ExitCode.OK
