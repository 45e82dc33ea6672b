"""`serve`: run the HTTP server."""

import asyncio

import click
import structlog
import uvicorn

from app.application.turns import Turns
from app.entrypoints.cli.tools import Tools
from app.ports.model_provider import ModelProvider
from app.ports.storage import Storage
from app.settings import Settings

GRACE_SECONDS = 5

log = structlog.get_logger(__name__)


@click.command()
@click.pass_obj
def serve(tools: Tools) -> None:
    """Serve ChatKit on HOST:PORT until SIGINT or SIGTERM."""
    settings = tools.settings()
    config = uvicorn.Config(
        app=lambda: None,
        host=settings.server.host,
        port=settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(tools, settings, config))


async def _serve(tools: Tools, settings: Settings, config: uvicorn.Config) -> None:
    container = tools.container(settings)
    try:
        # Built before the port is bound, so that what cannot work ends in one sentence and an exit code.
        await container.get(Turns)
        provider, storage = await container.get(ModelProvider), await container.get(Storage)
    except BaseException:
        await container.close()
        raise
    log.info(
        "Anyport is ready",
        url=f"http://{settings.server.host}:{settings.server.port}",
        provider=provider.name,
        model=provider.default_model,
        store=storage.location,
    )
    config.app = tools.app(container, settings)
    await uvicorn.Server(config).serve()
