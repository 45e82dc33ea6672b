"""Limits of one user or address: requests in a minute, tokens in a day."""

import datetime as dt
import ipaddress
import math
from collections import Counter
from collections.abc import Callable

import msgspec

from app.application.limits.counters import WriteBehindCounters
from app.domain.clock import clock
from app.domain.errors import LimitError
from app.domain.language import _
from app.ports.turn_log import TokenUsage

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
PROBES = 120
"""Least number of health probes an address has in a minute: a balancer probes every second."""

STORED = dt.timedelta(days=2)
"""Lifetime of a day's count of tokens, so that yesterday's can still be read."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Configured limits; 0 is no limit."""

    requests_per_minute: int = 0
    requests_per_address: int = 0
    tokens_per_day: int = 0
    turns_at_once: int = 0


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Allowance of one user: amount used, limit (0 is none), and time of the reset in UTC."""

    used: int
    limit: int
    resets_at: dt.datetime


class Limits:
    """Limits over fixed periods: each clock minute, and each day in UTC, of the clock that replicas share.

    A refusal is a `LimitError` with the seconds to wait.
    """

    def __init__(
        self, counters: WriteBehindCounters, rules: Rules, *, now: Callable[[], dt.datetime] = clock.now
    ) -> None:
        self._counters = counters
        self._now = now
        self.rules = rules
        self._probes: Counter[str] = Counter()
        self._probed_in: dt.datetime | None = None

    def admit_address(self, address: str) -> None:
        """Count a request of an address, before its authentication. Raises `LimitError`."""
        self._admit(f"address:{network(address)}", self.rules.requests_per_address)

    def admit_probe(self, address: str) -> None:
        """Count a health probe of an address, separately from its requests. Raises `LimitError`.

        Users behind a balancer's address must not exhaust its probes, and probes must not write to the storage.
        """
        if not self.rules.requests_per_address:
            return
        minute = _start(self._now(), MINUTE)
        if minute != self._probed_in:
            self._probes, self._probed_in = Counter(), minute
        self._probes[network(address)] += 1
        self._refuse_beyond(self._probes[network(address)], max(PROBES, self.rules.requests_per_address))

    def admit_request(self, user_id: str) -> None:
        """Count a request of a user. Raises `LimitError`."""
        self._admit(f"user:{user_id}", self.rules.requests_per_minute)

    async def admit_turn(self, user_id: str) -> None:
        """Check that the user has tokens left today. Raises `LimitError`. One round trip on the first call of a day."""
        allowance = await self.tokens(user_id)
        if allowance.limit and allowance.used >= allowance.limit:
            wait = seconds(allowance.resets_at - self._now())
            message = _("You have used today's allowance of this chat. It begins anew at midnight (UTC).")
            raise LimitError(message, code="quota_used", retry_after=wait)

    def spend(self, user_id: str, usage: TokenUsage) -> bool:
        """Count the tokens of a turn; return True once the day's allowance is used up."""
        spent = usage.input_tokens + usage.output_tokens
        day = _start(self._now(), DAY)
        used = self._counters.add(_tokens_key(user_id, day), spent, day + STORED)
        return 0 < self.rules.tokens_per_day <= used

    async def tokens(self, user_id: str) -> Allowance:
        """Return the user's tokens of today (UTC)."""
        day = _start(self._now(), DAY)
        used = await self._counters.read(_tokens_key(user_id, day), day + STORED)
        return Allowance(used=used, limit=self.rules.tokens_per_day, resets_at=day + DAY)

    async def requests(self, user_id: str) -> Allowance:
        """Return the user's requests of this minute."""
        minute = _start(self._now(), MINUTE)
        used = await self._counters.read(_requests_key(f"user:{user_id}", minute), minute + 2 * MINUTE)
        return Allowance(used=used, limit=self.rules.requests_per_minute, resets_at=minute + MINUTE)

    def _admit(self, subject: str, limit: int) -> None:
        if not limit:
            return
        minute = _start(self._now(), MINUTE)
        self._refuse_beyond(self._counters.add(_requests_key(subject, minute), 1, minute + 2 * MINUTE), limit)

    def _refuse_beyond(self, used: int, limit: int) -> None:
        if used > limit:
            now = self._now()
            wait = seconds(_start(now, MINUTE) + MINUTE - now)
            raise LimitError(_("Too many requests. Please try again in {seconds} s.", seconds=wait), retry_after=wait)


def network(address: str) -> str:
    """Return the network that counts as one address: with IPv6 the /64 that a customer has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def seconds(span: dt.timedelta) -> int:
    """Return a time span in whole seconds, rounded up, at least 1."""
    return max(1, math.ceil(span.total_seconds()))


def _start(now: dt.datetime, span: dt.timedelta) -> dt.datetime:
    return dt.datetime.fromtimestamp(now.timestamp() // span.total_seconds() * span.total_seconds(), dt.UTC)


def _requests_key(subject: str, minute: dt.datetime) -> str:
    return f"requests:{minute:%Y-%m-%dT%H:%M}:{subject}"


def _tokens_key(user_id: str, day: dt.datetime) -> str:
    return f"tokens:{day:%Y-%m-%d}:{user_id}"
