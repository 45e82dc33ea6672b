"""Output items of one response: their indexes and the sequence numbers of events."""

from collections.abc import Iterator

from agents.items import TResponseStreamEvent
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseOutputMessage,
    ResponseReasoningItem,
)
from openai.types.responses.response_output_item import ImageGenerationCall

Events = Iterator[TResponseStreamEvent]
Item = ResponseOutputMessage | ResponseReasoningItem | ResponseFunctionToolCall | ImageGenerationCall


class OutputItems:
    """Output list shared by all items of a response.

    Events are built by the SDK's validating constructors: at 2 µs each they are far cheaper than `model_construct`,
    which the `openai` package replaces by a reflective one.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self._sequence_number = -1
        self._index = -1
        self._done: dict[int, Item] = {}

    def next_number(self) -> int:
        """Return the sequence number of the next event."""
        self._sequence_number += 1
        return self._sequence_number

    def next_index(self) -> int:
        """Return the output index of the next item."""
        self._index += 1
        return self._index

    def added(self, index: int, item: Item) -> TResponseStreamEvent:
        """Build the event that opens an item."""
        return ResponseOutputItemAddedEvent(
            type="response.output_item.added",
            item=item,
            output_index=index,
            sequence_number=self.next_number(),
        )

    def done(self, index: int, item: Item) -> TResponseStreamEvent:
        """Store a complete item and build its closing event."""
        self._done[index] = item
        return ResponseOutputItemDoneEvent(
            type="response.output_item.done", item=item, output_index=index, sequence_number=self.next_number()
        )

    def items(self) -> list[Item]:
        """Complete items, ordered by output index."""
        return [item for _, item in sorted(self._done.items())]
