"""Another user's file looks like one that does not exist, and a user's files have a limit."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import chatkit.store
import pytest
from chatkit.types import AttachmentCreateParams

from app.adapters.attachments.obstore_storage import open_attachments
from app.adapters.stores.memory import MemoryStorage
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.service import Attachments
from app.application.attachments.signed_links import FileLinks
from app.domain.errors import InvalidInputError, NotEnabledError, NotFoundError
from app.domain.identity import RequestContext
from app.environment import Secret
from app.settings.attachments import AttachmentSettings
from tests.uploads import png

ANN = RequestContext(user_id="ann", base_url="http://chat.example")
BOB = RequestContext(user_id="bob", base_url="http://chat.example")
LINKS = FileLinks(Secret("k" * 32))


async def pieces(*content: bytes) -> AsyncGenerator[bytes, None]:
    for piece in content:
        yield piece


def attachments(**settings: int) -> Attachments:
    wanted = AttachmentSettings(url="memory://", **settings)  # type: ignore[arg-type]  # only numbers are given
    storage, files = MemoryStorage(), open_attachments(wanted)
    return Attachments(storage.threads, storage.files, files, LINKS, wanted, FileCleanup(storage.files, files))


def token(attachment_id: str, purpose: str, user: RequestContext) -> str:
    """What `user` would hold if the file were theirs."""
    url = LINKS.url(purpose, attachment_id, 5, user)  # type: ignore[arg-type]  # a literal
    return parse_qs(urlsplit(url).query)["token"][0]


OPERATIONS: dict[str, Callable[[Attachments, str], Awaitable[object]]] = {
    "delete": lambda all_, id_: all_.delete_attachment(id_, BOB),
    "fill": lambda all_, id_: all_.fill(id_, token(id_, "upload", BOB), pieces(b"hello"), base_url=""),
    "preview": lambda all_, id_: all_.open(id_, "preview", token(id_, "preview", BOB)),
    "download": lambda all_, id_: all_.open(id_, "download", token(id_, "download", BOB)),
    "card": lambda all_, id_: all_.download_url(id_, BOB),
    "send": lambda all_, id_: all_.check_message([id_], BOB),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_another_users_file_is_not_found(operation: str) -> None:
    all_ = attachments()
    hers = await all_.add("photo.png", pieces(png()), ANN)
    refusals = []
    for id_ in (hers.id, "atc_unknown"):
        with pytest.raises((NotFoundError, chatkit.store.NotFoundError)) as caught:
            await OPERATIONS[operation](all_, id_)
        refusals.append((type(caught.value), str(caught.value).replace(id_, "…")))
    assert refusals[0] == refusals[1]
    await all_.check_message([hers.id], ANN)


async def test_the_quota_of_one_user_does_not_limit_others() -> None:
    all_ = attachments(bytes_per_user=10)
    await all_.add("a.txt", pieces(b"1234567"), ANN)
    with pytest.raises(InvalidInputError):
        await all_.add("b.txt", pieces(b"1234"), ANN)
    await all_.add("b.txt", pieces(b"123"), ANN)
    with pytest.raises(InvalidInputError, match="room"):
        await all_.create_attachment(AttachmentCreateParams(name="c", size=1, mime_type="text/plain"), ANN)
    await all_.add("a.txt", pieces(b"1234567"), BOB)


async def test_attachments_can_be_turned_off() -> None:
    with pytest.raises(NotEnabledError):
        await attachments(max_bytes=0).add("a.txt", pieces(b"hello"), ANN)


@pytest.mark.parametrize(
    ("given", "stored_name"),
    [("a/b\\c.txt", "c.txt"), ("../../etc/passwd", "passwd"), ("a\r\nb: c\u2028.txt", "ab: c.txt"), ("", "file")],
)
async def test_a_name_is_a_name_and_no_path(given: str, stored_name: str) -> None:
    assert (await attachments().add(given, pieces(b"hello"), ANN)).name == stored_name
