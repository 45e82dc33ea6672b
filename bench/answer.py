"""The answer that every server passes on, and the check that it arrived to the byte."""

import json
import re
from collections.abc import Iterator

_EVENT = re.compile(rb"^data: (\{.*\})\r?$", re.MULTILINE)


def tokens(count: int) -> list[str]:
    """Short words, each different enough that a lost or doubled one shows; some need escaping in JSON."""
    return [f"wö{number} " if number % 10 else f'"{number}"\n' for number in range(count)]


def chunk_of(token: str) -> bytes:
    """The frame in which an upstream of chat completions sends it."""
    delta = {"role": "assistant", "content": token}
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return json.dumps(
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": [choice]}
    ).encode()


def body_of(response: bytes) -> bytes:
    """The body of a chunked response. Raises `ValueError` when it is not whole or no success."""
    head, _, rest = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(f"the server answered {response[:300]!r}")
    pieces: list[bytes] = []
    while True:
        size, found, rest = rest.partition(b"\r\n")
        if not found:
            raise ValueError(f"the response was cut after {len(response)} bytes")
        length = int(size, 16)
        if length == 0:
            return b"".join(pieces)
        pieces.append(rest[:length])
        rest = rest[length + 2 :]


def text_of(response: bytes) -> str:
    """The text in ChatKit's deltas, or in those of chat completions."""
    return "".join(_deltas(body_of(response)))


def _deltas(body: bytes) -> Iterator[str]:
    for match in _EVENT.finditer(body):
        event = json.loads(match[1])
        update = event.get("update") or {}
        if update.get("type") == "assistant_message.content_part.text_delta":
            yield update["delta"]
        for choice in event.get("choices", ()):
            yield choice["delta"].get("content", "")
