"""Request limits: open requests and streams of one user, and open streams of the process.

An open stream holds a connection, and so a file descriptor, for as long as its client likes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import msgspec
import structlog

from app.domain.errors import CapacityError, LimitError
from app.domain.language import _

RETRY_SECONDS = 5
SPREAD_SECONDS = 10
"""Range of `Retry-After`, so that clients refused at the same moment do not all return at once."""

log = structlog.get_logger(__name__)


class OpenRules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one process; 0 is no limit."""

    streams_per_user: int = 0
    streams: int = 0


class OpenRequest:
    """Open request of one user, from its authentication to the end of its response."""

    def __init__(self, requests: "OpenRequests", user_id: str) -> None:
        self.user_id = user_id
        self.is_stream = False
        self._requests = requests

    def becomes_stream(self) -> None:
        """Count the request as a stream from now on; call it before any work starts. Idempotent.

        Raises `LimitError` at the user's limit, and `CapacityError` at the process limit.
        """
        self._requests.admit_stream(self)


class OpenRequests:
    """Counts open requests and open streams.

    Streams are counted separately, so that a user at the limit of streams can still stop an answer. The same limit
    holds for a user's other requests.
    """

    def __init__(self, rules: OpenRules) -> None:
        self.rules = rules
        self._streams: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._all_streams = 0
        self._waits = cycle(range(1, SPREAD_SECONDS + 1))

    @property
    def streams(self) -> int:
        """Number of open streams."""
        return self._all_streams

    @contextmanager
    def request(self, user_id: str) -> Iterator[OpenRequest]:
        """Count a request for the length of the block. Raises `LimitError` at the user's limit."""
        if 0 < self.rules.streams_per_user <= self._others[user_id]:
            raise self._too_many(user_id, "requests", self._others[user_id])
        opened = OpenRequest(self, user_id)
        self._others[user_id] += 1
        try:
            yield opened
        finally:
            self._close(opened)

    def admit_stream(self, opened: OpenRequest) -> None:
        """Count an open request as a stream; see `OpenRequest.becomes_stream`."""
        if opened.is_stream:
            return
        own = self._streams[opened.user_id]
        if 0 < self.rules.streams_per_user <= own:
            raise self._too_many(opened.user_id, "streams", own)
        if 0 < self.rules.streams <= self._all_streams:
            log.warning("no room for another stream", open=self._all_streams, change="MAX_STREAMS, ulimit -n")
            message = _("This server has as many open connections as it can carry. Please try again in a moment.")
            raise CapacityError(message, retry_after=next(self._waits))
        _less(self._others, opened.user_id)
        self._streams[opened.user_id] += 1
        self._all_streams += 1
        opened.is_stream = True

    def _close(self, opened: OpenRequest) -> None:
        if opened.is_stream:
            self._all_streams -= 1
        _less(self._streams if opened.is_stream else self._others, opened.user_id)

    def _too_many(self, user_id: str, kind: str, count: int) -> LimitError:
        log.warning(
            "request rejected: user limit reached", user=user_id, kind=kind, open=count, change="MAX_STREAMS_PER_USER"
        )
        message = _(
            "You have {count} connections open to this chat. Close a tab or a window, then try again.", count=count
        )
        return LimitError(message, code="too_many_streams", retry_after=RETRY_SECONDS)


def _less(counts: Counter[str], user_id: str) -> None:
    counts[user_id] -= 1
    if counts[user_id] <= 0:
        del counts[user_id]
