"""Structured messages: which messages of a response hold the JSON of an output type."""

from collections.abc import Sequence
from typing import Any, Final

from agents import AgentOutputSchemaBase

TEXT_EVENTS: Final = (
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_text.annotation.added",
)
"""Events of a text that may turn out to be such JSON."""


def structured_messages(output: Sequence[Any], schema: AgentOutputSchemaBase) -> set[int]:
    """Return the positions of the messages that hold the JSON of an output type.

    That is the last message of a response that ends the run, whether or not it fits, and each other one that fits.
    """
    messages = [position for position, item in enumerate(output) if item.type == "message"]
    ends = not any(item.type == "function_call" for item in output)
    return {*(messages[-1:] if ends else ()), *(at for at in messages if _fits(schema, output[at]))}


def _fits(schema: AgentOutputSchemaBase, message: Any) -> bool:
    try:
        schema.validate_json("".join(part.text for part in message.content if part.type == "output_text"))
    except Exception:  # a schema of the assistant may raise anything
        return False
    return True
