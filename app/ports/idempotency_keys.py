"""Shared requests in flight: a request that is sent again to another replica is not answered again."""

import datetime as dt
from abc import ABC, abstractmethod


class IdempotencyKeys(ABC):
    """Requests by idempotency key, each claimed for the turn that answers it; shared by all processes on one storage,
    whose clock tells when a claim ends: callers pass durations, for their clocks differ.

    The contract is `tests/contracts/test_idempotency_keys.py`. Raises `StoreUnavailableError`.
    """

    @abstractmethod
    async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
        """Claim the request for so long; False when another turn has it.

        Of several that claim at once one has it. One round trip.
        """

    @abstractmethod
    async def holder(self, key: bytes, *, ahead: dt.timedelta = dt.timedelta()) -> str | None:
        """The turn that has the request, and will have it for longer than `ahead` unless it is released."""

    @abstractmethod
    async def renew(self, turn_id: str, lasts: dt.timedelta) -> None:
        """Let the turn's claim, if it has one, last so long from now."""

    @abstractmethod
    async def release(self, turn_id: str) -> None:
        """The turn's request may be claimed by any other. Safe to repeat."""

    @abstractmethod
    async def store_response(self, turn_id: str, events: bytes, lasts: dt.timedelta, *, user_id: str) -> None:
        """Store the response of a user's turn that is in no journal for so long, also when its request is released.

        It goes with its user: see `Storage.erase`.
        """

    @abstractmethod
    async def stored_response(self, turn_id: str) -> bytes | None:
        """The turn's stored response; None when there is none."""

    @abstractmethod
    async def forget(self) -> None:
        """Delete claims and stored responses that have ended."""
