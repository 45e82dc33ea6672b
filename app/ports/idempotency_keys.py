"""Idempotency keys shared by all replicas: a request repeated at another replica is not answered twice."""

import datetime as dt
from abc import ABC, abstractmethod


class IdempotencyKeys(ABC):
    """Idempotency keys, each reserved for the turn that answers its request; shared by all processes on one storage.

    Reservations expire by the storage's clock: callers pass durations, because their clocks differ.

    The contract is `tests/contracts/test_idempotency_keys.py`. Raises `StoreUnavailableError`.
    """

    @abstractmethod
    async def reserve(self, key: bytes, turn_id: str, lasts: dt.timedelta) -> bool:
        """Reserve the key for `lasts`; False when another turn holds it.

        Atomic: of concurrent calls exactly one succeeds. One round trip.
        """

    @abstractmethod
    async def holder(self, key: bytes, *, ahead: dt.timedelta = dt.timedelta()) -> str | None:
        """Return the turn that holds the key for longer than `ahead` from now; None when no turn does."""

    @abstractmethod
    async def renew(self, turn_id: str, lasts: dt.timedelta) -> None:
        """Extend the turn's reservation, if it has one, to `lasts` from now."""

    @abstractmethod
    async def release(self, turn_id: str) -> None:
        """Release the turn's key: any turn may reserve it. Idempotent."""

    @abstractmethod
    async def store_response(self, turn_id: str, events: bytes, lasts: dt.timedelta, *, user_id: str) -> None:
        """Store the response of a turn that has no journal entry for `lasts`, also after its key is released.

        `Storage.erase` deletes it with its user. Idempotent.
        """

    @abstractmethod
    async def stored_response(self, turn_id: str) -> bytes | None:
        """Return the turn's stored response; None when there is none."""

    @abstractmethod
    async def forget(self) -> None:
        """Delete expired reservations and stored responses. Idempotent."""
