"""An exported workflow: hosted tools of every kind, reasoning settings, and an answer behind them."""

from typing import Any

from agents import (
    Agent,
    CodeInterpreterTool,
    FileSearchTool,
    HostedMCPTool,
    ModelSettings,
    RunConfig,
    Runner,
    TResponseInputItem,
    WebSearchTool,
    trace,
)
from openai.types.shared.reasoning import Reasoning
from pydantic import BaseModel

web_search_preview = WebSearchTool(search_context_size="medium", user_location={"type": "approximate"})
file_search = FileSearchTool(vector_store_ids=["vs_1"])
code_interpreter = CodeInterpreterTool(
    tool_config={"type": "code_interpreter", "container": {"type": "auto", "file_ids": []}}
)
mcp = HostedMCPTool(
    tool_config={
        "type": "mcp",
        "server_label": "books",
        "server_url": "https://mcp.example.com",
        "require_approval": "never",
    }
)
researcher = Agent(
    name="Researcher",
    instructions="Find it.",
    model="gpt-5",
    tools=[web_search_preview, file_search, code_interpreter, mcp],
    model_settings=ModelSettings(store=True, reasoning=Reasoning(effort="low", summary="auto")),
)
writer = Agent(
    name="Writer",
    instructions="Write it down.",
    model="gpt-4o-mini",
    model_settings=ModelSettings(temperature=0.5, top_p=0.9, max_tokens=2048, store=True),
)


class WorkflowInput(BaseModel):
    """The input."""

    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any]:
    """Research, then write."""
    with trace("Research"):
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        config = RunConfig(trace_metadata={"__trace_source__": "agent-builder"})
        found = await Runner.run(researcher, input=[*conversation_history], run_config=config)
        conversation_history.extend([item.to_input_item() for item in found.new_items])
        written = await Runner.run(writer, input=[*conversation_history], run_config=config)
        return {"output_text": written.final_output_as(str)}
