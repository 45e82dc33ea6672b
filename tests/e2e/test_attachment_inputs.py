"""File inputs on the wire, for a model that reads images and for one that does not."""

import base64
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chatkit.types import NoticeEvent

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.chat_wire import OpenAIChat
from tests.fakes.dialects import SECRET, Dialect
from tests.fakes.gemini_wire import GeminiChat
from tests.fakes.responses_wire import Responses
from tests.fakes.upstream import Upstream
from tests.server import running
from tests.uploads import PDF, png, upload_directly

PICTURE, PAGES = (base64.b64encode(content).decode() for content in (png(), PDF))


@asynccontextmanager
async def conversing(
    folder: Path, dialect: Dialect, environment: Mapping[str, str], path: str
) -> AsyncGenerator[tuple[Upstream, ChatKitClient], None]:
    """A server in front of an upstream that answers `Seen.` to each request."""
    async with Upstream(dialect.guard) as upstream:
        upstream.always(dialect.text("Seen."))
        addresses = dict.fromkeys(("OPENAI_BASE_URL", "GEMINI_BASE_URL"), f"{upstream.url}{path}")
        settings = {**addresses, "TITLES": "off", "DATABASE_URL": "memory://", **environment}
        async with running(folder, settings) as server, ChatKitClient(server.url) as client:
            yield upstream, client


async def send_everything(client: ChatKitClient) -> Exchange:
    attached = [
        await upload_directly(client, "photo.png", png()),
        await upload_directly(client, "paper.pdf", PDF),
        await upload_directly(client, "notes.txt", b"buy milk " * 100_000),
    ]
    ids = [attachment["id"] for attachment in attached]
    return Exchange(await client.events("threads.create", input=user_input("What is this?", attachments=ids)))


def notices(exchange: Exchange) -> list[str]:
    return [event.message for event in exchange.events if isinstance(event, NoticeEvent)]


def model_input(upstream: Upstream, request: int) -> str:
    return json.dumps(upstream.requests[request].body, ensure_ascii=False)


async def test_a_model_that_sees_is_shown_all_of_it_and_again_later(tmp_path: Path) -> None:
    openai = {"OPENAI_API_KEY": SECRET, "OPENAI_API": "responses", "OPENAI_MODEL": "gpt-4o-mini"}
    async with conversing(tmp_path, Responses(), openai, "/v1") as (upstream, client):
        exchange = await send_everything(client)
        assert (exchange.text, notices(exchange), exchange.error) == ("Seen.", [], None)
        await client.say("And again?", exchange.thread_id)
        for request in range(2):
            assert PICTURE in model_input(upstream, request)
            assert PAGES in model_input(upstream, request)
            assert "notes.txt" in model_input(upstream, request)
            assert 8_000 < model_input(upstream, request).count("buy milk") < 9_000, "about 20,000 tokens of it"


async def test_gemini_gets_images_and_a_placeholder_for_other_files(tmp_path: Path) -> None:
    gemini = {"GEMINI_API_KEY": SECRET, "GEMINI_MODEL": "gemini-2.5-flash"}
    async with conversing(tmp_path, GeminiChat(), gemini, "/v1beta/openai/") as (upstream, client):
        exchange = await send_everything(client)
        assert (exchange.text, exchange.error) == ("Seen.", None)
        assert [("paper.pdf" in notice, "photo.png" in notice) for notice in notices(exchange)] == [(True, False)]
        assert PICTURE in model_input(upstream, 0)
        assert PAGES not in model_input(upstream, 0)
        assert "'paper.pdf' of type application/pdf. You cannot read it" in model_input(upstream, 0)


async def test_a_fallback_without_a_capability_gets_the_request_without_it(tmp_path: Path) -> None:
    models = {
        "OPENAI_API_KEY": SECRET,
        "OPENAI_API": "chat",
        "OPENAI_MODEL": "gpt-4o-mini",
        "LLM_FALLBACKS": "openai/llama3.2",
    }
    async with conversing(tmp_path, OpenAIChat(), models, "/v1") as (upstream, client):
        upstream.script(*[OpenAIChat().refusal(404, "model_not_found", "gone")])
        exchange = await send_everything(client)
        assert (exchange.text, exchange.error) == ("Seen.", None)
        assert [request.body["model"] for request in upstream.requests] == ["gpt-4o-mini", "llama3.2"]
        assert PICTURE in model_input(upstream, 0)
        assert PAGES in model_input(upstream, 0)
        assert PICTURE not in model_input(upstream, 1)
        assert PAGES not in model_input(upstream, 1)
        assert "that you cannot read" in model_input(upstream, 1)
        assert "buy milk" in model_input(upstream, 1)
