"""The plain endpoint: a message in, text out, for curl and scripts without ChatKit."""

from typing import Annotated, Any

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import Request, Response, post
from litestar.params import JSONBody
from litestar.response import Stream

from app.application.limits.open_requests import OpenRequest
from app.application.turns.turn import Turn
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.plain import PlainAnswer, chatkit_request, collect, thread_id_of, translate
from app.entrypoints.http.login_watch import LoginWatch
from app.entrypoints.http.streams import event_stream

THREAD_HEADER = "x-thread-id"


class PlainMessage(msgspec.Struct, frozen=True):
    """The user's message."""

    content: Annotated[str, msgspec.Meta(min_length=1)]


class PlainRequest(msgspec.Struct, frozen=True):
    """A message in a new thread, or in the thread of an earlier response's `X-Thread-Id`."""

    message: PlainMessage
    thread_id: str | None = None


@post("/chatkit/api", status_code=200, tags=["chat"], summary="One message, plain text back")
async def plain(
    data: JSONBody[PlainRequest],
    request: Request[Any, Any, Any],
    dispatcher: FromDishka[ChatKitDispatcher],
    caller: FromDishka[RequestContext],
    watch: FromDishka[LoginWatch],
    opened: FromDishka[OpenRequest],
) -> Response[PlainAnswer] | Stream:
    """`data: {"text": …}` for each piece and `data: {"done": true}` at the end; one JSON object for a client that
    accepts JSON alone."""
    received = await dispatcher.receive(chatkit_request(data.message.content, data.thread_id), caller)
    opened.becomes_stream()
    turn = await received.begin()
    assert isinstance(turn, Turn)  # noqa: S101  # both requests that chatkit_request makes stream
    headers = {THREAD_HEADER: data.thread_id or thread_id_of(turn.first)}
    if _wants_json(request):
        return Response(await watch.bound(collect(turn.follow())), headers=headers)
    return event_stream(translate(turn.follow()), watch, headers)


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    accepted = request.headers.get("accept", "*/*")
    return "json" in accepted and "text/event-stream" not in accepted and "*/*" not in accepted
