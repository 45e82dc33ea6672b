"""Functions `respond(thread, item, context)`: with an agent, without any SDK, and with every mistake."""

import asyncio
import functools
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from agents import Agent, Runner, function_tool
from chatkit.errors import CustomStreamError
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientToolCallItem,
    HiddenContextItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from app.adapters.brought.scoped_store import store

Events = AsyncIterator[Any]


@function_tool
async def book(room: str) -> str:
    """Book a room."""
    with open("booked.txt", "a") as file:  # noqa: ASYNC230, PTH123
        file.write(f"{room}\n")
    return f"{room} is booked."


agent = Agent[Any](name="Porter", instructions="You book rooms.", tools=[book])


def now() -> datetime:
    """The local time without a zone, as ChatKit's own helpers write it."""
    return datetime.now()  # noqa: DTZ005


def message(thread: ThreadMetadata, text: str, **more: Any) -> AssistantMessageItem:
    values = {"id": store.generate_item_id("message", thread, None), "thread_id": thread.id, **more}
    return AssistantMessageItem(created_at=now(), content=[AssistantMessageContent(text=text)], **values)


def said(item: UserMessageItem | None) -> str:
    return "".join(part.text for part in item.content) if item else ""


async def streamed(thread: ThreadMetadata, pieces: AsyncIterator[str]) -> AsyncIterator[ThreadStreamEvent]:
    item = message(thread, "")
    item.content = []
    yield ThreadItemAddedEvent(item=item)
    text = ""
    async for piece in pieces:
        text += piece
        update = AssistantMessageContentPartTextDelta(content_index=0, delta=piece)
        yield ThreadItemUpdatedEvent(item_id=item.id, update=update)
    item.content = [AssistantMessageContent(text=text)]
    yield ThreadItemDoneEvent(item=item)


async def with_agent(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    """Answer with an agent of the Agents SDK."""
    result = await Runner.run(agent, said(item))
    yield ThreadItemDoneEvent(item=message(thread, str(result.final_output)))


async def counting(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    """Count slowly, without any SDK: `count 3` counts to three; `forever` does not end."""
    words = said(item).split()
    last = int(words[-1]) if words and words[-1].isdigit() else 1_000_000

    async def numbers() -> AsyncIterator[str]:
        for number in range(1, last + 1):
            await asyncio.sleep(0.01)
            yield f"{number} "

    async for event in streamed(thread, numbers()):
        yield event
    page = await store.load_thread_items(thread.id, None, 50, "desc", context)
    thread.metadata["seen"] = len(page.data)


async def returned(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    """Return a generator instead of being one."""
    return counting(thread, item, context)


class Desk:
    """An object that is called."""

    async def __call__(self, thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
        return counting(thread, item, context)

    def respond(self, thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
        """Not an async function."""
        return counting(thread, item, context)


async def _placed(desk: str, thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    return counting(thread, item, context)


desk = Desk()
partial = functools.partial(_placed, "front")


async def page_tool(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    """Call a tool of the page, and tell of its result."""
    if item is not None:
        id_ = store.generate_item_id("tool_call", thread, context)
        values: dict[str, Any] = {"id": id_, "thread_id": thread.id, "created_at": now(), "status": "pending"}
        yield ThreadItemDoneEvent(item=ClientToolCallItem(call_id="1", name="zoom", arguments={"to": 2}, **values))
        return
    page = await store.load_thread_items(thread.id, None, 1, "desc", context)
    [answered] = page.data
    assert isinstance(answered, ClientToolCallItem)
    yield ThreadItemDoneEvent(item=message(thread, f"The page said {answered.output}."))


async def porter(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Events:
    """Count, ask the page, or let the agent answer."""
    word = said(item).partition(" ")[0]
    chosen = counting if word == "count" else page_tool if word in {"", "page"} else with_agent
    async for event in chosen(thread, item, context):
        yield event


async def _bad_words(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield "good day"


async def _bad_coroutine(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield asyncio.sleep(0)


async def _bad_nothing(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> None:
    streamed(thread, counting(thread, item, context))


async def _bad_await(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Any:
    return _bad_nothing(thread, item, context)


async def _bad_iteration(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    for event in counting(thread, item, context):  # type: ignore[attr-defined]
        yield event


async def _bad_twice(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    for text in ("one", "two"):
        yield ThreadItemDoneEvent(item=message(thread, text, id="msg_twice"))


async def _bad_user_id(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=message(thread, "Mine.", id=item.id))


async def _bad_thread(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=message(thread, "Elsewhere.", thread_id="thr_of_another"))


async def _bad_user_message(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=item.model_copy(update={"id": "msg_as_the_user"}))


async def _bad_replacement(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemReplacedEvent(item=message(thread, "In place.", id=item.id))


async def _bad_removal(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemRemovedEvent(item_id=item.id)


async def _bad_update(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    update = AssistantMessageContentPartTextDelta(content_index=0, delta="?")
    yield ThreadItemUpdatedEvent(item_id="msg_unknown", update=update)


async def _bad_part(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    begun = message(thread, "")
    yield ThreadItemAddedEvent(item=begun)
    update = AssistantMessageContentPartTextDelta(content_index=10**9, delta="?")
    yield ThreadItemUpdatedEvent(item_id=begun.id, update=update)


async def _bad_type(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    content = AssistantMessageContent.model_construct(text=7, annotations=[], type="output_text")
    yield ThreadItemDoneEvent(item=message(thread, "").model_copy(update={"content": [content]}))


async def _bad_surrogate(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    begun = message(thread, "")
    yield ThreadItemAddedEvent(item=begun)
    update = AssistantMessageContentPartTextDelta.model_construct(content_index=0, delta="\ud800")
    yield ThreadItemUpdatedEvent.model_construct(item_id=begun.id, update=update)


async def _bad_title(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    thread.title = 7  # type: ignore[assignment]
    yield ThreadItemDoneEvent(item=message(thread, "Titled."))


async def _bad_thread_id(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    thread.id = "thr_of_another"
    yield ThreadItemDoneEvent(item=message(thread, "Moved."))


async def _bad_write(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=message(thread, "Before."))
    hidden = HiddenContextItem(id="hidden_1", thread_id="thr_of_another", created_at=now(), content="x")
    await store.add_thread_item("thr_of_another", hidden, context)


async def _bad_crash(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    begun = message(thread, "")
    yield ThreadItemAddedEvent(item=begun)
    update = AssistantMessageContentPartTextDelta(content_index=0, delta="Half of it")
    yield ThreadItemUpdatedEvent(item_id=begun.id, update=update)
    raise ZeroDivisionError("the desk fell over")


async def _bad_exit(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=message(thread, "Leaving."))
    sys.exit(3)


async def _bad_cancel(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    yield ThreadItemDoneEvent(item=message(thread, "Giving up."))
    raise asyncio.CancelledError


async def _bad_recursion(thread: ThreadMetadata, item: UserMessageItem, context: Any) -> Events:
    async for event in _bad_recursion(thread, item, context):
        yield event


def _mistakes() -> dict[str, Callable[..., Any]]:
    return {name.removeprefix("_bad_"): value for name, value in globals().items() if name.startswith("_bad_")}


async def mistaken(thread: ThreadMetadata, item: UserMessageItem | None, context: Any) -> Any:
    """Make the mistake that the message names; `fine` makes none."""
    kind = said(item)
    if kind in MISTAKES:
        made = MISTAKES[kind](thread, item, context)
        return await made if asyncio.iscoroutine(made) else made
    if kind == "refuse":
        raise CustomStreamError("Not today.", allow_retry=False)
    return counting(thread, item, context)


MISTAKES = _mistakes()
"""What a function may do wrong, by name."""
