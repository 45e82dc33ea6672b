"""Reasoning item under construction; its one summary is the visible reasoning."""

import uuid
from typing import Any

from openai.types.responses import (
    ResponseReasoningItem,
    ResponseReasoningSummaryPartAddedEvent,
    ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent,
    ResponseReasoningSummaryTextDoneEvent,
)

from app.adapters.providers.shared.chat_completions.output_items import Events, OutputItems


class ReasoningItem:
    """Reasoning item: starts with its first text, ends with the next text or call."""

    def __init__(self, outputs: OutputItems) -> None:
        self._outputs = outputs
        self._id = f"rs_{uuid.uuid4().hex}"
        self._output_index = -1
        self._pieces: list[str] = []

    def add(self, text: str) -> Events:
        """Append `text`; yield the events."""
        if not self._pieces:
            self._output_index = self._outputs.next_index()
            yield self._outputs.added(self._output_index, self._item())
            yield ResponseReasoningSummaryPartAddedEvent.model_validate(
                {**self._common_fields("response.reasoning_summary_part.added"), "part": _summary("")}
            )
        self._pieces.append(text)
        yield ResponseReasoningSummaryTextDeltaEvent(
            type="response.reasoning_summary_text.delta",
            delta=text,
            item_id=self._id,
            output_index=self._output_index,
            summary_index=0,
            sequence_number=self._outputs.next_number(),
        )

    def close(self) -> Events:
        """Yield the closing events; nothing for an empty item."""
        if not self._pieces:
            return
        text = "".join(self._pieces)
        yield ResponseReasoningSummaryTextDoneEvent.model_validate(
            {**self._common_fields("response.reasoning_summary_text.done"), "text": text}
        )
        yield ResponseReasoningSummaryPartDoneEvent.model_validate(
            {**self._common_fields("response.reasoning_summary_part.done"), "part": _summary(text)}
        )
        yield self._outputs.done(self._output_index, self._item())

    def _common_fields(self, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "item_id": self._id,
            "output_index": self._output_index,
            "summary_index": 0,
            "sequence_number": self._outputs.next_number(),
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
