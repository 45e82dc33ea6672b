"""The address where chat completions are asked for: one request, its refusal, or its answer as it comes."""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

import httpx2
import msgspec

from app.adapters.providers.shared.client import new_http
from app.adapters.providers.shared.event_stream import beginning
from app.adapters.providers.shared.request_body import Body, body_of
from app.adapters.providers.shared.settings import UpstreamSettings
from app.ports.model_provider import ModelError


class NoAnswerError(Exception):
    """The connection failed before an answer began; the cause says how."""


class RefusedError(Exception):
    """An answer that is no success; `body` is its JSON, or its text where it is none."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.body = body


class Endpoint:
    """One address and key, with connections of its own that are used again.

    Beside the `openai` package's client, which spends a millisecond on each request to look through the types of all
    that it sends.
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        *,
        api_key: str,
        base_url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = new_http(settings, transport)
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            # Whoever compresses words that come one by one may hold them back, and each answer holds 40 KB to undo it.
            "accept-encoding": "identity",
            "user-agent": "anyport",
        }
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        # What all requests have in common, put together for the first.
        self._plain: httpx2.Request | None = None

    async def ask(self, completion: Mapping[str, Any]) -> httpx2.Response:
        """Ask for a completion; whoever gets the answer closes it, read to its end or not.

        Raises `NoAnswerError`, `RefusedError`, and `UnicodeEncodeError` for a key that no header can hold.
        """
        request = self._request(await body_of(completion, "messages"))
        try:
            response = await self._http.send(request, stream=True)
        except ModelError:
            raise
        except Exception as error:  # a transport may raise anything
            raise NoAnswerError from error
        request.stream = httpx2.ByteStream(b"")
        if response.is_success:
            return response
        async with aclosing(response):
            raise RefusedError(response.status_code, response.headers, await _page(response))

    def _request(self, body: Body) -> httpx2.Request:
        """A request that holds its body nowhere but in its stream: its answer may take minutes, and holds it."""
        if self._plain is None:
            self._plain = self._http.build_request("POST", self._url, headers=self._headers)
        plain = self._plain
        headers = plain.headers.copy()
        headers["content-length"] = str(body.length)
        return httpx2.Request(plain.method, plain.url, headers=headers, stream=body, extensions=plain.extensions)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()


async def _page(response: httpx2.Response) -> object:
    """A refusal's words; of an endless or a broken one, what came."""
    page = bytearray()
    with suppress(httpx2.TransportError):  # Its status says enough.
        async for piece in beginning(response):
            page += piece
    try:
        return msgspec.json.decode(page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return page.decode(errors="replace")
