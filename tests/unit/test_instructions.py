"""What a model is told before the conversation."""

import datetime as dt

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.instructions import instructions
from app.domain.identity import RequestContext

ASSISTANT = Assistant(name="Test", instructions="Be brief.\n")
SATURDAY = dt.date(2026, 11, 21)


def test_the_day_is_told() -> None:
    told = instructions(ASSISTANT, RequestContext(user_id="ada"), SATURDAY)
    assert told == "Be brief.\n\nToday is Saturday, 2026-11-21 (UTC)."


def test_the_language_is_told_whether_or_not_there_are_texts_in_it() -> None:
    told = instructions(ASSISTANT, RequestContext(user_id="ada", locale="fr-CA"), SATURDAY)
    assert "The user's language is French (Canada)." in told
    assert told.index("French") < told.index("Today"), "what changes last changes the beginning of no request"
