"""Memory during an answer: of a long thread, only the input of the model is held."""

import gc
import re
from pathlib import Path

from chatkit.types import UserMessageItem

from app.bootstrap import make_container, read_settings
from app.domain.identity import RequestContext
from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
from app.entrypoints.chatkit.plain import chatkit_request
from app.entrypoints.chatkit.turn_placement import StreamedAnswer
from tests.streamed import streamed

ADA = RequestContext(user_id="ada")
EARLIER = 6


async def asked(server: ChatKitDispatcher, text: str, thread_id: str | None) -> StreamedAnswer:
    """An answer, of which nothing is read yet."""
    return await streamed(server, chatkit_request(text, thread_id), ADA)


def held(thread_id: str) -> int:
    """How many messages of the user, of this thread, are in memory."""
    gc.collect()
    return sum(isinstance(each, UserMessageItem) and each.thread_id == thread_id for each in gc.get_objects())


async def test_earlier_messages_are_freed_once_the_request_was_sent(tmp_path: Path) -> None:
    environment = {
        "LLM_PROVIDER": "demo",
        "DEMO_DELAY_MS": "0",
        "DATABASE_URL": f"sqlite:///{tmp_path}/anyport.db",
        "TITLES": "off",
    }
    container = make_container(read_settings(environment))
    try:
        server = await container.get(ChatKitDispatcher)
        thread_id = None
        for _ in range(EARLIER):
            said = b"".join([event async for event in (await asked(server, "count to 3", thread_id)).frames])
            thread_id = thread_id or re.findall(rb"thr_\w+", said)[0].decode()
        assert thread_id is not None
        answer = (await asked(server, "count to 400", thread_id)).frames
        while b"text_delta" not in await anext(answer):
            pass
        assert held(thread_id) <= 2  # The one that is answered, as it was sent and as it was stored.
        await answer.aclose()
    finally:
        await container.close()
