"""Open streams and connections take no more file descriptors than the server has for them."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from app.startup.descriptors import share
from tests.chatkit_client import ChatKitClient, user_input
from tests.fakes.login_service import SECRET, secret_token
from tests.server import ROOT, ServerProcess, running

BOUND = 60.0
FEW = 256
POOL = 10
EVENTS = b"GET /api/events HTTP/1.1\r\nhost: localhost\r\n%s\r\n"
ANN, BOB, CAT = (secret_token(sub=name, aud=None, iss=None) for name in ("ann", "bob", "cat"))
LOGIN = {"JWT_SECRET": SECRET, "RATE_LIMIT_PER_MINUTE": "0", "RATE_LIMIT_PER_ADDRESS": "0"}
QUICK = {"DATABASE_URL": "memory://", "DEMO_DELAY_MS": "0"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def limited(folder: Path, environment: dict[str, str], *, soft: int, hard: int) -> ServerProcess:
    """A server, not yet started, that may have few files open."""
    command = ("tests.few_descriptors", str(soft), str(hard), "serve")
    return ServerProcess(folder, {**QUICK, **environment}, command=command)


@asynccontextmanager
async def started(server: ServerProcess) -> AsyncIterator[ServerProcess]:
    try:
        yield await server.start()
    finally:
        await server.stop()


class Page:
    """A connection that asks for its user's changes; what came of it."""

    def __init__(self) -> None:
        self.status = 0
        self.retry_after = 0
        self.writer: asyncio.StreamWriter | None = None

    async def open(self, server: ServerProcess, request: bytes) -> "Page":
        try:
            reader, self.writer = await asyncio.open_connection("127.0.0.1", server.port)
            self.writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        except (OSError, asyncio.IncompleteReadError):
            return self
        self.status = int(head.split()[1])
        if self.status != httpx.codes.OK:
            self.close()
        self.retry_after = int(head.partition("retry-after: ")[2].partition("\r\n")[0] or 0)
        return self

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


async def pages(stack: AsyncExitStack, server: ServerProcess, number: int, token: str = "") -> list[Page]:
    """So many pages at once, which stay open as long as they can."""
    head = f"authorization: Bearer {token}\r\n".encode() if token else b""
    async with asyncio.timeout(BOUND):
        opened = await asyncio.gather(*(Page().open(server, EVENTS % head) for _ in range(number)))
    for page in opened:
        stack.callback(page.close)
    return list(opened)


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess, None]:
    """A server with a login, and with few descriptors."""
    environment = {**LOGIN, "MAX_STREAMS_PER_USER": "20"}
    async with started(limited(tmp_path_factory.mktemp("few"), environment, soft=FEW, hard=FEW)) as process:
        async with ChatKitClient(process.url, bearer(CAT)) as client:
            await client.say("Hello!")
        yield process


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncGenerator[None, None]:
    """This process needs descriptors of its own: one for each connection that it opens."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ended(server: ServerProcess) -> int:
    """How many requests for changes are over, as the log has it."""
    return sum("path=/api/events" in line for line in server.log.splitlines())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a state of another process."""
    async with asyncio.timeout(BOUND):
        while not holds():  # noqa: ASYNC110  # another process sets no event of ours
            await asyncio.sleep(0.05)


async def room_for(client: ChatKitClient) -> None:
    """Wait until a connection is accepted: idle ones are closed for it after a moment."""
    async with asyncio.timeout(BOUND):
        while not await _is_healthy(client):  # noqa: ASYNC110  # another process sets no event of ours
            await asyncio.sleep(0.1)


async def _is_healthy(client: ChatKitClient) -> bool:
    try:
        return (await client.http.get("/health")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


async def still_answers(server: ServerProcess, token: str) -> None:
    """Other requests are answered, and the log has no error."""
    async with ChatKitClient(server.url, bearer(token) if token else None) as client:
        await room_for(client)
        assert (await client.say("Hello!")).text
    assert "Too many open files" not in server.log
    assert "Traceback" not in server.log


async def test_one_user_has_so_many_streams_and_can_still_do_everything_else(server: ServerProcess) -> None:
    async with AsyncExitStack() as stack:
        opened = await pages(stack, server, 40, ANN)
        assert Counter(page.status for page in opened) == {200: 20, 429: 20}
        assert all(page.retry_after for page in opened if page.status == 429)
        assert "MAX_STREAMS_PER_USER" in server.log
        async with ChatKitClient(server.url, bearer(ANN)) as client:
            for path, body in (
                ("/chatkit", {"type": "threads.create", "params": {"input": user_input("Hello!")}}),
                ("/chatkit/api", {"message": {"content": "Hello!"}}),
            ):
                refused = await client.http.post(path, json=body)
                assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
                assert refused.json()["code"] == "too_many_streams"
            followed = await client.call("threads.list")
            assert followed["data"] == [], "nothing was begun"
            assert (await client.http.get("/api/tasks")).status_code == httpx.codes.OK
        await still_answers(server, BOB)
    await until(lambda: ended(server) == 40)
    async with AsyncExitStack() as stack:
        assert {page.status for page in await pages(stack, server, 20, ANN)} == {200}, "all were given back"
    await until(lambda: ended(server) == 60)


async def test_all_users_together_have_so_many(server: ServerProcess) -> None:
    bound, before = share(FEW, reserved=POOL), ended(server)
    async with AsyncExitStack() as stack:
        statuses: Counter[int] = Counter()
        for number in range(8):
            token = secret_token(sub=f"user-{number}", aud=None, iss=None)
            for page in await pages(stack, server, 15, token):
                statuses[page.status] += 1
                assert page.status == 200 or page.retry_after
        assert statuses[200] == bound.streams < 8 * 15
        assert statuses[503] == 8 * 15 - bound.streams
        assert "no room for another stream" in server.log
        assert psutil.Process(server.pid).num_fds() < FEW - POOL
        async with ChatKitClient(server.url, bearer(BOB)) as client:
            await room_for(client)
            assert (await client.http.get("/api/tasks")).status_code == httpx.codes.OK
    await until(lambda: ended(server) == before + 8 * 15)
    await still_answers(server, BOB)


async def test_idle_connections_make_room_for_requests(server: ServerProcess) -> None:
    for begun in (b"", b"GET /hea", b"POST /chatkit HTTP/1.1\r\nhost: localhost\r\n"):
        async with AsyncExitStack() as stack:
            for _ in range(6):
                opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", server.port) for _ in range(20)))
                for _, writer in opened:
                    stack.callback(writer.close)
                    writer.write(begun)
            assert psutil.Process(server.pid).num_fds() < FEW - POOL
            await still_answers(server, BOB)
    assert "connections aborted" in server.log


async def test_more_pages_than_descriptors_reconnect_while_the_server_starts(tmp_path: Path) -> None:
    """The single local user: as many as there is room for, and no start fails because of the others."""
    server = limited(tmp_path, {}, soft=FEW, hard=FEW)
    over = asyncio.Event()

    async def reconnect() -> None:
        while not over.is_set():
            page = await Page().open(server, EVENTS % b"")
            if page.status == 200:
                await over.wait()
            page.close()
            await asyncio.sleep(0.5)

    storm = [asyncio.create_task(reconnect()) for _ in range(FEW + 24)]
    try:
        await server.spawn()
        await until(lambda: "no room for another stream" in server.log)
        async with ChatKitClient(server.url) as client:
            await room_for(client)
    finally:
        over.set()
        await asyncio.gather(*storm)
    await still_answers(server, "")
    assert await server.stop() == 0
    assert "Install it anew" not in server.log


async def test_the_soft_limit_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    async with started(limited(tmp_path, {}, soft=128, hard=4096)) as server:
        assert psutil.Process(server.pid).rlimit(psutil.RLIMIT_NOFILE) == (4096, 4096)
    assert "open file limit low" not in server.log


async def test_a_passing_error_while_warming_up_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("""
import sys

FAILURES = [OSError(24, "Too many open files"), ImportError("libx.so: Too many open files")]

class Short:
    def find_spec(self, name, path=None, target=None):
        if name == "app.adapters.agents_sdk.runner" and FAILURES:
            raise FAILURES.pop()

sys.meta_path.insert(0, Short())
""")
    async with running(tmp_path, {**QUICK, "PYTHONPATH": f"{tmp_path}:{ROOT}"}) as server:
        await until(lambda: server.log.count("preparation failed, retry scheduled") == 2)
        async with ChatKitClient(server.url) as client:
            assert (await client.say("Hello!")).text
    assert "server unable to answer" not in server.log
