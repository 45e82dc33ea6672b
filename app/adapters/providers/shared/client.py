"""HTTP clients for upstreams: httpx2's, and the `openai` package's on top of one."""

import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import httpx2
from openai import AsyncOpenAI

from app.adapters.providers.shared.event_stream import expect_stream, limit_lines
from app.adapters.providers.shared.http import HttpTransport
from app.adapters.providers.shared.request_body import reattach_texts
from app.adapters.providers.shared.settings import UpstreamSettings

_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
    # The package reads this one back from the request, to choose the form of the response.
    | {"x-stainless-raw-response"}
)

_AGENT_HEADERS: Final = "x-agent-headers"


def agent_headers(headers: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the headers that an agent sets, with their names for the client, which sends no others that it lacks."""
    return {**headers, _AGENT_HEADERS: ",".join(headers)} if headers else {}


def new_http_client(
    settings: UpstreamSettings,
    transport: httpx2.AsyncBaseTransport | None = None,
    hooks: Mapping[str, list[Callable[..., Any]]] | None = None,
) -> httpx2.AsyncClient:
    """Create an HTTP client without proxies and redirects. Closing it closes the `transport`."""
    return httpx2.AsyncClient(
        transport=transport or HttpTransport(_trusted),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(
            connect=settings.connect_timeout,
            pool=settings.connect_timeout,
            # Longer than our idle timeout: only for a socket that blocks completely.
            read=max(settings.first_token_timeout, settings.idle_timeout) + 5,
            write=settings.first_token_timeout,
        ),
        event_hooks=hooks,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """TLS context with the default authorities, shared by all providers."""
    return httpx2.create_ssl_context(trust_env=False)


def new_openai_client(settings: UpstreamSettings, *, api_key: str, base_url: str) -> AsyncOpenAI:
    """Create the `openai` package's client for `base_url`, without its retries; it accepts event streams only.

    Without a key it sends none. The caller closes it.
    """

    async def only_known_headers(request: httpx2.Request) -> None:
        # The package describes this machine, and sends OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS
        # to any address.
        own = request.headers.pop(_AGENT_HEADERS, "").lower().split(",")
        for name in set(request.headers) - (_HEADERS if api_key else _HEADERS - {"authorization"}) - set(own):
            del request.headers[name]
        request.headers["user-agent"] = "anyport"

    http = new_http_client(
        settings, hooks={"request": [reattach_texts, only_known_headers], "response": [expect_stream, limit_lines]}
    )
    return AsyncOpenAI(api_key=api_key or "none", base_url=base_url, http_client=http, max_retries=0)
