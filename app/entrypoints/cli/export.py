"""`export`: all data of one user as JSON lines."""

import asyncio
import json
from typing import TextIO

import click
from dishka import AsyncContainer

from app.application.threads.personal_data import export_user
from app.entrypoints.cli.tools import Tools
from app.ports.attachment_storage import AttachmentStorage
from app.ports.storage import Storage


@click.command()
@click.argument("user_id")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file instead of the screen.")
@click.pass_obj
def export(tools: Tools, user_id: str, output: TextIO) -> None:
    """Write all stored data of USER_ID: threads, items, turns, feedback, tasks and files, oldest first."""
    written = asyncio.run(_export(tools.container(tools.settings()), user_id, output))
    click.echo(f"{written} records of {user_id}", err=True)


async def _export(container: AsyncContainer, user_id: str, output: TextIO) -> int:
    written = 0
    try:
        storage: Storage = await container.get(Storage)
        files: AttachmentStorage = await container.get(AttachmentStorage)
        async for record in export_user(storage, files, user_id):
            # ASCII escapes, because a lone surrogate has no UTF-8 form.
            output.write(json.dumps(record) + "\n")
            written += 1
    finally:
        await container.close()
    return written
