"""Idle timeout of a stream: one limit until the first token, another between tokens."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar, cast

from app.adapters.providers.shared.errors import Origin, failed
from app.adapters.providers.shared.settings import UpstreamSettings
from app.aio.deadline import Deadline

Coming = TypeVar("Coming")

_LAST_WORDS: Final = 1.0


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
