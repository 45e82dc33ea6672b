"""What a run said to the model and heard back, complete at any moment, however the run ends."""

from collections.abc import Iterable, Sequence
from typing import Any

from agents.items import TResponseInputItem
from pydantic import BaseModel


class RunTranscript:
    """The run's own items: the model's answers, the tools' calls and results; not the history it began with."""

    def __init__(self, history: Sequence[TResponseInputItem]) -> None:
        self._history = len(history)
        self._items: list[dict[str, Any]] = []

    def asked(self, model_input: str | Sequence[TResponseInputItem]) -> None:
        """Each request repeats the whole run so far, as the SDK sees it: that is what counts."""
        if not isinstance(model_input, str):
            self._items = [dict(item) for item in model_input[self._history :]]

    def answered(self, output: Iterable[BaseModel]) -> None:
        """Add a complete response."""
        self._items += [item.model_dump(mode="json", exclude_unset=True) for item in output]

    def tool_returned(self, call_id: str, result: object) -> None:
        """Add a tool's result at once: a run that is stopped now has acted all the same."""
        self._items.append({"type": "function_call_output", "call_id": call_id, "output": str(result)})

    def items(self, open_call: str | None = None) -> list[dict[str, Any]]:
        """The items as they can be replayed: a result has its call, and a call without a result is left out, unless it
        is `open_call`."""
        returned = {item.get("call_id") for item in self._items if item.get("type") == "function_call_output"}
        called = {item.get("call_id") for item in self._items if item.get("type") == "function_call"}
        paired = returned & called | {open_call}
        return [
            item
            for item in self._items
            if item.get("type") not in {"function_call", "function_call_output"} or item.get("call_id") in paired
        ]
