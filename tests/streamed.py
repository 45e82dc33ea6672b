"""A request's stream, without HTTP and without a turn."""

from app.domain.identity import RequestContext
from app.entrypoints.chatkit.server import AnyportServer
from app.entrypoints.chatkit.turn_placement import Streamed


async def streamed(server: AnyportServer, body: bytes, caller: RequestContext) -> Streamed:
    """The stream that answers a request, of which nothing is read yet."""
    await server.ready()
    answer = await server.answer(server.read(body), caller)
    assert not isinstance(answer, bytes)
    return answer
