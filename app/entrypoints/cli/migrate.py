"""`migrate`: upgrade the database to the schema of this version."""

import asyncio

import click

from app.entrypoints.cli.tools import Tools


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 unless the schema is current.")
@click.pass_obj
def migrate(tools: Tools, *, check: bool) -> None:
    """Upgrade the database to the schema of this version, in one transaction.

    Idempotent, also from several replicas at once. On SQLite the server migrates by itself when it starts.
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
