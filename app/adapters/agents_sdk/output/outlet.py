"""The outlet: one ordered queue for a run's events from the model, the tools and the loop."""

import asyncio
import enum
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chatkit.store import StoreItemType
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ClientEffectEvent,
    CustomTask,
    ProgressUpdateEvent,
    StructuredInput,
    TaskItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WidgetItem,
)
from chatkit.widgets import WidgetRoot

from app.adapters.agents_sdk.output.annotations import Annotator
from app.adapters.agents_sdk.output.image_keeper import ImageKeeper
from app.adapters.agents_sdk.output.message import Message
from app.adapters.agents_sdk.output.widget_size import refuse_large
from app.adapters.agents_sdk.output.workflow import WorkflowInProgress
from app.adapters.agents_sdk.questions.pending_questions import Questions
from app.aio.cooperative_yield import PIECE_BYTES
from app.application.turns.endings import note
from app.chatkit_json.item_fields import IncompleteReason
from app.domain.clock import clock
from app.domain.language import _
from app.ports.delta_sink import DeltaSink

NewId = Callable[[StoreItemType], str]


class _Yield(enum.Enum):
    """A cooperative yield of the reader between two events."""

    YIELD = enum.auto()


class Outlet:
    """Collects a run's events from the model, the tools and the loop; also the `Stage` of the tools.

    Every method but `next` is synchronous, so events keep the order of the calls. `item_ids` are the thread items
    that stand for the run's model items: a message counts only when the model's response is complete. `delta_sink`
    is the end of the delta fast path (`app/entrypoints/chatkit/delta_fast_path.py`).
    """

    interactive = True

    def __init__(
        self,
        thread_id: str,
        new_id: NewId,
        delta_sink: DeltaSink | None = None,
        image_keeper: ImageKeeper | None = None,
    ) -> None:
        self.image_keeper = image_keeper
        self.thread_id = thread_id
        self.new_id = new_id
        self.item_ids: list[str] = []
        self.incomplete: IncompleteReason | None = None
        """The reason of an answer that ends early, else None; `finish` adds a note with this reason."""
        self.changed_by: set[str] = set()
        """Ids of the calls that reported a change through `Stage.changed`."""
        self.questions = Questions(thread_id, new_id)
        self.annotator = Annotator()
        self.agent = ""
        """Name of the agent that answers."""
        self.structured = False
        """True while the model writes JSON of an output type, which is shown by the assistant's renderer."""
        self._delta_sink = delta_sink
        self._queue: deque[ThreadStreamEvent | _Yield | None] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._workflow: WorkflowInProgress | None = None
        self._message: Message | None = None
        self._widgets: list[WidgetItem] = []
        self._announced: set[str] = set()
        self._shown: dict[str, None] = {}

    async def next(self) -> ThreadStreamEvent | None:
        """Wait for the next event, in order of emission; None after the last. For one reader."""
        while True:
            if not self._queue:
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader
            event = self._queue.popleft()
            if event is not _Yield.YIELD:
                return event
            await asyncio.sleep(0)

    def emit(self, event: ThreadStreamEvent) -> None:
        """Queue an event that needs no bookkeeping."""
        if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
            self._shown[event.item.id] = None
        self._put(event)

    def yield_after(self, size: int) -> None:
        """Add a cooperative yield after a large event; `size` is that event's length in characters."""
        if size > PIECE_BYTES:
            self._put(_Yield.YIELD)

    def text(self, message_id: str, part: int, delta: str) -> None:
        """Send a text delta of a message: by the delta fast path while no event waits, else as an event."""
        if self._delta_sink is not None and self._idle_reader is not None:
            self._delta_sink(message_id, part, delta)
            return
        update = AssistantMessageContentPartTextDelta.model_construct(content_index=part, delta=delta)
        self._put(ThreadItemUpdatedEvent.model_construct(item_id=message_id, update=update))

    def open_message(self) -> Message:
        """Start an assistant message; an open workflow or message is closed before it."""
        self._close_open_items()
        self._message = Message(self, self.new_id("message"))
        self._message.open()
        return self._message

    def close_message(self, message: Message) -> None:
        """Close the open message with the text shown so far; another message is ignored."""
        if self._message is message:
            self._message = None
            message.close()

    def announce(self, item: ThreadItem) -> None:
        """Show an item that is not finished; it disappears at the end of the run unless `complete` follows."""
        self._close_open_items()
        self._announced.add(item.id)
        self.emit(ThreadItemAddedEvent(item=item))

    def complete(self, item: ThreadItem) -> None:
        """Show the finished form of an announced item."""
        self._announced.discard(item.id)
        self.emit(ThreadItemDoneEvent(item=item))

    def withdraw(self, item_id: str) -> None:
        """Remove an announced item. Idempotent."""
        if item_id in self._announced:
            self._announced.discard(item_id)
            self.emit(ThreadItemRemovedEvent(item_id=item_id))

    def remark(self, text: str) -> None:
        """Show a sentence about something that failed while the answer goes on."""
        self._close_open_items()
        task = CustomTask(title=text)
        item = TaskItem(id=self.new_id("task"), thread_id=self.thread_id, created_at=clock.now(), task=task)
        self.emit(ThreadItemDoneEvent(item=item))

    def workflow(self) -> WorkflowInProgress:
        """Return the open workflow, or start a new one."""
        if self._workflow is None:
            self._workflow = WorkflowInProgress(self.emit, self.new_id("workflow"), self.thread_id)
            self.item_ids.append(self._workflow.id)
        return self._workflow

    def tool_started(self, call_id: str, title: str) -> None:
        """Show a running tool as a progress line and a step of the workflow."""
        self.progress(f"{title}…")
        self.workflow().start(call_id, title)

    def tool_finished(self, call_id: str, *, changed: bool = False) -> None:
        """Mark the tool's step as done; the last running tool releases the widgets, below the workflow."""
        self.workflow().finish(call_id, changed=changed)
        if not self.workflow().running:
            self._show_widgets()

    def tool_failed(self, call_id: str) -> None:
        """Mark the tool's step as failed; the end of the tool follows, or that of the run."""
        if self._workflow is not None:
            self._workflow.fail(call_id)

    def run_failed(self) -> None:
        """Mark the steps that still run as failed."""
        for call_id in sorted(self._workflow.running) if self._workflow is not None else ():
            self.tool_failed(call_id)

    def handed_off(self, agent: str) -> None:
        """Show a handoff to the agent of this name as a finished step of the workflow."""
        title, workflow = _("Handing over to {agent}", agent=agent), self.workflow()
        self.progress(f"{title}…")
        key = f"handoff.{self.new_id('task')}"
        workflow.start(key, title)
        workflow.finish(key)

    def show_widget(self, widget: WidgetRoot, copy_text: str | None = None) -> None:
        """Add a widget to the thread. Raises `InvalidInputError` for one with too many components."""
        refuse_large(widget)
        item = WidgetItem(
            id=self.new_id("message"),
            thread_id=self.thread_id,
            created_at=clock.now(),
            widget=widget,
            copy_text=copy_text,
        )
        self._widgets.append(item)
        if self._workflow is None or not self._workflow.running:
            self._show_widgets()

    def ask(self, call_id: str, inputs: Sequence[StructuredInput]) -> list[list[str]]:
        """Return the user's answers; without an answer the run ends with the question. See `Stage.ask`."""
        return self.questions.ask(call_id, inputs)

    def was_asked(self, call_id: str) -> bool:
        """True if this call resumes with an answer of the user. See `Stage.was_asked`."""
        return self.questions.was_asked(call_id)

    def call_page(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the page's answer; without an answer the run ends with the call. See `Stage.call_page`."""
        return self.questions.call_page(call_id, name, arguments)

    def effect(self, name: str, data: Mapping[str, Any]) -> None:
        """Send a client effect to the page around the chat. See `Stage.effect`."""
        self.emit(ClientEffectEvent(name=name, data=dict(data)))

    def changed(self, call_id: str) -> None:
        """Record that this call changed something. See `Stage.changed`."""
        self.changed_by.add(call_id)

    def progress(self, text: str) -> None:
        """Show a progress line. See `Stage.progress`."""
        self.emit(ProgressUpdateEvent(text=text))

    def say(self, text: str) -> None:
        """Show a whole message that no model wrote in this form."""
        message = self.open_message()
        message.finish_part(0, text)
        self.close_message(message)
        self.item_ids.append(message.id)

    def withdraw_all(self) -> Sequence[str]:
        """Remove every item that the run has shown, the open ones included; return their ids."""
        self._message = self._workflow = None
        self.questions.item = self.questions.open_call = self.incomplete = None
        self._widgets, self.item_ids = [], []
        self._announced.clear()
        withdrawn = [*self._shown]
        self._shown = {}
        for item_id in withdrawn:
            self._put(ThreadItemRemovedEvent(item_id=item_id))
        return withdrawn

    def drop_widgets(self) -> None:
        """Drop the widgets of tools that have not been shown yet."""
        self._widgets = []

    def finish(self) -> None:
        """Close the open items with the text shown so far, add the open question, and end the events. Idempotent."""
        self._close_open_items()
        for item_id in sorted(self._announced):
            self.withdraw(item_id)
        self._show_widgets()
        if self.questions.item is not None and self.questions.item.id not in self.item_ids:
            self.item_ids.append(self.questions.item.id)
            self.emit(ThreadItemDoneEvent(item=self.questions.item))
        elif self.incomplete is not None and self._shown:
            self.emit(ThreadItemDoneEvent(item=note(self.thread_id, self.new_id("task"), self.incomplete)))
            self.incomplete = None
        self.end()

    def end(self) -> None:
        """End the events for the reader without closing any item. Idempotent."""
        self._put(None)

    @property
    def _idle_reader(self) -> asyncio.Future[None] | None:
        """The future that the reader awaits, or None while events are queued for it."""
        return self._reader if self._reader is not None and not self._reader.done() else None

    def _put(self, event: ThreadStreamEvent | _Yield | None) -> None:
        self._queue.append(event)
        if (reader := self._idle_reader) is not None:
            reader.set_result(None)

    def _close_open_items(self) -> None:
        if self._message is not None:
            self._message.close()
            self._message = None
        if self._workflow is not None:
            self._workflow.close()
            self._workflow = None

    def _show_widgets(self) -> None:
        if self._widgets and self._workflow is not None:
            self._workflow.close()
            self._workflow = None
        for item in self._widgets:
            self.item_ids.append(item.id)
            self.emit(ThreadItemDoneEvent(item=item))
        self._widgets = []
