"""Run transcript: the model items of one run, complete at any moment, however the run ends."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from agents.items import TResponseInputItem
from pydantic import BaseModel


class RunTranscript:
    """The run's own items: the model's answers, tool calls and results, without the history before them."""

    def __init__(self, history: Sequence[TResponseInputItem]) -> None:
        self._history = len(history)
        self._before_handoff: list[dict[str, Any]] = []
        self._handed_off = False
        self._items: list[dict[str, Any]] = []

    def request_sent(self, model_input: str | Sequence[TResponseInputItem]) -> None:
        """Take over the run's items from a request, which holds the whole run so far as the SDK sees it."""
        if isinstance(model_input, str):
            return
        if self._handed_off:
            # A handoff may filter its input, so what the agents before it did is kept here.
            self._before_handoff, self._history, self._handed_off = self._items, len(model_input), False
        self._items = [*self._before_handoff, *(dict(item) for item in model_input[self._history :])]

    def response_received(self, output: Iterable[BaseModel]) -> None:
        """Add the items of a complete response."""
        self._items += [item.model_dump(mode="json", exclude_unset=True) for item in output]

    def tool_returned(self, call_id: str, result: object) -> None:
        """Add a tool's result at once, because a run that is stopped now has changed something all the same."""
        self._items.append({"type": "function_call_output", "call_id": call_id, "output": str(result)})

    def handed_off(self, agent: str) -> None:
        """Add the result of each call without one: after a handoff these are the calls of handoffs."""
        returned = {item.get("call_id") for item in self._items if item.get("type") == "function_call_output"}
        for item in self._items[:]:
            if item.get("type") == "function_call" and item["call_id"] not in returned:
                self.tool_returned(item["call_id"], json.dumps({"assistant": agent}))
        self._handed_off = True

    def items(self, open_call: str | None = None) -> list[dict[str, Any]]:
        """Return the items as a later request can replay them.

        Calls without a result, except `open_call`, and results without a call are left out.
        """
        returned = {item.get("call_id") for item in self._items if item.get("type") == "function_call_output"}
        called = {item.get("call_id") for item in self._items if item.get("type") == "function_call"}
        paired = returned & called | {open_call}
        return [
            item
            for item in self._items
            if item.get("type") not in {"function_call", "function_call_output"} or item.get("call_id") in paired
        ]
