"""Files in a folder, in S3 or what speaks like it, or in memory, through obstore."""

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
"""The smallest part that S3 takes; two of them are in memory at a time."""

_PROBE_BYTES: Final = 64 * 1024

_PIECE_BYTES: Final = 256 * 1024

_FAREWELL_SECONDS: Final = 0.05


def open_attachments(settings: AttachmentSettings) -> AttachmentStorage:
    """The storage that the settings name, without any I/O; obstore is imported when it is first used.

    Raises `ValueError` for an address of another kind.
    """
    url = urlsplit(settings.url)
    match url.scheme:
        case "memory":
            return ObstoreStorage(_memory, "memory://", _nothing)
        case "file":
            folder = folder_of(settings.url) or Path()
            return ObstoreStorage(lambda: _folder(folder), str(folder), partial(_discard_staged, folder))
        case "s3" if url.netloc:
            bucket, prefix = url.netloc, url.path.strip("/")
            return ObstoreStorage(lambda: _s3(settings, bucket, prefix), settings.url, _nothing)
        case _:
            raise ValueError("expected file:///folder, s3://bucket/prefix or memory://")


class ObstoreStorage(AttachmentStorage):
    """`AttachmentStorage` on any store of obstore's, which `build` makes at the first use; obstore has no word for
    `discard`."""

    def __init__(
        self, build: "Callable[[], ObjectStore]", location: str, discard: Callable[[str], Awaitable[None]]
    ) -> None:
        self.location = location
        self._build = build
        self._discard = discard
        self._built: ObjectStore | None = None
        self._failing = False
        """True from a write that failed on until one has succeeded."""

    async def write(self, key: str, content: AsyncIterable[bytes]) -> None:
        obstore = await _library()

        try:
            with self._reaching(missing=False):
                # What the content raises comes out as it is.
                await obstore.put_async(
                    self._store, key, content, use_multipart=True, chunk_size=_PART_BYTES, max_concurrency=2
                )
        except StoreUnavailableError:
            self._failing = True
            raise

    async def read(self, key: str) -> AsyncGenerator[bytes, None]:
        obstore = await _library()

        with self._reaching():
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                content = memoryview(piece)  # From memory a file comes whole, and copying it whole takes a while.
                for at in range(0, len(content), _PIECE_BYTES):
                    yield bytes(content[at : at + _PIECE_BYTES])

    async def delete(self, keys: Sequence[str]) -> None:
        obstore = await _library()

        for key in keys:
            with suppress(NotFoundError), self._reaching():
                await obstore.delete_async(self._store, key)

    async def discard(self, key: str) -> None:
        try:
            await self._discard(key)
        except OSError as error:
            raise self._unusable(error) from error

    async def check(self) -> None:
        if self._failing:
            await self.check_writing()

    async def check_writing(self) -> None:
        key, written = new_id("probe"), secrets.token_bytes(_PROBE_BYTES)
        await self.write(key, _whole(written))
        try:
            if b"".join([piece async for piece in self.read(key)]) != written:
                raise self._unusable(ValueError("a file that was written is another when it is read"))
        except NotFoundError as error:
            raise self._unusable(error) from error
        finally:
            await self.delete([key])
        self._failing = False

    async def aclose(self) -> None:
        if self._built is not None:
            self._built = None
            # obstore 0.12's threads let go of Python's objects a moment after they are done; a process that ends in
            # that moment is aborted (exit code 134).
            await asyncio.sleep(_FAREWELL_SECONDS)

    @property
    def _store(self) -> "ObjectStore":
        if self._built is None:
            try:
                self._built = self._build()
            except OSError as error:
                raise self._unusable(error) from error
        return self._built

    @contextmanager
    def _reaching(self, *, missing: bool = True) -> Iterator[None]:
        """`missing`: a file may be missing, which is no failure of the storage; a bucket must not."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if not missing or NO_BUCKET in str(error):
                raise self._unusable(error) from error
            raise NotFoundError(_("There is no such file.")) from error
        except BaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: BaseException) -> StoreUnavailableError:
        return StoreUnavailableError(
            _("Files cannot be stored or read at the moment. Please try again later."),
            detail=f"the storage of attachments cannot be used; check ATTACHMENTS_URL, and that it can be written to: "
            f"{self.location}: {type(error).__name__}: {cause_of(str(error))}",
        )


async def _whole(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _library() -> Any:
    """obstore itself; reading it in takes a while the first time, which belongs into a thread."""
    return await asyncio.to_thread(import_module, "obstore")


async def _nothing(key: str) -> None:
    """Memory keeps nothing of a write that was broken off; on S3 a lifecycle rule of the bucket ends it."""


async def _discard_staged(folder: Path, key: str) -> None:
    """While it is written a file is called `key#1`, or with a higher number beside others."""

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
    """Without keys obstore looks for those of the machine or container, as AWS's own tools do."""
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
