"""Run approvals: the tool calls of a run that wait for the user, or that the user approved for the whole thread."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from agents import FunctionTool, RunContextWrapper, RunResult, ToolApprovalItem
from agents.items import TResponseInputItem
from agents.run_state import RunState

from app.adapters.agents_sdk.approvals.form import CALLS, form
from app.adapters.agents_sdk.approvals.interrupted_run import UnstorableRunError, frozen, key_of
from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.output.outlet import Outlet
from app.adapters.agents_sdk.run.hooks import parsed_arguments
from app.adapters.agents_sdk.tool_context import TurnContext
from app.domain.clock import clock
from app.domain.ids import new_id
from app.domain.language import _
from app.ports.agent_runner import ApprovalDesk
from app.ports.approval_log import ApprovalDecision, ApprovedTool
from app.ports.turn_log import OpenApprovals, PendingApproval


class RunApprovals:
    """The approvals of one run. `problems` say, by the id of a call, why the user's edits were refused."""

    def __init__(self, desk: ApprovalDesk | None, assistant: Assistant, outlet: Outlet, context: TurnContext) -> None:
        self.problems: dict[str, str] = {}
        self._desk = desk
        self._assistant = assistant
        self._outlet = outlet
        self._context = context

    async def settled(
        self, run: Callable[[Any], Awaitable[RunResult]], run_input: Any, history: Sequence[TResponseInputItem]
    ) -> tuple[OpenApprovals | None, RunResult]:
        """Run to the end, or to calls that the user must approve: they are asked for and returned, with the result."""
        result = await run(run_input)
        while result.interruptions and (following := await self._following(result)) is not None:
            result = await run(following)
        return await self._ask(result, history) if result.interruptions else None, result

    def ask_again(self, approvals: OpenApprovals) -> OpenApprovals:
        """Ask the user about these calls in a new form; a tool's own question goes first."""
        item_id = self._outlet.questions.ask_approval(form(approvals.calls, self.problems))
        return msgspec.structs.replace(approvals, item_id=item_id)

    async def _following(self, result: RunResult) -> RunState[Any, Any] | None:
        """Return the run to go on with, for tools that are approved for the thread; None to ask the user."""
        if self._desk is None or self._outlet.questions.open_call is not None:
            return None
        standing = await self._desk.approved_tools()
        allowed = [item for item in result.interruptions if tool_of(item) in standing]
        if not allowed:
            return None
        state = result.to_state()
        await self._desk.take_up(self._remembered(allowed), None)
        for item in allowed:
            state.approve(item)
        return state

    async def _ask(self, result: RunResult, history: Sequence[TResponseInputItem]) -> OpenApprovals:
        """Ask the user about the calls of an interrupted run. Raises `UnstorableRunError`."""
        if self._desk is None:
            raise UnstorableRunError(_("This needs your approval, and nobody can be asked here."))
        ids = Counter(key_of(item)[1] for item in result.interruptions)
        calls = [await self._pending(item, editable=ids[key_of(item)[1]] == 1) for item in result.interruptions[:CALLS]]
        state = frozen(result.to_state(), result, history)
        return self.ask_again(OpenApprovals(item_id="", calls=calls, state=state))

    def _remembered(self, items: Sequence[ToolApprovalItem]) -> list[ApprovalDecision]:
        id_, now = new_id("apr"), clock.now()
        return [
            ApprovalDecision(
                thread_id=self._context.thread.id,
                question_id=id_,
                number=number,
                call_id=key_of(item)[1],
                agent=item.agent.name,
                tool=tool_of(item).tool,
                arguments=item.arguments or "",
                verdict="approved",
                user_id=self._context.request.user_id,
                decided_at=now,
                scope="thread",
                remembered=True,
            )
            for number, item in enumerate(items)
        ]

    async def _pending(self, item: ToolApprovalItem, *, editable: bool) -> PendingApproval:
        """Return a call to ask about; of calls with one id none is `editable`, because edits go by the id."""
        name, arguments = tool_of(item).tool, item.arguments or ""
        tool = await present_tool(item, self._context)
        return PendingApproval(
            call_id=key_of(item)[1],
            agent=item.agent.name,
            tool=name,
            title=self._assistant.describe(item.name or name, parsed_arguments(arguments)),
            arguments=arguments,
            schema=schema_digest(tool) if tool is not None else "",
            editable=editable and tool is not None and tool.name in self._assistant.editable_arguments,
        )


def tool_of(item: ToolApprovalItem) -> ApprovedTool:
    """Return the tool of a call; that of a hosted MCP server is named with its server."""
    raw: Any = item.raw_item
    server = raw.get("server_label") if isinstance(raw, dict) else getattr(raw, "server_label", None)
    name = item.qualified_name or item.name or ""
    return ApprovedTool(item.agent.name, f"{server}.{name}" if server else name)


async def present_tool(item: ToolApprovalItem, context: TurnContext) -> FunctionTool | None:
    """Return the function tool of a call as its agent has it now; None for other kinds, and for one that is gone."""
    tools = await item.agent.get_all_tools(RunContextWrapper(context=context.for_run))
    found = (tool for tool in tools if isinstance(tool, FunctionTool) and item.qualified_name == tool.qualified_name)
    return next(found, None)


def schema_digest(tool: FunctionTool) -> str:
    """Return a digest of the arguments that a tool takes; neither descriptions nor the order of names matter."""
    content = msgspec.json.encode(_bare(tool.params_json_schema), order="deterministic")
    return hashlib.sha256(content).hexdigest()[:16]


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    bare = {key: _bare(each) for key, each in schema.items() if key not in {"description", "title"}}
    # A property may have one of these names too.
    named = {
        key: _bare(each) for key, each in schema.items() if key in {"description", "title"} and isinstance(each, dict)
    }
    return bare | named
