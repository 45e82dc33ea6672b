"""The models of a front end's model picker."""

from dishka.integrations.litestar import FromDishka
from litestar import get

from app.application.conversation.model_catalog import ModelCatalog, OfferedModel


@get("/api/models", tags=["chat"], summary="Models that a message may ask for")
async def list_models(models: FromDishka[ModelCatalog]) -> list[OfferedModel]:
    """List the models, the default first; an `id` goes into `inference_options.model`."""
    return list(models.offered())
