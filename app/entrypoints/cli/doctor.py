"""`doctor`: does this configuration work?"""

import asyncio
from collections.abc import Awaitable, Callable

import click
from dishka import AsyncContainer

from app.application.models import ModelCatalog
from app.domain.errors import AnyportError
from app.entrypoints.cli.tools import Tools
from app.ports.attachment_storage import AttachmentStorage
from app.ports.storage import Storage


@click.command()
@click.pass_obj
def doctor(tools: Tools) -> None:
    """Check the settings, the database, the storage of files, and with one small real request each model that may
    answer."""
    settings = tools.settings()
    click.echo("ok      settings")
    if not asyncio.run(_examine(tools.container(settings))):
        raise click.exceptions.Exit(1)


async def _examine(container: AsyncContainer) -> bool:
    try:
        healthy = await _report("database", lambda: _database(container))
        healthy &= await _report("attachments", lambda: _attachments(container))
        catalog = await container.get(ModelCatalog)
        for provider in catalog.providers():
            healthy &= await _report(f"provider {provider.name}", provider.check)
        return healthy
    finally:
        await container.close()


async def _database(container: AsyncContainer) -> None:
    await (await container.get(Storage)).check()


async def _attachments(container: AsyncContainer) -> None:
    await (await container.get(AttachmentStorage)).check()


async def _report(what: str, check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await check()
    except AnyportError as error:
        click.echo(f"FAILED  {what}: {error.message}" + (f" ({error.detail})" if error.detail else ""))
        return False
    click.echo(f"ok      {what}")
    return True
