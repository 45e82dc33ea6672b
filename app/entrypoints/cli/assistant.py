"""`assistant check`: the report on an assistant, before a server starts with it."""

import asyncio

import click
import msgspec

from app.entrypoints.cli.assistant_text import lines_of
from app.entrypoints.cli.tools import Tools


@click.group()
def assistant() -> None:
    """Examine an assistant."""


@assistant.command()
@click.argument("name", metavar="[FILE:NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def check(tools: Tools, name: str | None, *, as_json: bool) -> None:
    """Report what FILE:NAME is, what it uses, and what works here; without it, the assistant of ASSISTANT.

    No model is asked and no database opened. Exits with 1 when the assistant cannot be served.
    """
    report = asyncio.run(tools.check_assistant(name))
    if as_json:
        found = {"servable": report.servable, **msgspec.to_builtins(report, order="sorted")}
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        click.echo("\n".join(lines_of(report)))
    if not report.servable:
        raise click.exceptions.Exit(1)
