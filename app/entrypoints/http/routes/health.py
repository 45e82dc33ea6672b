"""Whether the server works, and what it runs on."""

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
    """What runs here; where there is a login, only its users are told the `model` and the `store`."""

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
    """Healthy means that the store answers and takes what is written, files as well; a 503 says that it does not.
    No model is asked: that would cost."""
    limits.admit_probe(request.client.host if request.client else "")
    await storage.check()
    await files.check()
    found = Health(status="healthy", provider=models.default.provider)
    if settings.login.is_wanted and not await _is_let_in(request.state.dishka_container):
        return found
    return msgspec.structs.replace(found, model=models.default.model, store=storage.name)


async def _is_let_in(container: AsyncContainer) -> bool:
    """True for a caller with a login; one that is no good is no reason to call the server ill."""
    try:
        await container.get(Login)
    except AnyportError:
        return False
    return True
