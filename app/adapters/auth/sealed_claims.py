"""Sealed claims: the claims of a login inside a session token, which the page that holds the token cannot read."""

import asyncio
import base64
import hmac
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12
_USE: Final = b"anyport session claims v1"


class ClaimsSeal:
    """Encrypts claims with a key that is derived from the session key: AES-GCM, RFC 5116.

    A login that a backend holds, or a cookie that scripts cannot read, may say more than its page should know.
    """

    def __init__(self, session_key: bytes) -> None:
        self._key = hmac.digest(session_key, _USE, "sha256")
        self._cipher: AESGCM | None = None

    async def seal(self, claims: Mapping[str, Any], user_id: str) -> str:
        """Return the claims as text that only this key opens, and only for this user."""
        cipher, nonce = await self._opened(), secrets.token_bytes(_NONCE_BYTES)
        sealed = cipher.encrypt(nonce, msgspec.json.encode(claims), _bound_to(user_id))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    async def unseal(self, text: str, user_id: str) -> Mapping[str, Any]:
        """Return the claims of a text that `seal` made for this user, in a session whose signature was verified."""
        cipher, sealed = await self._opened(), base64.urlsafe_b64decode(text)
        content = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(user_id))
        claims: Mapping[str, Any] = msgspec.json.decode(content)
        return claims

    async def _opened(self) -> "AESGCM":
        if self._cipher is None:
            # Imported in a thread, because it loads a part of cryptography; sessions without claims never need it.
            self._cipher = await asyncio.to_thread(_cipher, self._key)
        return self._cipher


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _bound_to(user_id: str) -> bytes:
    return user_id.encode(errors="surrogatepass")
