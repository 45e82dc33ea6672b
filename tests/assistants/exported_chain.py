"""An exported workflow: a chain of agents, the first with a tool and the second with settings."""

from typing import Any

from agents import Agent, ModelSettings, RunConfig, Runner, TResponseInputItem, function_tool, trace
from pydantic import BaseModel

looked_up: list[str] = []


@function_tool
def look_up(topic: str) -> str:
    """Look something up."""
    looked_up.append(topic)
    return f"{topic}: 42"


researcher = Agent(
    name="Researcher",
    instructions="Collect facts.",
    tools=[look_up],
    model_settings=ModelSettings(temperature=0.2, top_p=1, max_tokens=512, store=True),
)
writer = Agent(name="Writer", instructions="Write the answer.", model_settings=ModelSettings(store=True))


class WorkflowInput(BaseModel):
    """The input."""

    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any]:
    """Run one agent behind the other."""
    with trace("Chain"):
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        found = await Runner.run(
            researcher,
            input=[*conversation_history],
            run_config=RunConfig(trace_metadata={"__trace_source__": "agent-builder", "workflow_id": "wf_1"}),
        )
        conversation_history.extend([item.to_input_item() for item in found.new_items])
        written = await Runner.run(
            writer,
            input=[*conversation_history],
            run_config=RunConfig(trace_metadata={"__trace_source__": "agent-builder", "workflow_id": "wf_1"}),
        )
        conversation_history.extend([item.to_input_item() for item in written.new_items])
        return {"output_text": written.final_output_as(str)}
