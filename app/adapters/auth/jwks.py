"""Public keys of a login service, from its JSON Web Key Set (RFC 7517)."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx2
import jwt
import msgspec
import structlog

from app.adapters.auth.keys import ASYMMETRIC, KeySource
from app.domain.errors import LoginUnavailableError
from app.domain.language import _

FRESH_SECONDS: Final = 300
PAUSE_SECONDS: Final = 5
TIMEOUT_SECONDS: Final = 5
LARGEST: Final = 262_144

log = structlog.get_logger(__name__)


class KeySet(KeySource):
    """Keys that are fetched when first needed, kept, and asked for again when they are old or one is unknown.

    One request at a time, `pause` seconds apart, however many tokens with invented keys arrive. Keys once had stay
    good while the service is away: an outage there must not be one here. `clock` counts seconds.
    """

    algorithms = ASYMMETRIC

    def __init__(
        self,
        url: str,
        *,
        pause: float = PAUSE_SECONDS,
        fresh: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._pause, self._fresh, self._clock = url, pause, fresh, clock
        self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS)
        self._keys: Sequence[jwt.PyJWK] = ()
        self._asked_at = -float("inf")
        self._had_at = -float("inf")
        self._asking: asyncio.Task[None] | None = None

    async def key(self, header: Mapping[str, Any]) -> jwt.PyJWK | None:
        """The key that the header names, at once if it is known. Raises `LoginUnavailableError` without any keys."""
        if found := self._find(header):
            if self._clock() - self._had_at > self._fresh:
                self._ask()  # Nobody waits for it: what is here still serves.
            return found
        if asking := self._ask():
            # Shielded: a caller who hangs up must not take the keys from those who wait with them.
            await asyncio.shield(asking)
        if not self._keys:
            raise LoginUnavailableError(_("Logins cannot be checked just now. Please try again in a moment."))
        return self._find(header)

    async def aclose(self) -> None:
        """Stop asking, and close the connections."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._http.aclose()

    def _find(self, header: Mapping[str, Any]) -> jwt.PyJWK | None:
        fitting = [key for key in self._keys if key.algorithm_name == header.get("alg")]
        if "kid" in header:
            return next((key for key in fitting if key.key_id == header["kid"]), None)
        return fitting[0] if len(fitting) == 1 else None

    def _ask(self) -> asyncio.Task[None] | None:
        if self._asking and not self._asking.done():
            return self._asking
        if self._clock() - self._asked_at < self._pause:
            return None
        self._asked_at = self._clock()
        self._asking = asyncio.create_task(self._refresh())
        return self._asking

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                keys = await asyncio.to_thread(_keys_in, await self._fetch())
        except (httpx2.HTTPError, TimeoutError, ValueError, jwt.PyJWTError) as error:
            log.warning("login keys cannot be fetched", reason=type(error).__name__, detail=str(error)[:200])
            return
        self._keys, self._had_at = keys, self._clock()

    async def _fetch(self) -> bytes:
        async with self._http.stream("GET", self._url, headers={"accept": "application/json"}) as response:
            if response.status_code != httpx2.codes.OK:
                raise ValueError(f"it answered {response.status_code}")
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise ValueError(f"it is larger than {LARGEST} bytes")
            return body


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


def _keys_in(body: bytes) -> Sequence[jwt.PyJWK]:
    """The keys that tokens can be checked with. Raises `ValueError` when there are none."""
    try:
        entries = msgspec.json.decode(body, type=_Document).keys
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("it is no key set") from error
    keys = [key for entry in entries if entry.get("use", "sig") == "sig" and (key := _read(entry))]
    if not keys:
        raise ValueError("it holds no key for one of " + ", ".join(sorted(ASYMMETRIC)))
    return keys


def _read(entry: Mapping[str, Any]) -> jwt.PyJWK | None:
    try:
        key = jwt.PyJWK(dict(entry))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None  # One that this library cannot read must not cost the others.
    return key if key.algorithm_name in ASYMMETRIC else None
