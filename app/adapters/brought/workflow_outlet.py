"""Workflow outlet: shows the agents of a workflow as steps of one item, and the last text as the message."""

from typing import Final

from chatkit.types import CustomTask, ThreadItemRemovedEvent

from app.adapters.agents_sdk.output.message import Message
from app.adapters.agents_sdk.output.outlet import Outlet

MAX_STEP_CHARACTERS: Final = 50_000
"""Bound on the text of one step; a longer text ends with an ellipsis."""


class WorkflowOutlet(Outlet):
    """An outlet whose workflow stays open until the end, because another agent may follow each message.

    `messages` are the messages on display. They are removed when they turn out not to be the answer.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # those of an outlet
        self.messages: list[str] = []

    def open_message(self) -> Message:
        """Start an assistant message; the open message is closed before it, the workflow stays open."""
        message = super().open_message()
        self.messages.append(message.id)
        return message

    def step_started(self, key: str, name: str) -> None:
        """Show the agent of this name as a running step."""
        self.workflow().start(key, name)

    def step_finished(self, key: str, name: str, text: str) -> None:
        """Show the agent as a finished step with its text."""
        shown = text if len(text) <= MAX_STEP_CHARACTERS else f"{text[:MAX_STEP_CHARACTERS]}…"
        self.workflow().show(key, CustomTask(title=name, content=shown or None, status_indicator="complete"))

    def withdraw_messages(self) -> None:
        """Remove the messages on display. Idempotent."""
        self._message = None
        for item_id in self.messages:
            self._shown.pop(item_id, None)
            if item_id in self.item_ids:
                self.item_ids.remove(item_id)
            self._put(ThreadItemRemovedEvent(item_id=item_id))
        self.messages = []

    def finish(self) -> None:
        """Close the workflow too. See `Outlet.finish`."""
        self._close_workflow()
        super().finish()

    def _close_open_items(self) -> None:
        if self._message is not None:
            self._message.close()
            self._message = None

    def _close_workflow(self) -> None:
        if self._workflow is not None:
            self._workflow.close()
            self._workflow = None
