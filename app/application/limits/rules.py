"""How much of the server one user, or one address, may take."""

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
"""Looks at the server's health that an address has in a minute whatever the limit: a balancer looks every second."""

KEPT = dt.timedelta(days=2)
"""Yesterday's tokens can still be looked at; a minute's requests cannot, but cost little."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The limits themselves; 0 is none."""

    requests_per_minute: int = 0
    requests_per_address: int = 0
    tokens_per_day: int = 0
    turns_at_once: int = 0


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What one user has used, of how much, and when it begins anew; a limit of 0 is none."""

    used: int
    limit: int
    resets_at: dt.datetime


class Limits:
    """Admits or refuses, over fixed spans: each clock minute, and each day in UTC, of the clock that replicas share.

    Refusals are `LimitError`s, which say how many seconds to wait.
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
        """Count a request from there, whoever sends it: before a login is looked at."""
        self._admit(f"address:{network(address)}", self.rules.requests_per_address)

    def admit_probe(self, address: str) -> None:
        """Count a look at the server's health from there, by a count of its own: what users do behind the address of a
        balancer must not make it take the server for ill, and its looks must cost the store no write.

        Raises `LimitError`.
        """
        if not self.rules.requests_per_address:
            return
        minute = _start(self._now(), MINUTE)
        if minute != self._probed_in:
            self._probes, self._probed_in = Counter(), minute
        self._probes[network(address)] += 1
        self._refuse_beyond(self._probes[network(address)], max(PROBES, self.rules.requests_per_address))

    def admit_request(self, user_id: str) -> None:
        """Count a request of that user."""
        self._admit(f"user:{user_id}", self.rules.requests_per_minute)

    async def admit_turn(self, user_id: str) -> None:
        """See that the user has tokens left today. One round trip the first time in a day, none later."""
        allowance = await self.tokens(user_id)
        if allowance.limit and allowance.used >= allowance.limit:
            wait = seconds(allowance.resets_at - self._now())
            message = _("You have used today's allowance of this chat. It begins anew at midnight (UTC).")
            raise LimitError(message, code="quota_used", retry_after=wait)

    def spend(self, user_id: str, usage: TokenUsage) -> bool:
        """Count the tokens of a turn; whether the day's allowance is used up with them."""
        spent = usage.input_tokens + usage.output_tokens
        day = _start(self._now(), DAY)
        used = self._counters.add(_tokens_key(user_id, day), spent, day + KEPT)
        return 0 < self.rules.tokens_per_day <= used

    async def tokens(self, user_id: str) -> Allowance:
        """Tokens of today."""
        day = _start(self._now(), DAY)
        used = await self._counters.read(_tokens_key(user_id, day), day + KEPT)
        return Allowance(used=used, limit=self.rules.tokens_per_day, resets_at=day + DAY)

    async def requests(self, user_id: str) -> Allowance:
        """Requests of this minute."""
        minute = _start(self._now(), MINUTE)
        used = await self._counters.read(_requests_key(f"user:{user_id}", minute), minute + 2 * MINUTE)
        return Allowance(used=used, limit=self.rules.requests_per_minute, resets_at=minute + MINUTE)

    def _admit(self, who: str, limit: int) -> None:
        if not limit:
            return
        minute = _start(self._now(), MINUTE)
        self._refuse_beyond(self._counters.add(_requests_key(who, minute), 1, minute + 2 * MINUTE), limit)

    def _refuse_beyond(self, used: int, limit: int) -> None:
        if used > limit:
            now = self._now()
            wait = seconds(_start(now, MINUTE) + MINUTE - now)
            raise LimitError(_("Too many requests. Please try again in {seconds} s.", seconds=wait), retry_after=wait)


def network(address: str) -> str:
    """What counts as one address: with IPv6 a customer has a whole /64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def seconds(span: dt.timedelta) -> int:
    """Whole seconds to wait, at least one."""
    return max(1, math.ceil(span.total_seconds()))


def _start(now: dt.datetime, span: dt.timedelta) -> dt.datetime:
    return dt.datetime.fromtimestamp(now.timestamp() // span.total_seconds() * span.total_seconds(), dt.UTC)


def _requests_key(who: str, minute: dt.datetime) -> str:
    return f"requests:{minute:%Y-%m-%dT%H:%M}:{who}"


def _tokens_key(user_id: str, day: dt.datetime) -> str:
    return f"tokens:{day:%Y-%m-%d}:{user_id}"
