"""`/anyport.js` in a page whose element has the official one's events, and counts what is asked of it."""

import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from tests.chatkit_client import ChatKitClient, user_input
from tests.server import ServerProcess

pytestmark = pytest.mark.browser

HOST = """<!doctype html><title>Host</title><link rel="icon" href="data:,"><openai-chatkit></openai-chatkit>
<script type="module">
  import { stayInStep, stopAnswer } from "/anyport.js";
  customElements.define("openai-chatkit", class extends HTMLElement {
    calls = 0;
    changes = [];
    fetchUpdates() { this.calls += 1; this.calledAt = performance.now(); }
    tell(name, detail) { this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail })); }
  });
  window.chat = document.querySelector("openai-chatkit");
  chat.addEventListener("anyport.change", (event) => chat.changes.push(event.detail));
  window.stopAnswer = stopAnswer;
  window.leave = stayInStep(chat);
</script>"""


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[ChatKitClient]:
    """Another page of the same user."""
    async with ChatKitClient(server.url) as client:
        yield client


@pytest.fixture
async def host(page: Page) -> Page:
    """Host page that subscribes to changes."""
    await page.route("**/host", lambda route: route.fulfill(body=HOST, content_type="text/html"))
    async with page.expect_response("**/api/events"):
        await page.goto("/host")
    return page


async def opens(host: Page, thread: str) -> None:
    """The element shows the thread, and has asked for what it shows."""
    await host.evaluate("(threadId) => chat.tell('thread.change', { threadId })", thread)


async def begun(client: ChatKitClient, text: str) -> str:
    """Send a message to a new thread, and disconnect; return the thread."""
    async for event in client.stream("threads.create", input=user_input(text)):
        return str(event.thread.id)  # type: ignore[union-attr]  # the first event tells of the thread
    raise AssertionError("no event")


async def test_what_is_said_in_another_tab_is_asked_for(host: Page, client: ChatKitClient) -> None:
    thread, other = (await client.say("Hello!")).thread_id, (await client.say("Hello!")).thread_id
    await opens(host, thread)
    await client.say("And now?", thread)
    await host.wait_for_function("chat.calls > 0")
    told = f"chat.changes.some((change) => change.type === 'item.added' && change.thread_id === {json.dumps(thread)})"
    await host.wait_for_function(told)
    await host.wait_for_function("new Promise((done) => setTimeout(() => done(true), 400))")
    calls = await host.evaluate("chat.calls")
    await client.say("Elsewhere", other)
    await host.wait_for_function(told.replace(json.dumps(thread), json.dumps(other)))
    await host.wait_for_function("new Promise((done) => setTimeout(() => done(true), 400))")
    assert await host.evaluate("chat.calls") == calls, "another thread is not what is shown"


async def test_an_answer_is_followed_after_a_refresh(host: Page, client: ChatKitClient) -> None:
    thread = await begun(client, "count to 150")
    async with host.expect_response("**/stream?running=true") as following:
        await opens(host, thread)
    await host.wait_for_function("chat.calls >= 2")
    assert (await following.value).ok
    followed = "performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('running=true'))"
    # Not `finished()`: Chromium reports a stream with `no-store` as aborted, although the page reads it to its end.
    await host.wait_for_function(f"{followed} !== undefined")
    page = await client.call("items.list", thread_id=thread, order="asc")
    said = "".join(part["text"] for part in page["data"][1]["content"])
    assert said.endswith("150"), "who looks on keeps it going"
    await host.wait_for_function(f"chat.calledAt > {followed}?.responseEnd")


async def test_nothing_is_asked_while_the_element_streams_and_what_was_missed_afterwards(
    host: Page, client: ChatKitClient
) -> None:
    thread = (await client.say("Hello!")).thread_id
    await opens(host, thread)
    await host.evaluate("chat.tell('response.start')")
    await host.wait_for_function("new Promise((done) => setTimeout(() => done(true), 400))")
    calls = await host.evaluate("chat.calls")
    await client.say("And now?", thread)
    await host.wait_for_function("chat.changes.filter((change) => change.type === 'item.added').length >= 2")
    await host.wait_for_function("new Promise((done) => setTimeout(() => done(true), 400))")
    assert await host.evaluate("chat.calls") == calls
    await host.evaluate("chat.tell('response.end')")
    await host.wait_for_function("(calls) => chat.calls > calls", arg=calls)


async def test_an_answer_is_stopped_from_the_page(host: Page, client: ChatKitClient) -> None:
    thread = await begun(client, "count to 1000")
    await opens(host, thread)
    await host.wait_for_function("chat.calls > 0")
    assert await host.evaluate("async (thread) => (await stopAnswer(thread)).status", thread) == 204
    page = await client.call("items.list", thread_id=thread, order="asc")
    assert "1000" not in json.dumps(page["data"][1:]), "stopped before its first word it leaves no message"
    assert (await client.say("Hello again", thread)).text
