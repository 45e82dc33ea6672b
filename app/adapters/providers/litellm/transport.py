"""LiteLLM in the place of an upstream: a chat completion is asked for, an event stream of its chunks comes out."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import httpx2
import msgspec

from app.adapters.providers.litellm.wire import Exchange, Line

Complete = Callable[..., Awaitable[Any]]

_SIGNATURE_MARK: Final = "__thought__"
_LEFT_OUT: Final = {"type": "text", "text": "[An image stood here, at an address that is not fetched.]"}


class TranslationError(Exception):
    """LiteLLM could not make sense of an answer."""


class LitellmTransport(httpx2.AsyncBaseTransport):
    """Lets `complete`, which is LiteLLM's `acompletion`, answer requests for chat completions over `line`.

    What the upstream does wrong shows as it would without LiteLLM: as its own status and body, as a broken
    connection, or as a stream that ends without a reason.
    """

    def __init__(self, complete: Complete, line: Line, access: Mapping[str, Any]) -> None:
        self._complete = complete
        self._line = line
        self._access = access

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and return as soon as the upstream has answered."""
        asked = {**_told(msgspec.json.decode(await request.aread())), **self._access}
        exchange = Exchange(self._line, request.extensions["timeout"])
        chunks = _Chunks(exchange)
        try:
            await chunks.begin(self._complete(**asked))
        except BaseException:
            await chunks.aclose()
            raise
        if exchange.translating:
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=chunks)
        if exchange.failure is not None:
            raise exchange.failure
        return exchange.answer or chunks.refusal()

    async def aclose(self) -> None:
        """Close the line."""
        await self._line.pool.aclose()


class _Chunks(httpx2.AsyncByteStream):
    """LiteLLM's translation as server-sent events."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._stream: Any = None
        self._next: Any = None
        self._broken: Exception | None = None

    async def begin(self, coming: Awaitable[Any]) -> None:
        """Go on until the upstream has answered, which may be no earlier than LiteLLM's first chunk."""
        try:
            self._stream = await self._exchange.run(coming)
        except Exception as error:
            self._broken = error
        else:
            if self._exchange.is_open:
                await self._step()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._next is not None:
            yield b"data: %b\n\n" % json.dumps(_frame(self._next, self._exchange.finish)).encode()
            await self._step()
        if self._exchange.failure is not None:
            raise self._exchange.failure
        if self._broken is not None:
            raise TranslationError(type(self._broken).__name__) from self._broken

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
        await self._exchange.aclose()

    def refusal(self) -> httpx2.Response:
        """LiteLLM would not even ask: its status and the name of its error, without its words."""
        status = getattr(self._broken, "status_code", None)
        refused = status if isinstance(status, int) and 400 <= status < 500 else 400
        return httpx2.Response(refused, json={"error": {"type": type(self._broken).__name__}})

    async def _step(self) -> None:
        try:
            self._next = await self._exchange.run(anext(self._stream, None))
        except Exception as error:
            self._next, self._broken = None, error


def _told(request: dict[str, Any]) -> dict[str, Any]:
    """The request in LiteLLM's words: where signatures belong, and without images that it would have to fetch."""
    request["messages"] = list(_one_by_one(request["messages"]))
    for message in request["messages"]:
        for call in message.get("tool_calls") or ():
            if extra := call.pop("extra_content", None):
                call["provider_specific_fields"] = extra["google"]
        if isinstance(message.get("content"), list):
            message["content"] = [_LEFT_OUT if _is_remote(part) else part for part in message["content"]]
    return request


def _one_by_one(messages: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Calls in one message that are equal, told one after the other.

    LiteLLM drops the second one on the way to Gemini, but not its result, which Gemini then refuses for ever.
    """
    messages = list(messages)
    results = {message["tool_call_id"]: message for message in messages if message["role"] == "tool"}
    split: set[str] = set()
    for message in messages:
        calls = message.get("tool_calls") or []
        if len({json.dumps(call["function"]) for call in calls}) < len(calls):
            for number, call in enumerate(calls):
                yield {**(message if number == 0 else {"role": "assistant"}), "tool_calls": [call]}
                yield results[call["id"]]
                split.add(call["id"])
        elif message.get("tool_call_id") not in split:
            yield message


def _is_remote(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "image_url" and not part["image_url"]["url"].startswith("data:")


def _frame(chunk: Any, finish: str) -> dict[str, Any]:
    """A chunk of LiteLLM's as chat completions have it. It only ends when `finish`, the upstream's word, says so."""
    usage = getattr(chunk, "usage", None)
    frame: dict[str, Any] = {"choices": [], **({"usage": usage.model_dump(exclude_none=True)} if usage else {})}
    for choice in chunk.choices[:1]:
        delta = {
            "content": choice.delta.content,
            "reasoning_content": getattr(choice.delta, "reasoning_content", None),
            "tool_calls": [_call(call) for call in choice.delta.tool_calls or ()] or None,
        }
        frame["choices"] = [{"index": 0, "delta": delta, "finish_reason": _finish(choice.finish_reason, finish)}]
    return frame


def _call(call: Any) -> dict[str, Any]:
    own_id, _, _ = (call.id or "").partition(_SIGNATURE_MARK)
    signature = (getattr(call, "provider_specific_fields", None) or {}).get("thought_signature")
    return {
        "index": call.index,
        "id": own_id,
        "function": {"name": call.function.name, "arguments": call.function.arguments},
        **({"extra_content": {"google": {"thought_signature": signature}}} if signature else {}),
    }


def _finish(translated: str | None, finish: str) -> str | None:
    """LiteLLM calls everything `stop` that it does not know, such as Gemini's MALFORMED_FUNCTION_CALL."""
    if not (translated and finish):
        return None
    return finish if translated == "stop" else translated
