"""Workflow rejection: a failed check that exported code returns as its result, in place of a text."""

from typing import Any

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    InputGuardrailTripwireTriggered,
    OutputGuardrail,
    OutputGuardrailTripwireTriggered,
)
from agents.guardrail import InputGuardrailResult, OutputGuardrailResult


def rejection(result: Any, answered: Agent[Any] | None, answer: str) -> Exception | None:
    """Return the SDK's tripwire for the report of failed checks; None for any other result.

    Such a report maps each check to an object with `failed`. It is about the message while no agent has written a
    text, and about the `answer` of the agent `answered` later.
    """
    failed = [name for name, check in result.items() if _has_failed(check)] if isinstance(result, dict) else []
    if not failed:
        return None
    name, output = ", ".join(map(str, failed)), GuardrailFunctionOutput(output_info=result, tripwire_triggered=True)
    if answered is None:
        message_check = InputGuardrail(guardrail_function=_judged, name=name)
        return InputGuardrailTripwireTriggered(InputGuardrailResult(guardrail=message_check, output=output))
    answer_check = OutputGuardrail(guardrail_function=_judged, name=name)
    return OutputGuardrailTripwireTriggered(
        OutputGuardrailResult(guardrail=answer_check, agent_output=answer, agent=answered, output=output)
    )


def _has_failed(check: Any) -> bool:
    return isinstance(check, dict) and check.get("failed") is True


def _judged(*_: Any) -> GuardrailFunctionOutput:
    raise AssertionError("the code has run the check itself")
