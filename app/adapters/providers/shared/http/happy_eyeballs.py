"""Happy Eyeballs (RFC 8305): a socket to the first address of a host that accepts the connection."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any, Final

HEAD_START_SECONDS: Final = 0.25
"""Delay before the next address is tried in parallel, as https://datatracker.ietf.org/doc/html/rfc8305 recommends."""

Address = tuple[Any, ...]


async def dial(host: str, port: int) -> socket.socket:
    """Connect to a host. Raises the last `OSError` when no address accepts the connection."""
    running: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    try:
        for family, address in _alternating(await _addresses(host, port)):
            running.add(asyncio.create_task(_connected(family, address)))
            done, running = await asyncio.wait(running, timeout=HEAD_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if connection := _first_connected(done, failures):
                return connection
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if connection := _first_connected(done, failures):
                return connection
    finally:
        for pending in running:
            pending.cancel()
            pending.add_done_callback(_close_connected)
    raise failures[-1] if failures else OSError(f"{host} has no address")


async def _addresses(host: str, port: int) -> list[tuple[int, Address]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, *_, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]


async def _connected(family: int, address: Address) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _alternating(found: Iterable[tuple[int, Address]]) -> Iterable[tuple[int, Address]]:
    """Alternate IPv6 and IPv4, starting with the family of the first result."""
    families: dict[int, list[tuple[int, Address]]] = {}
    for family, address in found:
        families.setdefault(family, []).append((family, address))
    return filter(None, chain.from_iterable(zip_longest(*families.values())))


def _first_connected(done: Iterable[asyncio.Task[socket.socket]], failures: list[OSError]) -> socket.socket | None:
    """Return one of the connected sockets; close the others."""
    winner: socket.socket | None = None
    for one in done:
        if isinstance(error := one.exception(), OSError):
            failures.append(error)
        elif winner is None:
            winner = one.result()
        else:
            one.result().close()
    return winner


def _close_connected(pending: asyncio.Task[socket.socket]) -> None:
    if not pending.cancelled() and pending.exception() is None:
        pending.result().close()
