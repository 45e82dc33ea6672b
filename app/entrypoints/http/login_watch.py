"""The end of a request's login, for answers that last longer than the login does."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from app.domain.errors import AnyportError, UnauthenticatedError
from app.domain.language import _
from app.ports.authenticator import Authenticator, Login

CHECK_SECONDS: Final = 60.0
"""How often an open answer asks whether the key of its login is still in use."""

T = TypeVar("T")


class LoginWatch:
    """Watches one login: its time runs out, or its key leaves. A login without an end costs nothing."""

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
            self._wait(self._login.until)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._checking is not None:
                self._checking.cancel()

    async def bound(self, answer: Coroutine[Any, Any, T]) -> T:
        """The answer. Raises `UnauthenticatedError` when the login ends before it is there."""
        answering = asyncio.ensure_future(answer)
        try:
            with self.watching(answering.cancel):
                return await answering
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            message = _("Your login has expired. Please log in again.")
            raise UnauthenticatedError(message, detail="it ended before the answer did") from None

    def _wait(self, until: float) -> None:
        left = until - self._clock()
        if left <= 0:
            self._ended()
        else:
            self._timer = asyncio.get_running_loop().call_later(min(left, CHECK_SECONDS), self._look, until)

    def _look(self, until: float) -> None:
        if until <= self._clock():
            self._ended()
        else:
            self._checking = asyncio.create_task(self._check(until))

    async def _check(self, until: float) -> None:
        try:
            is_revoked = await self._authenticator.is_revoked(self._login)
        except AnyportError:
            is_revoked = False  # It cannot be found out just now: ask again.
        if is_revoked:
            self._ended()
        else:
            self._wait(until)
