"""What every provider that speaks HTTP through the `openai` package shares: its settings and its client."""

import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final

import httpx2
import msgspec
from openai import AsyncOpenAI

from app.adapters.providers.shared.event_streams import bound_lines, expect_stream
from app.adapters.providers.shared.http import HttpTransport
from app.adapters.providers.shared.json_body import put_back
from app.environment import env
from app.environment.checks import LONGEST_SECONDS
from app.ports.model_provider import Capabilities, ModelInfo

_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
    # The package reads this one back from the request, to know how the answer is wanted.
    | {"x-stainless-raw-response"}
)


class UpstreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for a model, and how often to ask again."""

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


def new_http(
    settings: UpstreamSettings,
    transport: httpx2.AsyncBaseTransport | None = None,
    hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
) -> httpx2.AsyncClient:
    """Connections to upstreams: no proxy from the environment, no redirects. Closing it closes the `transport`."""
    return httpx2.AsyncClient(
        transport=transport or HttpTransport(_trusted),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(
            connect=settings.connect_timeout,
            pool=settings.connect_timeout,
            # A wider net than our own watch on tokens, for a socket that takes or gives nothing at all.
            read=max(settings.first_token_timeout, settings.idle_timeout) + 5,
            write=settings.first_token_timeout,
        ),
        event_hooks=hooks,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The usual authorities, for all providers."""
    return httpx2.create_ssl_context(trust_env=False)


def new_client(settings: UpstreamSettings, *, api_key: str, base_url: str) -> AsyncOpenAI:
    """The `openai` package's client, kept to `base_url` and to event streams, without retries of its own.

    Without a key none is sent. The caller closes it.
    """

    async def only_known_headers(request: httpx2.Request) -> None:
        # The package describes this machine, and sends OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS
        # to any address.
        for name in set(request.headers) - (_HEADERS if api_key else _HEADERS - {"authorization"}):
            del request.headers[name]
        request.headers["user-agent"] = "anyport"

    http = new_http(
        settings, hooks={"request": [put_back, only_known_headers], "response": [expect_stream, bound_lines]}
    )
    return AsyncOpenAI(api_key=api_key or "none", base_url=base_url, http_client=http, max_retries=0)


def offered(default: str, more: str, table: Sequence[tuple[str, Capabilities]]) -> list[ModelInfo]:
    """`default` and the comma-separated names in `more`, with capabilities by the first pattern that matches."""
    names = dict.fromkeys([default, *(name for part in more.split(",") if (name := part.strip()))])
    return [ModelInfo(name=name, capabilities=capabilities(name, table)) for name in names]


def capabilities(name: str, table: Sequence[tuple[str, Capabilities]]) -> Capabilities:
    """Those of the first pattern in `table` that matches `name`, which may have a vendor in front."""
    bare = name.rsplit("/", 1)[-1]
    return next((known for pattern, known in table if re.match(pattern, bare)), Capabilities())
