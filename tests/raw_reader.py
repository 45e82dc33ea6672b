"""Reader of an event stream on a socket of its own: it can disconnect and wait until the server has noticed."""

import asyncio
import json
import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import h11


class RawReader:
    """One request on its own connection; `events` holds the received events as JSON."""

    def __init__(self, url: str, method: str, target: str, body: object = None, *, room: int | None = None) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port
        self._room = room
        self._body = b"" if body is None else json.dumps(body).encode()
        headers = [("host", address.netloc), ("content-length", str(len(self._body)))]
        headers += [("content-type", "application/json")] if self._body else []
        self._request = h11.Request(method=method, target=target, headers=headers)
        self._wire = h11.Connection(h11.CLIENT)
        self._waiting = b""
        self.events: list[dict[str, Any]] = []
        self.pings = 0
        self.status = 0

    async def __aenter__(self) -> Self:
        connection = socket.socket()
        if self._room is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._room)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (self._host, self._port))
        self._reader, self._writer = await asyncio.open_connection(sock=connection, limit=self._room or 2**16)
        for part in (self._request, h11.Data(data=self._body), h11.EndOfMessage()):
            self._writer.write(self._wire.send(part) or b"")
        await self._writer.drain()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.transport.abort()

    @property
    def thread_id(self) -> str:
        """Id of the thread in the stream."""
        return str(next(event["thread"]["id"] for event in self.events if event["type"] == "thread.created"))

    @property
    def text(self) -> str:
        """Text of the assistant so far."""
        updates = [event["update"] for event in self.events if event["type"] == "thread.item.updated"]
        return "".join(update.get("delta", "") for update in updates)

    async def until(self, text: str, *, pause: float = 0) -> None:
        """Read until the text of the assistant contains `text`, with a pause between reads."""
        while text not in self.text:
            await asyncio.sleep(pause)
            if not await self._read() and text not in self.text:
                raise AssertionError(f"the stream ended before {text!r}: {self.events}")

    async def pinged(self, times: int) -> None:
        """Read until `times` more keep-alive comments have arrived."""
        times += self.pings
        while self.pings < times:
            if not await self._read() and self.pings < times:
                raise AssertionError(f"the stream ended behind {self.pings} pings")

    async def began(self) -> None:
        """Read until the answer has started."""
        while not self.status:
            if not await self._read():
                raise AssertionError("no answer")

    async def ended(self) -> None:
        """Read to the end."""
        while await self._read():
            pass

    async def leave(self) -> None:
        """Disconnect, and read the rest. On return the server has noticed, because it disconnected too."""
        self._writer.write_eof()
        await self.ended()

    async def _read(self) -> bool:
        """Read the available bytes; False at the end."""
        try:
            data = await self._reader.read(2**16)
        except ConnectionError:
            return False
        if not data:
            return False
        self._wire.receive_data(data)
        while (event := self._wire.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Response):
                self.status = event.status_code
            elif isinstance(event, h11.Data):
                self._add(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return False
        return True

    def _add(self, data: bytes) -> None:
        *frames, self._waiting = (self._waiting + data).split(b"\n\n")
        for frame in frames:
            self.pings += frame == b": ping"
            found = [line for line in frame.split(b"\n") if line.startswith(b"data: ")]
            self.events += [json.loads(line.removeprefix(b"data: ")) for line in found]
