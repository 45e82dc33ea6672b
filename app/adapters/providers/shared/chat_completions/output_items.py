"""The items of one response: their places, their beginnings and ends, and the numbers of all events."""

from collections.abc import Iterator

from agents.items import TResponseStreamEvent
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseReasoningItem,
)

Events = Iterator[TResponseStreamEvent]
Item = ResponseOutputMessage | ResponseReasoningItem | ResponseFunctionToolCall


class Outputs:
    """Shared by all items of a response.

    Events are built by the SDK's validating constructors: at 2 µs each they are far cheaper than `model_construct`,
    which the `openai` package replaces by a reflective one.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self._number = -1
        self._place = -1
        self._done: dict[int, Item] = {}

    def number(self) -> int:
        """The next event's sequence number."""
        self._number += 1
        return self._number

    def place(self) -> int:
        """The next item's output index."""
        self._place += 1
        return self._place

    def added(self, place: int, item: Item) -> TResponseStreamEvent:
        """An item begins."""
        return ResponseOutputItemAddedEvent(
            type="response.output_item.added", item=item, output_index=place, sequence_number=self.number()
        )

    def done(self, place: int, item: Item) -> TResponseStreamEvent:
        """An item is complete."""
        self._done[place] = item
        return ResponseOutputItemDoneEvent(
            type="response.output_item.done", item=item, output_index=place, sequence_number=self.number()
        )

    def items(self) -> list[Item]:
        """The complete items in their places."""
        return [item for _, item in sorted(self._done.items())]
