"""LiteLLM transport: takes a chat-completions request, returns LiteLLM's chunks as an event stream."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import httpx2
import msgspec

from app.adapters.providers.litellm.wire import Exchange, UpstreamLink

Complete = Callable[..., Awaitable[Any]]

_SIGNATURE_MARK: Final = "__thought__"
_CLAUDE: Final = frozenset({"thinking", "redacted_thinking"})
_LEFT_OUT: Final = {"type": "text", "text": "[An image stood here, at an address that is not fetched.]"}


class TranslationError(Exception):
    """LiteLLM failed to translate a response."""


class LitellmTransport(httpx2.AsyncBaseTransport):
    """httpx2 transport that answers chat-completions requests by `complete`, LiteLLM's `acompletion`, over `link`.

    Faults of the upstream look as they do without LiteLLM: its own status and body, a broken connection, or a
    stream that ends without a finish reason.
    """

    def __init__(self, complete: Complete, link: UpstreamLink, access: Mapping[str, Any]) -> None:
        self._complete = complete
        self._link = link
        self._access = access

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return once the upstream has answered."""
        arguments = {**_for_litellm(msgspec.json.decode(await request.aread())), **self._access}
        exchange = Exchange(self._link, request.extensions["timeout"])
        chunks = _Chunks(exchange)
        try:
            await chunks.start(self._complete(**arguments))
        except BaseException:
            await chunks.aclose()
            raise
        if exchange.translating:
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=chunks)
        if exchange.failure is not None:
            raise exchange.failure
        return exchange.answer or chunks.refusal()

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        await self._link.pool.aclose()


class _Chunks(httpx2.AsyncByteStream):
    """Body of server-sent events, from LiteLLM's chunks."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._stream: Any = None
        self._next: Any = None
        self._error: Exception | None = None

    async def start(self, coming: Awaitable[Any]) -> None:
        """Wait until the upstream has answered, which may need LiteLLM's first chunk."""
        try:
            self._stream = await self._exchange.run(coming)
        except Exception as error:
            self._error = error
        else:
            if self._exchange.is_open:
                await self._step()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._next is not None:
            yield b"data: %b\n\n" % json.dumps(_frame(self._next, self._exchange.finish)).encode()
            await self._step()
        if self._exchange.failure is not None:
            raise self._exchange.failure
        if self._error is not None:
            raise TranslationError(type(self._error).__name__) from self._error

    async def aclose(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()
        await self._exchange.aclose()

    def refusal(self) -> httpx2.Response:
        """Response to a request that LiteLLM refused to send: its status and error name, without its message."""
        status = getattr(self._error, "status_code", None)
        refused = status if isinstance(status, int) and 400 <= status < 500 else 400
        return httpx2.Response(refused, json={"error": {"type": type(self._error).__name__}})

    async def _step(self) -> None:
        try:
            self._next = await self._exchange.run(anext(self._stream, None))
        except Exception as error:
            self._next, self._error = None, error


def _for_litellm(request: dict[str, Any]) -> dict[str, Any]:
    """Convert a request to LiteLLM's form: signatures moved, images at remote addresses removed."""
    request["messages"] = list(_split_equal_calls(request["messages"]))
    for message in request["messages"]:
        if details := message.pop("reasoning_details", None):
            # LiteLLM's name for Claude's signed thoughts; other services have OpenRouter's name.
            message["thinking_blocks" if details[0].get("type") in _CLAUDE else "reasoning_details"] = details
        for call in message.get("tool_calls") or ():
            if extra := call.pop("extra_content", None):
                call["provider_specific_fields"] = extra["google"]
        if isinstance(message.get("content"), list):
            message["content"] = [_LEFT_OUT if _is_remote(part) else part for part in message["content"]]
    return request


def _split_equal_calls(messages: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Split equal calls of one message into one message each.

    For Gemini, LiteLLM drops the second of two equal calls but keeps its result, which Gemini then refuses.
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
    """Convert a chunk of LiteLLM to a chat-completions frame. `finish` is the upstream's own finish reason."""
    usage = getattr(chunk, "usage", None)
    frame: dict[str, Any] = {"choices": [], **({"usage": usage.model_dump(exclude_none=True)} if usage else {})}
    for choice in chunk.choices[:1]:
        delta = {
            "content": choice.delta.content,
            "reasoning_content": getattr(choice.delta, "reasoning_content", None),
            "reasoning_details": getattr(choice.delta, "thinking_blocks", None),
            "tool_calls": [_call(call) for call in choice.delta.tool_calls or ()] or None,
            "annotations": getattr(choice.delta, "annotations", None),
            "images": getattr(choice.delta, "images", None),
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
    """Restore the finish reason: LiteLLM maps unknown ones to `stop`, such as MALFORMED_FUNCTION_CALL."""
    if not (translated and finish):
        return None
    return finish if translated == "stop" else translated
