"""The doors, wired: who comes in, and how often."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from dishka import Provider, Scope, provide

from app.adapters.auth import Authentication, open_authentication
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.open_requests import OpenRequests, OpenRules
from app.application.limits.rules import Limits, Rules
from app.ports.authenticator import Authenticator
from app.ports.session_issuer import SessionIssuer
from app.ports.storage import Storage
from app.settings import Settings
from app.startup.descriptors import MOST_STREAMS, Share, descriptor_share

STREAMS_PER_USER = 50

log = structlog.get_logger(__name__)


class AuthWiring(Provider):
    """Who comes in, and how often."""

    scope = Scope.APP

    @provide
    async def doors(self, settings: Settings) -> AsyncIterator[Authentication]:
        # With a secret or with public keys it imports cryptography, or an HTTP client with its certificates.
        doors = await asyncio.to_thread(open_authentication, settings.login)
        try:
            yield doors
        finally:
            await doors.authenticator.aclose()

    @provide
    def authenticator(self, doors: Authentication) -> Authenticator:
        return doors.authenticator

    @provide
    def sessions(self, doors: Authentication) -> SessionIssuer:
        return doors.sessions

    @provide
    async def limits(self, storage: Storage, settings: Settings) -> AsyncIterator[Limits]:
        counters = WriteBehindCounters(storage.counters)
        async with counters.syncing():
            yield Limits(counters, rules_for(settings))

    @provide
    def share(self, settings: Settings) -> Share:
        return descriptor_share(reserved=settings.store.pool_size)

    @provide
    def open_requests(self, settings: Settings, share: Share) -> OpenRequests:
        return OpenRequests(open_rules_for(settings, share))


def open_rules_for(settings: Settings, share: Share) -> OpenRules:
    """How much may be open: never more than the process has descriptors for, whatever is wished."""
    wanted = settings.limits
    streams = min(wanted.streams or MOST_STREAMS, share.streams)
    if wanted.streams is not None and wanted.streams > streams:
        log.warning(
            "MAX_STREAMS is more than the open files allow; raise ulimit -n", streams=streams, files=share.limit
        )
    default = min(STREAMS_PER_USER, max(1, streams // 4)) if settings.login.is_wanted else 0
    return OpenRules(streams_per_user=_or(wanted.streams_per_user, default), streams=streams)


def rules_for(settings: Settings) -> Rules:
    """The limits, with the defaults of a server with a login or of one without.

    Without a login all callers are one user, on whatever address the server listens: a default would stop them all.
    With one, they are different people, also behind a proxy on the same machine.
    """
    wanted, told_apart = settings.limits, settings.login.is_wanted
    return Rules(
        requests_per_minute=_or(wanted.requests_per_minute, 120 if told_apart else 0),
        requests_per_address=_or(wanted.requests_per_address, 600 if told_apart else 0),
        tokens_per_day=wanted.tokens_per_day,
        turns_at_once=wanted.turns_at_once,
    )


def _or(wanted: int | None, default: int) -> int:
    return default if wanted is None else wanted
