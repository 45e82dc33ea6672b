"""An exported workflow whose checks run before its agent and behind it, and report what failed."""

from typing import Any

from agents import Agent, Runner, TResponseInputItem, trace
from pydantic import BaseModel

helper = Agent(name="Helper", instructions="Help.")


class WorkflowInput(BaseModel):
    """The input."""

    input_as_text: str


async def run_and_apply_guardrails(text: str) -> dict[str, Any]:
    """As exported code sums the results of its checks up."""
    failed = "forbidden" in text
    fail_output = {"moderation": {"failed": failed, "flagged_categories": []}, "jailbreak": {"failed": False}}
    return {"has_tripwire": failed, "fail_output": fail_output}


async def run_workflow(workflow_input: WorkflowInput) -> dict[str, Any]:
    """Check the message, answer it, and check the answer."""
    with trace("Guarded"):
        text = workflow_input.input_as_text
        checked = await run_and_apply_guardrails(text)
        if checked["has_tripwire"]:
            return dict(checked["fail_output"])
        conversation_history: list[TResponseInputItem] = [{"role": "user", "content": text}]
        answered = await Runner.run(helper, input=[*conversation_history])
        checked = await run_and_apply_guardrails(answered.final_output_as(str))
        if checked["has_tripwire"]:
            return dict(checked["fail_output"])
        return {"output_text": answered.final_output_as(str)}
