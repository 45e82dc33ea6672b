"""Which files there are, and which have to go."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence

from chatkit.types import Attachment

from app.domain.identity import RequestContext


def size_of(attachment: Attachment) -> int:
    """The bytes that an attachment takes, or was said to take, as its `metadata` has them."""
    return int((attachment.metadata or {}).get("size", 0))


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
        """The bytes of all of the user's attachments (`size_of`), of each that was saved before this is called."""

    @abstractmethod
    async def save(self, attachment: Attachment, context: RequestContext, *, at_most: int) -> bool:
        """Save it as `ThreadStore.save_attachment` does, unless the caller's would then take more than `at_most` bytes
        together: False, and nothing is changed. Of several that are saved at once, in any process, as many succeed as
        there is room for.
        """

    @abstractmethod
    async def abandon_unsent(self, before: dt.datetime, *, batch: int = 100) -> int:
        """Delete attachments that are in no thread and were first saved before `before`; at most `batch`, and how many.

        Safe to run in several processes at once.
        """

    @abstractmethod
    async def abandoned(self, *, limit: int = 100) -> Sequence[str]:
        """Files that are to be deleted, the longest abandoned first."""

    @abstractmethod
    async def cleared(self, keys: Sequence[str]) -> None:
        """These files are gone. Unknown ones do not matter."""
