"""What an assistant does in an answer, the same for both servers; every kind of event, and every way to end."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final

from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    CustomTask,
    ErrorEvent,
    HiddenContextItem,
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    URLSource,
    WidgetItem,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)
from chatkit.widgets import DynamicWidgetRoot

from app.domain.ids import new_id
from tests.factories import answer, hidden
from tests.widgets import CARD

Script = Callable[[ThreadMetadata], AsyncGenerator[ThreadStreamEvent, None]]


async def speaks(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """A message, as the Agents SDK streams it."""
    item = _empty(thread)
    yield ThreadItemAddedEvent(item=item)
    yield _update(item, AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text="")))
    for word in ("Good ", "day", "."):
        yield _update(item, AssistantMessageContentPartTextDelta(content_index=0, delta=word))
    source = Annotation(source=URLSource(title="A page", url="https://example.org"), index=3)
    yield _update(
        item, AssistantMessageContentPartAnnotationAdded(content_index=0, annotation_index=0, annotation=source)
    )
    said = AssistantMessageContent(text="Good day.", annotations=[source])
    yield _update(item, AssistantMessageContentPartDone(content_index=0, content=said))
    yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [said]}))


async def works(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """A workflow, progress, an effect, a notice, a widget and a hidden item."""
    about: dict[str, Any] = {"thread_id": thread.id, "created_at": dt.datetime.now()}  # noqa: DTZ005  # as ChatKit does
    looking = CustomTask(title="Look", status_indicator="loading")
    item = WorkflowItem(id=new_id("wf"), workflow=Workflow(type="custom", tasks=[]), **about)
    yield ThreadItemAddedEvent(item=item)
    yield _update(item, WorkflowTaskAdded(task_index=0, task=looking))
    yield ProgressUpdateEvent(text="Looking…")
    yield _update(item, WorkflowTaskUpdated(task_index=0, task=CustomTask(title="Look", status_indicator="complete")))
    yield ThreadItemDoneEvent(item=item)
    yield ClientEffectEvent(name="looked", data={"at": 1})
    yield NoticeEvent(level="info", message="That took a while.")
    widget = DynamicWidgetRoot.model_validate(CARD)
    yield ThreadItemDoneEvent(item=WidgetItem(id=new_id("msg"), widget=widget, copy_text="A card", **about))
    yield ThreadItemDoneEvent(item=HiddenContextItem(id=new_id("msg"), content="for the model", **about))


async def changes_items(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """Items that were there are replaced and removed."""
    for replacing in (answer(thread.id, new_id("msg"), text="First."), hidden(thread.id, new_id("msg"))):
        yield ThreadItemDoneEvent(item=replacing)
        yield ThreadItemReplacedEvent(item=answer(thread.id, replacing.id, text="Second."))
    yield ThreadItemRemovedEvent(item_id=replacing.id)


async def renames(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """The thread is changed in place, between two events and behind the last."""
    thread.title = "A new name"
    yield ProgressUpdateEvent(text="One moment…")
    thread.metadata["seen"] = [1]
    yield ProgressUpdateEvent(text="Nearly…")
    thread.metadata["seen"].append(2)
    thread.allowed_image_domains = ["example.org"]


async def says_an_error(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """An error as an event."""
    yield ErrorEvent(message="Not today.", allow_retry=True)


async def says_only_that_it_failed(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
    """An error without a word."""
    yield ErrorEvent(code=ErrorCode.STREAM_ERROR)


def breaks(failure: Exception) -> Script:
    """Half a message, then a failure."""

    async def script(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
        thread.title = "Broken"
        item = _empty(thread)
        yield ThreadItemAddedEvent(item=item)
        yield _update(item, AssistantMessageContentPartTextDelta(content_index=0, delta="Half a"))
        raise failure

    return script


def stays(*said: str) -> Script:
    """Two messages start, one gets text, and no further event comes."""

    async def script(thread: ThreadMetadata) -> AsyncGenerator[ThreadStreamEvent, None]:
        yield ThreadItemAddedEvent(item=_empty(thread))
        item = _empty(thread)
        yield ThreadItemAddedEvent(item=item)
        for word in said:
            yield _update(item, AssistantMessageContentPartTextDelta(content_index=1, delta=word))
        yield ProgressUpdateEvent(text=STAYS)
        await asyncio.Event().wait()

    return script


STAYS: Final = "Thinking…"
"""The last word of an answer that stays."""

SCRIPTS: Final[Mapping[str, Script]] = {
    "speaks": speaks,
    "works": works,
    "changes items": changes_items,
    "renames": renames,
    "says an error": says_an_error,
    "says only that it failed": says_only_that_it_failed,
    "breaks with its own words": breaks(CustomStreamError("No more.", allow_retry=True)),
    "breaks with a code": breaks(StreamError(ErrorCode.STREAM_ERROR, allow_retry=False)),
    "crashes": breaks(RuntimeError("a secret")),
    "stays": stays("Half ", "a sentence"),
    "stays silent": stays(),
}


def _empty(thread: ThreadMetadata) -> AssistantMessageItem:
    return AssistantMessageItem(id=new_id("msg"), thread_id=thread.id, created_at=dt.datetime.now(dt.UTC), content=[])


def _update(item: AssistantMessageItem | WorkflowItem, update: Any) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)
