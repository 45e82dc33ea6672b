"""File descriptors: the limit of this process, and the share that serves clients.

Each connection of a client takes one, and so does each connection to a model or the database and each open file. A
process without free descriptors can neither answer nor log nor import, so clients get only a share of them.
"""

import sys
from typing import Final

import msgspec

RESERVE: Final = 64
"""Descriptors for logs, database files, imports, DNS, MCP servers and child processes: four times those of a start."""

FEWEST: Final = 256
"""Limit below which the reserve is too small, and the operator is warned."""

MOST_STREAMS: Final = 10_000
"""Default maximum of streams of one process: each takes 17 KB of memory."""

_UNKNOWN: Final = 4096
"""Assumed limit on systems that have none."""

_CANDIDATES: Final = (1_048_576, 65_536, 10_240)
"""Soft limits to try in order without a hard limit; the kernel refuses an infinite soft limit."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of the descriptor `limit`; each connection of a client may need a second one, to a model or a file.

    `backlog` is the number of connections that wait in the kernel and are accepted at once, before any can be refused.
    """

    limit: int
    connections: int
    streams: int
    backlog: int


def share(limit: int, *, reserved: int = 0) -> Share:
    """Divide `limit` descriptors; `reserved` are set aside in addition to `RESERVE`."""
    left = max(limit - RESERVE - reserved, limit // 4)
    backlog = max(1, min(2048, left // 8))
    connections = max(2, (left - backlog) // 2)
    # The rest serves short requests: stopping an answer, reading a thread, health checks.
    return Share(limit=limit, connections=connections, streams=max(1, connections * 3 // 4), backlog=backlog)


def descriptor_share(*, reserved: int) -> Share:
    """Divide the descriptors of this process."""
    return share(descriptor_limit(), reserved=reserved)


def descriptor_limit() -> int:
    """The number of descriptors that this process may open."""
    if sys.platform == "win32":
        return _UNKNOWN
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _CANDIDATES[0] if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit() -> int:
    """Raise the soft limit to the hard limit; returns the resulting limit."""
    if sys.platform == "win32":
        return _UNKNOWN
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in _CANDIDATES if hard == resource.RLIM_INFINITY else (hard,):
        if soft == resource.RLIM_INFINITY or wanted <= soft:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):
            continue
        break
    return descriptor_limit()
