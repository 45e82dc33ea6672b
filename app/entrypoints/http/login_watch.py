"""Login expiry and revocation during a response: long responses end with the login."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from app.domain.errors import AnyportError, UnauthenticatedError
from app.domain.language import _
from app.ports.authenticator import Authenticator, Login

CHECK_SECONDS: Final = 60.0
"""Seconds between two checks whether the login's key is revoked."""

T = TypeVar("T")


class LoginWatch:
    """Watches one login for expiry and for a revoked key. A login without an expiry time costs nothing."""

    def __init__(self, login: Login, authenticator: Authenticator, *, clock: Callable[[], float] = time.time) -> None:
        self._login, self._authenticator, self._clock = login, authenticator, clock
        self._ended: Callable[[], object] = lambda: None
        self._timer: asyncio.TimerHandle | None = None
        self._checking: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, ended: Callable[[], object]) -> Iterator[None]:
        """Call `ended` if the login ends within the block."""
        self._ended = ended
        if self._login.until is not None:
            self._schedule(self._login.until)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._checking is not None:
                self._checking.cancel()

    async def bound(self, answer: Coroutine[Any, Any, T]) -> T:
        """Await the response. Raises `UnauthenticatedError` when the login ends first."""
        answering = asyncio.ensure_future(answer)
        try:
            with self.watching(answering.cancel):
                return await answering
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            message = _("Your login has expired. Please log in again.")
            raise UnauthenticatedError(message, detail="the login ended before the response") from None

    def _schedule(self, until: float) -> None:
        left = until - self._clock()
        if left <= 0:
            self._ended()
        else:
            self._timer = asyncio.get_running_loop().call_later(min(left, CHECK_SECONDS), self._on_timer, until)

    def _on_timer(self, until: float) -> None:
        if until <= self._clock():
            self._ended()
        else:
            self._checking = asyncio.create_task(self._check(until))

    async def _check(self, until: float) -> None:
        try:
            is_revoked = await self._authenticator.is_revoked(self._login)
        except AnyportError:
            is_revoked = False  # Unknown at the moment: the next check decides.
        if is_revoked:
            self._ended()
        else:
            self._schedule(until)
