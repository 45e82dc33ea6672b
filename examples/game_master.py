"""Another assistant: a game master who rolls real dice.

ASSISTANT=examples/game_master.py:game_master anyport serve
"""

import re
import secrets

from agents import RunContextWrapper, function_tool

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.tool_context import TurnContext
from app.adapters.agents_sdk.tools.failures import failure_for_model
from app.domain.errors import InvalidInputError
from app.domain.start_screen import Prompt, StartScreen

INSTRUCTIONS = """\
You are the game master of a short adventure. The user is the hero.

- Describe a scene in three sentences, then ask what the hero does.
- Whatever may fail is decided by the tool roll: never make up a result.
- End the adventure after about ten scenes, well or badly.
"""


@function_tool(failure_error_function=failure_for_model)
async def roll(ctx: RunContextWrapper[TurnContext], dice: str) -> str:
    """Roll dice.

    Args:
        dice: How many, and with how many sides, such as 2d6.
    """
    match = re.fullmatch(r"([1-9]?\d)d([1-9]\d{0,2})", dice.strip())
    if match is None:
        raise InvalidInputError("Write dice as 2d6: at most 99 of them, with at most 999 sides.")
    rolled = [secrets.randbelow(int(match[2])) + 1 for _ in range(int(match[1]))]
    ctx.context.stage.progress(f"{dice}: {sum(rolled)}")
    return f"{rolled}, together {sum(rolled)}"


game_master = Assistant(
    name="Game master",
    instructions=INSTRUCTIONS,
    tools=[roll],
    start=StartScreen(
        greeting="Which adventure shall it be?",
        prompts=[
            Prompt(label="A haunted castle", prompt="Take me to a haunted castle.", icon="compass"),
            Prompt(label="A lost spaceship", prompt="I wake up on a lost spaceship.", icon="globe"),
        ],
    ),
)
