"""File descriptors: how many this process may open, and how many of them serve connections.

Every client's connection is one, and so is every connection to a model, the database and a file. A process that has
used all of them can neither answer nor log nor import; so clients get a share that leaves the rest its own.
"""

import sys
from typing import Final

import msgspec

RESERVE: Final = 64
"""For the log, the database's files, imports, DNS, MCP servers and child processes: four times what a start opens."""

FEWEST: Final = 256
"""Below that the reserve itself is at risk, and the operator is warned."""

MOST_STREAMS: Final = 10_000
"""What one process takes by default however many descriptors there are: 17 KB of memory each."""

_UNKNOWN: Final = 4096
"""For systems without the limit."""

_CANDIDATES: Final = (1_048_576, 65_536, 10_240)
"""Tried in this order where the hard limit is none at all, which the kernel refuses as a soft one."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What of the process's `limit` is for whom; each connection of a client may need one more, to a model or a file.

    `backlog` connections wait in the kernel: as many are accepted at once, before any of them can be refused.
    """

    limit: int
    connections: int
    streams: int
    backlog: int


def share(limit: int, *, reserved: int = 0) -> Share:
    """Divide `limit` descriptors; `reserved` are kept for others besides `RESERVE`."""
    left = max(limit - RESERVE - reserved, limit // 4)
    backlog = max(1, min(2048, left // 8))
    connections = max(2, (left - backlog) // 2)
    # The rest is for short requests: to stop an answer, to read a thread, to be asked for one's health.
    return Share(limit=limit, connections=connections, streams=max(1, connections * 3 // 4), backlog=backlog)


def descriptor_share(*, reserved: int) -> Share:
    """What this process has, divided."""
    return share(descriptor_limit(), reserved=reserved)


def descriptor_limit() -> int:
    """How many descriptors this process may have open."""
    if sys.platform == "win32":
        return _UNKNOWN
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _CANDIDATES[0] if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit() -> int:
    """Raise the soft limit as far as the hard one allows; returns the limit that holds then."""
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
