"""Public keys of a login service, from its JSON Web Key Set (RFC 7517)."""

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

FRESH_SECONDS: Final = 60
"""No key is used that was fetched longer ago, unless the service is away."""

PAUSE_SECONDS: Final = 5
TIMEOUT_SECONDS: Final = 5

TROUBLE_SECONDS: Final = 30
"""After a fetch that failed nobody waits for the next ones for so long."""

OUTAGE_SECONDS: Final = 86_400
"""How long keys stay good while the service is away."""

LARGEST: Final = 262_144

_FAILURES: Final = (httpx2.HTTPError, TimeoutError, ValueError, jwt.PyJWTError)

T = TypeVar("T")

log = structlog.get_logger(__name__)


class KeySet(KeySource):
    """Keys that are fetched when first needed, kept for `fresh` seconds, and fetched again before they are used later.

    One request at a time, `pause` seconds apart, however many tokens with invented keys arrive. While the service is
    away the keys that are known stay good for `OUTAGE_SECONDS`: an outage there must not be one here. `clock` counts
    seconds.
    """

    algorithms = ASYMMETRIC

    def __init__(
        self,
        url: str,
        *,
        pause: float = PAUSE_SECONDS,
        fresh: float = FRESH_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._pause, self._fresh, self._timeout, self._clock = url, pause, fresh, timeout, clock
        self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout)
        self._keys: Sequence[Key] = ()
        self._asked_at = -float("inf")
        self._had_at = -float("inf")
        self._failed_at = -float("inf")
        self._asking: asyncio.Task[None] | None = None
        self._left: set[str] = set()

    async def key(self, header: Mapping[str, Any]) -> Key | None:
        """The key that the header names. Raises `LoginUnavailableError` without any keys, and for a key that is
        unknown while the set cannot be fetched: it may be a new one."""
        return await self._look(lambda: self._find(header))

    async def successor(self, header: Mapping[str, Any], key: Key) -> Key | None:
        """Some services sign with another key under the same name."""
        await self._fetched()
        found = self._find(header)
        return found if found is not None and found.thumbprint != key.thumbprint else None

    async def holds(self, thumbprint: str) -> bool:
        """True while the set has the key of this thumbprint. Raises `LoginUnavailableError`."""

        def found() -> bool | None:
            if any(key.thumbprint == thumbprint for key in self._keys):
                return True
            return False if thumbprint in self._left else None

        if await self._look(found):
            return True
        # It was there when the session began. A set that was fetched later, and is without it, has lost it.
        self._left.add(thumbprint)
        return False

    async def check(self) -> None:
        """Fetch the keys now, whatever is known of them. Raises `LoginUnavailableError`."""
        try:
            # Without our own bound: whoever examines a configuration is in no hurry, and has one.
            await asyncio.to_thread(_keys_in, await self._fetch())
        except _FAILURES as error:
            raise LoginUnavailableError(
                _("The keys of logins cannot be fetched."),
                retry_after=TROUBLE_SECONDS,
                detail=f"{self._url}: {type(error).__name__}: {mask_userinfo(str(error))[:200]}",
            ) from error

    async def aclose(self) -> None:
        """Stop asking, and close the connections."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        await self._http.aclose()

    async def _look(self, found: Callable[[], T | None]) -> T | None:
        """What is found in the set, which is fetched again when it is too old or nothing is found in it."""
        is_new = await self._refreshed()
        if (key := found()) is not None or is_new:
            return key
        is_new = await self._fetched()
        if (key := found()) is None and not is_new:
            raise self._unavailable()
        return key

    async def _refreshed(self) -> bool:
        """See that the keys are fresh; True when they were fetched for this caller. Raises `LoginUnavailableError`."""
        now = self._clock()
        age, is_new = now - self._had_at, False
        is_in_trouble = age <= OUTAGE_SECONDS and now - self._failed_at < TROUBLE_SECONDS
        if age > self._fresh and not is_in_trouble:
            is_new = await self._fetched()
        elif age > self._fresh / 2:
            self._ask()  # Nobody waits for it: what is here still serves.
        if self._clock() - self._had_at > OUTAGE_SECONDS:
            raise self._unavailable()
        return is_new

    async def _fetched(self) -> bool:
        """Wait for the fetch that runs, or else for a new one. True when it was begun for this caller, and came back:
        one that was under way may have left before the newest key was there."""
        is_under_way = self._asking is not None and not self._asking.done()
        if (asking := self._ask()) is None:
            return False
        # Shielded: a caller who hangs up must not take the keys from those who wait with them.
        await asyncio.shield(asking)
        return not is_under_way and self._had_at >= self._asked_at

    def _unavailable(self) -> LoginUnavailableError:
        return LoginUnavailableError(
            _("Logins cannot be checked just now. Please try again in a moment."),
            retry_after=max(1, math.ceil(self._pause - (self._clock() - self._asked_at))),
        )

    def _find(self, header: Mapping[str, Any]) -> Key | None:
        fitting = [(key, key.value) for key in self._keys if isinstance(key.value, jwt.PyJWK)]
        fitting = [(key, value) for key, value in fitting if value.algorithm_name == header.get("alg")]
        if "kid" in header:
            return next((key for key, value in fitting if value.key_id == header["kid"]), None)
        return fitting[0][0] if len(fitting) == 1 else None

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
            async with asyncio.timeout(self._timeout):
                keys = await asyncio.to_thread(_keys_in, await self._fetch())
        except _FAILURES as error:
            self._failed_at = self._clock()
            log.warning(
                "login keys cannot be fetched", reason=type(error).__name__, detail=mask_userinfo(str(error))[:200]
            )
            return
        self._keys, self._had_at, self._failed_at = keys, self._asked_at, -float("inf")

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


def _keys_in(body: bytes) -> Sequence[Key]:
    """The keys that tokens can be checked with. Raises `ValueError` when there are none."""
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
        return None  # One that this library cannot read must not cost the others.
    return Key(_thumbprint(entry), key) if key.algorithm_name in ASYMMETRIC else None


def _thumbprint(entry: Mapping[str, Any]) -> str:
    """RFC 7638: what makes the key, whatever else is said of it."""
    needed = {name: entry[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in entry}
    return hashlib.sha256(msgspec.json.encode(needed, order="sorted")).hexdigest()[:32]
