"""Validation: each event of brought code is checked before anything of it is shown or stored."""

from collections.abc import Container
from typing import Any, Final

from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageItem,
    WorkflowItem,
)

from app.adapters.brought.mistakes import Mistake
from app.adapters.brought.open_items import OpenItems
from app.adapters.brought.scoped_store import Caller, check_replacement, stored_item
from app.adapters.brought.shapes import check_event, check_id, check_shape

_CHANGEABLE: Final = ("title", "status", "allowed_image_domains", "metadata")

_WRITTEN_BY_THE_USER: Final = "a message of the user is written by the user alone"


class EventValidator:
    """Validates the events of one run; `open` holds the items that have no end yet."""

    def __init__(self, thread: ThreadMetadata, caller: Caller, model_ids: Container[str]) -> None:
        self.open = OpenItems()
        self.thread = thread.model_copy(deep=True)
        """The thread for the code; its valid changes are made to the thread itself."""
        self._thread = thread
        self._id = thread.id
        self._caller = caller
        self._model_ids = model_ids
        self._renamed: dict[str, str] = {}
        """New ids for items with an id of a model's: some models give the same to every item."""
        self._shown: dict[str, str] = {}
        """The items of this run by id, with their type."""
        self._stored: dict[str, ThreadItem] = {}
        """Items of the thread from before this run that it names."""

    def text(self, event: Any) -> tuple[str, int, str] | None:
        """Return id, part and text of a text delta of an open message; None for another event.

        Raises `Mistake` for a delta of no text.
        """
        if type(event) is not ThreadItemUpdatedEvent:
            return None
        update = event.update
        if type(update) is not AssistantMessageContentPartTextDelta:
            return None
        item_id = self._renamed.get(event.item_id, event.item_id)
        if (message := self.open.message(item_id)) is None:
            return None
        index, delta = update.content_index, update.delta
        if type(index) is not int or not isinstance(delta, str):
            raise Mistake("a text delta needs the number of its part and a text")
        _check_text(delta)
        message.add(index, delta)
        return item_id, index, delta

    async def checked(self, event: Any) -> ThreadStreamEvent:
        """Return a copy of the event, which the code cannot change any more.

        Raises `Mistake` for an event that cannot be shown or stored.
        """
        check_event(event)
        self.take_changes()
        copy: ThreadStreamEvent = event.model_copy(deep=True)
        self._rename(copy)
        await self._check(copy)
        return copy

    def _rename(self, event: Any) -> None:
        """Give an item with an id of a model's one of the store, in all its events."""
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
            named = event.item.id
            begins = isinstance(event, ThreadItemAddedEvent) or self._renamed.get(named, named) not in self.open
            if begins and named in self._model_ids:
                new = self._caller.store.generate_item_id("message", self._thread, self._caller.context)
                self._caller.new_ids.add(new)
                self._renamed[named] = new
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent | ThreadItemReplacedEvent):
            event.item.id = self._renamed.get(event.item.id, event.item.id)
        elif isinstance(event, ThreadItemUpdatedEvent | ThreadItemRemovedEvent):
            event.item_id = self._renamed.get(event.item_id, event.item_id)

    async def _check(self, event: ThreadStreamEvent) -> None:
        match event:
            case ThreadItemAddedEvent():
                await self._check_new(event.item)
                self.open.add(event.item)
            case ThreadItemDoneEvent():
                await self._check_done(event.item)
            case ThreadItemReplacedEvent():
                await self._check_replaced(event.item)
            case ThreadItemRemovedEvent():
                await self._check_known(event.item_id)
                self.open.drop(event.item_id)
            case ThreadItemUpdatedEvent():
                await self._check_known(event.item_id)
                if (message := self.open.message(event.item_id)) is not None:
                    message.update(event.update)
            case ThreadCreatedEvent():
                raise Mistake("ThreadCreatedEvent: the thread exists before it is answered")
            case ThreadUpdatedEvent() if event.thread.id != self._id:
                raise Mistake(f"ThreadUpdatedEvent of the thread {event.thread.id}, and not of {self._id}")

    def take_changes(self) -> None:
        """Make the code's changes to its thread. Raises `Mistake` for changes that cannot be stored."""
        if vars(self.thread) == vars(self._thread):
            return
        if self.thread.id != self._id or self.thread.created_at != self._thread.created_at:
            raise Mistake("the id and the created_at of a thread cannot be changed")
        check_shape(ThreadMetadata, self.thread)
        changed = self.thread.model_copy(deep=True)
        for name in _CHANGEABLE:
            setattr(self._thread, name, getattr(changed, name))

    async def _check_new(self, item: ThreadItem) -> None:
        self._check_place(item)
        if item.id in self._shown:
            raise Mistake(f"the id {item.id} is used twice in one answer")
        if item.id not in self._caller.new_ids and await self._from_before(item.id) is not None:
            raise Mistake(f"the id {item.id} is that of an earlier item of this thread")
        self._shown[item.id] = item.type

    async def _check_done(self, item: ThreadItem) -> None:
        if item.id in self.open:
            self._check_place(item)
            self.open.finish(item)
        elif not await self._is_continued(item):
            await self._check_new(item)

    async def _is_continued(self, item: ThreadItem) -> bool:
        """True for a workflow of an earlier answer that goes on: ChatKit's own helper ends such a one."""
        if not isinstance(item, WorkflowItem) or item.id in self._shown:
            return False
        self._check_place(item)
        return isinstance(await self._from_before(item.id), WorkflowItem)

    async def _check_replaced(self, item: ThreadItem) -> None:
        self._check_place(item)
        await self._check_known(item.id)
        if item.id in self.open:
            self.open.finish(item)
        elif (before := self._stored.get(item.id)) is not None:
            check_replacement(before, item)
        elif self._shown[item.id] != item.type:
            raise Mistake(f"the item {item.id} is of the type {self._shown[item.id]}, and not {item.type}")

    async def _check_known(self, item_id: str) -> None:
        """Raises `Mistake` for an id that no item of this thread has, or that a message of the user has."""
        if item_id in self._shown:
            return
        check_id(item_id)
        if (before := await self._from_before(item_id)) is None:
            raise Mistake(f"there is no item {item_id} in this thread")
        if isinstance(before, UserMessageItem):
            raise Mistake(_WRITTEN_BY_THE_USER)

    async def _from_before(self, item_id: str) -> ThreadItem | None:
        if item_id not in self._stored and (found := await stored_item(self._caller, self._id, item_id)) is not None:
            self._stored[item_id] = found
        return self._stored.get(item_id)

    def _check_place(self, item: ThreadItem) -> None:
        check_id(item.id)
        if item.thread_id != self._id:
            raise Mistake(f"the item {item.id} is of the thread {item.thread_id}, and not of {self._id}")
        if isinstance(item, UserMessageItem):
            raise Mistake(_WRITTEN_BY_THE_USER)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Mistake("a text delta has half of a surrogate pair, which no UTF-8 can hold") from None
