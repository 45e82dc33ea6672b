"""`settings`: all variables as a `.env` file or as a page of the documentation."""

import inspect
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import click

from app.entrypoints.cli.tools import Tools
from app.environment import Secret, Variable, variables

_ENV_HEAD = """\
# Every setting of Anyport, with its default. Copy this file to .env and remove the # from the lines that you change.
# Environment variables of the process override this file; an empty variable counts as not set.
# Written by `make docs-settings`."""

_MARKDOWN_HEAD = """\
# Configuration

Every setting is an environment variable, or a line of a file `.env` in the folder in which the server starts; variables
of the process override the file. An empty variable counts as not set. Where several names are listed, the server reads
the first one that is set. An invalid value stops the start, and the error lists all invalid values at once.

`anyport doctor` checks a configuration, `anyport assistant check` reports on the assistant, `anyport providers` lists
the installed providers.

`make docs-settings` writes this page and [`.env.example`](../.env.example)."""


@click.command("settings")
@click.option("--format", "form", type=click.Choice(["env", "markdown"]), default="env", show_default=True)
@click.pass_obj
def settings_docs(tools: Tools, *, form: str) -> None:
    """Print all variables of the server and of the installed providers."""
    render = as_env if form == "env" else as_markdown
    click.echo(render(tools.sections()))


def as_env(sections: Mapping[str, type[Any]]) -> str:
    """Render a `.env` file with all lines commented out; a variable of several sections stands in the first."""
    parts = [_ENV_HEAD]
    written: set[str] = set()
    for title, section in sections.items():
        fresh = [variable for variable in variables(section) if variable.names[0] not in written]
        written.update(variable.names[0] for variable in fresh)
        if fresh:
            parts += [f"# ---- {title}: {_purpose(section)}", *map(_env_lines, fresh)]
    return "\n\n".join(parts)


def as_markdown(sections: Mapping[str, type[Any]]) -> str:
    """Render a page with a table for each section."""
    parts = [_MARKDOWN_HEAD]
    for title, section in sections.items():
        parts += [f"## {title}", _purpose(section), "\n".join(_table(section))]
    return "\n\n".join(parts)


def _env_lines(variable: Variable) -> str:
    name, *others = variable.names
    also = f" Also read: {', '.join(others)}." if others else ""
    return f"# {variable.help}{also}\n# {name}={_shown(variable.default)}"


def _table(section: type[Any]) -> Iterator[str]:
    yield "| Variable | Meaning | Expected | Default |"
    yield "|---|---|---|---|"
    for variable in variables(section):
        names = " or ".join(f"`{name}`" for name in variable.names)
        default = _shown(variable.default)
        cells = (names, variable.help, variable.expects, f"`{default}`" if default else "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _purpose(section: type[Any]) -> str:
    return (inspect.getdoc(section) or "").partition("\n")[0]


def _shown(default: object) -> str:
    match default:
        case None:
            return ""
        case Secret():  # A default is public: it is part of the source.
            return default.reveal()
        case bool():
            return str(default).lower()
        case Enum():
            return str(default.value)
        case float():
            return f"{default:g}"
        case _:
            return str(default)
