"""Signed links: each authorizes one action on one file, because an <img> and ChatKit's uploader send no login."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from app.domain.clock import clock as shared_clock
from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.environment import Secret

Purpose = Literal["upload", "preview", "download"]

_LIFE_SECONDS: Final[dict[Purpose, int]] = {"upload": 3600, "preview": 86_400, "download": 3600}
_PATHS: Final[dict[Purpose, str]] = {"upload": "content", "preview": "preview", "download": "content"}

_ROUND_SECONDS: Final = 3600
"""Links are equal within this period, so that browsers can cache the files."""

UPLOAD_LIFE: Final = dt.timedelta(seconds=_ROUND_SECONDS + _LIFE_SECONDS["upload"])
"""The longest lifetime of an upload link."""


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """The permission in a link: one purpose, one user, one file of `size` bytes, until `expires` (Unix seconds)."""

    purpose: str
    user_id: str
    attachment_id: str
    size: int
    expires: int


class FileLinks:
    """Signs and verifies links with the secret `key`.

    All replicas verify each other's links, so times are those of the shared clock.
    """

    def __init__(self, key: Secret, *, public_url: str = "", clock: Callable[[], float] = shared_clock.time) -> None:
        self._key = hashlib.sha256(b"anyport file links\0" + key.reveal().encode()).digest()
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    def url(self, purpose: Purpose, attachment_id: str, size: int, context: RequestContext) -> str:
        """A signed link under the public address of the server, or else under the address of the request."""
        now = int(self._clock())
        expires = now - now % _ROUND_SECONDS + _ROUND_SECONDS + _LIFE_SECONDS[purpose]
        token = self._signed(Grant(purpose, context.user_id, attachment_id, size, expires))
        base = self._public_url or context.base_url.rstrip("/")
        return f"{base}/api/attachments/{quote(attachment_id, safe='')}/{_PATHS[purpose]}?token={token}"

    def read(self, token: str, purpose: Purpose, attachment_id: str) -> Grant:
        """Verify a link. Raises `NotFoundError` for a forged or expired link, and for another purpose or file."""
        try:
            payload, _, seal = token.partition(".")
            if not hmac.compare_digest(_unpacked(seal), self._seal(payload)):
                raise ValueError("forged")
            grant = msgspec.json.decode(_unpacked(payload), type=Grant)
        except (ValueError, msgspec.DecodeError, binascii.Error) as error:
            raise _unknown() from error
        if (grant.purpose, grant.attachment_id) != (purpose, attachment_id) or grant.expires < self._clock():
            raise _unknown()
        return grant

    def _signed(self, grant: Grant) -> str:
        payload = _packed(json.dumps(msgspec.to_builtins(grant), separators=(",", ":")).encode())
        return f"{payload}.{_packed(self._seal(payload))}"

    def _seal(self, payload: str) -> bytes:
        return hmac.digest(self._key, payload.encode(errors="surrogatepass"), "sha256")


def _unknown() -> NotFoundError:
    return NotFoundError(_("There is no such file, or its link is too old."))


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _packed(data) != text:
        raise ValueError("another spelling of the same")  # base64 ignores some bits of the last character.
    return data
