"""ChatKit client that validates every event."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
from chatkit.types import (
    AssistantMessageItem,
    ErrorEvent,
    ThreadCreatedEvent,
    ThreadItemDoneEvent,
    ThreadStreamEvent,
)
from pydantic import TypeAdapter

_EVENTS: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)


class ChatKitClient:
    """Client of one server, for one user."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, path: str = "/chatkit") -> None:
        limits = httpx.Limits(max_connections=None)
        self.http = httpx.AsyncClient(base_url=url, headers=headers or {}, timeout=60, trust_env=False, limits=limits)
        self._path = path

    async def __aenter__(self) -> "ChatKitClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def call(self, kind: str, /, **params: Any) -> Any:
        """Send a request with a JSON response."""
        response = await self.http.post(self._path, json={"type": kind, "params": params})
        assert response.status_code == httpx.codes.OK, response.text
        return response.json()

    async def refused(self, kind: str, /, **params: Any) -> dict[str, Any]:
        """Send a request that must get a 4xx with a message; return the problem document."""
        response = await self.http.post(self._path, json={"type": kind, "params": params})
        assert httpx.codes.is_client_error(response.status_code), response.text
        problem: dict[str, Any] = response.json()
        assert problem["message"]
        return problem

    async def stream(
        self, kind: str, /, metadata: dict[str, Any] | None = None, **params: Any
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """Send a request with an event stream as its response."""
        body = {"type": kind, "params": params, "metadata": metadata or {}}
        async with self.http.stream("POST", self._path, json=body) as response:
            assert response.status_code == httpx.codes.OK, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            async for line in response.aiter_lines():
                if line and not line.startswith(":"):
                    assert line.startswith("data: "), line
                    yield _EVENTS.validate_json(line.removeprefix("data: "))

    async def events(self, kind: str, /, **params: Any) -> list[ThreadStreamEvent]:
        """Return all events of a stream."""
        return [event async for event in self.stream(kind, **params)]

    async def confirmed(self, kind: str, metadata: dict[str, Any], /, **params: Any) -> list[ThreadStreamEvent]:
        """Return all events of a stream whose request has metadata."""
        return [event async for event in self.stream(kind, metadata, **params)]

    async def incomplete(self, thread_id: str) -> list[str]:
        """Return the reasons of the incomplete items, oldest first: of a message and of the note behind it."""
        page = await self.call("items.list", thread_id=thread_id, order="asc", limit=100)
        return [item["incomplete_details"]["reason"] for item in page["data"] if item.get("status") == "incomplete"]

    async def say(self, text: str, thread_id: str | None = None) -> "Exchange":
        """Send a message, to a new thread unless one is given, and return the whole exchange."""
        if thread_id is None:
            return Exchange(await self.events("threads.create", input=user_input(text)))
        events = await self.events("threads.add_user_message", input=user_input(text), thread_id=thread_id)
        return Exchange(events, thread_id)


class Exchange:
    """One message and its answer."""

    def __init__(self, events: list[ThreadStreamEvent], thread_id: str = "") -> None:
        self.events = events
        created = [event.thread.id for event in events if isinstance(event, ThreadCreatedEvent)]
        self.thread_id = created[0] if created else thread_id

    @property
    def items(self) -> list[Any]:
        """Finished items in order; the user's message is the first."""
        return [event.item for event in self.events if isinstance(event, ThreadItemDoneEvent)]

    @property
    def text(self) -> str:
        """Text of the assistant."""
        messages = [item for item in self.items if isinstance(item, AssistantMessageItem)]
        return "\n\n".join("".join(part.text for part in message.content) for message in messages)

    @property
    def error(self) -> ErrorEvent | None:
        """Error that ended the answer."""
        return next((event for event in self.events if isinstance(event, ErrorEvent)), None)


def user_input(text: str, **more: Any) -> dict[str, Any]:
    """Return the input that ChatKit's front end sends for a typed message."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}, **more}
