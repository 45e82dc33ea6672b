"""The Agents SDK's `Model` over chat completions, for every upstream that speaks them more or less."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing, closing
from typing import Any, cast

import msgspec
from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelSettings, ModelTracing, Tool
from agents.items import TResponseInputItem

from app.adapters.providers.shared.chat_completions.dialect import Dialect
from app.adapters.providers.shared.chat_completions.finish_reason import reached_its_limit, verdict
from app.adapters.providers.shared.chat_completions.request import completion_request
from app.adapters.providers.shared.chat_completions.response import Answer
from app.adapters.providers.shared.chat_completions.sse import SseDecoder
from app.adapters.providers.shared.chat_completions.wire import DONE, Chunk, UpstreamReportedError, decode
from app.adapters.providers.shared.endpoint import Endpoint
from app.adapters.providers.shared.errors import Origin, model_error, upstream_error
from app.adapters.providers.shared.event_stream import error_in, expect_stream, pieces_of
from app.adapters.providers.shared.history import Item, call_ids
from app.adapters.providers.shared.idle_timeout import Watch
from app.adapters.providers.shared.model_requests import collected
from app.adapters.providers.shared.retries import Events, retrying
from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.delta_sink import delta_receiver
from app.ports.model_provider import ModelError


class ChatCompletionsModel(Model):
    """One model of one upstream. Holds no state between requests; the provider owns the endpoint."""

    def __init__(
        self, endpoint: Endpoint, model: str, *, dialect: Dialect, origin: Origin, settings: UpstreamSettings
    ) -> None:
        self.model = model
        self._endpoint = endpoint
        self._dialect = dialect
        self._origin = origin
        self._settings = settings

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The whole answer at once; asked for as a stream all the same, for its timeouts and checks."""
        return await collected(self.stream_response(*args, **kwargs))

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        **_: object,
    ) -> Events:
        """Stream an answer; a request that cannot be made fails at once. Server-side conversations and prompts, which
        chat completions lack, are ignored."""
        try:
            request = completion_request(
                self.model, self._dialect, system_instructions, input, model_settings, tools, handoffs, output_schema
            )
        except Exception as error:  # history and tools come from anywhere
            raise model_error(error, self._origin) from None
        taken = set() if isinstance(input, str) else call_ids(cast(Sequence[Item], input))
        return retrying(lambda: self._attempt(request, taken), self._settings)

    async def _attempt(self, request: dict[str, Any], taken: Iterable[str]) -> Events:
        answer = Answer(self.model, set(taken), delta_receiver.get())
        yield answer.created()
        try:
            async with aclosing(self._frames(request, answer)) as reads:
                async for chunks in reads:
                    for event in answer.feed(chunks):
                        yield event
        except Exception as error:  # whatever it was, only a `ModelError` leaves
            failure = self._mapped(error)
            if not (answer.finish_reason and failure.kind in {"interrupted", "timeout"}):
                raise failure from None
        if wrong := verdict(answer, self._origin):
            raise wrong
        for event in answer.finish(cut_off=reached_its_limit(answer)):
            yield event

    async def _frames(self, request: dict[str, Any], answer: Answer) -> AsyncGenerator[list[Chunk], None]:
        """What each read from the upstream completes, until its last word; the connection is closed with it."""
        watch = Watch(self._settings, self._origin)
        with closing(watch):
            async with aclosing(await watch.wait(self._endpoint.ask(request))) as response:
                await watch.wait(expect_stream(response))
                reads, decoder, done = pieces_of(response), SseDecoder(), False
                while not done and (data := await watch.wait(anext(reads, None))) is not None:
                    frames = decoder.feed(data)
                    if frames:
                        watch.heard()
                    chunks, done, failure = _decoded(frames)
                    yield chunks
                    if failure is not None:
                        raise failure
                    if answer.finish_reason:
                        watch.last_words()
                if done:
                    await _drain(reads)
                elif rest := _rest(decoder):
                    yield rest

    def _mapped(self, error: Exception) -> ModelError:
        if isinstance(error, UpstreamReportedError):
            return upstream_error(error.body, self._origin)
        return model_error(error, self._origin)


def _decoded(frames: Iterable[bytes]) -> tuple[list[Chunk], bool, Exception | None]:
    """The frames up to the end or to the first bad one, whether it was the end, and what was bad."""
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
    """A last frame that no blank line closed. Torn, it is as good as not sent."""
    frame = decoder.finish()
    if decoder.stray:
        raise UpstreamReportedError(error_in(bytes(decoder.stray)))
    chunks, _, failure = _decoded([frame] if frame else [])
    if isinstance(failure, UpstreamReportedError):
        raise failure
    return chunks


async def _drain(reads: AsyncIterator[bytes]) -> None:
    """Read the end of the body, so that the connection can be used again; not for long."""
    try:
        async with asyncio.timeout(0.1):
            async for _ in reads:
                pass
    except Exception:  # noqa: S110  # the answer is complete: how its connection ends changes nothing
        pass
