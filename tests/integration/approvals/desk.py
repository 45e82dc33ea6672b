"""A thread with an assistant that pays, whose calls wait for the user.

Each answer is made by a new conversation with new agents, as after a restart: only the store is kept.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from agents import Agent, FunctionTool, RunContextWrapper, Tool, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import (
    StructuredInputAnswer,
    StructuredInputItem,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
)

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.service import Conversation
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.domain.conversation import HistoryWindow
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.ports.model_provider import ModelError
from tests.factories import message
from tests.integration.test_runner import OneModel

ADA = RequestContext(user_id="ada", locale="en")
THREAD = "thr_1"
DONE = [assistant_message("Done.")]
FAILED = ModelError("The model cannot be reached.", kind="network")
ONCE, ALWAYS, NO = "Yes, this once", "Yes, always in this chat", "No"


class Desk:
    """A thread of Ada's with an assistant that pays; `paid` is what was really paid."""

    def __init__(self, assistant: "Callable[[Desk], Assistant] | None" = None) -> None:
        self.storage = MemoryStorage()
        self.paid: list[tuple[str, int]] = []
        self.assistant = assistant or (lambda desk: Assistant(agent=desk.clerk()))
        self.thread = ThreadMetadata(id=THREAD, created_at=dt.datetime.now(dt.UTC), title="Chat")
        self._said = 0

    def pay(self, **options: Any) -> FunctionTool:
        def pay(ctx: RunContextWrapper[TurnContext], to: str, amount: int) -> str:
            """Pay somebody."""
            assert ctx.context.request.user_id == "ada"
            self.paid.append((to, amount))
            return f"paid {amount} to {to}"

        return function_tool(pay, needs_approval=True, **options)

    def clerk(self, *tools: Tool, **fields: Any) -> Agent[Any]:
        return Agent(name="Clerk", instructions="You pay.", tools=[*(tools or [self.pay(), look])], **fields)

    async def say(self, text: str, *script: Any) -> list[ThreadItem]:
        if not self._said:
            await self.storage.threads.save_thread(self.thread, ADA)
        self._said += 1
        item = message(THREAD, f"msg_{self._said}", at=dt.datetime.now(dt.UTC), text=text)
        await self.storage.threads.add_thread_item(THREAD, item, ADA)
        return await self.answer(*script)

    async def answer(self, *script: Any, model: str = "one", nested: Sequence[list[Any]] = ()) -> list[ThreadItem]:
        """What is finished or replaced while the newest item is answered."""
        self.model = ScriptedModel(list(script))
        catalog = ModelCatalog({"scripted": OneModel(self.model)}, ModelRef("scripted", "one"))
        runner = SdkAgentRunner(self.assistant(self), catalog, self.storage.threads, max_rounds=5)
        conversation = Conversation(
            self.storage.threads,
            self.storage.turn_log,
            runner,
            catalog,
            Limits(WriteBehindCounters(self.storage.counters), Rules()),
            self.storage.approvals,
            window=HistoryWindow(items=50, tokens=10_000),
            message_characters=1_000,
        )
        items: list[ThreadItem] = []
        async for event in conversation.answer(self.thread, ADA):
            if isinstance(event, ThreadItemDoneEvent | ThreadItemReplacedEvent):
                await self.storage.threads.save_item(THREAD, event.item, ADA)
                items.append(event.item)
        return items

    async def fill_in(self, form: ThreadItem, answers: dict[str, str]) -> None:
        """Store the answers of a form; questions without one are skipped."""
        assert isinstance(form, StructuredInputItem)
        answered = form.model_copy(deep=True)
        for question in answered.inputs:
            given = answers.get(question.id, "")
            question.answer = StructuredInputAnswer(values=[given] if given else [], skipped=not given)
        answered.status = "answered" if answers else "skipped"
        await self.storage.threads.save_item(THREAD, answered, ADA)

    async def decide(
        self,
        form: ThreadItem,
        *choices: str,
        script: Sequence[Any] = (DONE,),
        fields: dict[str, str] | None = None,
    ) -> list[ThreadItem]:
        given = {f"decision_{number}": choice for number, choice in enumerate(choices) if choice}
        await self.fill_in(form, given | (fields or {}))
        return await self.answer(*script)

    def model_input(self) -> list[dict[str, Any]]:
        """The input of the newest request to the model."""
        assert self.model.last_call is not None
        return [dict(item) for item in self.model.last_call.input]

    def outputs(self) -> dict[str, str]:
        """The results of calls in the newest request, by the id of the call."""
        items = self.model_input()
        calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
        results = {item["call_id"]: str(item["output"]) for item in items if item.get("type") == "function_call_output"}
        assert sorted(calls) == sorted(results), "each call has one result"
        return results

    async def record(self, key: str = "msg_1") -> Any:
        return (await self.storage.turn_log.load(THREAD, [key], ADA))[key]


@function_tool
def look(place: str) -> str:
    """Look at a place."""
    return f"saw {place}"


def pays(to: str, amount: Any = 3, call_id: str = "call_pay") -> Any:
    return function_call("pay", {"to": to, "amount": amount}, call_id=call_id)


def form_in(items: Sequence[ThreadItem]) -> StructuredInputItem:
    [form] = [item for item in items if isinstance(item, StructuredInputItem) and item.status == "pending"]
    assert form is items[-1]
    return form
