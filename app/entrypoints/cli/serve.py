"""`serve`: run the HTTP server."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import click
import structlog
import uvicorn

from app.application.conversation.model_catalog import ModelCatalog
from app.application.turns.registry import TurnRegistry
from app.domain.errors import AnyportError
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.cli.tools import Tools
from app.patches.bounded_connections.choice import http_protocol
from app.patches.garbage_collection import collect_in_quiet, uncollected
from app.ports.agent_runner import AgentRunner
from app.ports.storage import Storage
from app.settings import ServerSettings, Settings
from app.startup.descriptors import FEWEST, descriptor_share, raise_descriptor_limit
from app.startup.warming import prepared

GRACE_SECONDS = 5

log = structlog.get_logger(__name__)


class AddressError(AnyportError):
    """The server cannot listen on HOST and PORT."""

    code = "address"


@click.command()
@click.pass_obj
def serve(tools: Tools) -> None:
    """Serve ChatKit on HOST:PORT until SIGINT or SIGTERM."""
    settings = tools.settings()
    raise_descriptor_limit()
    share = descriptor_share(reserved=settings.store.pool_size)
    if share.limit < FEWEST:
        log.warning("open file limit low", files=share.limit, connections=share.connections, change="ulimit -n")
    config = uvicorn.Config(
        app=lambda: None,
        log_config=None,
        access_log=False,
        server_header=False,
        http=http_protocol(settings.server.client_seconds, share.connections),
        backlog=share.backlog,
        ws="none",
        # Set, because uvicorn otherwise reads WEB_CONCURRENCY and fails when that is no number.
        workers=1,
        forwarded_allow_ips=settings.server.trusted_proxies,
        # Turns and the streams that follow them end by themselves before that.
        timeout_graceful_shutdown=int(settings.turns.shutdown_seconds) + GRACE_SECONDS,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner, suppress(asyncio.CancelledError):
        runner.run(_serve(tools, settings, config))


async def _serve(tools: Tools, settings: Settings, config: uvicorn.Config) -> None:
    stopping = _Stopping()
    # First of all: a second server on a port in use must change nothing.
    listener = _listen(settings.server)
    container = tools.container(settings)
    with uncollected():
        try:
            # Built before the first request, so that a broken configuration ends in one sentence and an exit code.
            turns = await container.get(TurnRegistry)
            models, storage = await container.get(ModelCatalog), await container.get(Storage)
            runner, server = await container.get(AgentRunner), await container.get(ChatKitDispatcher)
        except BaseException:
            listener.close()
            await container.close()
            raise
        config.app = tools.app(container, settings)
    log.info(
        "Anyport is ready",
        url=f"http://{settings.server.host}:{listener.getsockname()[1]}",
        provider=models.default.provider,
        model=models.default.model,
        store=storage.location,
    )
    served = _Server(config, turns, server.ready, runner.warm)
    stopping.started(served)
    await served.serve(sockets=[listener])
    if served.unable:
        raise click.exceptions.Exit(1)


class _Stopping:
    """Handler of SIGINT and SIGTERM while uvicorn's own is not in place: cancels a start, and stops a started server.

    uvicorn raises its signal again after its shutdown, which must not end a clean stop with an error code.
    """

    def __init__(self) -> None:
        self._starting = asyncio.current_task()
        self._server: uvicorn.Server | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def started(self, server: uvicorn.Server) -> None:
        """Stop `server` from now on."""
        self._server = server

    def _stop(self, *_: object) -> None:
        if self._server is not None:
            self._server.should_exit = True
        elif self._starting is not None:
            self._starting.cancel()


class _Server(uvicorn.Server):
    """uvicorn's server with warming, garbage collection in quiet moments, and draining of turns.

    At shutdown uvicorn waits for open streams, so their turns drain at the same time. `unable` is True after a failed
    warming; the server then stops.
    """

    def __init__(self, config: uvicorn.Config, turns: TurnRegistry, *warming: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._turns = turns
        self._warming = warming
        self.unable = False

    async def main_loop(self) -> None:
        async with asyncio.TaskGroup() as beside:
            warming = beside.create_task(self._warmed())
            collecting = beside.create_task(self._collected(warming))
            await super().main_loop()
            collecting.cancel()
            warming.cancel()

    async def _collected(self, warming: asyncio.Task[None]) -> None:
        await asyncio.wait([warming])
        await collect_in_quiet(self._turns.are_running)

    async def _warmed(self) -> None:
        try:
            await prepared(*self._warming)
        except AnyportError as error:
            log.critical("server unable to answer", reason=error.message, detail=error.detail)
            self.unable = self.should_exit = True
        except Exception:
            # A library is broken or missing: the process manager must see the exit, and no user an error.
            log.exception("server unable to answer", change="install Anyport again")
            self.unable = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = asyncio.create_task(self._turns.drain())
        await super().shutdown(sockets)
        await draining


def _listen(server: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        return socket.create_server((server.host, server.port), family=family)
    except OSError as error:
        message = f"cannot listen on {server.host}:{server.port}. Set HOST and PORT to an address that is free."
        raise AddressError(message, detail=error.strerror or str(error)) from error
