"""Settings of the limits of a user, an address and a process."""

from typing import Annotated

import msgspec

from app.domain.redaction import MaskedStruct
from app.environment import env
from app.environment.checks import MOST

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Some = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class LimitSettings(MaskedStruct, frozen=True, kw_only=True):
    """Limits of a user, an address and a process; 0 means no limit.

    None stands for a default that depends on the login: the single user of a server without a login has no limit.
    """

    requests_per_minute: Annotated[
        Count | None,
        env(
            "RATE_LIMIT_PER_MINUTE",
            help="Requests of one user in a clock minute. Unset: 120 with a login; no limit without a login, where all "
            "requests belong to one user.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    requests_per_address: Annotated[
        Count | None,
        env(
            "RATE_LIMIT_PER_ADDRESS",
            help="Requests from one address (IPv6: one /64) in a clock minute, of all users together. "
            "Unset: 600 with a login, no limit without a login.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    turns_at_once: Annotated[
        int,
        env(
            "MAX_CONCURRENT_TURNS",
            help="Turns that one user may have running at the same time, in all threads together.",
            expects="a number up to 1000000000000, 0 for no limit",
            ge=0,
            le=MOST,
        ),
    ] = 5
    streams_per_user: Annotated[
        Count | None,
        env(
            "MAX_STREAMS_PER_USER",
            help="Open streams of one user on one server: one for each answer that is followed and one for each page "
            "that is kept up to date. The same number of other requests is allowed in addition. Unset: 50 with a "
            "login, at most a quarter of MAX_STREAMS; no limit without a login.",
            expects="a number up to 1000000000000, 0 for no limit",
        ),
    ] = None
    streams: Annotated[
        Some | None,
        env(
            "MAX_STREAMS",
            help="Open streams of all users on one server. The limit of open files sets the maximum (312 streams with "
            "1,024 files). Unset: that maximum, but not more than 10000.",
            expects="a number from 1 to 1000000000000",
        ),
    ] = None
    tokens_per_day: Annotated[
        int,
        env(
            "QUOTA_TOKENS_PER_DAY",
            help="Input and output tokens that one user may spend in a day (UTC).",
            expects="a number of tokens up to 1000000000000, 0 for no limit",
            ge=0,
            le=MOST,
        ),
    ] = 0
    message_characters: Annotated[
        int,
        env(
            "MAX_MESSAGE_CHARACTERS",
            help="Characters of the longest message that a user may send.",
            expects="a number from 1 to 1000000",
            ge=1,
            le=1_000_000,
        ),
    ] = 50_000
