"""How long to wait for a model, and when to ask it again."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, TypeVar, cast

from agents import Model, ModelResponse, ModelSettings, ModelTracing, Usage
from agents.items import TResponseStreamEvent

from app.adapters.providers.shared.errors import Origin, failed
from app.adapters.providers.shared.upstream import UpstreamSettings
from app.aio.deadline import Deadline
from app.ports.model_provider import FailureKind, ModelError

Coming = TypeVar("Coming")
Events = AsyncGenerator[TResponseStreamEvent, None]

_LONGEST_WAIT: Final = 30.0
_LAST_WORDS: Final = 1.0
PREAMBLE: Final = frozenset({"response.created", "response.in_progress", "response.queued"})
# How often each failure is worth another try, at most. A silent upstream has cost the user a minute already.
_WORTH: Final[dict[FailureKind, int]] = {
    "rate_limited": 10,
    "overloaded": 10,
    "network": 10,
    "interrupted": 10,
    "empty": 1,
}


class Watch:
    """Measures silence: one limit until the first token, another between tokens. Whoever made it closes it."""

    def __init__(self, settings: UpstreamSettings, origin: Origin) -> None:
        self._idle = settings.idle_timeout
        self._origin = origin
        self._alarm = Deadline(self._expire, lambda: self._waiting is not None)
        self._allow(settings.first_token_timeout)
        self._waiting: asyncio.Task[Any] | None = None
        self._expired = False

    def heard(self) -> None:
        """A token came: silence begins anew."""
        self._allow(self._idle)

    def last_words(self) -> None:
        """The answer is complete: what may still come, such as a count of tokens, gets little time."""
        self._allow(min(self._idle, _LAST_WORDS))
        self.close()

    async def wait(self, coming: Awaitable[Coming]) -> Coming:
        """Await `coming` within the limit. Raises `ModelError` of kind `timeout`, after cancelling it."""
        self._alarm.arm()
        self._waiting = task = cast(asyncio.Task[Any], asyncio.current_task())
        others = task.cancelling()
        try:
            return await coming
        except asyncio.CancelledError:
            if not self._expired or task.uncancel() > others:
                raise
            raise failed("timeout", self._origin, f"silence for {self._allowed:g} seconds") from None
        finally:
            self._waiting = None

    def close(self) -> None:
        """Nobody waits any more, or with another limit."""
        self._alarm.close()

    def _allow(self, seconds: float) -> None:
        self._allowed = seconds
        self._alarm.postpone(seconds)

    def _expire(self) -> None:
        if self._waiting is not None:
            self._expired = True
            self._waiting.cancel()


async def retrying(attempt: Callable[[], Events], settings: UpstreamSettings) -> Events:
    """The events of `attempt`, started anew while it fails before it has said anything that could be seen."""
    tries = 0
    while True:
        held: list[TResponseStreamEvent] | None = []
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    if held is not None and event.type in PREAMBLE:
                        held.append(event)
                        continue
                    while held:
                        yield held.pop(0)
                    held = None
                    yield event
        except ModelError as error:
            wait = _pause(error, tries, settings)
            if held is None or wait is None:
                raise
        else:
            return
        tries += 1
        await asyncio.sleep(wait)


async def collected(stream: AsyncIterator[TResponseStreamEvent]) -> ModelResponse:
    """The response that a stream ends with."""
    async for event in stream:
        if event.type == "response.completed":
            used = event.response.usage
            usage = (
                Usage(
                    requests=1,
                    input_tokens=used.input_tokens,
                    output_tokens=used.output_tokens,
                    total_tokens=used.total_tokens,
                    input_tokens_details=used.input_tokens_details,
                    output_tokens_details=used.output_tokens_details,
                )
                if used
                else Usage(requests=1)
            )
            return ModelResponse(output=event.response.output, usage=usage, response_id=None)
    raise AssertionError("a stream that does not fail ends with a response")


async def first_word(model: Model) -> None:
    """Ask for a word and hang up as soon as one comes.

    That proves what reading a list of models would not: key, name, quota and parameters, for some tokens at most.
    A limit on the answer's length would prove less, because thinking eats it up before the first word.
    """
    stream = model.stream_response(
        None,
        "Answer with OK.",
        ModelSettings(),
        [],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    async with aclosing(cast(Events, stream)) as events:
        async for event in events:
            if event.type not in PREAMBLE:
                return


def _pause(error: ModelError, tries: int, settings: UpstreamSettings) -> float | None:
    """Seconds until the next try: exponential with jitter, or what the upstream asked for; None to give up."""
    if tries >= min(settings.retries, _WORTH.get(error.kind, 0)):
        return None
    backoff: float = settings.retry_delay * 2**tries * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, no secret
    wait = max(backoff, error.retry_after or 0.0)
    return wait if wait <= _LONGEST_WAIT else None
