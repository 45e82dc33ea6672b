"""Attachments: both of ChatKit's upload strategies, previews and downloads.

Signed links carry their own permission, because an <img> and ChatKit's uploader send no login. Only images are shown
inline; other files are downloads with a policy under which they cannot run.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from chatkit.types import Attachment, ImageAttachment
from dishka.integrations.litestar import FromDishka
from litestar import Request, Response, get, post, put
from litestar.params import Parameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from app.application.attachments.service import Attachments, StoredFile
from app.application.limits.rules import Limits
from app.domain.identity import RequestContext
from app.entrypoints.http.auth import OPEN
from app.entrypoints.http.multipart_file import MultipartFile
from app.ports.file_ledger import size_of

Token = Annotated[str, Parameter(description="The permission that the link carries.")]
AnyRequest = Request[Any, Any, Any]

_INERT: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    # ChatKit's front end shows previews inside a frame of another origin.
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
}


class FileCard(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment with signed links to its bytes; the links expire."""

    id: str
    name: str
    mime_type: str
    size: int
    download_url: str
    preview_url: str | None


@post(
    "/api/attachments",
    status_code=200,
    request_max_body_size=None,
    tags=["attachments"],
    summary="Upload a file at once",
)
async def upload(
    request: AnyRequest, attachments: FromDishka[Attachments], caller: FromDishka[RequestContext]
) -> Response[bytes]:
    """ChatKit's direct upload: a form (multipart/form-data) with one field `file`. Returns the attachment."""
    form = MultipartFile(request.headers.get("content-type", ""), request.stream())
    content = await form.content()
    return _described(await attachments.add(form.name, content, caller, at_most=_length(request)))


@put(
    "/api/attachments/{attachment_id:str}/content",
    status_code=200,
    opt=OPEN,  # The signed link is the permission.
    request_max_body_size=None,
    tags=["attachments"],
    summary="Upload the bytes of a file that was announced",
)
async def fill(
    request: AnyRequest,
    attachment_id: str,
    token: Token,
    attachments: FromDishka[Attachments],
    limits: FromDishka[Limits],
) -> Response[bytes]:
    """The second phase after `attachments.create`, at its `upload_descriptor.url`: the bytes as they are."""
    _admit(request, limits)
    return _described(await attachments.fill(attachment_id, token, _body(request), base_url=str(request.base_url)))


@post(
    "/api/attachments/{attachment_id:str}/content",
    status_code=200,
    opt=OPEN,  # The signed link is the permission.
    request_max_body_size=None,
    tags=["attachments"],
    summary="The same, as a form",
)
async def fill_form(
    request: AnyRequest,
    attachment_id: str,
    token: Token,
    attachments: FromDishka[Attachments],
    limits: FromDishka[Limits],
) -> Response[bytes]:
    """A form (multipart/form-data) with one field `file`."""
    _admit(request, limits)
    form = MultipartFile(request.headers.get("content-type", ""), request.stream())
    filled = await attachments.fill(attachment_id, token, await form.content(), base_url=str(request.base_url))
    return _described(filled)


@get("/api/attachments/{attachment_id:str}", tags=["attachments"], summary="Links to a file")
async def card(
    attachment_id: str, attachments: FromDishka[Attachments], caller: FromDishka[RequestContext]
) -> FileCard:
    """Return the caller's attachment with signed links for a download and a preview."""
    attachment, url = await attachments.download_url(attachment_id, caller)
    return FileCard(
        id=attachment.id,
        name=attachment.name,
        mime_type=attachment.mime_type,
        size=size_of(attachment),
        download_url=url,
        preview_url=str(attachment.preview_url) if isinstance(attachment, ImageAttachment) else None,
    )


@get("/api/attachments/{attachment_id:str}/content", opt=OPEN, tags=["attachments"], summary="Download a file")
async def download(
    request: AnyRequest,
    attachment_id: str,
    token: Token,
    attachments: FromDishka[Attachments],
    limits: FromDishka[Limits],
) -> Stream:
    """Send the file as a download, whatever its type."""
    _admit(request, limits)
    found = await attachments.open(attachment_id, "download", token)
    name = quote(found.attachment.name, safe="")
    return await _sent(
        found, "application/octet-stream", {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    )


@get("/api/attachments/{attachment_id:str}/preview", opt=OPEN, tags=["attachments"], summary="Show an image")
async def preview(
    request: AnyRequest,
    attachment_id: str,
    token: Token,
    attachments: FromDishka[Attachments],
    limits: FromDishka[Limits],
) -> Stream:
    """Send an image inline; only raster types that cannot contain scripts have a preview."""
    _admit(request, limits)
    found = await attachments.open(attachment_id, "preview", token)
    # Cached by the browser alone: the front end shows it each time its thread is opened.
    caching = "private, max-age=3600, immutable"
    return await _sent(found, found.attachment.mime_type, {"content-disposition": "inline", "cache-control": caching})


ROUTES: Final[Sequence[ControllerRouterHandler]] = (upload, fill, fill_form, card, download, preview)


def _admit(request: AnyRequest, limits: Limits) -> None:
    """Apply the rate limit of the address: a signed link has no user to count."""
    limits.admit_address(request.client.host if request.client else "")


async def _body(request: AnyRequest) -> AsyncGenerator[bytes, None]:
    async for chunk in request.stream():
        yield chunk


def _length(request: AnyRequest) -> int | None:
    """Return the body's size in bytes, an upper bound of the file's; None for a chunked body."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


def _described(attachment: Attachment) -> Response[bytes]:
    content = attachment.model_dump_json(context={"exclude_metadata": True}).encode()
    return Response(content, media_type="application/json")


async def _sent(found: StoredFile, media_type: str, headers: dict[str, str]) -> Stream:
    # Read before the status is sent: a missing file must become a 404.
    first = await anext(found.content, b"")
    return Stream(
        _with_first(first, found.content),
        media_type=media_type,
        headers={**_INERT, **headers, "content-length": str(found.size)},
    )


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for chunk in rest:
        yield chunk
