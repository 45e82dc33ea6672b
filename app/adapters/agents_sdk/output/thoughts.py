"""Thoughts of one response: its reasoning events become thought tasks of the workflow."""

from collections.abc import Callable, Mapping
from typing import Any

from app.adapters.agents_sdk.output.workflow import WorkflowInProgress

Part = tuple[int, str, int]
"""Output index, kind (`summary` or `raw`) and index within the item."""


class Thoughts:
    """Shows each part of a summary as a thought of its own; raw reasoning only for an item without a summary."""

    def __init__(self, workflow: Callable[[], WorkflowInProgress]) -> None:
        self._workflow = workflow
        self._parts: dict[Part, WorkflowInProgress] = {}
        self._blank: dict[Part, str] = {}
        self._summarised: set[int] = set()

    def handlers(self) -> Mapping[str, Callable[[Any], None]]:
        """Return the handlers of reasoning events, by event type."""
        return {
            "response.reasoning_summary_text.delta": lambda event: self._add(_summary(event), event.delta),
            "response.reasoning_summary_text.done": lambda event: self._finish(_summary(event), event.text),
            "response.reasoning_summary_part.done": lambda event: self._finish(_summary(event), event.part.text),
            "response.reasoning_text.delta": lambda event: self._add(_raw(event), event.delta),
            "response.reasoning_text.done": lambda event: self._finish(_raw(event), event.text),
        }

    def item_done(self, output_index: int, item: Any) -> None:
        """Show the parts of a finished item that no event showed."""
        for index, part in enumerate(item.summary or ()):
            self._finish((output_index, "summary", index), part.text)
        for index, part in enumerate(item.content or ()):
            self._finish((output_index, "raw", index), part.text)

    def _add(self, part: Part, delta: str) -> None:
        output_index, kind, _ = part
        if kind == "raw" and output_index in self._summarised:
            return
        text = self._blank.pop(part, "") + delta
        workflow = self._parts.get(part)
        if workflow is None or workflow.is_closed:
            if not text.strip():
                # A model that is told not to reason sends an empty thought, which is no step.
                self._blank[part] = text
                return
            workflow = self._parts[part] = self._workflow()
            text = text.lstrip()
        if kind == "summary":
            self._summarised.add(output_index)
        workflow.think(self._key(part), text)

    def _finish(self, part: Part, text: str) -> None:
        """Show the rest of a part; a part that came without deltas is shown now."""
        if part not in self._parts:
            self._blank.pop(part, None)
            self._add(part, text)
        workflow = self._parts.get(part)
        if workflow is not None and not workflow.is_closed:
            workflow.finish_thought(self._key(part))

    def _key(self, part: Part) -> str:
        return f"thought.{id(self)}.{part}"


def _summary(event: Any) -> Part:
    return event.output_index, "summary", event.summary_index


def _raw(event: Any) -> Part:
    return event.output_index, "raw", event.content_index
