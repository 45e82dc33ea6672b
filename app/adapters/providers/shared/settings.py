"""Settings of every provider that speaks HTTP: its timeouts and retries."""

from typing import Annotated

from app.domain.redaction import MaskedStruct
from app.environment import env
from app.environment.checks import LONGEST_SECONDS


class UpstreamSettings(MaskedStruct, frozen=True, kw_only=True):
    """Timeouts and retries of an upstream."""

    connect_timeout: Annotated[
        float,
        env(
            "LLM_CONNECT_TIMEOUT",
            help="Seconds until an attempt to connect to the model fails.",
            expects="seconds from 0.01 to 86400",
            ge=0.01,
            le=LONGEST_SECONDS,
        ),
    ] = 10.0
    first_token_timeout: Annotated[
        float,
        env(
            "LLM_FIRST_TOKEN_TIMEOUT",
            help="Seconds until the first token of an answer must arrive, including time for thinking.",
            expects="seconds from 0.01 to 86400",
            ge=0.01,
            le=LONGEST_SECONDS,
        ),
    ] = 60.0
    idle_timeout: Annotated[
        float,
        env(
            "LLM_IDLE_TIMEOUT",
            help="Idle timeout: seconds between two tokens of an answer.",
            expects="seconds from 0.01 to 86400",
            ge=0.01,
            le=LONGEST_SECONDS,
        ),
    ] = 60.0
    retries: Annotated[
        int,
        env(
            "LLM_RETRIES",
            help="Retries of a request that failed before its first token.",
            expects="a number from 0 to 10",
            ge=0,
            le=10,
        ),
    ] = 2
    retry_delay: Annotated[
        float,
        env(
            "LLM_RETRY_DELAY",
            help="Backoff: seconds before the first retry, doubled before each further retry.",
            expects="seconds from 0.01 to 30",
            ge=0.01,
            le=30,
        ),
    ] = 0.5
