"""The usage route: the caller's tokens and requests, with their limits."""

import datetime as dt

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import get

from app.application.limits.rules import Allowance, Limits
from app.domain.identity import RequestContext


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """One counter: `limit` is None for no limit; `resets_at` is the UTC time of the next reset."""

    used: int
    limit: int | None
    resets_at: dt.datetime


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's tokens of today, and requests of this minute."""

    tokens: Used
    requests: Used


@get("/api/usage", tags=["usage"], summary="What the caller has used")
async def usage(limits: FromDishka[Limits], caller: FromDishka[RequestContext]) -> Usage:
    """Return the tokens of today and the requests of this minute, with their limits. Replicas agree within a second."""
    return Usage(
        tokens=_used(await limits.tokens(caller.user_id)),
        requests=_used(await limits.requests(caller.user_id)),
    )


def _used(allowance: Allowance) -> Used:
    return Used(used=allowance.used, limit=allowance.limit or None, resets_at=allowance.resets_at)
