"""Wiring of authentication and limits."""

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
    """Authentication, sessions, limits and the share of descriptors."""

    scope = Scope.APP

    @provide
    async def authentication(self, settings: Settings) -> AsyncIterator[Authentication]:
        # In a thread: a secret or public keys import cryptography, or an HTTP client with its certificates.
        authentication = await asyncio.to_thread(open_authentication, settings.login)
        try:
            yield authentication
        finally:
            await authentication.authenticator.aclose()

    @provide
    def authenticator(self, authentication: Authentication) -> Authenticator:
        return authentication.authenticator

    @provide
    def sessions(self, authentication: Authentication) -> SessionIssuer:
        return authentication.sessions

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
    """Limits of open streams and requests, never above the descriptors of the process."""
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
