"""The single measurements, each of one server."""

import asyncio
import json
import sys
from bisect import bisect
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
LADDER: Final = [int(8 * 1.5**rung) for rung in range(20)]
BEYOND_DOUBT: Final = 2
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
    found = json.loads(output)
    return Found(found["seconds"], found["cpu"], server.cpu - before, found["first"], found["gaps"])


async def warm(server: Running) -> None:
    """Let first answers do the work that later ones do not repeat."""
    await ask(server, answers=AT_ONCE, at_once=AT_ONCE, tokens=TOKENS)


async def burst(server: Running) -> Burst:
    """16 answers at once, long ones and short ones: the slope is a token's cost, the rest is the turn's."""
    answers = AT_ONCE * (2 if server.slow else 3)
    long = await ask(server, answers=answers, at_once=AT_ONCE, tokens=TOKENS)
    short = await ask(server, answers=answers, at_once=AT_ONCE, tokens=SHORT)
    further = (long.server_cpu - short.server_cpu) / answers / (TOKENS - SHORT)
    turn = short.server_cpu / answers - further * SHORT
    return Burst(long.server_cpu / answers / TOKENS, further, turn, long.client_cpu / long.seconds)


async def first_token(server: Running) -> float:
    """Median seconds to the first token, 64 asking at the same moment."""
    return median((await ask(server, answers=64, at_once=64, tokens=TOKENS)).first)


async def paced(server: Running, token: float) -> int:
    """How many answers at 15 ms a token it carries before gaps pass 100 ms or its core is full.

    As many as the ladder's highest rung that it carries, looked for from the rung where a core would be full of tokens
    of which each takes `token` CPU seconds, as in a burst.
    """
    rung = bisect(LADDER, PACE_MS / 1000 / token)
    if await _carries(server, LADDER[rung]):
        while await _carries(server, LADDER[rung + 1]):
            rung += 1
        return LADDER[rung]
    while rung and not await _carries(server, LADDER[rung - 1]):
        rung -= 1
    return LADDER[rung - 1] if rung else 0


async def _carries(server: Running, at_once: int) -> bool:
    """Gaps may be the machine's that had something else to do: those that are little too long get a second try."""
    for _ in range(2):
        found = await ask(server, answers=at_once, at_once=at_once, tokens=TOKENS, pace=PACE_MS)
        longest = quantiles(found.gaps, n=100)[98] if len(found.gaps) > 1 else float("inf")
        if found.server_cpu / found.seconds > FULL or longest > BEYOND_DOUBT * LONGEST_GAP:
            return False
        if longest <= LONGEST_GAP:
            return True
    return False


async def paced_token(server: Running) -> float:
    """CPU seconds of a token when eight answers come at 15 ms a token: no two tokens wait at once, none are merged."""
    found = await ask(server, answers=8, at_once=8, tokens=TOKENS, pace=PACE_MS)
    return found.server_cpu / 8 / TOKENS
