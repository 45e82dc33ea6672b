"""A client of any ChatKit server that validates every response."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import httpx2
import msgspec
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ErrorEvent,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)
from pydantic import TypeAdapter, ValidationError

SHOWN = 200
_STREAM = "text/event-stream"


class BadAnswerError(Exception):
    """The response does not follow the protocol."""


class Answer(msgspec.Struct, frozen=True):
    """The response to a request: the events of a stream, or one JSON value."""

    status: int
    body: Any = None
    events: list[ThreadStreamEvent] = []
    thread_id: str = ""

    @property
    def refused(self) -> bool:
        """True for a 4xx: the server refuses the request."""
        return httpx2.codes.BAD_REQUEST <= self.status < httpx2.codes.INTERNAL_SERVER_ERROR

    @property
    def broken(self) -> bool:
        """True for a 5xx, which front ends retry."""
        return self.status >= httpx2.codes.INTERNAL_SERVER_ERROR

    @property
    def items(self) -> list[ThreadItem]:
        """The finished items, in order."""
        return [event.item for event in self.events if isinstance(event, ThreadItemDoneEvent)]

    @property
    def replaced(self) -> list[ThreadItem]:
        """The items that replaced earlier ones."""
        return [event.item for event in self.events if isinstance(event, ThreadItemReplacedEvent)]

    @property
    def messages(self) -> list[AssistantMessageItem]:
        """The messages of the assistant."""
        return [item for item in self.items if isinstance(item, AssistantMessageItem)]

    @property
    def error(self) -> ErrorEvent | None:
        """The error event of the stream, if any."""
        return next((event for event in self.events if isinstance(event, ErrorEvent)), None)


class Chat:
    """One user of one server."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float) -> None:
        self._url = url
        # One connection for each request: a broken stream must not affect the next request.
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._http = httpx2.AsyncClient(headers=dict(headers), timeout=timeout, limits=limits, trust_env=False)

    async def aclose(self) -> None:
        """Close the client."""
        await self._http.aclose()

    async def post(self, body: bytes) -> Answer:
        """Send raw bytes. Raises `BadAnswerError` for a success that is neither events nor JSON."""
        async with self._http.stream("POST", self._url, content=body, headers=_JSON) as response:
            if response.headers.get("content-type", "").startswith(_STREAM):
                events = [event async for event in _events(response)]
                created = [event.thread.id for event in events if isinstance(event, ThreadCreatedEvent)]
                return Answer(response.status_code, events=events, thread_id=created[0] if created else "")
            content = await response.aread()
        try:
            return Answer(response.status_code, body=msgspec.json.decode(content))
        except msgspec.DecodeError:
            if response.status_code < httpx2.codes.BAD_REQUEST:
                raise BadAnswerError(f"neither JSON nor events: {content[:SHOWN]!r}") from None
            return Answer(response.status_code)

    async def send(self, kind: str, /, **params: Any) -> Answer:
        """Send a request of the protocol."""
        return await self.post(msgspec.json.encode({"type": kind, "params": params}))

    async def say(self, text: str, thread_id: str = "") -> Answer:
        """Send a message, in a new thread unless one is given."""
        if not thread_id:
            return await self.send("threads.create", input=message(text))
        answer = await self.send("threads.add_user_message", input=message(text), thread_id=thread_id)
        return msgspec.structs.replace(answer, thread_id=thread_id)

    async def items(self, thread_id: str, **paging: Any) -> list[dict[str, Any]]:
        """Return a page of a thread's items, by default a hundred, oldest first."""
        answer = await self.send("items.list", **{"thread_id": thread_id, "order": "asc", "limit": 100, **paging})
        if answer.status != httpx2.codes.OK or not isinstance(answer.body, dict):
            raise BadAnswerError(f"items.list is answered by {answer.status}")
        listed: list[dict[str, Any]] = answer.body.get("data", [])
        return listed

    async def hang_up_after(self, deltas: int, text: str) -> tuple[str, str]:
        """Send a message and disconnect after some `deltas`; return the thread's id and the text so far."""
        body = msgspec.json.encode({"type": "threads.create", "params": {"input": message(text)}})
        thread_id, pieces = "", []
        async with (
            self._http.stream("POST", self._url, content=body, headers=_JSON) as response,
            aclosing(_events(response)) as events,
        ):
            async for event in events:
                if isinstance(event, ThreadCreatedEvent):
                    thread_id = event.thread.id
                if isinstance(event, ThreadItemUpdatedEvent) and isinstance(
                    event.update, AssistantMessageContentPartTextDelta
                ):
                    pieces.append(event.update.delta)
                if len(pieces) >= deltas:
                    break
        return thread_id, "".join(pieces)


def message(text: str, **more: Any) -> dict[str, Any]:
    """Build the input of a typed message, with the empty fields that a front end sends."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}, **more}


_JSON = {"content-type": "application/json", "accept": "text/event-stream, application/json"}
_EVENT: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)


async def _events(response: httpx2.Response) -> AsyncGenerator[ThreadStreamEvent, None]:
    try:
        async for line in response.aiter_lines():
            if not line or line.startswith(":"):
                continue
            if not line.startswith("data:"):
                raise BadAnswerError(f"a line that is no event: {line[:SHOWN]}")
            yield _EVENT.validate_json(line.removeprefix("data:"))
    except ValidationError as error:
        raise BadAnswerError(f"an event that ChatKit does not know: {error.errors()[0]['msg']}") from None
    except httpx2.HTTPError as error:
        raise BadAnswerError(f"the stream broke: {type(error).__name__}") from None
