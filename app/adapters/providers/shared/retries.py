"""Retry with backoff, until the first token of a response."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from agents.items import TResponseStreamEvent

from app.adapters.providers.shared.reasoning import ParameterRefusedError
from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.model_provider import FailureKind, ModelError

Events = AsyncGenerator[TResponseStreamEvent, None]

_MAX_WAIT_SECONDS: Final = 30.0
PREAMBLE: Final = frozenset({"response.created", "response.in_progress", "response.queued"})
# Maximum retries by kind of failure. A timeout is not retried: the user has waited a minute already.
_MAX_RETRIES: Final[dict[FailureKind, int]] = {
    "rate_limited": 10,
    "overloaded": 10,
    "network": 10,
    "interrupted": 10,
    "empty": 1,
}


async def retry_with_backoff(attempt: Callable[[], Events], settings: UpstreamSettings) -> Events:
    """Yield the events of `attempt`, restarted with backoff while it fails before its first visible event.

    An attempt that raises `ParameterRefusedError` is restarted at once, and leaves that parameter out.
    """
    retries = 0
    while True:
        preamble: list[TResponseStreamEvent] | None = []
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    if preamble is not None and event.type in PREAMBLE:
                        preamble.append(event)
                        continue
                    while preamble:
                        yield preamble.pop(0)
                    preamble = None
                    yield event
        except ParameterRefusedError:
            continue
        except ModelError as error:
            wait = _backoff(error, retries, settings)
            if preamble is None or wait is None:
                raise
        else:
            return
        retries += 1
        await asyncio.sleep(wait)


def _backoff(error: ModelError, retries: int, settings: UpstreamSettings) -> float | None:
    """Seconds until the next attempt: exponential with jitter, or the upstream's Retry-After; None to give up."""
    if retries >= min(settings.retries, _MAX_RETRIES.get(error.kind, 0)):
        return None
    backoff: float = settings.retry_delay * 2**retries * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, no secret
    wait = max(backoff, error.retry_after or 0.0)
    return wait if wait <= _MAX_WAIT_SECONDS else None
