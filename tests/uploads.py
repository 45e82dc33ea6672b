"""Files, and both of ChatKit's upload strategies."""

import struct
import zlib
from typing import Any

import httpx
from chatkit.types import Attachment
from pydantic import TypeAdapter

from tests.chatkit_client import ChatKitClient

_ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png(shade: int = 0) -> bytes:
    """Image of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes([0, shade]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def announce(client: ChatKitClient, name: str, content: bytes, mime_type: str = "text/plain") -> dict[str, Any]:
    """First phase of an upload in two phases."""
    created: dict[str, Any] = await client.call("attachments.create", name=name, size=len(content), mime_type=mime_type)
    _ATTACHMENT.validate_python(created)
    return created


async def send_bytes(client: ChatKitClient, created: dict[str, Any], content: bytes) -> httpx.Response:
    """Second phase, by the upload descriptor, without a login."""
    descriptor = created["upload_descriptor"]
    async with httpx.AsyncClient(trust_env=False, timeout=60) as stranger:
        return await stranger.request(
            descriptor["method"], descriptor["url"], headers=descriptor["headers"], content=content
        )


async def upload_in_two_phases(
    client: ChatKitClient, name: str, content: bytes, mime_type: str = "text/plain"
) -> dict[str, Any]:
    """The attachment, as `attachments.create` described it."""
    created = await announce(client, name, content, mime_type)
    answer = await send_bytes(client, created, content)
    assert answer.status_code == httpx.codes.OK, answer.text
    return created


async def post_file(client: ChatKitClient, name: str, content: bytes, mime_type: str = "text/plain") -> httpx.Response:
    """Direct upload."""
    return await client.http.post("/api/attachments", files={"file": (name, content, mime_type)})


async def upload_directly(
    client: ChatKitClient, name: str, content: bytes, mime_type: str = "text/plain"
) -> dict[str, Any]:
    """Return the attachment of a direct upload."""
    answer = await post_file(client, name, content, mime_type)
    assert answer.status_code == httpx.codes.OK, answer.text
    _ATTACHMENT.validate_json(answer.content)
    created: dict[str, Any] = answer.json()
    return created
