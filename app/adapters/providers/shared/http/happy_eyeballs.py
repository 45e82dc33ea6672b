"""A connected socket, to whichever address of a name answers first."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any, Final

HEAD_START_SECONDS: Final = 0.25
"""How long one address is waited for before the next is tried beside it: https://datatracker.ietf.org/doc/html/rfc8305
recommends it."""

Address = tuple[Any, ...]


async def dial(host: str, port: int) -> socket.socket:
    """Raises `OSError` when no address takes the connection: the error of the last."""
    tries: set[asyncio.Task[socket.socket]] = set()
    failures: list[OSError] = []
    try:
        for family, address in _alternating(await _addresses(host, port)):
            tries.add(asyncio.create_task(_connected(family, address)))
            done, tries = await asyncio.wait(tries, timeout=HEAD_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if connection := _first(done, failures):
                return connection
        while tries:
            done, tries = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
            if connection := _first(done, failures):
                return connection
    finally:
        for late in tries:
            late.cancel()
            late.add_done_callback(_dropped)
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
    """IPv6 and IPv4 in turns, beginning with what the resolver names first."""
    families: dict[int, list[tuple[int, Address]]] = {}
    for family, address in found:
        families.setdefault(family, []).append((family, address))
    return filter(None, chain.from_iterable(zip_longest(*families.values())))


def _first(done: Iterable[asyncio.Task[socket.socket]], failures: list[OSError]) -> socket.socket | None:
    """One of the connections that were made; the others are closed."""
    winner: socket.socket | None = None
    for one in done:
        if isinstance(error := one.exception(), OSError):
            failures.append(error)
        elif winner is None:
            winner = one.result()
        else:
            one.result().close()
    return winner


def _dropped(late: asyncio.Task[socket.socket]) -> None:
    if not late.cancelled() and late.exception() is None:
        late.result().close()
