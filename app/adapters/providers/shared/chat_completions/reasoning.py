"""A stretch of thinking while it grows: a reasoning item whose only summary is what the model let us see."""

import uuid
from typing import Any

from openai.types.responses import (
    ResponseReasoningItem,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
)

from app.adapters.providers.shared.chat_completions.output_items import Events, Outputs


class Thought:
    """Begins with its first words and ends when the model says or does something."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._id = f"rs_{uuid.uuid4().hex}"
        self._place = -1
        self._pieces: list[str] = []

    def add(self, text: str) -> Events:
        """Append `text`."""
        if not self._pieces:
            self._place = self._outputs.place()
            yield self._outputs.added(self._place, self._item())
            yield ResponseReasoningSummaryPartAddedEvent.model_validate(
                {**self._about("response.reasoning_summary_part.added"), "part": _summary("")}
            )
        self._pieces.append(text)
        yield ResponseReasoningSummaryTextDeltaEvent(
            type="response.reasoning_summary_text.delta",
            delta=text,
            item_id=self._id,
            output_index=self._place,
            summary_index=0,
            sequence_number=self._outputs.number(),
        )

    def close(self) -> Events:
        """The end of the stretch; nothing if nothing was thought."""
        if not self._pieces:
            return
        text = "".join(self._pieces)
        yield ResponseReasoningSummaryTextDoneEvent.model_validate(
            {**self._about("response.reasoning_summary_text.done"), "text": text}
        )
        yield ResponseReasoningSummaryPartDoneEvent.model_validate(
            {**self._about("response.reasoning_summary_part.done"), "part": _summary(text)}
        )
        yield self._outputs.done(self._place, self._item())

    def _about(self, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "item_id": self._id,
            "output_index": self._place,
            "summary_index": 0,
            "sequence_number": self._outputs.number(),
        }

    def _item(self) -> ResponseReasoningItem:
        return ResponseReasoningItem.model_validate(
            {
                "type": "reasoning",
                "id": self._id,
                "summary": [_summary("".join(self._pieces))] if self._pieces else [],
                "provider_data": {"model": self._outputs.model},
            }
        )


def _summary(text: str) -> dict[str, str]:
    return {"type": "summary_text", "text": text}
