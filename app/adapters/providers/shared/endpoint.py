"""Endpoint of chat completions: sends one request, returns its response or raises its error status."""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

import httpx2
import msgspec

from app.adapters.providers.shared.client import new_http_client
from app.adapters.providers.shared.event_stream import leading_chunks
from app.adapters.providers.shared.request_body import Body, encode_body
from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.model_provider import ModelError


class NotConnectedError(Exception):
    """Connection failed before the response head; the cause holds the reason."""


class UpstreamStatusError(Exception):
    """Response with an error status; `body` is its JSON, or its text when it is not JSON."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body


class Endpoint:
    """One address and key, with a connection pool.

    It replaces the `openai` package's client, whose validation takes a millisecond of CPU for each request.
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        *,
        api_key: str,
        base_url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = new_http_client(settings, transport)
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            # Compression may delay tokens, and its decoder takes 40 KB for each response.
            "accept-encoding": "identity",
            "user-agent": "anyport",
        }
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        # Address and headers, which are built once and copied.
        self._template: httpx2.Request | None = None

    async def ask(
        self,
        completion: Mapping[str, Any],
        headers: Mapping[str, object] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx2.Response:
        """Send a request, with more headers and a query if given; the caller must close the response.

        Raises `NotConnectedError`, `UpstreamStatusError`, and `UnicodeEncodeError` for a key that no header can hold.
        """
        request = self._request(await encode_body(completion, "messages"), headers, query)
        try:
            response = await self._http.send(request, stream=True)
        except ModelError:
            raise
        except Exception as error:  # a custom transport may raise anything
            raise NotConnectedError from error
        request.stream = httpx2.ByteStream(b"")
        if response.is_success:
            return response
        async with aclosing(response):
            raise UpstreamStatusError(response.status_code, response.headers, await _error_body(response))

    def _request(
        self, body: Body, more: Mapping[str, object] | None = None, query: Mapping[str, Any] | None = None
    ) -> httpx2.Request:
        """Build a request whose body is only in its stream, so that it is freed while the response runs."""
        if self._template is None:
            self._template = self._http.build_request("POST", self._url, headers=self._headers)
        template = self._template
        headers = template.headers.copy()
        headers.update({name: value for name, value in (more or {}).items() if isinstance(value, str)})
        headers["content-length"] = str(body.length)
        url = template.url.copy_merge_params(dict(query)) if query else template.url
        return httpx2.Request(template.method, url, headers=headers, stream=body, extensions=template.extensions)

    async def aclose(self) -> None:
        """Close all connections. Idempotent."""
        await self._http.aclose()


async def _error_body(response: httpx2.Response) -> object:
    """Body of an error response; of an endless or broken one, the first 64 KB."""
    body = bytearray()
    with suppress(httpx2.TransportError):  # The status suffices.
        async for piece in leading_chunks(response):
            body += piece
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")
