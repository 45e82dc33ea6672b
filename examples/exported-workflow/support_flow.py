"""A support desk as Agent Builder exports it: one agent sorts the message, and another one answers it."""

from typing import Any, Literal

from agents import Agent, ModelSettings, RunConfig, Runner, TResponseInputItem, function_tool, trace
from pydantic import BaseModel


@function_tool
def order_status(order: str) -> str:
    """Look up the status of an order."""
    return f"Order {order} left the warehouse this morning."


class SortSchema(BaseModel):
    """The kind of a message."""

    kind: Literal["order", "other"]


sorter = Agent(
    name="Sorter",
    instructions="Is the message about an order, or about something else?",
    model="gpt-4.1-mini",
    output_type=SortSchema,
    model_settings=ModelSettings(temperature=0, store=True),
)
orders = Agent(
    name="Order desk",
    instructions="Answer questions on orders. Look the status up.",
    model="gpt-4.1",
    tools=[order_status],
    model_settings=ModelSettings(store=True),
)
reception = Agent(
    name="Reception",
    instructions="Answer in a friendly way, and say that you help with orders.",
    model="gpt-4.1-mini",
    model_settings=ModelSettings(store=True),
)


class WorkflowInput(BaseModel):
    """The message."""

    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any]:
    """Sort the message, and answer it at the right desk."""
    with trace("Support desk"):
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        config = RunConfig(trace_metadata={"__trace_source__": "agent-builder"})
        sorted_result = await Runner.run(sorter, input=[*conversation_history], run_config=config)
        desk = orders if sorted_result.final_output.model_dump()["kind"] == "order" else reception
        answer = await Runner.run(desk, input=[*conversation_history], run_config=config)
        return {"output_text": answer.final_output_as(str)}
