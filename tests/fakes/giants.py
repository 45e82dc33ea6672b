"""Assistant whose tools exceed every limit: `ASSISTANT=tests.fakes.giants:giant`."""

from agents import RunContextWrapper, function_tool
from agents.tool_context import ToolContext
from chatkit.types import StructuredInputMultipleChoice, StructuredInputMultipleChoiceOption
from chatkit.widgets import DynamicWidgetRoot

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.domain.start_screen import StartScreen
from tests.widgets import card_of_rows


@function_tool(failure_error_function=failure_for_model)
async def tell(ctx: RunContextWrapper[TurnContext], characters: int) -> str:
    """Return a long text."""
    return "told " * (characters // 5)


@function_tool(failure_error_function=failure_for_model)
async def draw(ctx: RunContextWrapper[TurnContext], rows: int) -> str:
    """Show a large widget."""
    ctx.context.stage.show_widget(DynamicWidgetRoot.model_validate(card_of_rows(rows)), "A card of many rows.")
    return "drawn"


@function_tool(failure_error_function=failure_for_model)
async def ask(ctx: ToolContext[TurnContext], questions: int, options: int) -> str:
    """Ask a great deal at once."""
    chosen = [StructuredInputMultipleChoiceOption(value=f"option {number}") for number in range(options)]
    inputs = [
        StructuredInputMultipleChoice(id=f"q{number}", question=f"Question {number}?", options=chosen, multiple=True)
        for number in range(questions)
    ]
    answers = ctx.context.stage.ask(ctx.tool_call_id, inputs)
    return str(sum(map(len, answers)))


giant = Assistant(
    name="Giant",
    instructions="Say too much.",
    tools=[tell, draw, ask],
    start=StartScreen(greeting="How much shall it be?", prompts=[]),
)
