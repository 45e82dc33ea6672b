"""The plain form of an answer."""

from collections.abc import AsyncIterator, Sequence

import pytest
from chatkit.types import ChatKitReq, ThreadsAddUserMessageReq, ThreadsCreateReq
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.domain.errors import AnyportError
from app.entrypoints.chatkit.plain import NO_PAGE, chatkit_request, collect, thread_id_of, translate

REQUESTS: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)
ADDED = b'data: {"type":"thread.item.added","item":{"id":"msg_1","type":"assistant_message"}}\n\n'
PING = b": ping\n\n"


def delta(text: str) -> bytes:
    return f'data: {{"type":"thread.item.updated","item_id":"m","update":{{"delta":"{text}"}}}}\n\n'.encode()


async def stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_text_comes_piece_by_piece_and_done_at_the_end() -> None:
    frames = [frame async for frame in translate(stream([ADDED, delta("Hel") + delta("lo"), PING]))]
    assert frames == [b'data: {"text":"Hel"}\n\n', b'data: {"text":"lo"}\n\n', b'data: {"done":true}\n\n']


async def test_two_messages_are_set_apart() -> None:
    answer = await collect(stream([ADDED, delta("one"), ADDED, delta("two")]))
    assert answer.content == "one\n\ntwo"


async def test_a_form_is_passed_to_the_model_as_text() -> None:
    asked = b'{"question":"How much?","options":[{"value":"low"},{"value":"high"}]}'
    item = b'{"id":"m","type":"structured_input","inputs":[{"question":"What?"},' + asked + b"]}"
    done = b'data: {"type":"thread.item.done","item":' + item + b"}\n\n"
    assert (await collect(stream([done]))).content == "What?\nHow much?\n- low\n- high"
    assert (await collect(stream([ADDED, delta("So:"), done]))).content.startswith("So:\n\nWhat?")


async def test_a_call_of_a_page_that_is_not_there_is_no_empty_answer() -> None:
    done = b'data: {"type":"thread.item.done","item":{"id":"tc_1","type":"client_tool_call","name":"look"}}\n\n'
    assert (await collect(stream([done]))).content == NO_PAGE


async def test_a_failure_is_reported() -> None:
    chunks = [ADDED, delta("half"), b'data: {"type":"error","code":"custom","message":"no model"}\n\n']
    frames = [frame async for frame in translate(stream(chunks))]
    assert frames[-2:] == [b'data: {"error":"no model"}\n\n', b'data: {"done":true}\n\n']
    with pytest.raises(AnyportError, match="no model"):
        await collect(stream(chunks))


def test_the_thread_is_named_by_the_first_event() -> None:
    assert thread_id_of(b'data: {"type":"thread.created","thread":{"id":"thr_7"}}\n\n') == "thr_7"


@given(text=st.text(st.characters(exclude_categories=["Cs"])), thread_id=st.none() | st.text("abc", min_size=1))
def test_every_text_makes_a_valid_chatkit_request(text: str, thread_id: str | None) -> None:
    request = REQUESTS.validate_json(chatkit_request(text, thread_id))
    assert isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq)
    assert [part.text for part in request.params.input.content] == [text]
