"""`migrate`: bring the database to the schema of this version."""

import asyncio

import click

from app.entrypoints.cli.tools import Tools


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 unless the schema is the needed one.")
@click.pass_obj
def migrate(tools: Tools, *, check: bool) -> None:
    """Bring the database to the schema that this version needs, all or nothing.

    Safe to run again, and from several replicas at once. SQLite needs it not: the server does it at its start.
    """
    settings = tools.settings()
    if check:
        found = asyncio.run(tools.schema(settings))
        click.echo(f"schema {found.current or 'none'}, needed {found.needed}: {found.state}")
        raise click.exceptions.Exit(0 if found.state == "current" else 1)
    before = asyncio.run(tools.migrate(settings))
    if before.state == "current":
        click.echo(f"The database has schema {before.needed} already.")
    else:
        click.echo(f"The database had schema {before.current or 'none'} and has {before.needed} now.")
