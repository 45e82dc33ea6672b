"""How long to wait for a model, and when to ask it again."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, TypeVar

from agents.items import TResponseStreamEvent

from app.adapters.providers._errors import Origin, failed
from app.adapters.providers._upstream import UpstreamSettings
from app.ports.model_provider import FailureKind, ModelError

Coming = TypeVar("Coming")
Events = AsyncGenerator[TResponseStreamEvent, None]

_LONGEST_WAIT: Final = 30.0
_PREAMBLE: Final = frozenset({"response.created", "response.in_progress", "response.queued"})
# How often each failure is worth another try, at most. A silent upstream has cost the user a minute already.
_WORTH: Final[dict[FailureKind, int]] = {
    "rate_limited": 10,
    "overloaded": 10,
    "network": 10,
    "interrupted": 10,
    "empty": 1,
}


class Watch:
    """Measures silence: one limit until the first token, another between tokens."""

    def __init__(self, settings: UpstreamSettings, origin: Origin) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = settings.idle_timeout
        self._origin = origin
        self._allowed = settings.first_token_timeout
        self._deadline = self._loop.time() + self._allowed

    def heard(self) -> None:
        """A token came: silence begins anew."""
        self._allowed = self._idle
        self._deadline = self._loop.time() + self._allowed

    async def wait(self, coming: Awaitable[Coming]) -> Coming:
        """Await `coming` within the limit. Raises `ModelError` of kind `timeout`, after cancelling it."""
        limit = asyncio.timeout_at(self._deadline)
        try:
            async with limit:
                return await coming
        except TimeoutError:
            if not limit.expired():
                raise
            raise failed("timeout", self._origin, f"silence for {self._allowed:g} seconds") from None


async def retrying(attempt: Callable[[], Events], settings: UpstreamSettings) -> Events:
    """The events of `attempt`, started anew while it fails before it has said anything that could be seen."""
    tries = 0
    while True:
        held: list[TResponseStreamEvent] | None = []
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    if held is not None and event.type in _PREAMBLE:
                        held.append(event)
                        continue
                    for earlier in held or ():
                        yield earlier
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


def _pause(error: ModelError, tries: int, settings: UpstreamSettings) -> float | None:
    """Seconds until the next try: exponential with jitter, or what the upstream asked for; None to give up."""
    if tries >= min(settings.retries, _WORTH.get(error.kind, 0)):
        return None
    backoff: float = settings.retry_delay * 2**tries * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, no secret
    wait = max(backoff, error.retry_after or 0.0)
    return wait if wait <= _LONGEST_WAIT else None
