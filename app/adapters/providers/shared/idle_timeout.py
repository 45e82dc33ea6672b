"""Idle timeout of a stream: one limit until the first token, another between tokens."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar, cast

from app.adapters.providers.shared.errors import Origin, failed
from app.adapters.providers.shared.settings import UpstreamSettings
from app.aio.deadline import Deadline

Result = TypeVar("Result")

_TAIL_SECONDS: Final = 1.0


class IdleTimeout:
    """Idle timeout: one limit until the first token, another between tokens, in seconds. The creator closes it."""

    def __init__(self, settings: UpstreamSettings, origin: Origin) -> None:
        self._idle = settings.idle_timeout
        self._origin = origin
        self._deadline = Deadline(self._expire, lambda: self._waiting is not None)
        self._set_limit(settings.first_token_timeout)
        self._waiting: asyncio.Task[Any] | None = None
        self._expired = False

    def token_received(self) -> None:
        """Restart the timeout, with the limit between tokens."""
        self._set_limit(self._idle)

    def allow_silence(self, seconds: float) -> None:
        """Restart the timeout with at least `seconds`, because the upstream works without tokens."""
        self._set_limit(max(self._idle, seconds))

    def response_finished(self) -> None:
        """Shorten the timeout: only the token count and the end may follow a finish reason."""
        self._set_limit(min(self._idle, _TAIL_SECONDS))
        self.close()

    async def wait(self, awaitable: Awaitable[Result]) -> Result:
        """Await `awaitable` within the limit. Cancels it and raises `ModelError` of kind `timeout` beyond it."""
        self._deadline.arm()
        self._waiting = task = cast(asyncio.Task[Any], asyncio.current_task())
        earlier = task.cancelling()
        try:
            return await awaitable
        except asyncio.CancelledError:
            if not self._expired or task.uncancel() > earlier:
                raise
            raise failed("timeout", self._origin, f"silence for {self._limit:g} seconds") from None
        finally:
            self._waiting = None

    def close(self) -> None:
        """Stop the timer. Idempotent."""
        self._deadline.close()

    def _set_limit(self, seconds: float) -> None:
        self._limit = seconds
        self._deadline.postpone(seconds)

    def _expire(self) -> None:
        if self._waiting is not None:
            self._expired = True
            self._waiting.cancel()
