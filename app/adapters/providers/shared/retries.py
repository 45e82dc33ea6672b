"""How long to wait for a model, and when to ask it again."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from agents.items import TResponseStreamEvent

from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.model_provider import FailureKind, ModelError

Events = AsyncGenerator[TResponseStreamEvent, None]

_LONGEST_WAIT: Final = 30.0
PREAMBLE: Final = frozenset({"response.created", "response.in_progress", "response.queued"})
# How often each failure is worth another try, at most. A silent upstream has cost the user a minute already.
_WORTH: Final[dict[FailureKind, int]] = {
    "rate_limited": 10,
    "overloaded": 10,
    "network": 10,
    "interrupted": 10,
    "empty": 1,
}


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


def _pause(error: ModelError, tries: int, settings: UpstreamSettings) -> float | None:
    """Seconds until the next try: exponential with jitter, or what the upstream asked for; None to give up."""
    if tries >= min(settings.retries, _WORTH.get(error.kind, 0)):
        return None
    backoff: float = settings.retry_delay * 2**tries * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, no secret
    wait = max(backoff, error.retry_after or 0.0)
    return wait if wait <= _LONGEST_WAIT else None
