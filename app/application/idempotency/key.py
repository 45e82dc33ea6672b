"""The idempotency key, by which a repeated request is known."""

import hashlib
from typing import Final

from app.domain.identity import RequestContext

WINDOW_SECONDS: Final = 60.0
"""A request of the same key joins the first one this long. ChatKit's front end repeats a streaming request that failed
several times over some 25 seconds; each repetition would be another thread and another bill."""


def idempotency_key(caller: RequestContext, client: str, body: bytes) -> bytes:
    """Hash the user, the instance of the front end, and every byte of the body."""
    parts = (caller.user_id.encode(errors="surrogatepass"), client.encode(errors="surrogatepass"), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
