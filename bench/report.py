"""The measurements as a table."""

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.measures import Burst
from bench.servers import Running

Row = Sequence[str]


def machine() -> str:
    """When, of what, and on what."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    day = dt.datetime.now(dt.UTC).date()
    return (
        f"{day}, commit {commit.stdout.strip() or 'unknown'}, {os.cpu_count()} cores, {_cpu()}, "
        f"Python {platform.python_version()}"
    )


def table(
    servers: Mapping[str, Running],
    bursts: Mapping[str, Sequence[Burst]],
    firsts: Mapping[str, Sequence[float]],
    pacings: Mapping[str, Sequence[float]],
    carried: Mapping[str, int],
    streams: Mapping[str, float],
) -> str:
    """A column for each server, a row for each figure; spreads are the least and the most of all rounds."""
    cost = {name: median(burst.token for burst in bursts[name]) for name in servers}
    rows: list[Row] = [
        ["", *servers],
        ["---", *("---:" for _ in servers)],
        ["CPU per token, burst, µs", *(_spread([b.token * 1e6 for b in bursts[name]]) for name in servers)],
        [
            "… against the reference",
            *_ratios(servers, cost),
        ],
        ["CPU of a further token, µs", *(_spread([b.further_token * 1e6 for b in bursts[name]]) for name in servers)],
        ["CPU of a turn without tokens, ms", *(_spread([b.turn * 1e3 for b in bursts[name]]) for name in servers)],
        ["first token, 64 at once, ms", *(_spread([first * 1e3 for first in firsts[name]]) for name in servers)],
        ["CPU per token, paced, µs", *(_spread([pacing * 1e6 for pacing in pacings[name]]) for name in servers)],
        ["paced answers at once", *(str(carried.get(name, "–")) for name in servers)],
        ["start to healthy, s (CPU s)", *(f"{s.start_seconds:.1f} ({s.start_cpu:.1f})" for s in servers.values())],
        ["resident at rest, MB", *(f"{server.resident / 2**20:.0f}" for server in servers.values())],
        ["for a further open stream, KB", *(f"{streams[name] / 1024:.0f}" for name in servers)],
        ["the client's share of a core, burst", *(_share(bursts[name]) for name in servers)],
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def _ratios(servers: Iterable[str], cost: Mapping[str, float]) -> Iterable[str]:
    """Each against the reference of its own kind."""
    for name in servers:
        base = cost.get("reference-litellm" if name.endswith("litellm") else "reference")
        yield f"{base / cost[name]:.2f} times less" if base else "–"


def _share(bursts: Sequence[Burst]) -> str:
    return f"{median(burst.client_share for burst in bursts):.0%}"


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
