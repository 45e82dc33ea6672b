"""Shared requests in flight: a request that is sent again to another replica is not answered again."""

import datetime as dt
from abc import ABC, abstractmethod


class RequestClaims(ABC):
    """Requests by idempotency key, each claimed for the turn that answers it; shared by all processes on one storage.

    The contract is `tests/contracts/test_request_claims.py`. Raises `StoreUnavailableError`.
    """

    @abstractmethod
    async def claim(self, key: bytes, turn_id: str, *, now: dt.datetime, until: dt.datetime) -> bool:
        """Claim the request up to `until`; False when another turn has it at `now`.

        Of several that claim at once one has it. One round trip.
        """

    @abstractmethod
    async def holder(self, key: bytes, *, now: dt.datetime) -> str | None:
        """The turn that has the request at `now`."""

    @abstractmethod
    async def renew(self, turn_id: str, *, until: dt.datetime) -> None:
        """Move the end of the turn's claim, if it has one."""

    @abstractmethod
    async def release(self, turn_id: str) -> None:
        """The turn's request may be claimed by any other. Safe to repeat."""

    @abstractmethod
    async def store_response(self, turn_id: str, events: bytes, *, until: dt.datetime) -> None:
        """Store the response of a turn that is in no journal, up to `until`, also when its request is released."""

    @abstractmethod
    async def stored_response(self, turn_id: str) -> bytes | None:
        """The turn's stored response; None when there is none."""

    @abstractmethod
    async def forget(self, before: dt.datetime) -> None:
        """Delete claims and stored responses that ended before `before`."""
