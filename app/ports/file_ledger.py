"""File ledger: attachments and uploads, their quota, and files to delete."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec
from chatkit.types import Attachment

from app.domain.identity import RequestContext


def size_of(attachment: Attachment) -> int:
    """Return an attachment's size in bytes, stored or announced, from its `metadata`."""
    return int((attachment.metadata or {}).get("size", 0))


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Upload: one attempt to send the bytes of an attachment; a client may start a second one meanwhile.

    Each attempt has its own id; an announcement has the id of its attachment.
    """

    id: str
    attachment_id: str
    user_id: str

    @property
    def announces(self) -> bool:
        """True for an announcement, which brings no bytes."""
        return self.id == self.attachment_id


class FileLedger(ABC):
    """File ledger: the attachments of a `ThreadStore` by id, which is also the key of the file.

    An attachment can be deleted by itself, with its thread, by retention, or with its user. The same transaction lists
    its file as abandoned until the file is deleted, so that no failure in between leaks a file.

    The contract is `tests/contracts/test_file_ledger.py`.
    """

    @abstractmethod
    async def of_user(self, user_id: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        """Return the user's attachment ids behind `after` in their order, at most `limit`."""

    @abstractmethod
    async def used(self, user_id: str) -> int:
        """Return the bytes of the user's attachments (`size_of`) and of the uploads in progress.

        Includes every call that returned before this one.
        """

    @abstractmethod
    async def announce(
        self, attachment: Attachment, context: RequestContext, size: int, *, at_most: int | None, life: dt.timedelta
    ) -> bool:
        """Save an attachment whose `size` bytes follow, and reserve its quota for `life`, unless it is deleted first.

        Returns False without a change when the user would exceed `at_most` bytes. Concurrent calls of this and of
        `reserve`, in any process, succeed only as far as the quota allows.
        """

    @abstractmethod
    async def reserve(self, upload: Upload, size: int, *, at_most: int | None, life: dt.timedelta) -> int:
        """Reserve quota for the `size` bytes of an upload for `life`, replacing its earlier reservation.

        Returns 0, or the number of missing bytes; then nothing is changed. An upload uses the quota of its
        announcement; a second upload at the same time needs its own.
        """

    @abstractmethod
    async def renew(self, upload: Upload, *, life: dt.timedelta) -> bool:
        """Extend the reservation to `life` from now; False when it has lapsed."""

    @abstractmethod
    async def settle(self, upload: Upload, attachment: Attachment, context: RequestContext, *, announced: bool) -> bool:
        """Save the attachment of a complete upload, replacing the reservation and the announcement.

        Returns False when the reservation has lapsed, or when an announced attachment was deleted or sent. The file is
        then listed as abandoned, unless an attachment uses it.
        """

    @abstractmethod
    async def release(self, upload: Upload) -> None:
        """Free the quota of an upload that stored nothing. Idempotent: an unknown upload is ignored."""

    @abstractmethod
    async def lapsed(self, *, limit: int = 100) -> Sequence[Upload]:
        """Return uploads whose reservation has expired by the database's clock, if no other upload sends the same file.

        They hold their quota until `give_up`.
        """

    @abstractmethod
    async def give_up(self, uploads: Sequence[Upload]) -> None:
        """End lapsed uploads: free their quota, delete announced attachments, and list unused files as abandoned.

        Uploads that were renewed or settled meanwhile stay. Idempotent, and safe in several processes at once.
        """

    @abstractmethod
    async def abandon_unsent(self, age: dt.timedelta, *, batch: int = 100) -> int:
        """Delete at most `batch` attachments that are in no thread and older than `age`; return their number.

        The age counts from the first save, by the storage's clock. Safe in several processes at once.
        """

    @abstractmethod
    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        """Return at most `limit` files to delete, the longest abandoned first."""

    @abstractmethod
    async def cleared(self, keys: Sequence[str]) -> None:
        """Remove deleted files from the list. Idempotent: unknown keys are ignored."""
