"""The health check: store, files and provider."""

from typing import Any

import msgspec
from dishka import AsyncContainer
from dishka.integrations.litestar import FromDishka
from litestar import Request, get

from app.application.conversation.model_catalog import ModelCatalog
from app.application.limits.rules import Limits
from app.domain.errors import AnyportError
from app.entrypoints.http.auth import OPEN
from app.ports.attachment_storage import AttachmentStorage
from app.ports.authenticator import Login
from app.ports.storage import Storage
from app.settings import Settings


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The health of the server; with authentication, only users see `model` and `store`."""

    status: str
    provider: str
    model: str = ""
    store: str = ""


@get("/health", tags=["server"], summary="Health", opt=OPEN)
async def health(
    request: Request[Any, Any, Any],
    models: FromDishka[ModelCatalog],
    storage: FromDishka[Storage],
    files: FromDishka[AttachmentStorage],
    limits: FromDishka[Limits],
    settings: FromDishka[Settings],
) -> Health:
    """200 when the database and the storage of files can be read and written, else 503. No model is called, because a
    call costs money."""
    limits.admit_probe(request.client.host if request.client else "")
    await storage.check()
    await files.check()
    found = Health(status="healthy", provider=models.default.provider)
    if settings.login.is_wanted and not await _is_authenticated(request.state.dishka_container):
        return found
    return msgspec.structs.replace(found, model=models.default.model, store=storage.name)


async def _is_authenticated(container: AsyncContainer) -> bool:
    """True for a caller with a valid login; an invalid login does not make the check fail."""
    try:
        await container.get(Login)
    except AnyportError:
        return False
    return True
