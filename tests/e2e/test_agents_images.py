"""Generated images, over HTTP and on every store: shown, kept as attachments, shown to the model again, deleted."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from chatkit.types import (
    GeneratedImageItem,
    GeneratedImageUpdated,
    TaskItem,
    ThreadItemAddedEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
)

from tests.chatkit_client import ChatKitClient, Exchange, user_input
from tests.fakes.dialects import SECRET
from tests.fakes.hosted_wire import PARTIAL, PICTURE, Hosted
from tests.fakes.upstream import Upstream
from tests.integration.test_sql_commands import anyport
from tests.postgres import Databases
from tests.server import ServerProcess, running
from tests.uploads import SVG, png

WIRE = Hosted()
IMAGE = "image_generation_call"


class Studio(msgspec.Struct):
    """An assistant that draws, its server, and the service that draws for it."""

    server: ServerProcess
    client: ChatKitClient
    upstream: Upstream

    def sent(self) -> str:
        """The input of the last request."""
        return json.dumps(self.upstream.requests[-1].body["input"])


@asynccontextmanager
async def drawing(folder: Path, database: str, **settings: str) -> AsyncGenerator[Studio, None]:
    async with Upstream(WIRE.guard) as upstream:
        environment = {
            "ASSISTANT": "tests.assistants.hosted:assistant",
            "OPENAI_API_KEY": SECRET,
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_MODEL": "gpt-4.1",
            "LLM_MODELS": "openai/gpt-4.1,openai/gpt-4o",
            "DATABASE_URL": database,
            "TURN_GRACE_SECONDS": "0",
            **settings,
        }
        async with running(folder, environment) as server, ChatKitClient(server.url) as client:
            yield Studio(server, client, upstream)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
async def studio(request: pytest.FixtureRequest, folder: Path, databases: Databases) -> AsyncGenerator[Studio, None]:
    async with databases.fresh() as postgres:
        urls = {"memory": "memory://", "sqlite": "sqlite:anyport.db", "postgresql": postgres}
        async with drawing(folder, urls[request.param]) as studio:
            yield studio


def images(exchange: Exchange) -> list[GeneratedImageItem]:
    return [item for item in exchange.items if isinstance(item, GeneratedImageItem)]


async def fetched(item: Any) -> bytes | None:
    """What a browser is shown, which sends no login; None for what is not there."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(item["image"]["url"] if isinstance(item, dict) else item.image.url)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    assert answer.status_code == httpx.codes.OK, answer.text
    assert answer.headers["content-type"] == "image/png"
    return answer.content


async def test_an_image_is_shown_unfinished_and_finished_and_told_again(studio: Studio) -> None:
    studio.upstream.script(WIRE.used(IMAGE, text="Here."))
    exchange = await studio.client.say("Draw.")
    assert (exchange.text, exchange.error) == ("Here.", None)
    [item] = images(exchange)
    assert item.image is not None
    assert await fetched(item) == base64.b64decode(PICTURE)
    updates = [event for event in exchange.events if isinstance(event, ThreadItemUpdatedEvent)]
    assert updates[0].item_id == item.id
    [preview] = [event.update for event in updates if isinstance(event.update, GeneratedImageUpdated)]
    assert (preview.progress, preview.image.id == item.image.id) == (0.25, False)
    added = [event.item.id for event in exchange.events if isinstance(event, ThreadItemAddedEvent)]
    assert added[0] == item.id

    everything = json.dumps([event.model_dump(mode="json") for event in exchange.events])
    assert PICTURE not in everything
    assert PARTIAL not in everything
    studio.upstream.script(WIRE.text("A square."), WIRE.text("Still."))
    await studio.client.say("What did you draw?", exchange.thread_id)
    assert studio.sent().count(PICTURE) == 1
    other = {"content": [{"type": "input_text", "text": "You?"}], "attachments": [], "quoted_text": ""}
    chosen = {**other, "inference_options": {"model": "openai/gpt-4o"}}
    await studio.client.events("threads.add_user_message", input=chosen, thread_id=exchange.thread_id)
    assert studio.sent().count(PICTURE) == 1

    page = await studio.client.call("items.list", thread_id=exchange.thread_id, order="asc", limit=100)
    [stored] = [one for one in page["data"] if one["type"] == "generated_image"]
    assert await fetched(stored) == base64.b64decode(PICTURE)


async def test_an_image_goes_with_its_answer_and_with_its_thread(studio: Studio) -> None:
    studio.upstream.script(WIRE.used(IMAGE, text="Here."), WIRE.used(IMAGE, text="Better."))
    exchange = await studio.client.say("Draw.")
    [first] = images(exchange)
    asked = exchange.items[0].id
    again = await studio.client.events("threads.retry_after_item", thread_id=exchange.thread_id, item_id=asked)
    [second] = images(Exchange(again))
    assert await fetched(first) is None
    assert await fetched(second) == base64.b64decode(PICTURE)
    await studio.client.call("threads.delete", thread_id=exchange.thread_id)
    assert await fetched(second) is None


async def test_the_bytes_are_in_the_storage_alone_and_are_exported_and_erased(tmp_path: Path) -> None:
    async with drawing(tmp_path, "sqlite:anyport.db") as studio:
        large = base64.b64encode(png(9) + bytes(range(256)) * 6_000).decode()
        studio.upstream.script(WIRE.used(IMAGE, text="Here.", result=large))
        [item] = images(await studio.client.say("Draw."))
        assert item.image is not None
        await deleted(tmp_path, all_but=item.image.id)
        assert files(tmp_path) == {item.image.id: base64.b64decode(large)}
        written = database(tmp_path)
        assert large[1000:1200].encode() not in written
        assert PARTIAL.encode() not in written
    url, kept = f"sqlite:///{tmp_path}/anyport.db", f"file://{tmp_path}/data/attachments"
    exported = [json.loads(line) for line in (await anyport(url, "export", "local", files=kept)).stdout.splitlines()]
    [record] = [record for record in exported if record["kind"] == "attachment"]
    assert record["content"] == large
    assert (await anyport(url, "erase", "local", says="y\n", files=kept)).exit_code == 0
    assert files(tmp_path) == {}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "data" / "attachments").rglob("*") if path.is_file()}


async def deleted(folder: Path, *, all_but: str) -> None:
    """Wait until cleanup has deleted the unfinished images."""
    async with asyncio.timeout(30):
        while set(files(folder)) != {all_but}:  # noqa: ASYNC110  # another process deletes them
            await asyncio.sleep(0.01)


def database(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("anyport.db*"))


async def test_an_image_beside_a_call_that_waits_for_approval_is_kept_once(tmp_path: Path) -> None:
    async with drawing(tmp_path, "sqlite:anyport.db") as studio:
        large = base64.b64encode(png(9) + bytes(range(256)) * 12_000).decode()
        call = {
            "type": "function_call",
            "id": "fc_9",
            "call_id": "call_9",
            "name": "send",
            "arguments": '{"text": "a"}',
        }
        studio.upstream.script(WIRE.answer(WIRE.item(IMAGE, result=large), {**call, "status": "completed"}))
        exchange = await studio.client.say("Draw and send.")
        assert (exchange.error, len(images(exchange))) == (None, 1)
        form = exchange.items[-1]
        assert form.type == "structured_input"
        assert large[1000:1200].encode() not in database(tmp_path)
        answers = {form.inputs[0].id: {"values": [form.inputs[0].options[0].value], "skipped": False}}
        studio.upstream.script(WIRE.text("Sent."), WIRE.text("A square."))
        await studio.client.events(
            "threads.add_structured_input",
            thread_id=exchange.thread_id,
            item_id=form.id,
            input={"status": "answered", "answers": answers},
        )
        assert "sent: a" in studio.sent()
        assert (await studio.client.say("What is it?", exchange.thread_id)).text == "A square."
        assert studio.sent().count(large) == 1


async def test_images_are_kept_where_users_may_attach_no_files(tmp_path: Path) -> None:
    async with drawing(tmp_path, "memory://", ATTACHMENT_MAX_BYTES="0") as studio:
        studio.upstream.script(WIRE.used(IMAGE, text="Here."))
        [item] = images(await studio.client.say("Draw."))
        assert await fetched(item) == base64.b64decode(PICTURE)


async def test_a_storage_that_fails_is_in_the_log_and_the_answer_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    async with drawing(tmp_path, "memory://", ATTACHMENTS_URL=f"file://{folder}") as studio:
        studio.upstream.script(WIRE.used(IMAGE, text="Here."))
        [item] = images(await studio.client.say("Draw."))
        assert await fetched(item) == base64.b64decode(PICTURE)
        shutil.rmtree(folder)
        folder.write_text("no folder any more")
        studio.upstream.script(WIRE.used(IMAGE, text="Here."))
        exchange = await studio.client.say("Draw.")
        assert (exchange.text, exchange.error, images(exchange)) == ("Here.", None, [])
        [said] = [one for one in exchange.items if isinstance(one, TaskItem)]
        assert said.task.title
        assert "generated image not kept" in studio.server.log
        assert str(folder) in studio.server.log


async def test_stopping_within_an_image_leaves_none(studio: Studio) -> None:
    studio.upstream.script(WIRE.unfinished())
    stream = studio.client.stream("threads.create", input=user_input("Draw."))
    events = []
    async for event in stream:
        events.append(event)
        if isinstance(event, ThreadItemUpdatedEvent) and isinstance(event.update, GeneratedImageUpdated):
            break
    await stream.aclose()
    await studio.upstream.hung_up.wait()
    thread_id = Exchange(events).thread_id
    page = await studio.client.call("items.list", thread_id=thread_id, order="asc", limit=100)
    assert "generated_image" not in [item["type"] for item in page["data"]]
    studio.upstream.script(WIRE.text("And?"))
    assert (await studio.client.say("Again.", thread_id)).text == "And?"


async def test_an_answer_that_is_only_an_image_ends_with_it(studio: Studio) -> None:
    nothing = WIRE.said("")
    whole = WIRE.item(IMAGE)
    for answers in (
        [WIRE.used(IMAGE), WIRE.cited("")],
        [WIRE.answer(whole, nothing)],
    ):
        before = len(studio.upstream.requests)
        studio.upstream.script(*answers)
        exchange = await studio.client.say("Draw.")
        assert exchange.error is None
        assert len(images(exchange)) == 1
        assert [item.type for item in exchange.items] == ["user_message", "generated_image"]
        assert len(studio.upstream.requests) - before == len(answers)


async def test_a_bad_image_has_an_end_that_the_user_can_read(tmp_path: Path) -> None:
    limits = {"ATTACHMENT_MAX_BYTES": "2000", "ATTACHMENTS_BYTES_PER_USER": "2500"}
    async with drawing(tmp_path, "memory://", **limits) as studio:
        damaged = "The image that was made cannot be shown: it is damaged or of an unknown type."
        bad: list[tuple[dict[str, Any], str]] = [
            ({"result": "no base64!"}, damaged),
            ({"result": base64.b64encode(SVG).decode()}, damaged),
            ({"result": base64.b64encode(b"hello").decode()}, damaged),
            ({"result": "data:image/png,raw"}, damaged),
            ({"result": ""}, "The image could not be made."),
            ({"result": None, "status": "failed"}, "The image could not be made."),
            (
                {"result": None, "error": {"code": "moderation_blocked", "message": "private", "type": "x"}},
                "The image was not made: the model's service does not allow what was asked for.",
            ),
            ({"result": base64.b64encode(png() + bytes(3000)).decode()}, "The image is too large to be kept."),
        ]
        for fields, sentence in bad:
            studio.upstream.script(WIRE.used(IMAGE, text="Hm.", **fields))
            exchange = await studio.client.say("Draw.")
            assert (exchange.text, exchange.error, images(exchange)) == ("Hm.", None, [])
            [said] = [item for item in exchange.items if isinstance(item, TaskItem)]
            assert said.task.title == sentence, fields
            assert [event for event in exchange.events if isinstance(event, ThreadItemRemovedEvent)]
            studio.upstream.script(WIRE.text("And?"))
            assert (await studio.client.say("Again.", exchange.thread_id)).text == "And?"
            page = await studio.client.call("items.list", thread_id=exchange.thread_id, order="asc", limit=100)
            assert "generated_image" not in [item["type"] for item in page["data"]]
        whole = {"result": base64.b64encode(png() + bytes(1500)).decode()}
        studio.upstream.script(WIRE.used(IMAGE, text="Hm.", **whole), WIRE.used(IMAGE, text="Hm.", **whole))
        assert len(images(await studio.client.say("Draw."))) == 1
        exchange = await studio.client.say("Draw.")
        [said] = [item for item in exchange.items if isinstance(item, TaskItem)]
        assert said.task.title == "You have no room for more files. Delete chats with files that you do not need."
