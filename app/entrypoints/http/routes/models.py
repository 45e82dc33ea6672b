"""What a front end's model picker offers."""

from dishka.integrations.litestar import FromDishka
from litestar import get

from app.application.conversation.model_catalog import ModelCatalog, OfferedModel


@get("/api/models", tags=["chat"], summary="Models that a message may ask for")
async def list_models(models: FromDishka[ModelCatalog]) -> list[OfferedModel]:
    """The default first; an `id` goes into `inference_options.model`."""
    return list(models.offered())
