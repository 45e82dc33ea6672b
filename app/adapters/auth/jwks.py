"""JSON Web Key Set: public keys of a login service, fetched over HTTP (RFC 7517)."""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import httpx2
import jwt
import msgspec
import structlog

from app.adapters.auth.keys import ASYMMETRIC, Key, KeySource
from app.domain.errors import LoginUnavailableError
from app.domain.language import _
from app.domain.redaction import mask_userinfo

MAX_AGE_SECONDS: Final = 60
"""Older keys are fetched again before use, except while the service is down."""

INTERVAL_SECONDS: Final = 5
"""Minimum between the starts of two fetches."""

TIMEOUT_SECONDS: Final = 5

BACKOFF_SECONDS: Final = 30
"""After a failed fetch, logins use the known keys for this time without waiting for another fetch."""

STALE_SECONDS: Final = 86_400
"""Age up to which known keys stay valid while the service is down (stale-if-error, as in RFC 5861)."""

MAX_BYTES: Final = 262_144
"""Limit for the key set's document."""

_FAILURES: Final = (httpx2.HTTPError, TimeoutError, ValueError, jwt.PyJWTError)

T = TypeVar("T")

log = structlog.get_logger(__name__)


class KeySet(KeySource):
    """Key source on a key set's URL: fetches at the first login, and again for keys older than `max_age` seconds.

    One fetch runs at a time, at most one in `interval` seconds, also for tokens with invented key ids. While the
    service is down, known keys stay valid for `STALE_SECONDS`, so that its outage does not end logins here. `clock`
    returns monotonic seconds.
    """

    algorithms = ASYMMETRIC

    def __init__(
        self,
        url: str,
        *,
        interval: float = INTERVAL_SECONDS,
        max_age: float = MAX_AGE_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._interval, self._max_age, self._timeout, self._clock = url, interval, max_age, timeout, clock
        self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout)
        self._keys: Sequence[Key] = ()
        self._fetch_started_at = -float("inf")
        self._keys_fetched_at = -float("inf")
        self._failed_at = -float("inf")
        self._fetch_task: asyncio.Task[None] | None = None
        self._removed: set[str] = set()
        """Thumbprints of keys that a later key set no longer had."""

    async def key(self, header: Mapping[str, Any]) -> Key | None:
        """Return the key that the header names, or None.

        Raises `LoginUnavailableError` without any keys, and for an unknown key while the set cannot be fetched,
        because the key may be new.
        """
        return await self._look_up(lambda: self._find(header))

    async def successor(self, header: Mapping[str, Any], key: Key) -> Key | None:
        """Fetch the set again and return the new key under the same id; some services replace keys that way."""
        await self._fetched()
        found = self._find(header)
        return found if found is not None and found.thumbprint != key.thumbprint else None

    async def holds(self, thumbprint: str) -> bool:
        """True while the set has the key with this thumbprint. Raises `LoginUnavailableError`."""

        def found() -> bool | None:
            if any(key.thumbprint == thumbprint for key in self._keys):
                return True
            return False if thumbprint in self._removed else None

        if await self._look_up(found):
            return True
        # The set had the key when the session started, so a later set without it has removed it.
        self._removed.add(thumbprint)
        return False

    async def check(self) -> None:
        """Fetch the keys now, without the cache. Raises `LoginUnavailableError`."""
        try:
            # Without `timeout`: the command that checks a configuration has its own.
            await asyncio.to_thread(_keys_in, await self._fetch())
        except _FAILURES as error:
            raise LoginUnavailableError(
                _("The keys of logins cannot be fetched."),
                retry_after=BACKOFF_SECONDS,
                detail=f"{self._url}: {type(error).__name__}: {mask_userinfo(str(error))[:200]}",
            ) from error

    async def aclose(self) -> None:
        """Cancel a running fetch, and close the connections. Idempotent."""
        if self._fetch_task:
            self._fetch_task.cancel()
            await asyncio.gather(self._fetch_task, return_exceptions=True)
        await self._http.aclose()

    async def _look_up(self, found: Callable[[], T | None]) -> T | None:
        """Search the set; fetch it first if it is too old, and once more if the search finds nothing."""
        is_new = await self._refreshed()
        if (key := found()) is not None or is_new:
            return key
        is_new = await self._fetched()
        if (key := found()) is None and not is_new:
            raise self._unavailable()
        return key

    async def _refreshed(self) -> bool:
        """Ensure that the keys are not too old; True if this caller started the fetch.

        Raises `LoginUnavailableError` if the keys are older than `STALE_SECONDS`.
        """
        now = self._clock()
        age, is_new = now - self._keys_fetched_at, False
        in_backoff = age <= STALE_SECONDS and now - self._failed_at < BACKOFF_SECONDS
        if age > self._max_age and not in_backoff:
            is_new = await self._fetched()
        elif age > self._max_age / 2:
            self._start_fetch()  # In the background: the known keys are still valid.
        if self._clock() - self._keys_fetched_at > STALE_SECONDS:
            raise self._unavailable()
        return is_new

    async def _fetched(self) -> bool:
        """Wait for the running fetch, or start one; True if this caller started it and it succeeded.

        A fetch that ran before may have read the set before its newest key was added.
        """
        is_running = self._fetch_task is not None and not self._fetch_task.done()
        if (fetch := self._start_fetch()) is None:
            return False
        # Shielded: the cancellation of one caller must not cancel the fetch for the others.
        await asyncio.shield(fetch)
        return not is_running and self._keys_fetched_at >= self._fetch_started_at

    def _unavailable(self) -> LoginUnavailableError:
        return LoginUnavailableError(
            _("Logins cannot be checked just now. Please try again in a moment."),
            retry_after=max(1, math.ceil(self._interval - (self._clock() - self._fetch_started_at))),
        )

    def _find(self, header: Mapping[str, Any]) -> Key | None:
        fitting = [(key, key.value) for key in self._keys if isinstance(key.value, jwt.PyJWK)]
        fitting = [(key, value) for key, value in fitting if value.algorithm_name == header.get("alg")]
        if "kid" in header:
            return next((key for key, value in fitting if value.key_id == header["kid"]), None)
        return fitting[0][0] if len(fitting) == 1 else None

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """The running or a new fetch; None within `interval` seconds after the last one."""
        if self._fetch_task and not self._fetch_task.done():
            return self._fetch_task
        if self._clock() - self._fetch_started_at < self._interval:
            return None
        self._fetch_started_at = self._clock()
        self._fetch_task = asyncio.create_task(self._refresh())
        return self._fetch_task

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                keys = await asyncio.to_thread(_keys_in, await self._fetch())
        except _FAILURES as error:
            self._failed_at = self._clock()
            log.warning("login keys fetch failed", reason=type(error).__name__, detail=mask_userinfo(str(error))[:200])
            return
        self._keys, self._keys_fetched_at, self._failed_at = keys, self._fetch_started_at, -float("inf")

    async def _fetch(self) -> bytes:
        async with self._http.stream("GET", self._url, headers={"accept": "application/json"}) as response:
            if response.status_code != httpx2.codes.OK:
                raise ValueError(f"it answered {response.status_code}")
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError(f"it is larger than {MAX_BYTES} bytes")
            return body


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


def _keys_in(body: bytes) -> Sequence[Key]:
    """The usable keys of the document. Raises `ValueError` if there are none."""
    try:
        entries = msgspec.json.decode(body, type=_Document).keys
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("it is no key set") from error
    keys = [key for entry in entries if entry.get("use", "sig") == "sig" and (key := _read(entry))]
    if not keys:
        raise ValueError("it holds no key for one of " + ", ".join(sorted(ASYMMETRIC)))
    return keys


def _read(entry: Mapping[str, Any]) -> Key | None:
    try:
        key = jwt.PyJWK(dict(entry))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None  # A key that the library cannot read is skipped; the others stay usable.
    return Key(_thumbprint(entry), key) if key.algorithm_name in ASYMMETRIC else None


def _thumbprint(entry: Mapping[str, Any]) -> str:
    """The key's thumbprint (RFC 7638), which depends only on the key's required members."""
    required = {name: entry[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in entry}
    return hashlib.sha256(msgspec.json.encode(required, order="sorted")).hexdigest()[:32]
