"""The tool `ask_user`: the model asks the user with a form in the chat."""

from typing import Annotated, Final

import msgspec
from agents import Tool, function_tool
from agents.tool_context import ToolContext
from chatkit.types import (
    StructuredInput,
    StructuredInputFreeform,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
)
from pydantic import BaseModel, Field

from app.adapters.agents_sdk.tool_context import TurnContext, turn_context
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.domain.errors import InvalidInputError

QUESTIONS: Final = 5
OPTIONS: Final = 10


class Question(BaseModel):
    """One question; without options the user types the answer."""

    question: str = Field(description="The question, in the user's language.")
    options: list[str] = Field(default=[], description="What the user may choose from; they can always type instead.")
    several: bool = Field(default=False, description="Whether more than one option may be chosen.")


async def ask_user(
    ctx: ToolContext[TurnContext], questions: Annotated[list[Question], Field(description="At most five questions.")]
) -> str:
    """Ask the user for what is missing, as a form; you get the answers as the result. Only when you cannot go on
    without them.

    Args:
        questions: What you need to know.
    """
    if not 0 < len(questions) <= QUESTIONS:
        raise InvalidInputError(f"Ask one to {QUESTIONS} questions.")
    inputs = [_input(number, question) for number, question in enumerate(questions, start=1)]
    answers = turn_context(ctx).stage.ask(ctx.tool_call_id, inputs)
    result = [
        {"question": question.question, "answer": values or "skipped"}
        for question, values in zip(questions, answers, strict=True)
    ]
    return msgspec.json.encode({"answers": result}).decode()


def ask_user_tool() -> Tool:
    """Return the tool."""
    return function_tool(ask_user, failure_error_function=failure_for_model)


def _input(number: int, question: Question) -> StructuredInput:
    key = f"question_{number}"
    if not question.options:
        return StructuredInputFreeform(id=key, question=question.question)
    options = [StructuredInputMultipleChoiceOption(value=value) for value in dict.fromkeys(question.options[:OPTIONS])]
    return StructuredInputMultipleChoice(id=key, question=question.question, options=options, multiple=question.several)
