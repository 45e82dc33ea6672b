"""Our element with what this server offers beyond ChatKit's protocol: to rejoin an answer, to stop it, and to watch."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.chat import answered, say

pytestmark = pytest.mark.browser


@pytest.fixture
async def opened(page: Page) -> Page:
    """The page with a new thread, ready to be written in."""
    await page.goto("/")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    return page


@pytest.fixture
async def beside(opened: Page) -> AsyncIterator[Page]:
    """A second tab of the same reader, in which the same thread is open."""
    await say(opened, "Hello!")
    await answered(opened)
    tab = await opened.context.new_page()
    tab.set_default_timeout(20_000)
    async with tab.expect_response("**/api/events"):
        await tab.goto(opened.url)
    await expect(tab.locator(".assistant_message")).to_be_visible()
    await answered(tab)
    yield tab
    await tab.close()


async def test_an_answer_goes_on_after_a_reload(opened: Page) -> None:
    await say(opened, "count to 400")
    answer = opened.locator(".assistant_message .markdown")
    await expect(answer).to_contain_text("20")
    before = await answer.inner_text()
    await opened.reload()
    await expect(opened.get_by_role("button", name="Stop")).to_be_visible()
    await expect(answer).to_contain_text(before.split()[-2])
    await answered(opened)
    words = (await answer.inner_text()).split()
    assert words[:3] == ["1", "2", "3"]
    assert words[-1] == "400"


async def test_a_message_written_before_the_page_knows_of_a_running_turn_is_sent(opened: Page) -> None:
    await say(opened, "Hello!")
    await answered(opened)
    known = asyncio.Event()

    async def takes_its_time(route: Route) -> None:
        await known.wait()
        await route.abort()

    async with opened.expect_request("**/stream?*"):
        await opened.route("**/stream?*", takes_its_time)
        await opened.reload()
    await expect(opened.locator(".assistant_message")).to_be_visible()
    await expect(opened.get_by_role("button", name="Stop")).to_have_count(0)
    await say(opened, "count to 3")
    await expect(opened.locator(".user_message")).to_have_text(["Hello!", "count to 3"])
    known.set()
    await expect(opened.locator(".assistant_message").last).to_contain_text("3")
    await answered(opened)


async def test_stop_ends_the_turn_on_the_server(opened: Page) -> None:
    await say(opened, "count to 1000")
    answer = opened.locator(".assistant_message .markdown")
    await expect(answer).to_contain_text("20")
    async with opened.expect_response("**/stop") as stopped:
        await opened.get_by_role("button", name="Stop").click()
    assert (await stopped.value).status == 204
    await answered(opened)
    shown = await answer.inner_text()
    await opened.reload()
    await expect(answer).to_have_text(shown)
    assert "1000" not in shown
    await expect(opened.locator(".incomplete")).to_have_text("This answer was stopped.")
    await opened.get_by_role("button", name="Continue").click()
    await expect(opened.locator(".user_message").last).to_contain_text("continue exactly where your last answer ended")
    await answered(opened)
    await expect(opened.get_by_role("button", name="Continue")).to_have_count(0)


async def test_a_thread_that_is_deleted_elsewhere_offers_nothing(opened: Page, beside: Page) -> None:
    await say(opened, "count to 2000")
    await expect(opened.locator(".assistant_message").last).to_contain_text("20")
    await beside.get_by_role("button", name="History").click()
    await beside.get_by_role("button", name="Delete: ").first.click()
    await beside.get_by_role("button", name="Delete", exact=True).click()
    await expect(opened.locator(".gone")).to_be_visible()
    await expect(opened.get_by_role("button", name="Try again")).to_have_count(0)
    await expect(opened.get_by_label("Message", exact=True)).to_be_disabled()
    await opened.get_by_role("button", name="New chat").click()
    await expect(opened.get_by_label("Message", exact=True)).to_be_enabled()


async def test_what_is_said_in_one_tab_streams_in_the_other(opened: Page, beside: Page) -> None:
    await say(opened, "count to 400")
    await expect(beside.locator(".user_message")).to_have_text(["Hello!", "count to 400"])
    answer = beside.locator(".assistant_message .markdown").last
    await expect(answer).to_contain_text("20")
    await expect(beside.get_by_role("button", name="Stop")).to_be_visible()
    assert "400" not in await answer.inner_text()
    await answered(beside)
    await answered(opened)
    assert await beside.locator(".row").all_inner_texts() == await opened.locator(".row").all_inner_texts()
    await expect(answer).to_contain_text("400")


async def test_what_is_said_while_the_other_tab_loads_is_not_missed(opened: Page) -> None:
    await say(opened, "Hello!")
    await answered(opened)
    tab = await opened.context.new_page()
    tab.set_default_timeout(20_000)
    reached = asyncio.Event()
    goes_on = asyncio.Event()

    async def late(route: Route) -> None:
        response = await route.fetch()
        if "items.list" in (route.request.post_data or ""):
            reached.set()
            await goes_on.wait()
        await route.fulfill(response=response)

    await tab.route("**/chatkit", late)
    async with tab.expect_response("**/api/events"):
        await tab.goto(opened.url)
    await reached.wait()
    async with tab.expect_event("console", lambda line: "item.added" in line.text):
        await tab.evaluate(
            "addEventListener('chatkit.log', ({ detail }) => console.info(detail.name))",
        )
        await say(opened, "count to 400")
    goes_on.set()
    await expect(tab.locator(".user_message")).to_have_text(["Hello!", "count to 400"])
    await expect(tab.locator(".assistant_message").last).to_contain_text("20")
    await answered(opened)
    await tab.close()


async def test_the_other_tab_can_stop_it_and_answer_back(opened: Page, beside: Page) -> None:
    await say(opened, "count to 1000")
    await expect(beside.locator(".assistant_message .markdown").last).to_contain_text("20")
    await beside.get_by_role("button", name="Stop").click()
    await answered(opened)
    await answered(beside)
    said = opened.locator(".assistant_message .markdown").last
    assert "1000" not in await said.inner_text()
    await expect(beside.locator(".assistant_message .markdown").last).to_have_text(await said.inner_text())
    await say(beside, "count to 3")
    await expect(opened.locator(".user_message").last).to_have_text("count to 3")
    await answered(beside)
    await answered(opened)


async def test_threads_of_one_tab_are_in_the_history_of_the_other(opened: Page, beside: Page) -> None:
    await beside.get_by_role("button", name="History").click()
    threads = beside.locator("button.open .name")
    await expect(threads.first).to_have_text("Hello!")
    await opened.get_by_role("button", name="New chat").click()
    await say(opened, "Add a task: look at both")
    await expect(threads.first).to_have_text("Add a task: look at both")
    await answered(opened)


async def test_what_was_missed_is_made_up_for(opened: Page) -> None:
    await say(opened, "Hello!")
    await answered(opened)
    broken = asyncio.Event()
    tab = await opened.context.new_page()
    tab.set_default_timeout(20_000)

    async def hears_nothing(route: Route) -> None:
        await broken.wait()
        await route.fulfill(content_type="text/event-stream", body=": and then the line breaks\n\n")

    await tab.route("**/api/events", hears_nothing, times=1)
    # A later request would join the next answer before the tab was notified of it.
    async with tab.expect_response("**/stream?*running=true"):
        await tab.goto(opened.url)
    await expect(tab.locator(".assistant_message")).to_be_visible()
    await say(opened, "count to 5")
    await answered(opened)
    await expect(tab.locator(".user_message")).to_have_text(["Hello!"])
    broken.set()
    await expect(tab.locator(".user_message")).to_have_text(["Hello!", "count to 5"])
    await expect(tab.locator(".row")).to_have_count(await opened.locator(".row").count())
    await tab.close()
