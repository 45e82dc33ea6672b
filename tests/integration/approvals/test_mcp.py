"""Calls of MCP servers that wait: of a local server, and of one that the provider calls."""

from typing import Any

import pytest
from agents import Agent, HostedMCPTool
from agents.mcp import MCPServer
from agents.testing import ModelStep, assistant_message
from chatkit.types import AssistantMessageItem
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as McpTool
from openai.types.responses import Response, ResponseCompletedEvent
from openai.types.responses.response_output_item import McpApprovalRequest, McpCall

from app.adapters.agents_sdk.assistant import Assistant
from app.application.conversation.approvals import UNKNOWN
from app.ports.model_provider import ModelError
from tests.integration.approvals.desk import ADA, ALWAYS, DONE, FAILED, ONCE, THREAD, Desk, form_in, pays


class Drawer(MCPServer):
    """A local MCP server with one tool, whose every call needs approval."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(require_approval="always")
        self._desk = desk

    @property
    def name(self) -> str:
        return "drawer"

    async def connect(self) -> None:
        """There is nothing to connect to."""

    async def cleanup(self) -> None:
        """There is nothing to close."""

    async def list_tools(self, run_context: Any = None, agent: Any = None) -> list[McpTool]:
        properties = {"to": {"type": "string"}, "amount": {"type": "integer"}}
        return [McpTool(name="pay", input_schema={"type": "object", "properties": properties})]

    async def call_tool(self, tool_name: str, arguments: Any, meta: Any = None) -> CallToolResult:
        self._desk.paid.append((arguments["to"], arguments["amount"]))
        return CallToolResult(content=[TextContent(type="text", text="paid from the drawer")])

    async def list_prompts(self) -> Any:
        raise NotImplementedError

    async def get_prompt(self, name: str, arguments: Any = None) -> Any:
        raise NotImplementedError


async def test_a_call_of_a_local_mcp_server_waits_and_can_be_edited() -> None:
    def assistant(desk: Desk) -> Assistant:
        agent = Agent[Any](name="Clerk", instructions="You pay.", mcp_servers=[Drawer(desk)])
        return Assistant(agent=agent, editable_arguments=frozenset({"pay"}))

    desk = Desk(assistant)
    form = form_in(await desk.say("Pay Bo", [pays("Bo")]))
    assert desk.paid == []
    again = form_in(await desk.decide(form, ONCE, script=(), fields={"argument_0_1": "much"}))
    await desk.decide(again, ALWAYS, fields={"argument_0_1": "4"})
    assert desk.paid == [("Bo", 4)]
    assert "paid from the drawer" in desk.outputs()["call_pay"]
    await desk.say("Pay Cy", [pays("Cy")], DONE)
    assert desk.paid == [("Bo", 4), ("Cy", 3)]


HOSTED: Any = {"type": "mcp", "server_label": "bank", "server_url": "https://bank.test", "headers": {"X-Key": "s3cret"}}
HOSTED["require_approval"] = "always"


def hosted(desk: Desk) -> Assistant:
    tool = HostedMCPTool(tool_config=HOSTED)
    return Assistant(agent=Agent(name="Clerk", instructions="You pay.", tools=[tool]))


def step(*output: Any) -> Any:
    """A response with items that a scripted model cannot stream by itself."""
    response = Response(
        id="resp_1",
        created_at=0,
        model="one",
        object="response",
        output=[*output],
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
    )
    completed = ResponseCompletedEvent(type="response.completed", sequence_number=0, response=response)
    return ModelStep.stream([completed], output=output)


def request_of(id_: str, arguments: str = '{"to": "Bo", "amount": 3}') -> McpApprovalRequest:
    return McpApprovalRequest(
        id=id_, type="mcp_approval_request", server_label="bank", name="wire", arguments=arguments
    )


def responses(desk: Desk) -> list[tuple[str, bool, str]]:
    """The answers to approval requests in the newest request to the model."""
    given = [item for item in desk.model_input() if item.get("type") == "mcp_approval_response"]
    return [(item["approval_request_id"], item["approve"], str(item.get("reason") or "")) for item in given]


async def test_a_call_of_a_hosted_mcp_server_waits_for_a_yes() -> None:
    desk = Desk(hosted)
    form = form_in(await desk.say("Pay Bo", step(request_of("mcpr_1"), request_of("mcpr_2", '{"to": "Cy"}'))))
    assert [asked.question.splitlines()[:2] for asked in form.inputs] == [
        ["Wire: may I do that?", "• to: Bo"],
        ["Wire: may I do that?", "• to: Cy"],
    ]
    assert "s3cret" not in (await desk.record()).approvals.state
    call = McpCall(id="mcp_1", type="mcp_call", server_label="bank", name="wire", arguments="{}", output="wired")
    await desk.decide(form, ONCE, "not her", script=(step(call, assistant_message("Wired.")),))
    assert [(id_, yes) for id_, yes, _ in responses(desk)] == [("mcpr_1", True), ("mcpr_2", False)]
    assert "not her" in responses(desk)[1][2]
    log = await desk.storage.approvals.load(THREAD, ADA)
    assert [(one.tool, one.verdict) for one in log] == [("bank.wire", "approved"), ("bank.wire", "rejected")]
    await desk.say("And now?", DONE)
    assert [(id_, yes) for id_, yes, _ in responses(desk)] == [("mcpr_1", True), ("mcpr_2", False)]


async def test_a_hosted_call_is_remembered_for_the_thread() -> None:
    desk = Desk(hosted)
    await desk.decide(form_in(await desk.say("Pay Bo", step(request_of("mcpr_1")))), ALWAYS)
    *_, item = await desk.say("Again", step(request_of("mcpr_2")), DONE)
    assert isinstance(item, AssistantMessageItem)
    assert responses(desk)[-1][:2] == ("mcpr_2", True)


async def test_a_hosted_call_whose_request_fails_is_approved_no_second_time() -> None:
    desk = Desk(hosted)
    form = form_in(await desk.say("Pay Bo", step(request_of("mcpr_1"))))
    with pytest.raises(ModelError):
        await desk.decide(form, ONCE, script=(ModelStep.raise_error(FAILED),))
    await desk.say("Is it paid?", DONE)
    assert responses(desk) == [("mcpr_1", False, UNKNOWN)]


async def test_a_hosted_call_that_nobody_decides_is_denied() -> None:
    desk = Desk(hosted)
    await desk.say("Pay Bo", step(request_of("mcpr_1")))
    await desk.say("Never mind", DONE)
    [(id_, approved, reason)] = responses(desk)
    assert (id_, approved) == ("mcpr_1", False)
    assert "did not answer" in reason
