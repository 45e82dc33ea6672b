"""Pooler between clients and PostgreSQL: each transaction may get another server connection, as in the strictest ones.

Speaks protocol 3.0, https://www.postgresql.org/docs/current/protocol-message-formats.html, without TLS.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_NO_STARTUP = {80877103, 80877104}  # SSLRequest and GSSENCRequest, answered by "N".
_ROUND_TRIP = {b"Q", b"S"}  # Query and Sync: the server answers up to ReadyForQuery.


class _Server:
    """One connection to PostgreSQL, past its greeting."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: bytes) -> None:
        self.reader = reader
        self.writer = writer
        self.greeting = greeting

    @classmethod
    async def connect(cls, port: int, startup: bytes) -> "_Server":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(startup)
            greeting = b""
            while not greeting.endswith((b"Z\x00\x00\x00\x05I",)):
                greeting += await read_message(reader)
        except BaseException:
            writer.close()
            raise
        return cls(reader, writer, greeting)


class Pooler:
    """Pooler that gives each transaction to the server connection that has waited longest.

    With one server connection for each client (`transactions=False`) it only counts. `round_trips` counts the responses
    that clients waited for.
    """

    def __init__(self, upstream_port: int, *, transactions: bool, servers: int = 2) -> None:
        self._upstream_port = upstream_port
        self._transactions = transactions
        self._servers_wanted = servers
        self._idle: asyncio.Queue[_Server] = asyncio.Queue()
        self._servers: list[_Server] = []
        self._opening = asyncio.Lock()
        self.round_trips = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it disconnects."""
        try:
            startup = await self._startup(reader, writer)
            own = await self._connect(startup)
            writer.write(own.greeting)
            server: _Server | None = None if self._transactions else own
            while True:
                message = await reader.readexactly(5)
                message += await reader.readexactly(struct.unpack("!I", message[1:])[0] - 4)
                if message[:1] == b"X":
                    return
                server = server or await self._idle.get()
                server.writer.write(message)
                in_transaction = await self._answer(message[:1], server, writer)
                if self._transactions and not in_transaction:
                    self._idle.put_nowait(server)
                    server = None
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, kind: bytes, server: _Server, writer: asyncio.StreamWriter) -> bool:
        """Pass on the server's response to a message; True while the client must keep this server connection."""
        if kind in _ROUND_TRIP:
            self.round_trips += 1
            status = b""
            while not status:
                reply = await read_message(server.reader)
                writer.write(reply)
                status = reply[5:6] if reply[:1] == b"Z" else b""
            return status != b"I"
        if kind == b"H":
            self.round_trips += 1
            # The last answer to Parse, Describe, Flush describes a row, or says that there is none, or is an error.
            while (reply := await read_message(server.reader))[:1] not in {b"T", b"n", b"E"}:
                writer.write(reply)
            writer.write(reply)
        return True

    async def _connect(self, startup: bytes) -> _Server:
        async with self._opening:
            while not self._transactions or len(self._servers) < self._servers_wanted:
                server = await _Server.connect(self._upstream_port, startup)
                self._servers.append(server)
                if not self._transactions:
                    return server
                self._idle.put_nowait(server)
        return self._servers[0]

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        while True:
            length, code = struct.unpack("!II", head := await reader.readexactly(8))
            if code not in _NO_STARTUP:
                return head + await reader.readexactly(length - 8)
            writer.write(b"N")

    def close(self) -> None:
        """Drop the connections to PostgreSQL; the next client gets new ones."""
        while self._servers:
            self._servers.pop().writer.close()


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """Read one message of the server, with its head."""
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


@asynccontextmanager
async def running_pooler(url: str, *, transactions: bool) -> AsyncIterator[tuple[Pooler, str]]:
    """Run a pooler in front of the database at `url`; yield it with the URL through it."""
    before, _, rest = url.partition("@127.0.0.1:")
    port, slash, database = rest.partition("/")
    pooler = Pooler(int(port), transactions=transactions)
    listener = await asyncio.start_server(pooler.serve, "127.0.0.1", 0)
    async with listener:
        yield pooler, f"{before}@127.0.0.1:{listener.sockets[0].getsockname()[1]}{slash}{database}"
    pooler.close()
