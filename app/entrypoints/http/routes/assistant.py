"""The start screen of the assistant: greeting and prompts for a front end."""

from typing import Literal

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import get

from app.domain.language import current_language
from app.domain.start_screen import StartScreen


class AssistantCard(msgspec.Struct, frozen=True, kw_only=True):
    """The start screen in the shape of ChatKit's option, with its language and writing direction."""

    language: str
    direction: Literal["ltr", "rtl"]
    start_screen: StartScreen


@get("/api/assistant", tags=["chat"], summary="Greeting and start prompts")
async def show_assistant(start: FromDishka[StartScreen]) -> AssistantCard:
    """Return the start screen in the translation that fits `Accept-Language` best."""
    language = current_language()
    return AssistantCard(language=language.tag, direction=language.direction, start_screen=start.translated())
