"""Questions back: a run stops with one, and goes on with the answer, over a real store and the real loop."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import (
    AssistantMessageItem,
    ClientToolCallItem,
    StructuredInputAnswer,
    StructuredInputItem,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WorkflowItem,
)

from app.adapters.agents_sdk.builtin.task_assistant import task_assistant
from app.adapters.agents_sdk.runner import SdkAgentRunner
from app.adapters.agents_sdk.tools.delete_tasks import NO, YES
from app.adapters.stores.memory import MemoryStorage
from app.application.conversation.model_catalog import ModelCatalog
from app.application.conversation.service import Conversation
from app.application.limits.counters import WriteBehindCounters
from app.application.limits.rules import Limits, Rules
from app.application.tasks.service import TaskService
from app.domain.conversation import HistoryWindow
from app.domain.identity import RequestContext
from app.domain.model_ref import ModelRef
from app.domain.task import Status
from tests.factories import message
from tests.integration.test_runner import OneModel

ADA = RequestContext(user_id="ada")
THREAD = "thr_1"
DONE = [assistant_message("Done.")]


class Chat:
    """A thread of Ada's. Each answer is made by a new conversation, as after a restart: only the store is kept."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.tasks = TaskService(self.storage.tasks)
        self._said = 0

    async def begin(self, *titles: str) -> "Chat":
        self.thread = ThreadMetadata(id=THREAD, created_at=dt.datetime.now(dt.UTC), title="Chat")
        await self.storage.threads.save_thread(self.thread, ADA)
        for title in titles:
            await self.tasks.create(ADA.user_id, title)
        return self

    async def say(self, text: str, *script: list[Any]) -> list[ThreadItem]:
        self._said += 1
        item = message(THREAD, f"msg_{self._said}", at=dt.datetime.now(dt.UTC), text=text)
        await self.storage.threads.add_thread_item(THREAD, item, ADA)
        return await self.answer(*script)

    async def answer(self, *script: list[Any]) -> list[ThreadItem]:
        """What is finished or replaced while the newest item is answered; a script of one list is one response."""
        self.model = ScriptedModel(list(script))
        catalog = ModelCatalog({"scripted": OneModel(self.model)}, ModelRef("scripted", "one"))
        runner = SdkAgentRunner(task_assistant.equipped(self.tasks), catalog, self.storage.threads, max_rounds=5)
        window = HistoryWindow(items=50, tokens=10_000)
        conversation = Conversation(
            self.storage.threads,
            self.storage.turn_log,
            runner,
            catalog,
            Limits(WriteBehindCounters(self.storage.counters), Rules()),
            self.storage.approvals,
            window=window,
            message_characters=1_000,
        )
        items = []
        async for event in conversation.answer(self.thread, ADA):
            items += await self._kept(event)
        return items

    async def reply(self, item: ThreadItem, *values: str, script: Sequence[list[Any]] = (DONE,)) -> list[ThreadItem]:
        """Fill in each question with one of `values`, none where it is empty, and go on."""
        assert isinstance(item, StructuredInputItem)
        answered = item.model_copy(deep=True)
        for question, value in zip(answered.inputs, values, strict=True):
            question.answer = StructuredInputAnswer(values=[value] if value else [], skipped=not value)
        answered.status = "answered" if any(values) else "skipped"
        await self.storage.threads.save_item(THREAD, answered, ADA)
        return await self.answer(*script)

    async def titles(self, status: Status | None = None) -> list[str]:
        return [task.title for task in await self.tasks.list(ADA.user_id, status=status)]

    async def _kept(self, event: ThreadStreamEvent) -> list[ThreadItem]:
        if not isinstance(event, ThreadItemDoneEvent | ThreadItemReplacedEvent):
            return []
        await self.storage.threads.save_item(THREAD, event.item, ADA)
        return [event.item]

    def model_input(self) -> list[dict[str, Any]]:
        """The input of the newest request to the model."""
        assert self.model.last_call is not None
        assert not isinstance(self.model.last_call.input, str)
        return [dict(item) for item in self.model.last_call.input]


@pytest.fixture
async def chat() -> Chat:
    return await Chat().begin("call Ann", "call Ben", "buy milk")


def deletes(*titles: str) -> list[Any]:
    return [function_call("delete_tasks", {"tasks_to_delete": list(titles)}, call_id="call_1")]


async def test_deleting_several_asks_and_the_answer_is_honoured_after_a_restart(chat: Chat) -> None:
    workflow, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    assert isinstance(workflow, WorkflowItem)
    assert isinstance(question, StructuredInputItem)
    assert "2 tasks" in question.inputs[0].question
    assert len(await chat.titles()) == 3, "nothing is deleted before the answer"
    *_, item = await chat.reply(question, YES)
    assert isinstance(item, AssistantMessageItem)
    assert await chat.titles() == ["buy milk"]
    assert "call Ann" in str(chat.model_input()[-1]["output"])


@pytest.mark.parametrize("answer", [NO, "", "rather not, thanks"])
async def test_any_other_answer_deletes_nothing(chat: Chat, answer: str) -> None:
    *_, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    await chat.reply(question, answer)
    assert len(await chat.titles()) == 3
    assert "nothing was deleted" in str(chat.model_input()[-1]["output"])


async def test_deleting_one_does_not_ask(chat: Chat) -> None:
    _, item = await chat.say("Delete the milk", deletes("buy milk"), DONE)
    assert isinstance(item, AssistantMessageItem)
    assert "buy milk" not in await chat.titles()


async def test_when_other_tasks_would_be_deleted_by_now_the_user_is_asked_anew(chat: Chat) -> None:
    everything = [function_call("delete_tasks", {"status": "all"}, call_id="call_1")]
    *_, first = await chat.say("Delete everything", everything)
    await chat.tasks.create(ADA.user_id, "a new one")
    *_, second = await chat.reply(first, YES, script=())
    assert isinstance(second, StructuredInputItem)
    assert second.id != first.id
    assert "4 tasks" in second.inputs[0].question
    assert len(await chat.titles()) == 4
    await chat.reply(second, YES)
    assert await chat.titles() == []


async def test_a_title_that_fits_several_is_asked_back(chat: Chat) -> None:
    call = [function_call("complete_task", {"task": "call"}, call_id="call_1")]
    *_, question = await chat.say("Done with the call", call)
    assert isinstance(question, StructuredInputItem)
    [asked] = question.inputs
    assert asked.type == "multiple_choice"
    await chat.reply(question, asked.options[1].value)
    assert await chat.titles(Status.COMPLETED) == ["call Ben"]


async def test_an_answer_in_ones_own_words_is_taken_too(chat: Chat) -> None:
    *_, question = await chat.say("Delete call", [function_call("delete_task", {"task": "call"}, call_id="call_1")])
    await chat.reply(question, "the milk? no: Call Ann")
    assert len(await chat.titles()) == 3
    *_, question = await chat.say("Delete call", [function_call("delete_task", {"task": "call"}, call_id="call_2")])
    await chat.reply(question, "Call Ann")
    assert await chat.titles() == ["call Ben", "buy milk"]


async def test_a_choice_is_never_carried_out_on_another_task(chat: Chat) -> None:
    *_, question = await chat.say("Delete call", [function_call("delete_task", {"task": "call"}, call_id="call_1")])
    await chat.tasks.delete(ADA.user_id, "call Ben")
    *_, again = await chat.reply(question, question.inputs[0].options[1].value, script=())  # type: ignore[union-attr]
    assert isinstance(again, StructuredInputItem), "the title fits one task by now, but the user chose the other"
    assert await chat.titles() == ["call Ann", "buy milk"]


async def test_a_no_holds_when_one_task_is_left(chat: Chat) -> None:
    everything = [function_call("delete_tasks", {"status": "all"}, call_id="call_1")]
    *_, question = await chat.say("Delete everything", everything)
    for title in ("call Ann", "call Ben"):
        await chat.tasks.delete(ADA.user_id, title)
    *_, again = await chat.reply(question, NO, script=())
    assert isinstance(again, StructuredInputItem)
    assert await chat.titles() == ["buy milk"]


async def test_tasks_that_read_alike_can_still_be_chosen(chat: Chat) -> None:
    for _ in range(2):
        await chat.tasks.create(ADA.user_id, "twin")
    *_, question = await chat.say("Delete twin", [function_call("delete_task", {"task": "twin"}, call_id="call_1")])
    assert isinstance(question, StructuredInputItem)
    options = [option.value for option in question.inputs[0].options]  # type: ignore[union-attr]
    assert len(set(options)) == 2
    second = (await chat.tasks.list(ADA.user_id))[-1]
    await chat.reply(question, options[1])
    assert second.id not in {task.id for task in await chat.tasks.list(ADA.user_id)}


async def test_the_model_asks_for_what_is_missing_and_gets_the_answers(chat: Chat) -> None:
    questions = [{"question": "What?"}, {"question": "When?", "options": ["today", "tomorrow"]}]
    asks = [function_call("ask_user", {"questions": questions}, call_id="call_1")]
    *_, question = await chat.say("Add a task", asks)
    assert isinstance(question, StructuredInputItem)
    assert [each.type for each in question.inputs] == ["freeform", "multiple_choice"]
    await chat.reply(question, "x" * 5_000, "")
    output = str(chat.model_input()[-1]["output"])
    assert '"answer":"skipped"' in output
    assert len(output) < 2_500, "what comes from outside is bounded"


async def test_a_message_instead_of_an_answer_closes_the_question(chat: Chat) -> None:
    *_, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    closed, item = await chat.say("Never mind. Hello!", DONE)
    assert isinstance(closed, StructuredInputItem)
    assert (closed.id, closed.status) == (question.id, "skipped")
    assert closed.inputs[0].answer is not None
    assert closed.inputs[0].answer.skipped
    assert isinstance(item, AssistantMessageItem)
    assert len(await chat.titles()) == 3
    kinds = [item.get("role", item.get("type")) for item in chat.model_input()]
    assert kinds == ["user", "function_call", "function_call_output", "user"]
    assert "did not answer" in chat.model_input()[2]["output"]


async def test_later_turns_get_the_call_once_with_its_result(chat: Chat) -> None:
    *_, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    await chat.reply(question, YES)
    await chat.say("And now?", DONE)
    kinds = [item.get("role", item.get("type")) for item in chat.model_input()]
    assert kinds == ["user", "function_call", "function_call_output", "assistant", "user"], chat.model_input()


async def test_an_answer_that_was_not_carried_out_is_reported_to_the_model(chat: Chat) -> None:
    """The process died between the answer and the deletion."""
    *_, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    assert isinstance(question, StructuredInputItem)
    question.status = "answered"
    await chat.storage.threads.save_item(THREAD, question, ADA)
    await chat.say("Are they gone?", DONE)
    assert "not known" in chat.model_input()[2]["output"]


async def test_parallel_calls_keep_their_results_and_only_one_question_is_asked(chat: Chat) -> None:
    calls = [
        function_call("get_task", {"task": "buy milk"}, call_id="call_0"),
        *deletes("call Ann", "call Ben"),
        function_call("ask_user", {"questions": [{"question": "Sure?"}]}, call_id="call_2"),
    ]
    items = await chat.say("Do it all", calls)
    [question] = [item for item in items if isinstance(item, StructuredInputItem)]
    await chat.reply(question, YES)
    outputs = {
        item["call_id"]: item["output"] for item in chat.model_input() if item.get("type") == "function_call_output"
    }
    assert set(outputs) == {"call_0", "call_1", "call_2"}
    assert "buy milk" in outputs["call_0"]
    assert "Something else is being asked" in outputs["call_2"]
    assert await chat.titles() == ["buy milk"]


SELECTED = [function_call("get_selected_task", {}, call_id="call_1")]


async def returns(chat: Chat, item: ThreadItem, output: Any) -> None:
    assert isinstance(item, ClientToolCallItem)
    done = item.model_copy(update={"status": "completed", "output": output})
    await chat.storage.threads.save_item(THREAD, done, ADA)


async def test_the_page_is_asked_for_its_selected_task(chat: Chat) -> None:
    *_, call = await chat.say("Which task is selected?", SELECTED)
    assert isinstance(call, ClientToolCallItem)
    assert (call.name, call.status) == ("get_selected_task", "pending")
    [ann, *_] = await chat.tasks.list(ADA.user_id)
    await returns(chat, call, {"task_id": ann.id})
    *_, item = await chat.answer(DONE)
    assert isinstance(item, AssistantMessageItem)
    assert "call Ann" in chat.model_input()[-1]["output"]


@pytest.mark.parametrize("output", [None, 7, [], {"task_id": None}, {"task_id": {"$ne": 1}}, {"error": "no"}, "x"])
async def test_whatever_a_page_returns_is_data(chat: Chat, output: Any) -> None:
    *_, call = await chat.say("Which task is selected?", SELECTED)
    await returns(chat, call, output)
    await chat.answer(DONE)
    assert "No task is selected" in chat.model_input()[-1]["output"]


async def test_a_page_cannot_name_another_users_task(chat: Chat) -> None:
    theirs = await chat.tasks.create("bob", "a secret")
    *_, call = await chat.say("Which task is selected?", SELECTED)
    await returns(chat, call, {"task_id": theirs.id})
    await chat.answer(DONE)
    assert "secret" not in str(chat.model_input())


async def test_an_unanswered_page_does_not_block_the_thread(chat: Chat) -> None:
    *_, call = await chat.say("Which task is selected?", SELECTED)
    given_up, item = await chat.say("Hello?", DONE)
    assert isinstance(given_up, ClientToolCallItem)
    assert (given_up.id, given_up.status) == (call.id, "completed")
    assert isinstance(item, AssistantMessageItem)
    assert "did not answer" in chat.model_input()[2]["output"]


async def test_history_begins_with_a_message_however_narrow_the_window(chat: Chat) -> None:
    *_, question = await chat.say("Delete both calls", deletes("call Ann", "call Ben"))
    await chat.reply(question, YES)
    first = chat.model_input()[0]
    assert first["role"] == "user"
    assert isinstance(await chat.storage.threads.load_item(THREAD, "msg_1", ADA), UserMessageItem)
