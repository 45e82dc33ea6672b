"""Whether the server works, and what it runs on."""

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import get

from app.application.models import ModelCatalog
from app.entrypoints.http.auth import OPEN
from app.ports.storage import Storage


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    status: str
    provider: str
    model: str
    store: str


@get("/health", tags=["server"], summary="Health", opt=OPEN)
async def health(models: FromDishka[ModelCatalog], storage: FromDishka[Storage]) -> Health:
    """Healthy means that the store answers; a 503 says that it does not. No model is asked: that would cost."""
    await storage.check()
    return Health(status="healthy", provider=models.default.provider, model=models.default.model, store=storage.name)
