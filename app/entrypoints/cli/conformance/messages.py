"""Checks of messages and their answers."""

import asyncio
from collections.abc import Sequence

from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    StreamOptionsEvent,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
    UserMessageItem,
)

from app.entrypoints.cli.conformance.outcome import Check, NotOfferedError, need
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import Answer, message

_PATIENCE = 15.0
_OK = 200
_BUSY = 409


async def _answers(server: Subject) -> None:
    answer = await server.greeting()
    need(answer.status == _OK, f"threads.create is answered by {answer.status}")
    need(answer.error is None, f"it ended in an error: {answer.error}")
    need(any(text.strip() for text in _texts(answer.messages)), "there is no message of the assistant")


async def _order(server: Subject) -> None:
    events = (await server.greeting()).events
    need(events and events[0].type == "thread.created", "the first event is not thread.created")
    first = next(iter((await server.greeting()).items), None)
    need(isinstance(first, UserMessageItem), "the user's message is not echoed first")


async def _stop_button(server: Subject) -> None:
    events = (await server.greeting()).events
    options = [event for event in events if isinstance(event, StreamOptionsEvent)]
    need(options and options[0].stream_options.allow_cancel, "without stream_options there is no Stop button")


async def _one_id(server: Subject) -> None:
    first = await server.greeting()
    added = [event.item.id for event in first.events if isinstance(event, ThreadItemAddedEvent)]
    done = {item.id for item in first.items}
    need(set(added) <= done, "an item is added under one id and finished under another")
    updated = {event.item_id for event in first.events if isinstance(event, ThreadItemUpdatedEvent)}
    need(updated <= done, "updates name an item that is never finished")
    second = await server.user.say(server.prompts["talk"], first.thread_id)
    ids = [item.id for item in (*first.items, *second.items)]
    need(len(ids) == len(set(ids)), "two items have one id: answers overwrite each other")


async def _deltas(server: Subject) -> None:
    answer = await server.greeting()
    for said in answer.messages:
        updates = [
            event.update
            for event in answer.events
            if isinstance(event, ThreadItemUpdatedEvent) and event.item_id == said.id
        ]
        deltas = [update.delta for update in updates if isinstance(update, AssistantMessageContentPartTextDelta)]
        if not deltas:
            raise NotOfferedError("messages come in one piece")
        need("".join(deltas) == "".join(_texts([said])), "the deltas are not the text")


async def _history(server: Subject) -> None:
    answer = await server.talk()
    later = await server.user.say(server.prompts["talk"], answer.thread_id)
    need(later.error is None and later.messages, "a second message in the thread is not answered")
    stored = [item["id"] for item in await server.user.items(answer.thread_id)]
    need(stored == [item.id for item in (*answer.items, *later.items)], "items.list is not what was streamed")


async def _time(server: Subject) -> None:
    for item in (await server.greeting()).items:
        need(item.created_at.tzinfo is not None, "created_at has no time zone: elsewhere it is another time")


async def _empty_fields(server: Subject) -> None:
    said = message(server.prompts["talk"], quoted_text="", inference_options={"model": None, "tool_choice": None})
    answer = await server.user.send("threads.create", input=said)
    need(answer.status == _OK and answer.error is None, "empty optional fields are taken for values")


async def _quote(server: Subject) -> None:
    said = message("What does this mean?", quoted_text="The early worm gets eaten.")
    answer = await server.user.send("threads.create", input=said)
    need(answer.status == _OK and answer.error is None, "a message with quoted text is not answered")
    [first, *_] = await server.user.items(answer.thread_id)
    need(first.get("quoted_text") == "The early worm gets eaten.", "the quoted text is not kept")


async def _stop(server: Subject) -> None:
    thread_id, shown = await server.user.hang_up_after(3, server.prompts["long"])
    need(thread_id and shown, "nothing was said")
    for _ in range(int(_PATIENCE * 10)):
        texts = [
            "".join(part.get("text", "") for part in item["content"])
            for item in await server.user.items(thread_id)
            if item["type"] == "assistant_message"
        ]
        if any(text.startswith(shown) for text in texts):
            break
        await asyncio.sleep(0.1)
    else:
        need(False, "what was said before the connection closed is not stored")
    later = await _say_when_free(server, thread_id)
    need(later.error is None and later.messages, "the thread cannot be gone on with")


async def _say_when_free(server: Subject, thread_id: str) -> Answer:
    """Send a message, and repeat it while the turn of a reopened thread still runs."""
    tries = int(_PATIENCE * 10)
    while (later := await server.user.say(server.prompts["talk"], thread_id)).status == _BUSY and tries:
        tries -= 1
        await asyncio.sleep(0.1)
    return later


def _texts(messages: Sequence[AssistantMessageItem]) -> list[str]:
    return ["".join(part.text for part in said.content) for said in messages]


CHECKS = (
    Check("threads.create is answered by a message", _answers),
    Check("thread.created comes first, then the user's own message", _order),
    Check("stream_options are sent, so that there is a Stop button", _stop_button),
    Check("an item keeps one id, and no two items share one", _one_id),
    Check("the deltas of a message make its text", _deltas),
    Check("threads.add_user_message goes on with a thread, and all of it is stored", _history),
    Check("times have a time zone", _time),
    Check("empty optional fields are as good as none", _empty_fields),
    Check("quoted text is kept", _quote),
    Check("a closed connection keeps what was said", _stop),
)
