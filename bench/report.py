"""The measurements as a table, and the ratios that matter."""

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

from bench.measures import Burst
from bench.start import Start
from bench.streams import Streams

Row = Sequence[str]


class Findings(msgspec.Struct, frozen=True):
    """Everything that was measured, by the names of the servers; `carried` is empty when it was not looked for,
    and `long_thread` is what a turn on a long thread costs, in turns on a short one."""

    starts: Mapping[str, Start]
    bursts: Mapping[str, Sequence[Burst]]
    firsts: Mapping[str, Sequence[float]]
    pacings: Mapping[str, Sequence[float]]
    carried: Mapping[str, int]
    streams: Mapping[str, Streams]
    long_thread: float


def machine() -> str:
    """When, of what, and on what."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    day = dt.datetime.now(dt.UTC).date()
    return (
        f"{day}, commit {commit.stdout.strip() or 'unknown'}, {os.cpu_count()} cores, {_cpu()}, "
        f"Python {platform.python_version()}"
    )


def table(found: Findings) -> str:
    """A column for each server, a row for each figure; spreads are the least and the most of all rounds."""
    names = list(found.bursts)

    def row(title: str, cell: Callable[[str], str]) -> Row:
        return [title, *map(cell, names)]

    rows = [
        row("", str),
        row("---", lambda _: "---:"),
        row("CPU per token, burst, µs", lambda name: _spread([b.token * 1e6 for b in found.bursts[name]])),
        row("CPU of a further token, µs", lambda name: _spread([b.further_token * 1e6 for b in found.bursts[name]])),
        row("CPU of a turn without tokens, ms", lambda name: _spread([b.turn * 1e3 for b in found.bursts[name]])),
        row("first token, 64 at once, ms", lambda name: _spread([first * 1e3 for first in found.firsts[name]])),
        row("CPU per token, paced, µs", lambda name: _spread([pacing * 1e6 for pacing in found.pacings[name]])),
        row("paced answers at once", lambda name: str(found.carried.get(name, "–"))),
        row("start to healthy, s (CPU s)", lambda n: f"{found.starts[n].seconds:.1f} ({found.starts[n].cpu:.1f})"),
        row(
            "start to a first word, s (CPU s)",
            lambda n: f"{found.starts[n].answering:.1f} ({found.starts[n].answering_cpu:.1f})",
        ),
        row("resident at rest, MB", lambda name: f"{found.starts[name].resident / 2**20:.0f}"),
        row("resident after a first answer, MB", lambda name: f"{found.starts[name].answered / 2**20:.0f}"),
        row("for a further answer, KB", lambda name: _kilobytes(found.streams[name].answer)),
        row("for a further reader of an answer, KB", lambda name: _kilobytes(found.streams[name].reader)),
        row("for a further page that waits, KB", lambda name: _kilobytes(found.streams[name].page)),
        row("a turn on a thread of 10,000 items", lambda n: f"{found.long_thread:.2f} ×" if n == "anyport" else "–"),
        row("the client's share of a core, burst", lambda name: _share(found.bursts[name])),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def ratios(found: Findings) -> str:
    """What Anyport costs, as multiples of what the others cost: a table of three columns."""

    def compared(title: str, value: Callable[[str], float], *, less: bool = True) -> Row:
        pairs = (("anyport", "reference"), ("anyport-litellm", "reference-litellm"), ("anyport", "relay"))
        return [title, *(_ratio(value(ours), value(theirs), less=less) for ours, theirs in pairs)]

    rows = [
        ["", "the usual server", "the usual server, LiteLLM", "a bare relay"],
        ["---", "---:", "---:", "---:"],
        compared("CPU per token, burst", lambda name: median(b.token for b in found.bursts[name])),
        compared("CPU of a turn without tokens", lambda name: median(b.turn for b in found.bursts[name])),
        compared("CPU per token, paced", lambda name: median(found.pacings[name])),
        compared("first token, 64 at once", lambda name: median(found.firsts[name])),
        compared("paced answers on a core", lambda name: found.carried.get(name, 0), less=False),
        compared("time until healthy", lambda name: found.starts[name].seconds),
        compared("CPU until healthy", lambda name: found.starts[name].cpu),
        compared("CPU until a first word", lambda name: found.starts[name].answering_cpu),
        compared("resident memory at rest", lambda name: found.starts[name].resident),
        compared("resident memory after a first answer", lambda name: found.starts[name].answered),
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _ratio(ours: float, theirs: float, *, less: bool) -> str:
    """How much of theirs ours is."""
    if ours <= 0 or theirs <= 0:
        return "–"
    return f"{ours / theirs:.2f} ×" if less else f"{ours / theirs:.1f} ×"


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def _kilobytes(count: float | None) -> str:
    return "–" if count is None else f"{count / 1024:.0f}"


def _share(bursts: Sequence[Burst]) -> str:
    return f"{median(burst.client_share for burst in bursts):.0%}"


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
