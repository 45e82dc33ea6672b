"""Which requests are being answered, so that the same one sent to another replica is not answered again."""

import datetime as dt
from abc import ABC, abstractmethod


class RequestClaims(ABC):
    """Requests by key, each claimed for the turn that answers it; shared by all processes on one storage.

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
    async def keep(self, turn_id: str, events: bytes, *, until: dt.datetime) -> None:
        """Keep what was said in a turn that is in no journal, up to `until`, also when its request is released."""

    @abstractmethod
    async def said(self, turn_id: str) -> bytes | None:
        """What was kept of the turn; None when nothing is."""

    @abstractmethod
    async def forget(self, before: dt.datetime) -> None:
        """Let go of claims, and of what was kept, that ended before `before`."""
