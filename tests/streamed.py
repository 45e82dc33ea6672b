"""Stream of a request, without HTTP and without a turn."""

from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.turn_placement import StreamedAnswer


async def streamed(server: ChatKitDispatcher, body: bytes, caller: RequestContext) -> StreamedAnswer:
    """Return the unread stream of a request."""
    await server.ready()
    answer = await server.answer(server.read(body), caller)
    assert not isinstance(answer, bytes)
    return answer
