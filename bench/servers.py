"""The servers that are compared, each in a process of its own, before one fake upstream."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import psutil

from tests.server import ROOT, ServerProcess

_REFERENCE = ("bench.reference.chatkit_server",)
_ANYPORT = ("app", "serve")
_MANY = {"MAX_CONCURRENT_TURNS": "100000", "APP_LOG_LEVEL": "warning"}


class Kind(msgspec.Struct, frozen=True):
    """How to start one; `UPSTREAM` in a value becomes the upstream's address."""

    command: Sequence[str]
    environment: Mapping[str, str]


def _anyport(**model: str) -> Kind:
    return Kind(_ANYPORT, {**_MANY, "DATABASE_URL": "sqlite:///FOLDER/bench.db", **model})


SERVERS = {
    "anyport": _anyport(LLM_PROVIDER="gemini", GEMINI_API_KEY="none", GEMINI_BASE_URL="UPSTREAM"),
    "reference": Kind(_REFERENCE, {"UPSTREAM": "UPSTREAM"}),
    "relay": Kind(("bench.reference.relay",), {"UPSTREAM": "UPSTREAM"}),
    "anyport-litellm": _anyport(
        LLM_PROVIDER="litellm", LITELLM_MODEL="openrouter/bench", LITELLM_API_KEY="none", LITELLM_BASE_URL="UPSTREAM"
    ),
    "reference-litellm": Kind(_REFERENCE, {"UPSTREAM": "UPSTREAM", "MODEL": "litellm"}),
}


class Running(msgspec.Struct, frozen=True):
    """A server that is up, and what that took."""

    name: str
    port: int
    process: psutil.Process
    start_seconds: float
    start_cpu: float
    resident: int

    @property
    def cpu(self) -> float:
        """CPU seconds of its process so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def started(folder: Path, chosen: Sequence[str]) -> AsyncGenerator[dict[str, Running], None]:
    """The chosen servers, started one after the other."""
    async with AsyncExitStack() as stack:
        url = f"http://127.0.0.1:{await stack.enter_async_context(_upstream())}/v1"
        servers = {}
        for name in chosen:
            (own := folder / name).mkdir()
            kind = SERVERS[name]
            told = {key: _told(value, url, own) for key, value in kind.environment.items()}
            process = ServerProcess(own, told, command=kind.command)
            begun = time.perf_counter()
            await process.start()
            took = time.perf_counter() - begun
            stack.push_async_callback(process.stop)
            seen = psutil.Process(process.pid)
            times = seen.cpu_times()
            servers[name] = Running(name, process.port, seen, took, times.user + times.system, seen.memory_info().rss)
        yield servers


def _told(value: str, upstream: str, folder: Path) -> str:
    return value.replace("UPSTREAM", upstream).replace("FOLDER", str(folder))


@asynccontextmanager
async def _upstream() -> AsyncGenerator[int, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.upstream", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()
