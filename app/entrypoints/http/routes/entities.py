"""Entities that a message can mention with an @."""

from typing import Annotated

from dishka.integrations.litestar import FromDishka
from litestar import get
from litestar.params import Parameter, QueryParameter

from app.application.conversation.mentions import Entity, Mentions
from app.domain.identity import RequestContext


@get("/api/entities", tags=["tasks"], summary="Search for what can be mentioned")
async def search_entities(
    mentions: FromDishka[Mentions],
    caller: FromDishka[RequestContext],
    # Litestar reserves the parameter name `query`.
    text: Annotated[
        str, QueryParameter(name="query", max_length=200, description="A part of the title; nothing for all.")
    ] = "",
    limit: Annotated[int, Parameter(ge=1, le=50, description="How many at most.")] = 10,
) -> list[Entity]:
    """The caller's tasks in the shape of ChatKit's `Entity`, for `entities.onTagSearch` of the front end."""
    return list(await mentions.search(caller.user_id, text, limit=limit))
