"""Workflow item while it grows: the running tools and the model's thoughts."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from chatkit.types import (
    CustomSummary,
    CustomTask,
    DurationSummary,
    Task,
    ThoughtTask,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)

from app.chatkit_json.item_fields import with_changes
from app.domain.clock import clock
from app.domain.language import _, plural

MAX_THOUGHT_CHARACTERS: Final = 50_000
"""Bound on the thoughts of one workflow; longer ones end with an ellipsis."""

_GROWTH: Final = 8
"""A thought is sent again once it has grown by this fraction, so that all its updates stay linear in its length."""


class Thought(msgspec.Struct):
    """A thought under construction; `sent` is the length that the page has."""

    pieces: list[str]
    length: int
    sent: int

    def text(self) -> str:
        """Return the text so far; its pieces are joined once."""
        self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


class WorkflowInProgress:
    """A workflow that its first step announces and `close` finishes; `running` holds the keys of the open steps."""

    def __init__(self, emit: Callable[[ThreadStreamEvent], None], item_id: str, thread_id: str) -> None:
        self.id = item_id
        self.running: set[str] = set()
        self._emit = emit
        self._thread_id = thread_id
        self._created_at = clock.now()
        self._tasks: list[Task] = []
        self._index: dict[str, int] = {}
        self._changes: list[str] = []
        self._failed: set[str] = set()
        self._thoughts: dict[str, Thought] = {}
        self._thought_characters = 0
        self.is_closed = False

    def start(self, key: str, title: str) -> None:
        """Add a running step."""
        self.show(key, CustomTask(title=title, status_indicator="loading"))

    def show(self, key: str, task: Task) -> None:
        """Add a step, or replace it; it runs while its status is `loading`. Ignored once the workflow is closed."""
        if self.is_closed:
            return
        (self.running.add if task.status_indicator == "loading" else self.running.discard)(key)
        (self._replace if key in self._index else self._add)(key, task)

    def finish(self, key: str, *, changed: bool = False) -> None:
        """Mark a step as done, and record whether it changed something; an unknown key is ignored."""
        self.running.discard(key)
        task = self._tasks[self._index[key]] if key in self._index else None
        if isinstance(task, CustomTask) and key not in self._failed:
            if changed:
                self._changes.append(task.title or key)
            self._replace(key, task.model_copy(update={"status_indicator": "complete"}))

    def fail(self, key: str) -> None:
        """Mark a step as failed, in words: ChatKit has no sign for it. Idempotent; an unknown key is ignored."""
        task = self._tasks[self._index[key]] if key in self._index else None
        if isinstance(task, CustomTask) and key not in self._failed:
            self._failed.add(key)
            title = _("{step}: this failed", step=task.title or key)
            self._replace(key, task.model_copy(update={"title": title, "status_indicator": "complete"}))

    def think(self, key: str, delta: str) -> None:
        """Append text to a thought; the first text adds the thought. Text over the bound is dropped."""
        room = MAX_THOUGHT_CHARACTERS - self._thought_characters
        if room <= 0:
            return
        self._thought_characters += len(delta)
        shown = delta if len(delta) < room else f"{delta[:room]}…"
        thought = self._thoughts.get(key)
        if thought is None:
            self._thoughts[key] = Thought([shown], len(shown), len(shown))
            self._add(key, ThoughtTask(content=shown))
            return
        thought.pieces.append(shown)
        thought.length += len(shown)
        if thought.length - thought.sent > thought.sent // _GROWTH:
            self._send_thought(key, thought)

    def finish_thought(self, key: str) -> None:
        """Send the rest of a thought. Idempotent; an unknown key is ignored."""
        thought = self._thoughts.get(key)
        if thought is not None and thought.sent < thought.length:
            self._send_thought(key, thought)

    def _send_thought(self, key: str, thought: Thought) -> None:
        thought.sent = thought.length
        self._replace(key, ThoughtTask(content=thought.text()))

    def close(self) -> None:
        """Send the finished item; steps that still run are marked as complete."""
        self.is_closed = True
        self.running.clear()
        for key, thought in self._thoughts.items():
            self._tasks[self._index[key]] = ThoughtTask(content=thought.text())
        self._tasks = [task.model_copy(update={"status_indicator": "complete"}) for task in self._tasks]
        self._emit(ThreadItemDoneEvent(item=self._item(summary=True)))

    def _add(self, key: str, task: Task) -> None:
        self._index[key] = len(self._tasks)
        self._tasks.append(task)
        if len(self._tasks) == 1:
            self._emit(ThreadItemAddedEvent(item=self._item()))
        else:
            self._update(WorkflowTaskAdded(task=task, task_index=self._index[key]))

    def _replace(self, key: str, task: Task) -> None:
        self._tasks[self._index[key]] = task
        self._update(WorkflowTaskUpdated(task=task, task_index=self._index[key]))

    def _update(self, update: WorkflowTaskAdded | WorkflowTaskUpdated) -> None:
        self._emit(ThreadItemUpdatedEvent(item_id=self.id, update=update))

    def _item(self, *, summary: bool = False) -> WorkflowItem:
        steps = [task for task in self._tasks if not isinstance(task, ThoughtTask)]
        workflow = Workflow(type="custom" if steps else "reasoning", tasks=list(self._tasks))
        if summary:
            workflow.summary = self._summary(steps)
        item = WorkflowItem(id=self.id, thread_id=self._thread_id, created_at=self._created_at, workflow=workflow)
        return with_changes(item, self._changes) if self._changes else item

    def _summary(self, steps: Sequence[Task]) -> CustomSummary | DurationSummary:
        if not steps:
            elapsed = clock.now() - self._created_at
            return DurationSummary(duration=int(elapsed.total_seconds()))
        count = plural("{count} step", "{count} steps", len(steps))
        return CustomSummary(title=(steps[0].title if len(steps) == 1 else None) or count)
