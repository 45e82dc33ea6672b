"""Attachment storage on obstore: a folder, S3 or a compatible service, or memory."""

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from glob import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from app.adapters.attachments.storage_failures import NO_BUCKET, cause_of
from app.domain.errors import NotFoundError, StoreUnavailableError
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.attachment_storage import AttachmentStorage
from app.settings.attachments import AttachmentSettings, folder_of
from app.startup.private_files import tighten

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PART_BYTES: Final = 5 * 1024 * 1024
"""The smallest part of an upload that S3 accepts; two parts are in memory at a time."""

_PROBE_BYTES: Final = 64 * 1024
"""Size of the file that `check_writing` writes."""

_PIECE_BYTES: Final = 256 * 1024
"""Size of the pieces that `read` yields."""

_CLOSE_SECONDS: Final = 0.05


def open_attachments(settings: AttachmentSettings) -> AttachmentStorage:
    """Build the storage for the settings, without I/O; the first use imports obstore.

    Raises `ValueError` for a URL with another scheme.
    """
    url = urlsplit(settings.url)
    match url.scheme:
        case "memory":
            return ObstoreStorage(_memory, "memory://", _discard_nothing)
        case "file":
            folder = folder_of(settings.url) or Path()
            return ObstoreStorage(lambda: _folder(folder), str(folder), partial(_discard_staged, folder))
        case "s3" if url.netloc:
            bucket, prefix = url.netloc, url.path.strip("/")
            return ObstoreStorage(lambda: _s3(settings, bucket, prefix), settings.url, _discard_nothing)
        case _:
            raise ValueError("expected file:///folder, s3://bucket/prefix or memory://")


class ObstoreStorage(AttachmentStorage):
    """Attachment storage on a store of obstore, which `build` makes at the first use.

    `discard` removes the rest of an interrupted write; obstore has no operation for it.
    """

    def __init__(
        self, build: "Callable[[], ObjectStore]", location: str, discard: Callable[[str], Awaitable[None]]
    ) -> None:
        self.location = location
        self._build = build
        self._discard = discard
        self._built: ObjectStore | None = None
        self._failing = False
        """True after a failed write, until `check_writing` succeeds."""

    async def write(self, key: str, content: AsyncIterable[bytes]) -> None:
        obstore = await _load_obstore()

        try:
            with self._translated_errors(may_be_missing=False):
                # An exception of `content` passes unchanged.
                await obstore.put_async(
                    self._store, key, content, use_multipart=True, chunk_size=_PART_BYTES, max_concurrency=2
                )
        except StoreUnavailableError:
            self._failing = True
            raise

    async def read(self, key: str) -> AsyncGenerator[bytes, None]:
        obstore = await _load_obstore()

        with self._translated_errors():
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                content = memoryview(piece)  # The memory store yields the whole file, and one copy of it would block.
                for at in range(0, len(content), _PIECE_BYTES):
                    yield bytes(content[at : at + _PIECE_BYTES])

    async def delete(self, keys: Sequence[str]) -> None:
        obstore = await _load_obstore()

        for key in keys:
            with suppress(NotFoundError), self._translated_errors():
                await obstore.delete_async(self._store, key)

    async def discard(self, key: str) -> None:
        try:
            await self._discard(key)
        except OSError as error:
            raise self._unavailable(error) from error

    async def check(self) -> None:
        if self._failing:
            await self.check_writing()

    async def check_writing(self) -> None:
        key, written = new_id("probe"), secrets.token_bytes(_PROBE_BYTES)
        await self.write(key, _whole(written))
        try:
            if b"".join([piece async for piece in self.read(key)]) != written:
                raise self._unavailable(ValueError("a file that was written is another when it is read"))
        except NotFoundError as error:
            raise self._unavailable(error) from error
        finally:
            await self.delete([key])
        self._failing = False

    async def aclose(self) -> None:
        if self._built is not None:
            self._built = None
            # The threads of obstore 0.12 release Python objects shortly after their work; a process that ends before
            # is aborted (exit code 134).
            await asyncio.sleep(_CLOSE_SECONDS)

    @property
    def _store(self) -> "ObjectStore":
        if self._built is None:
            try:
                self._built = self._build()
            except OSError as error:
                raise self._unavailable(error) from error
        return self._built

    @contextmanager
    def _translated_errors(self, *, may_be_missing: bool = True) -> Iterator[None]:
        """Raise `NotFoundError` for a missing file if it may be missing, else `StoreUnavailableError`.

        A missing bucket is always a failure of the storage.
        """
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if not may_be_missing or NO_BUCKET in str(error):
                raise self._unavailable(error) from error
            raise NotFoundError(_("There is no such file.")) from error
        except BaseError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> StoreUnavailableError:
        return StoreUnavailableError(
            _("Files cannot be stored or read at the moment. Please try again later."),
            detail=f"the storage of attachments cannot be used; check ATTACHMENTS_URL, and that it can be written to: "
            f"{self.location}: {type(error).__name__}: {cause_of(str(error))}",
        )


async def _whole(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _load_obstore() -> Any:
    """Import obstore in a thread: the first import takes too long for the event loop."""
    return await asyncio.to_thread(import_module, "obstore")


async def _discard_nothing(key: str) -> None:
    """Do nothing: memory has no rest of an interrupted write, and on S3 the bucket's lifecycle rule removes it."""


async def _discard_staged(folder: Path, key: str) -> None:
    """Remove the staged files of a write, which obstore names `key#1`, `key#2` and so on."""

    def discard() -> None:
        for staged in folder.glob(f"{escape(key)}#*"):
            staged.unlink(missing_ok=True)

    await asyncio.to_thread(discard)


def _memory() -> "ObjectStore":
    from obstore.store import MemoryStore

    return MemoryStore()


def _folder(folder: Path) -> "ObjectStore":
    from obstore.store import LocalStore

    store = LocalStore(folder, mkdir=True)
    tighten([folder])
    return store


def _s3(settings: AttachmentSettings, bucket: str, prefix: str) -> "ObjectStore":
    """Build the S3 store; without keys obstore uses those of the machine or container, as AWS's tools do."""
    from obstore.store import S3Store

    given = {
        "access_key_id": settings.access_key_id,
        "secret_access_key": settings.secret_access_key.reveal(),
        "session_token": settings.session_token.reveal(),
        "region": settings.region,
        "endpoint": settings.endpoint,
    }
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={key: value for key, value in given.items() if value},  # type: ignore[arg-type]  # a TypedDict
        client_options={"allow_http": settings.endpoint.startswith("http://")},
        retry_config={"max_retries": 2, "retry_timeout": dt.timedelta(seconds=20)},
    )
