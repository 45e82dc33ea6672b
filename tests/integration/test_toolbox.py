"""The task tools for a caller that is no conversation, each user by themselves."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from agents import Agent, function_tool
from structlog.testing import capture_logs

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.assistant_checks.tool_names import first_agent_names
from app.adapters.agents_sdk.toolbox import SdkToolbox
from app.adapters.agents_sdk.tools.tasks import task_tools
from app.adapters.agents_sdk.tools.toolbox_tools import ToolboxTools
from app.adapters.stores.memory import MemoryStorage
from app.application.tasks.service import TaskService
from app.domain.errors import NotFoundError
from app.domain.identity import RequestContext
from app.ports.toolbox import EmptyToolbox, ToolSpec

ADA, BOB = RequestContext(user_id="ada"), RequestContext(user_id="bob")


@pytest.fixture
def toolbox() -> SdkToolbox:
    return SdkToolbox(task_tools(TaskService(MemoryStorage().tasks)))


async def test_data_of_another_user_is_neither_shown_nor_changed(toolbox: SdkToolbox) -> None:
    created = json.loads((await toolbox.call("create_task", {"title": "secret plan"}, ADA)).text)["created"]
    assert json.loads((await toolbox.call("list_tasks", {}, BOB)).text)["tasks"] == []
    for reference in (created["id"], "secret plan"):
        for tool in ("get_task", "update_task", "complete_task", "reopen_task", "delete_task"):
            result = await toolbox.call(
                tool, {"task": reference, **({"title": "x"} if tool == "update_task" else {})}, BOB
            )
            assert result.failed
            assert "There is no task" in result.text
    found = json.loads((await toolbox.call("get_task", {"task": created["id"]}, ADA)).text)["found"]
    assert (found["title"], found["status"]) == ("secret plan", "pending")


async def test_what_may_be_left_out_need_not_be_there(toolbox: SdkToolbox) -> None:
    [create] = [spec for spec in toolbox.tools if spec.name == "create_task"]
    assert create.schema["required"] == ["title"]
    assert not (await toolbox.call("create_task", {"title": "short"}, ADA)).failed


async def test_a_tool_that_is_not_there_is_not_found(toolbox: SdkToolbox) -> None:
    with pytest.raises(NotFoundError):
        await toolbox.call("drop_everything", {}, ADA)


class GrowingToolbox(EmptyToolbox):
    """A toolbox that gets its tools later, as that of a server does which was away at the start."""

    specs: Sequence[ToolSpec] = ()

    @property
    def tools(self) -> Sequence[ToolSpec]:
        return self.specs


def test_a_tool_that_comes_later_with_the_name_of_another_is_left_out() -> None:
    billing = Agent(name="Billing")
    own = function_tool(lambda: "", name_override="jobs_add", description_override="Add.")
    assistant = Assistant(agent=Agent(name="Root", tools=[own], handoffs=[billing]))
    toolbox = GrowingToolbox()
    tools = ToolboxTools(toolbox, first_agent_names(assistant))
    assert tools.current() == []
    names = ("jobs_add", "jobs_remove", "transfer_to_billing")
    toolbox.specs = [ToolSpec(name=name, description="", schema={}) for name in names]
    with capture_logs() as lines:
        assert [tool.name for tool in tools.current()] == ["jobs_remove"]
        assert [tool.name for tool in tools.current()] == ["jobs_remove"]
    assert [line["tool"] for line in lines] == ["jobs_add", "transfer_to_billing"]


async def test_a_call_that_needs_approval_is_refused_where_nobody_can_be_asked() -> None:
    done: list[int] = []

    async def is_much(_context: object, arguments: dict[str, Any], _call_id: str) -> bool:
        return bool(arguments["amount"] > 10)

    def pay(amount: int) -> str:
        """Pay."""
        done.append(amount)
        return "paid"

    for asks, amount, failed in ((True, 1, True), (is_much, 11, True), (is_much, 1, False), (False, 11, False)):
        result = await SdkToolbox([function_tool(pay, needs_approval=asks)]).call("pay", {"amount": amount}, ADA)
        assert result.failed is failed
        assert ("a user must approve" in result.text) is failed
    assert done == [1, 11]
