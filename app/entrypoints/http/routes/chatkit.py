"""ChatKit's own endpoint."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from chatkit.server import NonStreamingResult
from chatkit.types import is_streaming_req
from dishka.integrations.litestar import FromDishka
from litestar import Request, Response, post
from litestar.response import Stream

from app.application.claim import Claim
from app.application.doubles import double_key
from app.application.repeats import Repeated, Repeats
from app.application.turn import Turn
from app.application.turns import Turns
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.begun import Begun
from app.entrypoints.chatkit.errors import stream_failure
from app.entrypoints.chatkit.server import AnyportServer
from app.entrypoints.http.openapi import ChatKitOperation
from app.entrypoints.http.streams import TURN_HEADER, event_stream

CLIENT_HEADER: Final = "chatkit-frame-instance-id"
"""Which instance of ChatKit's front end is asking; other clients do not repeat themselves."""


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
    doubles: FromDishka[Begun],
    repeats: FromDishka[Repeats],
    caller: FromDishka[RequestContext],
) -> Response[bytes] | Stream:
    """One POST for everything: `{"type": …, "params": {…}}`. Streaming requests are answered by server-sent events,
    each a `ThreadStreamEvent`; all others by one JSON object."""
    body = await request.body()
    client = request.headers.get(CLIENT_HEADER)
    key = double_key(caller, client, body) if client else None

    await server.ready()
    asked = server.read(body)

    async def answer(claim: Claim | None = None) -> Turn | NonStreamingResult:
        result = await server.answer(asked, caller)
        if isinstance(result, NonStreamingResult):
            return result
        return await turns.start(result.json_events, stream_failure, result.place, claim)

    begun: Repeated | NonStreamingResult
    if key is None:
        begun = await answer()
    elif repeats.shared and is_streaming_req(asked):
        begun = await repeats.once(key, answer, caller)
    else:
        begun = await doubles.once(key, answer)
    if isinstance(begun, NonStreamingResult):
        doubles.forget(key)
        return Response(begun.json, media_type="application/json")
    events = begun.follow() if key is None else _delivering(begun, doubles, repeats, key)
    return event_stream(events, {TURN_HEADER: begun.id})


async def _delivering(turn: Repeated, doubles: Begun, repeats: Repeats, key: bytes) -> AsyncGenerator[bytes, None]:
    """All of the turn; a client that got it will not ask for it again."""
    async with aclosing(turn.follow()) as events:
        async for chunk in events:
            yield chunk
    doubles.forget(key)
    await repeats.delivered(turn)
