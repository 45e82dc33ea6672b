"""`python -m bench.client`: asks a ChatKit server for answers and notes when their bytes arrive.

Does nothing else while answers run; afterwards it checks that every text arrived to the byte. Prints its findings as
JSON: seconds to the first token and between arrivals of text, and the CPU seconds that it took itself.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import cast

import uvloop

from bench.answer import text_of, tokens

_TEXT = (b"text_delta", b"chat.completion.chunk")


class Asked(asyncio.Protocol):
    """One answer on a connection of its own."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.response: list[bytes] = []
        self.arrivals: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is no subclass
        self.asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note when text arrives, and stop at the end of the body."""
        self.response.append(data)
        if any(mark in data for mark in _TEXT):
            self.arrivals.append(time.perf_counter())
        if data.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The answer is over, one way or the other."""
        if not self.done.done():
            self.done.set_result(None)

    @property
    def gaps(self) -> list[float]:
        """Seconds between arrivals of text."""
        return [later - sooner for sooner, later in zip(self.arrivals, self.arrivals[1:], strict=False)]


def request(port: int, count: int, pace: int) -> bytes:
    """ChatKit's request for a new thread, whose message says how to answer."""
    content = [{"type": "input_text", "text": f"tokens={count} pace={pace}"}]
    message = {"content": content, "attachments": [], "inference_options": {}}
    body = json.dumps({"type": "threads.create", "params": {"input": message}}).encode()
    head = f"POST /chatkit HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def ask(port: int, answers: int, at_once: int, count: int, pace: int) -> list[Asked]:
    """So many answers, so many of them at once; paced ones begin spread over a pace, as people do."""
    asked: list[Asked] = []
    sent = request(port, count, pace)

    async def one_after_another(number: int) -> None:
        await asyncio.sleep(pace / 1000 * number / at_once)
        for _ in range(answers // at_once):
            _, protocol = await asyncio.get_running_loop().create_connection(lambda: Asked(sent), "127.0.0.1", port)
            asked.append(protocol)
            await protocol.done

    await asyncio.gather(*map(one_after_another, range(at_once)))
    return asked


def main(arguments: Sequence[str]) -> None:
    """Port, answers, how many at once, tokens of an answer, milliseconds between tokens."""
    port, answers, at_once, count, pace = map(int, arguments)
    begun, cpu = time.perf_counter(), time.process_time()
    asked = uvloop.run(ask(port, answers, at_once, count, pace))
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    expected = "".join(tokens(count))
    for one in asked:
        if (text := text_of(b"".join(one.response))) != expected:
            raise SystemExit(f"a text did not arrive to the byte: {text!r}")
    found = {
        "seconds": took,
        "cpu": cpu,
        "first": [one.arrivals[0] - one.asked for one in asked],
        "gaps": [gap for one in asked for gap in one.gaps],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
