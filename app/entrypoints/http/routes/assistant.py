"""What a front end needs to know before anything is said."""

from typing import Literal

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import get

from app.domain.language import current_language
from app.domain.start_screen import StartScreen


class AssistantCard(msgspec.Struct, frozen=True, kw_only=True):
    """`start_screen` fits ChatKit's option of that name; it is in `language`, which is read in `direction`."""

    language: str
    direction: Literal["ltr", "rtl"]
    start_screen: StartScreen


@get("/api/assistant", tags=["chat"], summary="Greeting and start prompts")
async def show_assistant(start: FromDishka[StartScreen]) -> AssistantCard:
    """In the language of `Accept-Language`, as near as there is one."""
    language = current_language()
    return AssistantCard(language=language.tag, direction=language.direction, start_screen=start.translated())
