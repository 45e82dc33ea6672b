"""A server of this version for one run of the checks."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

import click
import httpx2

START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1
_READY: Final = re.compile(rb"\[info .* is ready .*\burl=(\S+)")
_UNIMPORTANT: Final = re.compile(rb"\S+ \[(info|debug) ")


@asynccontextmanager
async def own_server() -> AsyncIterator[str]:
    """Start `serve` with the demo provider and a store in memory, on a free port, and yield its address.

    The server runs in an empty folder, so that no `.env` changes it; its warnings and errors go to standard error.
    Raises `click.ClickException` when it does not start.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parents[4]),
        "PORT": "0",
        "LLM_PROVIDER": "demo",
        "DEMO_DELAY_MS": "1",
        "DATABASE_URL": "memory://",
    }
    with TemporaryDirectory(prefix="anyport-") as folder:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "serve"),
            cwd=folder,
            env=environment,
            stdout=sys.stderr,
            stderr=asyncio.subprocess.PIPE,
        )
        log = cast(asyncio.StreamReader, server.stderr)
        passing_on: asyncio.Task[None] | None = None
        try:
            url = await _address(log)
            passing_on = asyncio.create_task(_pass_on(log))
            await _healthy(url, server)
            yield url
        finally:
            if server.returncode is None:
                server.terminate()
            await server.wait()
            if passing_on is not None:
                await passing_on


async def _address(log: AsyncIterator[bytes]) -> str:
    """Read the log up to the line that names the address."""
    async with asyncio.timeout(START_SECONDS):
        async for line in log:
            if found := _READY.search(line):
                return found[1].decode()
            _show(line)
    raise _not_started()


async def _pass_on(log: AsyncIterator[bytes]) -> None:
    """Read the log to its end, because a full pipe would block the server."""
    async for line in log:
        _show(line)


def _show(line: bytes) -> None:
    if not _UNIMPORTANT.match(line):
        click.echo(line, err=True, nl=False)


async def _healthy(url: str, server: asyncio.subprocess.Process) -> None:
    async with httpx2.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while server.returncode is None:
            try:
                if (await client.get(f"{url}/health")).is_success:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(_POLL_SECONDS)
    raise _not_started()


def _not_started() -> click.ClickException:
    return click.ClickException("The server did not start; its log above has the reason.")
