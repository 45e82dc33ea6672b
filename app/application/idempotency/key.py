"""Idempotency key: identifies a repeated request."""

import hashlib
from typing import Final

from app.domain.identity import RequestContext

WINDOW_SECONDS: Final = 60.0
"""Time in which a request of the same key joins the first one. ChatKit's front end repeats a failed streaming request
several times over some 25 seconds; each repetition would create another thread and cost another answer."""


def idempotency_key(caller: RequestContext, client: str, body: bytes) -> bytes:
    """Return the SHA-256 of the user, the front end's instance (`client`) and every byte of the body."""
    parts = (caller.user_id.encode(errors="surrogatepass"), client.encode(errors="surrogatepass"), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
