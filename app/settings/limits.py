"""The settings of the limits: how much of the server one user may take."""

from typing import Annotated

import msgspec

from app.environment import env
from app.environment.checks import MOST

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Some = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the server one user may take; 0 is no limit.

    Where a default depends on the login, None stands for it: the single user of a server without a login has no limit.
    """

    requests_per_minute: Annotated[
        Count | None,
        env(
            "RATE_LIMIT_PER_MINUTE",
            help="Requests of one user in a clock minute. Unset: 120 with a login; without one all are a single user, "
            "who has no limit.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    requests_per_address: Annotated[
        Count | None,
        env(
            "RATE_LIMIT_PER_ADDRESS",
            help="Requests from one address (IPv6: one /64) in a clock minute, whoever sends them. "
            "Unset: 600 with a login, no limit without one.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    turns_at_once: Annotated[
        int,
        env(
            "MAX_CONCURRENT_TURNS",
            help="Answers that one user may have running at once, in all threads.",
            expects="a number up to 1000000000000, 0 for no limit",
            ge=0,
            le=MOST,
        ),
    ] = 5
    streams_per_user: Annotated[
        Count | None,
        env(
            "MAX_STREAMS_PER_USER",
            help="Streams that one user may have open at once on one server: followed answers, and one for each page "
            "that is kept in step; as many other requests besides. Unset: 50 with a login, at most a quarter of "
            "MAX_STREAMS; no limit without one.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    streams: Annotated[
        Some | None,
        env(
            "MAX_STREAMS",
            help="Streams that one server carries at once, of all users. Unset, and at most: what its limit of open "
            "files allows, 312 of 1,024 for example; unset never more than 10000.",
            expects="a number from 1 to 1000000000000",
        ),
    ] = None
    tokens_per_day: Annotated[
        int,
        env(
            "QUOTA_TOKENS_PER_DAY",
            help="Tokens, read and written by the model, that one user may spend in a day (UTC).",
            expects="a number of tokens up to 1000000000000, 0 for no limit",
            ge=0,
            le=MOST,
        ),
    ] = 0
    message_characters: Annotated[
        int,
        env(
            "MAX_MESSAGE_CHARACTERS",
            help="Longest message that a user may send.",
            expects="a number from 1 to 1000000",
            ge=1,
            le=1_000_000,
        ),
    ] = 50_000
