"""The servers that are compared, each in a process of its own, before one fake upstream."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
import psutil

from tests.server import ROOT

_REFERENCE = ("bench.reference.chatkit_server",)
_ANYPORT = ("app", "serve")
_MANY = {"MAX_CONCURRENT_TURNS": "100000", "APP_LOG_LEVEL": "warning"}


class Kind(msgspec.Struct, frozen=True):
    """How to start one; in a value `UPSTREAM` becomes the upstream's address, `FOLDER` a folder of its own.

    A `slow` one is asked less.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    slow: bool = False


def _anyport(*, slow: bool = False, **model: str) -> Kind:
    return Kind(_ANYPORT, {**_MANY, "DATABASE_URL": "sqlite:///FOLDER/bench.db", **model}, slow)


SERVERS = {
    "anyport": _anyport(LLM_PROVIDER="gemini", GEMINI_API_KEY="none", GEMINI_BASE_URL="UPSTREAM"),
    "reference": Kind(_REFERENCE, {"UPSTREAM": "UPSTREAM"}),
    "relay": Kind(("bench.reference.relay",), {"UPSTREAM": "UPSTREAM"}),
    "anyport-litellm": _anyport(
        LLM_PROVIDER="litellm",
        LITELLM_MODEL="openrouter/bench",
        LITELLM_API_KEY="none",
        LITELLM_BASE_URL="UPSTREAM",
        slow=True,
    ),
    "reference-litellm": Kind(_REFERENCE, {"UPSTREAM": "UPSTREAM", "MODEL": "litellm"}, slow=True),
}


class Running(msgspec.Struct, frozen=True):
    """A server that is up."""

    name: str
    port: int
    process: psutil.Process

    @property
    def slow(self) -> bool:
        """An answer of it takes so long that the whole is measured with fewer of them."""
        return SERVERS[self.name].slow

    @property
    def cpu(self) -> float:
        """CPU seconds of its process so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def upstream() -> AsyncGenerator[str, None]:
    """The address of a fake upstream, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.upstream", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/v1"
    finally:
        process.terminate()
        await process.wait()
