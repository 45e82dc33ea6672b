"""Preparation of the first answer, with retries of steps that fail for a passing reason."""

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import structlog

from app.domain.errors import AnyportError

PAUSES: Final = (0.5, 1.0, 2.0, 5.0)
"""Backoff: seconds before each retry; the last value repeats."""

_PASSING: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN, errno.EINTR, errno.EBUSY, errno.EIO}
    | {errno.ENOSPC, errno.ETIMEDOUT, errno.ESTALE}
)
_IN_WORDS: Final = (*map(os.strerror, (errno.EMFILE, errno.ENFILE, errno.ENOMEM)), "can't start new thread")
"""Messages of the loader of shared libraries and of Python's threads, which have no error number."""

log = structlog.get_logger(__name__)


async def prepared(*steps: Callable[[], Awaitable[None]]) -> None:
    """Run `steps` in order; a step that fails for a passing reason is retried until it succeeds.

    Raises every other error of a step.
    """
    for step in steps:
        tries = 0
        while True:
            try:
                await step()
                break
            except Exception as error:
                if not is_passing(error):
                    raise
                pause = PAUSES[min(tries, len(PAUSES) - 1)]
                log.warning("preparation failed, retry scheduled", reason=_reason(error), seconds=pause)
            tries += 1
            await asyncio.sleep(pause)


def is_passing(error: BaseException) -> bool:
    """True when a retry may succeed: the machine lacks a resource, or a service is unavailable."""
    return any(_passes(cause) for cause in _causes(error))


def _passes(error: BaseException) -> bool:
    match error:
        case AnyportError():
            return error.retry
        case MemoryError() | TimeoutError() | ConnectionError():
            return True
        case OSError():
            return error.errno in _PASSING
        case ImportError() | RuntimeError():
            return any(words in str(error) for words in _IN_WORDS)
    return False


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: BaseException) -> str:
    return next((f"{type(cause).__name__}: {cause}" for cause in _causes(error) if _passes(cause)), str(error))
