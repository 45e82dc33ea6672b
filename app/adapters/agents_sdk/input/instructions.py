"""System instructions: the assistant's instructions, the user's language and today's date."""

import datetime as dt
from functools import lru_cache

from app.adapters.agents_sdk.assistant import Assistant
from app.application.conversation.languages import english_name
from app.domain.identity import RequestContext


def instructions(assistant: Assistant, context: RequestContext, today: dt.date) -> str:
    """Return the system instructions in English; the date comes last, so that upstreams can cache the rest."""
    return _joined(assistant.instructions, context.locale, today)


@lru_cache(maxsize=64)
def _joined(instructions: str, locale: str | None, today: dt.date) -> str:
    """Return one shared text for equal arguments: each running answer holds its instructions in memory."""
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
