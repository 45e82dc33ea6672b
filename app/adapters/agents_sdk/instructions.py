"""What a model is told before the conversation: the assistant's instructions, and where and when it speaks."""

import datetime as dt
from functools import lru_cache

from app.adapters.agents_sdk.assistant import Assistant
from app.application.conversation.languages import english_name
from app.domain.identity import RequestContext


def instructions(assistant: Assistant, context: RequestContext, today: dt.date) -> str:
    """In English, whatever is spoken later; the days come last, so that upstreams can cache what stands before."""
    return _told(assistant.instructions, context.locale, today)


@lru_cache(maxsize=64)
def _told(instructions: str, locale: str | None, today: dt.date) -> str:
    """One text for all who are told the same: each answer holds it until it is over."""
    return "\n\n".join([instructions.strip(), *_language(locale), _day(today)])


def _language(locale: str | None) -> list[str]:
    if locale is None:
        return []
    return [
        f"The user's language is {english_name(locale)}. Answer in it, unless they write in another one; "
        "write dates and numbers as it is usual there."
    ]


def _day(today: dt.date) -> str:
    return f"Today is {today:%A}, {today.isoformat()} (UTC)."
