"""The single measurements, each of one server."""

import asyncio
import json
import sys
from statistics import median, quantiles
from typing import Final

import msgspec

from bench.servers import Running
from tests.server import ROOT

TOKENS: Final = 200
SHORT: Final = 20
AT_ONCE: Final = 16
PACE_MS: Final = 15
LONGEST_GAP: Final = 0.1
FULL: Final = 0.97
STEP: Final = 1.5
ATTEMPTS: Final = 2
PATIENCE_SECONDS: Final = 300


class Found(msgspec.Struct, frozen=True):
    """What the client saw, and what the server took meanwhile."""

    seconds: float
    client_cpu: float
    server_cpu: float
    first: list[float]
    gaps: list[float]


class Burst(msgspec.Struct, frozen=True):
    """Answers as fast as they come: CPU seconds of a token all in all, of another token, and of a turn without any."""

    token: float
    further_token: float
    turn: float
    client_share: float


async def ask(server: Running, *, answers: int, at_once: int, tokens: int, pace: int = 0) -> Found:
    """Run the load client once. Raises `RuntimeError` when an answer was not what the upstream had sent."""
    before = server.cpu
    arguments = [str(number) for number in (server.port, answers, at_once, tokens, pace)]
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.client", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            output, _ = await client.communicate()
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    if client.returncode:
        raise RuntimeError(f"{server.name}: the client failed, see above")
    told = json.loads(output)
    return Found(told["seconds"], told["cpu"], server.cpu - before, told["first"], told["gaps"])


async def burst(server: Running) -> Burst:
    """16 answers at once, long ones and short ones: the slope is a token's cost, the rest is the turn's."""
    long = await ask(server, answers=3 * AT_ONCE, at_once=AT_ONCE, tokens=TOKENS)
    short = await ask(server, answers=3 * AT_ONCE, at_once=AT_ONCE, tokens=SHORT)
    answers = 3 * AT_ONCE
    further = (long.server_cpu - short.server_cpu) / answers / (TOKENS - SHORT)
    turn = short.server_cpu / answers - further * SHORT
    return Burst(long.server_cpu / answers / TOKENS, further, turn, long.client_cpu / long.seconds)


async def first_token(server: Running) -> float:
    """Median seconds to the first token, 64 asking at the same moment."""
    return median((await ask(server, answers=64, at_once=64, tokens=TOKENS)).first)


async def paced(server: Running) -> int:
    """How many answers at 15 ms a token it carries before gaps pass 100 ms or its core is full."""
    carried, at_once = 0, 8
    while await _carries(server, at_once):
        carried, at_once = at_once, int(at_once * STEP)
    return carried


async def _carries(server: Running, at_once: int) -> bool:
    """A second try, because the machine may have been busy with something else during the first."""
    for _ in range(ATTEMPTS):
        found = await ask(server, answers=at_once, at_once=at_once, tokens=TOKENS, pace=PACE_MS)
        if quantiles(found.gaps, n=100)[98] <= LONGEST_GAP and found.server_cpu / found.seconds <= FULL:
            return True
    return False


async def paced_token(server: Running) -> float:
    """CPU seconds of a token when eight answers come at 15 ms a token: no two tokens wait at once, none are merged."""
    found = await ask(server, answers=8, at_once=8, tokens=TOKENS, pace=PACE_MS)
    return found.server_cpu / 8 / TOKENS
