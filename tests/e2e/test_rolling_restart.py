"""Rolling restart: replicas are replaced one by one during conversations; no turn, event or word is lost."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from bench.soak.audit import Audit
from bench.soak.client import Client
from bench.soak.conversation import Conversation
from bench.soak.upstream import Upstream
from tests.fleet import fleet
from tests.postgres import Databases
from tests.server import ServerProcess

PEOPLE = 5
SEED = 7


class RoundRobin(httpx.AsyncBaseTransport):
    """Each request goes to the next replica that takes connections, as a balancer without any memory has it."""

    def __init__(self, replicas: Sequence[ServerProcess]) -> None:
        self._ports = [replica.port for replica in replicas]
        self._next = itertools.cycle(self._ports)
        self._transport = httpx.AsyncHTTPTransport(verify=False)  # Reading the authorities costs more than a request.

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in self._ports[1:]:
            request.url = request.url.copy_with(port=next(self._next))
            try:
                return await self._transport.handle_async_request(request)
            except httpx.ConnectError:
                """It is being replaced."""
        request.url = request.url.copy_with(port=next(self._next))
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@pytest.mark.timeout(300)  # Six servers start one after the other.
async def test_three_replicas_are_replaced_under_load(databases: Databases, tmp_path: Path) -> None:
    upstream, deployed = Upstream(pause=0.02), asyncio.Event()
    held: list[Conversation] = []
    async with databases.fresh() as url, upstream.listening():
        environment = {"DATABASE_URL": url, "GEMINI_API_KEY": "counting", "GEMINI_BASE_URL": upstream.url}
        environment |= {"MAX_CONCURRENT_TURNS": "0", "RATE_LIMIT_PER_MINUTE": "0"}
        async with fleet(tmp_path, 3, **environment) as replicas:

            def connect(name: str) -> Client:
                return Client("http://127.0.0.1", name, RoundRobin(replicas))

            async def converse() -> None:
                while not deployed.is_set():
                    held.append(Conversation(connect, len(held), SEED))
                    await held[-1].run()

            async with asyncio.TaskGroup() as people:
                for _ in range(PEOPLE):
                    people.create_task(converse())
                for replica in replicas:
                    assert await replica.stop() == 0
                    await replica.start()
                deployed.set()
            audit = Audit()
            await audit.compare(connect("audit"), held)
    assert audit.differences == []
    assert audit.figures["answers"] > PEOPLE, "they went on meanwhile"
