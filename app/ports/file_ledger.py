"""Which files there are, and which have to go."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec
from chatkit.types import Attachment

from app.domain.identity import RequestContext


def size_of(attachment: Attachment) -> int:
    """The bytes that an attachment takes, or was said to take, as its `metadata` has them."""
    return int((attachment.metadata or {}).get("size", 0))


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to bring the bytes of an attachment, with an id of its own: a client may try again meanwhile. An
    announcement has the id of its attachment."""

    id: str
    attachment_id: str
    user_id: str

    @property
    def announces(self) -> bool:
        """True for an announcement."""
        return self.id == self.attachment_id


class FileLedger(ABC):
    """The account of the attachments that a `ThreadStore` keeps, by id, which is the key of the file too.

    However an attachment ends (deleted by itself, with its thread, by retention or with its user), its file is listed
    as abandoned in the same moment, and stays so until somebody has deleted it. So no file is forgotten, whatever fails
    in between. The contract is `tests/contracts/test_file_ledger.py`.
    """

    @abstractmethod
    async def of_user(self, user_id: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        """The user's attachments behind the id `after`, in the order of their ids; at most `limit`."""

    @abstractmethod
    async def used(self, user_id: str) -> int:
        """The bytes of all of the user's attachments (`size_of`) and of the uploads under way, each as of the last call
        that returned before this one."""

    @abstractmethod
    async def announce(
        self, attachment: Attachment, context: RequestContext, size: int, *, at_most: int | None, life: dt.timedelta
    ) -> bool:
        """Save an attachment whose `size` bytes are to come, and reserve their room for `life`, as long as it is not
        deleted. False, and nothing is changed, when the user would then take more than `at_most` bytes.

        Of several calls of this and of `reserve` at once, in any process, as many succeed as there is room for.
        """

    @abstractmethod
    async def reserve(self, upload: Upload, size: int, *, at_most: int | None, life: dt.timedelta) -> int:
        """Reserve room for the `size` bytes of an upload, in place of what it holds, for `life`. Returns 0, or how many
        bytes are lacking; then nothing is changed.

        An announcement's room is that of the upload which brings its bytes; a second one at the same time needs more.
        """

    @abstractmethod
    async def renew(self, upload: Upload, *, life: dt.timedelta) -> bool:
        """Hold the room for `life` from now on. False when the reservation has lapsed."""

    @abstractmethod
    async def settle(self, upload: Upload, attachment: Attachment, context: RequestContext, *, announced: bool) -> bool:
        """Write down that all bytes are stored: save the attachment in place of the reservation, and of the
        announcement.

        False when the reservation has lapsed, or an announced attachment is not there any more or was sent. The file is
        then listed as abandoned, unless it is that of an attachment.
        """

    @abstractmethod
    async def release(self, upload: Upload) -> None:
        """Give back the room of an upload of which nothing was stored. An unknown one does not matter."""

    @abstractmethod
    async def lapsed(self, *, limit: int = 100) -> Sequence[Upload]:
        """Uploads whose time is over, by the database's clock, and beside which no other brings the same file. They
        hold their room until they are given up."""

    @abstractmethod
    async def give_up(self, uploads: Sequence[Upload]) -> None:
        """End what has lapsed: free its room, delete the attachment of an announcement, and list as abandoned each file
        that is no attachment's. Those that were renewed or settled meanwhile stay. Safe in several processes at once.
        """

    @abstractmethod
    async def abandon_unsent(self, age: dt.timedelta, *, batch: int = 100) -> int:
        """Delete attachments that are in no thread and were first saved longer ago than `age`, by the storage's clock;
        at most `batch`, and how many.

        Safe to run in several processes at once.
        """

    @abstractmethod
    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        """Files that are to be deleted, the longest abandoned first."""

    @abstractmethod
    async def cleared(self, keys: Sequence[str]) -> None:
        """These files are gone. Unknown ones do not matter."""
