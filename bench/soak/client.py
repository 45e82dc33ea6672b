"""A client that writes down what its user saw, event by event."""

import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx

Event = dict[str, Any]


class BrokenError(Exception):
    """The connection, or the server behind it, went away."""


class Seen:
    """What one client saw of one turn: how many events, and the text of each message with the moments it came."""

    def __init__(self) -> None:
        self.events = 0
        self.texts: dict[str, list[tuple[float, str]]] = {}
        self.finished: dict[str, str] = {}
        self.thread_id = ""
        self.error: Event | None = None
        self.whole = False
        """True once the server said, to a resuming client, that no event follows."""
        self.away = 0.0
        """Longest time in seconds without a reader."""
        self.out_of_order: list[str] = []

    def note(self, event: Event, number: int | None = None) -> None:
        """Note one event, with its number if it has one."""
        if number is not None and number <= self.events and event["type"] == "error":
            # A process died before it stored all that this client saw: the error has the last stored number.
            self.error, self.whole = event, True
            return
        if number not in {None, self.events + 1}:
            self.out_of_order.append(f"event {number} behind {self.events}")
        self.events += 1
        match event:
            case {"type": "thread.created", "thread": {"id": str(thread_id)}}:
                self.thread_id = thread_id
            case {"type": "thread.item.added", "item": {"type": "assistant_message", "id": str(item_id)}}:
                self.texts[item_id] = []
            case {"type": "thread.item.updated", "item_id": str(item_id), "update": {"delta": str(delta)}}:
                self.texts.setdefault(item_id, []).append((time.monotonic(), delta))
            case {"type": "thread.item.done", "item": {"type": "assistant_message"} as item}:
                self.finished[item["id"]] = text_of(item)
            case {"type": "error"}:
                self.error = event

    @property
    def text(self) -> str:
        """All that was said, to this client."""
        return self.until(float("inf"))

    def until(self, moment: float) -> str:
        """All that had been said by then."""
        return "".join(delta for parts in self.texts.values() for at, delta in parts if at <= moment)


def text_of(item: Event) -> str:
    """The text of a message of the assistant."""
    return "".join(part["text"] for part in item["content"])


class Client:
    """One browser tab."""

    def __init__(self, url: str, name: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"chatkit-frame-instance-id": name}
        # Without TLS there are no authorities to read, which would cost more than a conversation.
        transport = transport or httpx.AsyncHTTPTransport(verify=False)
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False, transport=transport)

    async def ask(self, text: str, thread_id: str | None, seen: Seen) -> AsyncGenerator[Event, None]:
        """Send a message and pass on what comes back. Raises `BrokenError`."""
        content = [{"type": "input_text", "text": text}]
        message: dict[str, Any] = {"content": content, "attachments": [], "inference_options": {}, "quoted_text": None}
        kind = "threads.add_user_message" if thread_id else "threads.create"
        params = {"input": message, **({"thread_id": thread_id} if thread_id else {})}
        async for event in self._events("POST", "/chatkit", seen, json={"type": kind, "params": params}):
            yield event

    async def resume(self, thread_id: str, seen: Seen) -> AsyncGenerator[Event, None]:
        """Go on where the last connection ended. Raises `BrokenError`."""
        path = f"/api/threads/{thread_id}/stream"
        async for event in self._events("GET", path, seen, params={"after": seen.events}):
            yield event

    async def stop(self, thread_id: str) -> None:
        """The Stop button of a page that knows this server. Raises `BrokenError`."""
        await self._call("POST", f"/api/threads/{thread_id}/stop")

    async def items(self, thread_id: str) -> list[Event]:
        """What is stored. Raises `BrokenError`."""
        params = {"thread_id": thread_id, "limit": 100, "order": "asc"}
        answer = await self._call("POST", "/chatkit", json={"type": "items.list", "params": params})
        found: list[Event] = answer.json()["data"]
        return found

    async def open(self, thread_id: str) -> None:
        """Load the thread, as a page does that was refreshed. Raises `BrokenError`."""
        body = {"type": "threads.get_by_id", "params": {"thread_id": thread_id}}
        await self._call("POST", "/chatkit", json=body)

    async def threads(self) -> list[Event]:
        """All of them, oldest first. Raises `BrokenError`."""
        found: list[Event] = []
        while True:
            params = {"limit": 100, "order": "asc", "after": found[-1]["id"] if found else None}
            page = (await self._call("POST", "/chatkit", json={"type": "threads.list", "params": params})).json()
            found += page["data"]
            if not page["has_more"]:
                return found

    async def aclose(self) -> None:
        """Close the tab."""
        await self.http.aclose()

    async def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = await self.http.request(method, path, **request)
        except httpx.TransportError as error:
            raise BrokenError(repr(error)) from error
        if response.is_error:
            raise BrokenError(f"{response.status_code} {response.text[:300]}")
        return response

    async def _events(self, method: str, path: str, seen: Seen, **request: Any) -> AsyncGenerator[Event, None]:
        try:
            async with self.http.stream(method, path, **request) as response:
                if response.is_error:
                    raise BrokenError(f"{response.status_code} {(await response.aread())[:300]!r}")
                seen.whole = response.status_code == httpx.codes.NO_CONTENT
                number = None
                async for line in response.aiter_lines():
                    if line.startswith("id:"):
                        number = int(line[3:])
                    elif line.startswith("data:"):
                        event = json.loads(line[5:])
                        seen.note(event, number)
                        yield event
        except httpx.TransportError as error:
            raise BrokenError(repr(error)) from error
