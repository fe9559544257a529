"""What the command line could not make sense of, said on one line with what was probably meant.

Loaded only when something is wrong.
"""

from __future__ import annotations

import os
import re
from typing import Any

from kmsiac.errors import nearest

_CHOICE = re.compile(
    r"(?:Value error, )?'(?P<value>.*)' is not one of (?P<known>.*?)\.?", re.DOTALL
)
_NO_COMMAND = re.compile(
    r"No such command '(?P<name>.*?)'\.(?: Did you mean '(?P<near>[^']*)')?", re.DOTALL
)
_QUOTED = re.compile(r"'([^']*)'")


def explained(error: Any) -> list[str]:
    """The lines that say what is wrong with the arguments: `error` is what typer's parser raised."""
    message = _message(error).strip().rstrip(".")
    command = error.ctx.command_path if getattr(error, "ctx", None) is not None else "kmsiac"
    return [f"kmsiac: error: {message}", f"Try `{command} --help`."]


def is_help(error: Any) -> bool:
    """Whether no command was given, so that the message is the help."""
    return type(error).__name__ == "NoArgsIsHelpError"


def _message(error: Any) -> str:
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):  # None for an option of one letter
        near = nearest(option, error.possibilities or ())
        meant = f' (did you mean "{near}"?)' if near else ""
        return f'there is no option "{option}"{meant}'
    if option is not None:
        takes = "takes no value" if "does not take" in error.message else "needs a value"
        return f"{option} {takes}"
    command = _NO_COMMAND.match(error.message)
    if command:
        meant = f' (did you mean "{command["near"]}"?)' if command["near"] else ""
        return f'there is no command "{command["name"]}"{meant}'
    parameter = getattr(error, "param", None)
    if parameter is None or not error.message:
        return str(error.format_message())
    name, value = _name(error, parameter)
    least = getattr(parameter, "min", None)
    if least is not None:
        return f"{name} takes a whole number from {least} on"
    choice = _CHOICE.fullmatch(error.message)
    if choice:
        return (
            f'{name} does not take "{choice["value"]}" ({_near(choice["value"], choice["known"])})'
        )
    if value is not None and "bool" in error.message:
        return f'{name} does not take "{value}" (give 1 or 0)'
    return f"{name}: {error.message}"


def _name(error: Any, parameter: Any) -> tuple[str, str | None]:
    """What the user has to mend: the option, or the environment variable that set it and its value."""
    source = error.ctx.get_parameter_source(parameter.name) if error.ctx is not None else None
    variable = getattr(parameter, "envvar", None)
    if getattr(source, "name", "") == "ENVIRONMENT" and isinstance(variable, str):
        return variable, os.environ.get(variable)
    options = [name for name in parameter.opts if name.startswith("--")]
    return (options or [str(parameter.metavar or parameter.name)])[0], None


def _near(value: str, known: str) -> str:
    choices = _QUOTED.findall(known)
    near = nearest(value.lower(), choices)
    return f'did you mean "{near}"?' if near else f"one of {', '.join(choices)}"
