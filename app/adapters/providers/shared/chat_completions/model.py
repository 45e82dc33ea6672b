"""Chat-completions model: the Agents SDK's `Model` for every compatible upstream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, closing
from functools import partial
from typing import Any, cast

import httpx2
import msgspec
from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelSettings, ModelTracing, Tool
from agents.items import TResponseInputItem
from openai.types.responses import ResponsePromptParam

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.chat_completions.finish_reason import is_truncated, response_error
from app.adapters.providers.shared.chat_completions.request import completion_request
from app.adapters.providers.shared.chat_completions.response import ResponseBuilder
from app.adapters.providers.shared.chat_completions.sse import SseDecoder
from app.adapters.providers.shared.chat_completions.traced import traced
from app.adapters.providers.shared.chat_completions.wire import DONE, Chunk, UpstreamReportedError, decode
from app.adapters.providers.shared.endpoint import Endpoint, UpstreamStatusError
from app.adapters.providers.shared.errors import Origin, failed, model_error, upstream_error
from app.adapters.providers.shared.event_stream import body_chunks, expect_stream, find_error_object
from app.adapters.providers.shared.history import Item, call_ids
from app.adapters.providers.shared.idle_timeout import IdleTimeout
from app.adapters.providers.shared.model_requests import collect_response
from app.adapters.providers.shared.reasoning import ReasoningParameters
from app.adapters.providers.shared.retries import Events, retry_with_backoff
from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.delta_sink import delta_receiver
from app.ports.model_provider import ModelError

_Ask = Callable[[Mapping[str, Any]], Awaitable[httpx2.Response]]
"""Sends a request body."""


class ChatCompletionsModel(Model):
    """Model of one upstream. Stateless between requests; the provider closes the endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        dialect: Dialect,
        reasoning: ReasoningParameters,
        origin: Origin,
        settings: UpstreamSettings,
    ) -> None:
        self.model = model
        self._endpoint = endpoint
        self._dialect = dialect
        self._reasoning = reasoning
        self._origin = origin
        self._settings = settings

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Return the whole response at once. It is still requested as a stream, for its timeouts and checks."""
        return await collect_response(self.stream_response(*args, **kwargs))

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        prompt: ResponsePromptParam | None = None,
        **_: object,
    ) -> Events:
        """Stream a response. Raises `ModelError`, at once for an invalid request. Ignores conversations stored by the
        upstream, which chat completions lack."""
        if prompt is not None:
            raise failed("rejected", self._origin, "chat completions carry no `prompt`: give the agent instructions")
        ask = partial(self._endpoint.ask, headers=model_settings.extra_headers, query=model_settings.extra_query)
        try:
            request = completion_request(
                self.model, self._dialect, system_instructions, input, model_settings, tools, handoffs, output_schema
            )
        except Exception as error:  # history and tools may have any origin
            raise model_error(error, self._origin) from None
        taken = set() if isinstance(input, str) else call_ids(cast(Sequence[Item], input))
        reasoning = self._reasoning.fields(model_settings)
        events = retry_with_backoff(lambda: self._attempt(ask, request, reasoning, taken), self._settings)
        return events if tracing.is_disabled() else traced(events, tracing, self.model, model_settings, input)

    async def _attempt(
        self, ask: _Ask, request: Mapping[str, Any], reasoning: Mapping[str, Any], taken: Iterable[str]
    ) -> Events:
        reasoning = self._reasoning.accepted(reasoning)
        answer = ResponseBuilder(self.model, set(taken), delta_receiver.get())
        yield answer.created()
        try:
            async with aclosing(self._frames(partial(ask, {**request, **reasoning}), answer)) as reads:
                async for chunks in reads:
                    for event in answer.feed(chunks):
                        yield event
        except Exception as error:  # callers expect only `ModelError`
            if isinstance(error, UpstreamStatusError):
                self._reasoning.learn(reasoning, error.status, error.body)
            failure = self._mapped(error)
            if not (answer.finish_reason and failure.kind in {"interrupted", "timeout"}):
                raise failure from None
        if wrong := response_error(answer, self._origin):
            raise wrong
        for event in answer.finish(truncated=is_truncated(answer)):
            yield event

    async def _frames(
        self, ask: Callable[[], Awaitable[httpx2.Response]], answer: ResponseBuilder
    ) -> AsyncGenerator[list[Chunk], None]:
        """Yield the chunks of each read until the stream ends; then close the connection."""
        idle_timeout = IdleTimeout(self._settings, self._origin)
        with closing(idle_timeout):
            async with aclosing(await idle_timeout.wait(ask())) as response:
                await idle_timeout.wait(expect_stream(response))
                reads, decoder, done = body_chunks(response), SseDecoder(), False
                while not done and (data := await idle_timeout.wait(anext(reads, None))) is not None:
                    frames = decoder.feed(data)
                    if frames:
                        idle_timeout.token_received()
                    chunks, done, failure = _decoded(frames)
                    yield chunks
                    if failure is not None:
                        raise failure
                    if answer.finish_reason:
                        idle_timeout.response_finished()
                if done:
                    await _drain(reads)
                elif rest := _rest(decoder):
                    yield rest

    def _mapped(self, error: Exception) -> ModelError:
        if isinstance(error, UpstreamReportedError):
            return upstream_error(error.body, self._origin)
        return model_error(error, self._origin)


def _decoded(frames: Iterable[bytes]) -> tuple[list[Chunk], bool, Exception | None]:
    """Decode frames up to the end or the first invalid one; return chunks, end flag and error."""
    chunks: list[Chunk] = []
    for frame in frames:
        if frame == DONE:
            return chunks, True, None
        try:
            chunks.append(decode(frame))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UpstreamReportedError) as error:
            return chunks, False, error
    return chunks, False, None


def _rest(decoder: SseDecoder) -> list[Chunk]:
    """Decode a last frame without its blank line. An incomplete one is ignored."""
    frame = decoder.finish()
    if decoder.stray:
        raise UpstreamReportedError(find_error_object(bytes(decoder.stray)))
    chunks, _, failure = _decoded([frame] if frame else [])
    if isinstance(failure, UpstreamReportedError):
        raise failure
    return chunks


async def _drain(reads: AsyncIterator[bytes]) -> None:
    """Read the end of the body for at most 0.1 s, so that the connection can be reused."""
    try:
        async with asyncio.timeout(0.1):
            async for _ in reads:
                pass
    except Exception:  # noqa: S110  # the response is complete, so errors of the connection do not matter
        pass
