"""Requests made from ChatKit's own types, right and wrong: no crash, nothing half-written, nothing of another user."""

import base64
import datetime as dt
import json
import os
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import httpx
import pytest
from chatkit.types import (
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    StructuredInputItem,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
)
from dishka import Provider, Scope, decorate, provide
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from pydantic import TypeAdapter

from app.application.tasks.clicks import CLICKS
from app.bootstrap import make_app, make_container, read_settings
from app.domain.identity import RequestContext
from app.ports.authenticator import Authenticator, Credentials, Login
from app.ports.storage import Storage
from app.ports.thread_store import ThreadStore
from tests.factories import NOON, items_of_every_type
from tests.protocol import members
from tests.schemas import ANYTHING, TEXTS, fitting, spoilt

pytestmark = [
    # What Litestar 3 will want written differently is not what these tests are about.
    pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning"),
    # The type of an action's payload has a default that no schema can hold.
    pytest.mark.filterwarnings("ignore::pydantic.json_schema.PydanticJsonSchemaWarning"),
]

CASES = int(os.environ.get("REQUEST_CASES", "500"))
"""For each kind of request."""

ADA, BEN = (RequestContext(user_id=name) for name in ("ada", "ben"))
CANARY = "ben's own words"
_EVENT: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)


class ByHeader(Authenticator):
    """Authenticator that accepts any user id."""

    async def authenticate(self, credentials: Credentials) -> Login:
        return Login(user_id=credentials.headers["x-user"])


class Noted:
    """A thread store that notes whether it may have been changed: to compare everything after each of thousands of
    requests takes longer than to answer them."""

    def __init__(self, threads: ThreadStore) -> None:
        self._threads = threads
        self.changed = True

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("load_", "generate_")):
            self.changed = True
        return getattr(self._threads, name)


class Anybody(Provider):
    """Application for two users, which records their writes."""

    scope = Scope.APP
    authenticator = provide(ByHeader, provides=Authenticator)

    @decorate
    def storage(self, storage: Storage) -> Storage:
        storage.threads = cast("ThreadStore", Noted(storage.threads))
        return storage


class House:
    """The application with two users in it, Ada and Ben; Ada knocks."""

    def __init__(self, client: AsyncTestClient[Any], storage: Storage) -> None:
        self.client = client
        self._storage = storage
        self._threads = 0
        self._noted = cast("Noted", storage.threads)
        self._mine = ""
        self._before: dict[str, list[ThreadItem]] = {}

    async def furnish(self, context: RequestContext) -> str:
        """A thread with every item there is."""
        self._threads += 1
        thread_id = f"thr_{context.user_id}_{self._threads}"
        title = CANARY if context == BEN else None
        await self._storage.threads.save_thread(ThreadMetadata(id=thread_id, created_at=NOON, title=title), context)
        now = dt.datetime.now(dt.UTC)
        for item in items_of_every_type(thread_id):
            item.created_at = now + (item.created_at - NOON)
            await self._storage.threads.add_thread_item(thread_id, item, context)
        return thread_id

    async def everything(self, context: RequestContext) -> dict[str, list[ThreadItem]]:
        """All threads of a user with their items."""
        page = await self._storage.threads.load_threads(100, None, "asc", context)
        return {thread.id: await self._items(thread.id, context) for thread in page.data}

    async def tidied(self) -> tuple[str, dict[str, list[ThreadItem]]]:
        """The one thread that Ada has, and all that is in it; made anew when something was changed."""
        if self._noted.changed:
            await self._storage.erase(ADA.user_id)
            self._mine = await self.furnish(ADA)
            self._before = await self.everything(ADA)
            self._noted.changed = False
        return self._mine, self._before

    async def after(self) -> dict[str, list[ThreadItem]]:
        """Return Ada's present data, without the parts that no request can change."""
        return await self.everything(ADA) if self._noted.changed else self._before

    async def _items(self, thread_id: str, context: RequestContext) -> list[ThreadItem]:
        return (await self._storage.threads.load_thread_items(thread_id, None, 100, "asc", context)).data


@pytest.fixture(scope="module")
async def house() -> AsyncGenerator[House, None]:
    environment = {"DATABASE_URL": "memory://", "DEMO_DELAY_MS": "0", "LLM_PROVIDER": "demo", "TITLES": "off"}
    chosen = read_settings(environment | {"RATE_LIMIT_PER_MINUTE": "0"})
    container = make_container(chosen, Anybody())
    async with AsyncTestClient(make_app(container, chosen), base_url="http://127.0.0.1") as client:
        house = House(client, await container.get(Storage))
        await house.furnish(BEN)
        yield house


WAITING = [
    item.id for item in items_of_every_type("") if isinstance(item, StructuredInputItem) and item.status == "pending"
]
THREADS = st.sampled_from(["mine"] * 6 + ["thr_ben_1", "thr_none"])
ITEMS = st.sampled_from([*WAITING * 8, *(item.id for item in items_of_every_type("")), "item_none"])
PAYLOADS = st.fixed_dictionaries({}, optional={"id": st.just("tsk_none")}) | ANYTHING
KNOWN = {
    "action": st.fixed_dictionaries({"type": st.sampled_from(sorted(CLICKS)), "payload": PAYLOADS}),
    "thread_id": THREADS,
    "item_id": ITEMS,
    "item_ids": st.lists(ITEMS, max_size=3),
    "after": st.none() | ITEMS,
    "attachments": st.lists(TEXTS, max_size=1),
    "audio_base64": st.binary(max_size=50).map(lambda sound: base64.b64encode(sound).decode()) | TEXTS,
}
"""What to put where a value that only fits would always be refused."""

NEVER_RIGHT = (AttachmentsDeleteReq, InputTranscribeReq)
"""Attachment storage without files and without a listener."""


@pytest.mark.parametrize("kind", members(ChatKitReq), ids=lambda kind: kind.__name__)
async def test_no_request_does_harm(house: House, kind: Any, record_property: Callable[[str, object], None]) -> None:
    requests = fitting(kind.model_json_schema(), KNOWN)

    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(requests | spoilt(requests))
    def cases(request: Any) -> None:
        collected.append(request)

    collected: list[Any] = []
    cases()
    before = await house.everything(BEN)
    statuses = Counter([await _knock(house, request) for request in collected])
    assert await house.everything(BEN) == before
    mine = (await house.tidied())[1]
    assert await house.everything(ADA) == mine, "something was changed that nobody noted"
    assert any(map(httpx.codes.is_client_error, statuses))
    assert httpx.codes.OK in statuses or kind in NEVER_RIGHT, "nobody came past the door"
    assert statuses.total() >= CASES
    answers = ", ".join(f"{count} with {status:d}" for status, count in sorted(statuses.items()))
    record_property("table", f"{kind.__name__}: {statuses.total()} requests answered, {answers}")


async def _knock(house: House, request: Any) -> int:
    """Send it for Ada, who has one thread; the status code of the answer."""
    mine, before = await house.tidied()
    body = json.dumps(request).replace('"mine"', f'"{mine}"')
    response = await house.client.post("/chatkit", content=body, headers={"x-user": ADA.user_id})
    assert response.status_code < httpx.codes.INTERNAL_SERVER_ERROR, (response.text, body[:2_000])
    assert CANARY not in response.text, body
    after = await house.after()
    if response.status_code != httpx.codes.OK:
        assert response.json()["message"], body
        assert after == before, f"a refused request has changed something: {body[:2_000]}"
    elif response.headers["content-type"].startswith("text/event-stream"):
        for line in filter(lambda line: line.startswith("data: "), response.text.split("\n")):
            _EVENT.validate_json(line.removeprefix("data: "))
    for thread_id in set(after) - {mine}:
        assert after[thread_id], f"a thread without its message: {body[:2_000]}"
        assert after[thread_id][0].type == "user_message"
    return response.status_code
