"""The doors, wired: who comes in, and how often."""

import asyncio
from collections.abc import AsyncIterator

from dishka import Provider, Scope, provide

from app.adapters.auth import Doors, open_doors
from app.application.limits import Limits, Rules
from app.application.tally import Tally
from app.domain.identity import is_loopback
from app.ports.authenticator import Authenticator
from app.ports.session_issuer import SessionIssuer
from app.ports.storage import Storage
from app.settings import Settings


class DoorWiring(Provider):
    """Who comes in, and how often."""

    scope = Scope.APP

    @provide
    async def doors(self, settings: Settings) -> AsyncIterator[Doors]:
        # With a secret or with public keys it imports cryptography, or an HTTP client with its certificates.
        doors = await asyncio.to_thread(open_doors, settings.login)
        try:
            yield doors
        finally:
            await doors.authenticator.aclose()

    @provide
    def authenticator(self, doors: Doors) -> Authenticator:
        return doors.authenticator

    @provide
    def sessions(self, doors: Doors) -> SessionIssuer:
        return doors.sessions

    @provide
    async def limits(self, storage: Storage, settings: Settings) -> AsyncIterator[Limits]:
        wanted, local = settings.limits, is_loopback(settings.server.host)
        rules = Rules(
            requests_per_minute=_unless_local(wanted.requests_per_minute, 120, local=local),
            requests_per_address=_unless_local(wanted.requests_per_address, 600, local=local),
            tokens_per_day=wanted.tokens_per_day,
            turns_at_once=wanted.turns_at_once,
        )
        tally = Tally(storage.counters)
        async with tally.in_step():
            yield Limits(tally, rules)


def _unless_local(wanted: int | None, default: int, *, local: bool) -> int:
    """A person on their own machine is limited only at their own wish."""
    if wanted is None:
        return 0 if local else default
    return wanted
