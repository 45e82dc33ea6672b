"""ChatKit's own endpoint."""

from typing import Any

from chatkit.server import NonStreamingResult
from dishka.integrations.litestar import FromDishka
from litestar import Request, Response, post
from litestar.response import Stream

from app.application.turns import Turns
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.errors import stream_failure
from app.entrypoints.chatkit.server import AnyportServer
from app.entrypoints.http.openapi import ChatKitOperation
from app.entrypoints.http.streams import event_stream


@post(
    ["/chatkit", "/api/chatkit"],
    status_code=200,
    tags=["chat"],
    summary="The ChatKit protocol",
    operation_class=ChatKitOperation,
)
async def chatkit(
    request: Request[Any, Any, Any],
    server: FromDishka[AnyportServer],
    turns: FromDishka[Turns],
    caller: FromDishka[RequestContext],
) -> Response[bytes] | Stream:
    """One POST for everything: `{"type": …, "params": {…}}`. Streaming requests are answered by server-sent events,
    each a `ThreadStreamEvent`; all others by one JSON object."""
    result = await server.process(await request.body(), caller)
    if isinstance(result, NonStreamingResult):
        return Response(result.json, media_type="application/json")
    turn = await turns.start(result.json_events, stream_failure)
    return event_stream(turn.follow())
