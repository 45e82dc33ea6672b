"""What the `openai` package puts off until its first answer by Responses: a quarter of a second in some thread.

It imports a module, reads the types of what is asked, and builds the validators of what comes back: here for an answer
that nobody gives, before there is one that somebody waits for.
"""

import asyncio
from importlib import import_module
from typing import Final, get_args

import httpx2
from openai import AsyncOpenAI
from openai.types.responses import ResponseStreamEvent

_ANSWER: Final = b'data: {"type": "response.output_text.done"}\n\n'


def rehearse() -> None:
    """Blocks. Not for two threads at once: they would build one model twice."""
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
