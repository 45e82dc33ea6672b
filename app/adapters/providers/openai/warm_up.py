"""Warm-up of the `openai` package, which does 0.25 s of imports and validator building for its first response.

A request to a mock transport triggers that work before a user waits for it.
"""

import asyncio
from importlib import import_module
from typing import Final, get_args

import httpx2
from openai import AsyncOpenAI
from openai.types.responses import ResponseStreamEvent

_ANSWER: Final = b"".join(
    b"data: " + event + b"\n\n"
    for event in (
        b'{"type": "response.output_text.done"}',
        b'{"type": "response.output_item.added", "item": {"type": "web_search_call"}}',
        # An item of a type that the package does not know is compared with all types.
        b'{"type": "response.completed", "response": {"output": [{"type": "unknown_call"}]}}',
    )
)


def warm_up() -> None:
    """Run the warm-up. Blocks for about 0.25 s; not thread-safe, because two threads would build one model twice."""
    import_module("openai.resources.responses.responses")
    for event in get_args(get_args(ResponseStreamEvent)[0]):
        event.model_rebuild()
    asyncio.run(_asked())


async def _asked() -> None:
    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=_ANSWER)

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), trust_env=False)
    async with AsyncOpenAI(api_key="none", base_url="http://nowhere.invalid", http_client=http) as client:
        stream = await client.responses.create(
            model="", input=[], instructions="", include=[], stream=True, store=False
        )
        async for _ in stream:
            pass
