"""System instructions: assistant, language and date."""

import datetime as dt

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.input.instructions import instructions
from app.domain.identity import RequestContext

ASSISTANT = Assistant(name="Test", instructions="Be brief.\n")
SATURDAY = dt.date(2026, 11, 21)


def test_the_date_is_in_the_instructions() -> None:
    text = instructions(ASSISTANT, RequestContext(user_id="ada"), SATURDAY)
    assert text == "Be brief.\n\nToday is Saturday, 2026-11-21 (UTC)."


def test_the_language_is_in_the_instructions_with_and_without_translations() -> None:
    text = instructions(ASSISTANT, RequestContext(user_id="ada", locale="fr-CA"), SATURDAY)
    assert "The user's language is French (Canada)." in text
    assert text.index("French") < text.index("Today"), "the date comes last, so the rest stays cacheable"
