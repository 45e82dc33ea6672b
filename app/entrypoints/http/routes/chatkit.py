"""The endpoint of ChatKit's protocol."""

from typing import Any, Final

from dishka.integrations.litestar import FromDishka
from litestar import Request, Response, post
from litestar.response import Stream

from app.application.idempotency.guard import IdempotencyGuard
from app.application.limits.open_requests import OpenRequest
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.http.login_watch import LoginWatch
from app.entrypoints.http.openapi import ChatKitOperation
from app.entrypoints.http.streams import TURN_HEADER, event_stream

CLIENT_HEADER: Final = "chatkit-frame-instance-id"
"""The header with the front end's instance, part of the idempotency key; clients without it never repeat a request."""


@post(
    ["/chatkit", "/api/chatkit"],
    status_code=200,
    tags=["chat"],
    summary="The ChatKit protocol",
    operation_class=ChatKitOperation,
)
async def chatkit(
    request: Request[Any, Any, Any],
    dispatcher: FromDishka[ChatKitDispatcher],
    guard: FromDishka[IdempotencyGuard],
    caller: FromDishka[RequestContext],
    watch: FromDishka[LoginWatch],
    opened: FromDishka[OpenRequest],
) -> Response[bytes] | Stream:
    """One POST for everything: `{"type": …, "params": {…}}`. Streaming requests are answered by server-sent events,
    each a `ThreadStreamEvent`; all others by one JSON object."""
    received = await dispatcher.receive(await request.body(), caller, request.headers.get(CLIENT_HEADER))
    if received.streams:
        opened.becomes_stream()
    answer = await guard.answer(received)
    if isinstance(answer, bytes):
        return Response(answer, media_type="application/json")
    return event_stream(answer.events, watch, {TURN_HEADER: answer.turn_id})
