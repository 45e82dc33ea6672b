"""Identifiers: time-ordered, 128 bits, with ChatKit's prefixes."""

import secrets

from app.domain.clock import clock


def new_id(prefix: str) -> str:
    """Return a new id such as `msg_0199d1c2…`: 48 bits of milliseconds, then 80 random bits, in hex.

    Ids of different milliseconds sort by age, across replicas; within one millisecond their order
    is random. ChatKit's own default has 32 random bits, too few for a server that many people share.
    """
    milliseconds = clock.time_ns() // 1_000_000
    return f"{prefix}_{milliseconds:012x}{secrets.token_hex(10)}"
