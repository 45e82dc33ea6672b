"""`erase`: delete all data of one user."""

import asyncio

import click
from dishka import AsyncContainer

from app.application.attachments.cleanup import FileCleanup
from app.application.threads.personal_data import erase_user
from app.domain.errors import StoreUnavailableError
from app.domain.redaction import mask_userinfo
from app.entrypoints.cli.tools import Tools
from app.ports.storage import Erasure, Storage


@click.command()
@click.argument("user_id")
@click.confirmation_option(prompt="All data of this user will be deleted for good. Go on?")
@click.pass_obj
def erase(tools: Tools, user_id: str) -> None:
    """Delete all stored data of USER_ID. This cannot be undone: run `anyport export` first."""
    gone = asyncio.run(_erase(tools.container(tools.settings()), user_id))
    click.echo(f"Deleted {gone.threads} threads and {gone.tasks} tasks of {user_id}.")


async def _erase(container: AsyncContainer, user_id: str) -> Erasure:
    try:
        storage: Storage = await container.get(Storage)
        cleanup: FileCleanup = await container.get(
            FileCleanup
        )  # Resolved first, so that wrong settings stop the command before a deletion.
        gone = await erase_user(storage, user_id)
        try:
            await cleanup.clear()
        except StoreUnavailableError as error:
            click.echo(
                f"Files stay until the server can delete them: {error.message} ({mask_userinfo(error.detail)})",
                err=True,
            )
        try:
            await storage.scrub(thorough=True)
        except StoreUnavailableError as error:
            again = "Run `anyport erase` again when no server uses the database"
            click.echo(f"Copies may stay in the database's files. {again}: {mask_userinfo(error.detail)}", err=True)
        return gone
    finally:
        await container.close()
