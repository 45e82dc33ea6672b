"""Attachment storage: the bytes of attachments, by key."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Sequence


class AttachmentStorage(ABC):
    """Attachment storage: files by key. The contract is `tests/contracts/test_attachment_storage.py`.

    A file's owner, name and type are in the `ThreadStore`. Construction does no I/O. Every method raises
    `StoreUnavailableError` when the storage cannot be reached.
    """

    location: str
    """Location of the files, for the operator; contains no secret."""

    @abstractmethod
    async def write(self, key: str, content: AsyncIterable[bytes]) -> None:
        """Store or replace a file while its bytes arrive; memory holds a few megabytes at most.

        Atomic: the file is readable once it is complete. When `content` raises, or the call is cancelled, nothing
        stays, and an earlier file of that key is unchanged.
        """

    @abstractmethod
    def read(self, key: str) -> AsyncGenerator[bytes, None]:
        """Stream a file in pieces. Raises `NotFoundError` before the first piece."""

    @abstractmethod
    async def delete(self, keys: Sequence[str]) -> None:
        """Delete files. Idempotent: unknown keys count as deleted."""

    @abstractmethod
    async def discard(self, key: str) -> None:
        """Delete the remains of an interrupted write of that key; the stored file of that key stays."""

    @abstractmethod
    async def check(self) -> None:
        """Check the storage: no I/O while writes succeed, else as `check_writing`. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def check_writing(self) -> None:
        """Write a small file, read it and delete it. Raises `StoreUnavailableError`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Release all resources. Idempotent, also without earlier use."""
