"""A model that counts: every word of an answer says which question it belongs to and its place, so that a missing,
doubled or misplaced one is seen at a glance."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_ASKED = re.compile(r"count (\d+) as (\w+)")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def words(count: int, name: str) -> str:
    """The whole answer."""
    return "".join(word(name, number) for number in range(count))


def word(name: str, number: int) -> str:
    """One token of it."""
    return f"{name}.{number} "


class Upstream:
    """Speaks Gemini's OpenAI-compatible wire; one word every `pause` seconds."""

    def __init__(self, pause: float) -> None:
        self.url = ""
        self.answers = 0
        self.cut = 0
        self._pause = pause

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Upstream"]:
        """On a free port of this machine."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1beta/openai/"
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            asked = _ASKED.findall(json.dumps(body["messages"]))[-1]
            self.answers += 1
            writer.write(_HEAD)
            for number in range(int(asked[0])):
                writer.write(_frame({"content": word(asked[1], number)}))
                await writer.drain()
                await asyncio.sleep(self._pause)
            writer.write(_frame({}, "stop") + b"data: [DONE]\n\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.cut += 1
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def _frame(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    chunk = {"object": "chat.completion.chunk", "model": "count", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n".encode()
