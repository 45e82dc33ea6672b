"""An exported workflow: branches on an `output_type`, instructions over a context, reasoning, a loop on the state."""

from typing import Any, Literal

from agents import Agent, ModelSettings, RunConfig, RunContextWrapper, Runner, TResponseInputItem, function_tool, trace
from openai.types.shared.reasoning import Reasoning
from pydantic import BaseModel

refunded: list[str] = []


class ClassifySchema(BaseModel):
    """A category."""

    category: Literal["refund", "essay", "other", "crash"]


class ReviewSchema(BaseModel):
    """A review."""

    good: bool


class WriterContext:
    """What the writer's instructions are made of."""

    def __init__(self, state_round: str) -> None:
        self.state_round = state_round


@function_tool
def refund(order: str) -> str:
    """Pay an order back."""
    refunded.append(order)
    return f"{order} refunded"


def writer_instructions(run_context: RunContextWrapper[WriterContext], agent: Agent[WriterContext]) -> str:
    """The instructions of one round."""
    return f"Write draft {run_context.context.state_round}."


classify = Agent(
    name="Classify",
    instructions="Classify the message.",
    output_type=ClassifySchema,
    model_settings=ModelSettings(temperature=0),
)
refund_agent = Agent(name="Refund desk", instructions="Refund.", tools=[refund])
writer = Agent(
    name="Writer",
    instructions=writer_instructions,
    model="gpt-5-mini",
    model_settings=ModelSettings(store=True, reasoning=Reasoning(effort="low", summary="auto")),
)
reviewer = Agent(name="Reviewer", instructions="Review.", output_type=ReviewSchema)


class WorkflowInput(BaseModel):
    """The input."""

    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any] | None:
    """Classify, then answer in the branch of the category."""
    with trace("Branches"):
        state = {"round": 0, "good": False}
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        config = RunConfig(trace_metadata={"__trace_source__": "agent-builder"})
        classified = await Runner.run(classify, input=[*conversation_history], run_config=config)
        classify_result = {
            "output_text": classified.final_output.json(),
            "output_parsed": classified.final_output.model_dump(),
        }
        if classify_result["output_parsed"]["category"] == "refund":
            done = await Runner.run(refund_agent, input=[*conversation_history], run_config=config)
            return {"output_text": done.final_output_as(str)}
        if classify_result["output_parsed"]["category"] == "essay":
            text = ""
            while not state["good"] and state["round"] < 3:
                state["round"] += 1
                written = await Runner.run(
                    writer,
                    input=[*conversation_history],
                    run_config=config,
                    context=WriterContext(state_round=str(state["round"])),
                )
                text = written.final_output_as(str)
                conversation_history.extend([item.to_input_item() for item in written.new_items])
                reviewed = await Runner.run(reviewer, input=[*conversation_history], run_config=config)
                state["good"] = reviewed.final_output.model_dump()["good"]
            return {"output_text": text}
        if classify_result["output_parsed"]["category"] == "crash":
            raise KeyError("no such state")
        return classify_result
