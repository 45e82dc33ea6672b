"""An essay as Agent Builder exports it: a writer and a critic take turns until the critic is content."""

from typing import Any

from agents import Agent, RunConfig, RunContextWrapper, Runner, TResponseInputItem, trace
from pydantic import BaseModel


class CriticSchema(BaseModel):
    """What the critic says."""

    good: bool
    advice: str


class WriterContext:
    """What the writer's instructions are made of."""

    def __init__(self, state_advice: str) -> None:
        self.state_advice = state_advice


def writer_instructions(run_context: RunContextWrapper[WriterContext], _agent: Agent[WriterContext]) -> str:
    """Return the instructions with the critic's advice."""
    return f"Write three sentences on the user's subject. Advice: {run_context.context.state_advice}"


writer = Agent(name="Writer", instructions=writer_instructions, model="gpt-4.1")
critic = Agent(
    name="Critic", instructions="Is the text clear and true?", model="gpt-4.1-mini", output_type=CriticSchema
)


class WorkflowInput(BaseModel):
    """The message."""

    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any]:
    """Write until the critic is content, three times at most."""
    with trace("Essay"):
        state: dict[str, Any] = {"round": 0, "good": False, "advice": "none yet"}
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        config = RunConfig(trace_metadata={"__trace_source__": "agent-builder"})
        text = ""
        while not state["good"] and state["round"] < 3:
            state["round"] += 1
            written = await Runner.run(
                writer,
                input=[*conversation_history],
                run_config=config,
                context=WriterContext(state_advice=state["advice"]),
            )
            conversation_history.extend([item.to_input_item() for item in written.new_items])
            text = written.final_output_as(str)
            judged = await Runner.run(critic, input=[*conversation_history], run_config=config)
            state.update(judged.final_output.model_dump())
        return {"output_text": text}
