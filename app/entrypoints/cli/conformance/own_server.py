"""A server of this version for one run of the checks."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import httpx2

START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1


@asynccontextmanager
async def own_server() -> AsyncIterator[str]:
    """Start `serve` with the demo provider and a store in memory, and yield its address.

    The server runs in an empty folder, so that no `.env` changes it. Raises `click.ClickException` when it does not
    start.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).parents[4]),
        "PORT": str(port),
        "LLM_PROVIDER": "demo",
        "DEMO_DELAY_MS": "1",
        "DATABASE_URL": "memory://",
        "APP_LOG_LEVEL": "warning",
    }
    with TemporaryDirectory(prefix="anyport-") as folder:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "serve", cwd=folder, env=environment, stdout=sys.stderr
        )
        try:
            await _healthy(url, server)
            yield url
        finally:
            if server.returncode is None:
                server.terminate()
            await server.wait()


async def _healthy(url: str, server: asyncio.subprocess.Process) -> None:
    async with httpx2.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while server.returncode is None:
            try:
                if (await client.get(f"{url}/health")).is_success:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(_POLL_SECONDS)
    raise click.ClickException("The server did not start; its log above has the reason.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
