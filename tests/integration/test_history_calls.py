"""What a longer history costs before it is sent, in calls: each of them is made in one go, while nobody else's tokens
move."""

from typing import cast

import pytest
from agents.items import TResponseInputItem

from app.adapters.providers.openai.plugin import plugin
from app.adapters.providers.openai.settings import Api, OpenAISettings
from app.environment import Secret
from tests.contracts.provider_subject import Subject
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream
from tests.integration.test_token_counts import Calls

FEW, MANY = 20, 220
MOST = 300
"""Calls for a further item; the `openai` package by itself makes more than a thousand."""


def history(items: int) -> list[TResponseInputItem]:
    """So many items, the last of which is what the user said."""
    said = [
        {"role": "assistant", "type": "message", "content": [{"type": "output_text", "text": "Yes."}]},
        {"role": "user", "type": "message", "content": [{"type": "input_text", "text": "Sure?"}]},
    ]
    return cast(list[TResponseInputItem], said * (items // 2))


@pytest.mark.parametrize(("api", "dialect"), [(Api.CHAT, OpenAIChat()), (Api.RESPONSES, Responses())])
async def test_a_further_item_takes_few_calls(api: Api, dialect: Dialect) -> None:
    async with Upstream(dialect.guard) as upstream:
        provider = plugin.build(OpenAISettings(api_key=Secret(SECRET), base_url=f"{upstream.url}/v1", api=api))
        subject = Subject(provider, upstream)

        async def asked(items: int) -> int:
            calls = Calls()
            upstream.script(dialect.text("Yes."))
            with calls.counted():
                assert [event async for event in subject.ask(history(items))]
            return calls.number

        try:
            await asked(FEW)
            few, many = await asked(FEW), await asked(MANY)
        finally:
            await provider.aclose()
        assert len(upstream.requests[-1].body.get("messages") or upstream.requests[-1].body["input"]) >= MANY
    assert (many - few) / (MANY - FEW) < MOST, (few, many)
