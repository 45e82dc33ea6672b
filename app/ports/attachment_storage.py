"""Where the bytes of attachments are kept."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Sequence


class AttachmentStorage(ABC):
    """Files by key. The contract is `tests/contracts/test_attachment_storage.py`.

    What is known of a file (whose it is, its name, its type) is not here but in the `ThreadStore`. Building one does no
    I/O. A place that cannot be reached raises `StoreUnavailableError`.
    """

    location: str
    """For the operator's eyes: where the files are; never with a key."""

    @abstractmethod
    async def write(self, key: str, content: AsyncIterable[bytes]) -> None:
        """Store a file, or replace it, while it arrives: memory holds a few megabytes of it at most.

        It is there when all of it is. When `content` raises, or the call is cancelled, nothing of it stays, and an
        earlier file of that key is as it was.
        """

    @abstractmethod
    def read(self, key: str) -> AsyncGenerator[bytes, None]:
        """A file, in pieces. Raises `NotFoundError` before the first one."""

    @abstractmethod
    async def delete(self, keys: Sequence[str]) -> None:
        """Delete files; those that are not there count as deleted."""

    @abstractmethod
    async def discard(self, key: str) -> None:
        """Delete what a write of that key has left behind because its process died; the file of that key stays."""

    @abstractmethod
    async def check(self) -> None:
        """Free while writes succeed; after one that failed, `check_writing`. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def check_writing(self) -> None:
        """Write a small file, read it and delete it. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything. Safe to call twice, and without a use."""
