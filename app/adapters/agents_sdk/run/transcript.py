"""Run transcript: the model items of one run, complete at any moment, however the run ends."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from agents.items import ItemHelpers, TResponseInputItem
from openai.types.responses import ResponseFunctionToolCall
from pydantic import BaseModel

from app.domain.hosted_items import list_in, mapping_in

_IGNORED: Final = "Multiple handoffs detected, ignoring this one."
"""The SDK's result of each handoff behind the first of one response."""


class RunTranscript:
    """The run's own items: the model's answers, tool calls and results, without the history before them."""

    def __init__(self, history: Sequence[TResponseInputItem]) -> None:
        self._history = len(history)
        self._before_handoff: list[dict[str, Any]] = []
        self._handed_off = False
        self._assumed: set[str] = set()
        self.receiver = ""
        """The agent of the newest handoff, until the next request."""
        self._items: list[dict[str, Any]] = []
        self._images: dict[str, Mapping[str, Any]] = {}

    def request_sent(self, model_input: str | Sequence[TResponseInputItem]) -> None:
        """Take over the run's items from a request, which holds the whole run so far as the SDK sees it."""
        if isinstance(model_input, str):
            return
        if self._handed_off:
            # A handoff may filter its input, so what the agents before it did is kept here.
            self._before_handoff = self._corrected(model_input)
            self._history, self._handed_off = len(model_input), False
        self._items = [*self._before_handoff, *(dict(item) for item in model_input[self._history :])]

    def response_received(self, output: Iterable[BaseModel]) -> None:
        """Add the items of a complete response."""
        # An item of an unknown type is no valid model of its class, which pydantic would warn of.
        self._items += [item.model_dump(mode="json", exclude_unset=True, warnings=False) for item in output]

    def image_kept(self, item_id: str, reference: Mapping[str, Any]) -> None:
        """Record the attachment that keeps the result of an `image_generation_call`."""
        self._images[item_id] = reference

    def tool_returned(self, call_id: str, result: object) -> None:
        """Add a tool's result at once, because a run that is stopped now has changed something all the same."""
        call = ResponseFunctionToolCall(type="function_call", call_id=call_id, name="", arguments="")
        output = result if isinstance(result, str) else ItemHelpers.tool_call_output_item(call, result)["output"]
        self._items.append({"type": "function_call_output", "call_id": call_id, "output": output})

    @property
    def ends_with_a_result(self) -> bool:
        """True when a tool's result came last: it was the answer if the run ended then."""
        return bool(self._items) and self._items[-1].get("type") == "function_call_output"

    def add(self, item: dict[str, Any]) -> None:
        """Add one item."""
        self._items.append(item)

    def replace(self, items: Sequence[Any]) -> None:
        """Put other items in place of all that the run did."""
        self._items = [dict(item) for item in items]

    def handed_off(self, agent: str) -> None:
        """Add the results of the calls without one, as far as they are known: the first handoff counts."""
        returned = {item.get("call_id") for item in self._items if item.get("type") == "function_call_output"}
        calls = [item["call_id"] for item in self._items if item.get("type") == "function_call"]
        for number, call_id in enumerate(call for call in calls if call not in returned):
            self.tool_returned(call_id, _IGNORED if number else json.dumps({"assistant": agent}))
            self._assumed.add(call_id)
        self._handed_off, self.receiver = True, agent

    def _corrected(self, model_input: Sequence[TResponseInputItem]) -> list[dict[str, Any]]:
        """The items before a handoff, with the results that the SDK sends in place of assumed ones."""
        sent = {item.get("call_id"): dict(item) for item in model_input if item.get("type") == "function_call_output"}
        return [
            sent.get(item["call_id"], item)
            if item.get("type") == "function_call_output" and item["call_id"] in self._assumed
            else item
            for item in self._items
        ]

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of calls so far, also of calls that an earlier record has."""
        return [item for item in self._items if item.get("type") == "function_call_output"]

    def restart(self, model_input: str | Sequence[TResponseInputItem]) -> None:
        """Leave out the items so far, because another record has them; the next request is this one."""
        self._history, self._items = len(model_input), []
        self._before_handoff, self._handed_off, self.receiver = [], False, ""

    def items(self, open_call: str | None = None, *, waiting: bool = False) -> list[dict[str, Any]]:
        """Return the items as a later request can replay them.

        Calls without a result, except `open_call`, and results without a call are left out; with `waiting` all calls
        stay, because they wait for the user's approval. An image is a reference to its attachment in place of its
        bytes.
        """
        if waiting:
            return [self._without_bytes(item) for item in self._items]
        returned = {item.get("call_id") for item in self._items if item.get("type") == "function_call_output"}
        called = {item.get("call_id") for item in self._items if item.get("type") == "function_call"}
        paired = returned & called | {open_call}
        return [
            self._without_bytes(item)
            for item in self._items
            if item.get("type") not in {"function_call", "function_call_output"} or item.get("call_id") in paired
        ]

    def _without_bytes(self, item: dict[str, Any]) -> dict[str, Any]:
        if item.get("type") == "image_generation_call":
            described = {key: item[key] for key in ("type", "id", "status", "revised_prompt") if item.get(key)}
            return {**described, "attachment": self._images.get(str(item.get("id")))}
        if item.get("type") == "code_interpreter_call":
            # The links to its images end within the hour, or hold the bytes themselves.
            return {**item, "outputs": [one for one in list_in(item.get("outputs")) if mapping_in(one).get("logs")]}
        return item
