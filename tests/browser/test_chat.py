"""The built-in chat, as a visitor has it."""

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def say(page: Page, text: str) -> None:
    """Type a message and send it."""
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def answered(page: Page) -> None:
    """Wait until the turn is over."""
    await expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=20_000)


async def test_it_streams_an_answer_and_shows_what_is_done_for_it(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: buy milk, high priority")
    answer = page.locator(".assistant").last
    await expect(answer).to_contain_text("milk")
    await expect(page.locator(".user")).to_have_text("Add a task: buy milk, high priority")
    await answered(page)
    await expect(page.locator("details.workflow summary")).to_contain_text("Adding a task")


async def test_text_is_on_screen_while_more_of_it_is_to_come(page: Page) -> None:
    await page.goto("/")
    await say(page, "count to 200")
    first = await page.wait_for_function(
        "() => !document.querySelector('#stop').hidden && document.querySelector('.assistant')?.textContent"
    )
    await answered(page)
    whole = await page.locator(".assistant").last.text_content()
    assert whole is not None
    assert len(str(await first.json_value())) < len(whole)


async def test_a_list_is_drawn_as_a_list(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: call the plumber, low priority")
    await answered(page)
    await say(page, "Show me my tasks")
    row = page.locator(".widget li", has_text="call the plumber")
    await expect(row).to_contain_text("low")
    await answered(page)


async def test_a_reload_keeps_the_conversation(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Add a task: buy milk, high priority").click()
    await answered(page)
    before = await page.locator("#items").inner_text()
    assert "milk" in before
    await page.reload()
    await expect(page.locator(".assistant").last).to_be_visible()
    assert await page.locator("#items").inner_text() == before


async def test_stop_keeps_what_was_said(page: Page) -> None:
    await page.goto("/")
    await say(page, "count to 1000")
    await expect(page.locator(".assistant").last).to_contain_text("3")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("Stopped.")).to_be_visible()
    await answered(page)
    shown = await page.locator(".assistant").last.inner_text()
    assert "1000" not in shown
    await page.reload()
    stored = await page.locator(".assistant").last.inner_text()
    assert stored.startswith(shown[:10])
    assert "1000" not in stored


async def test_an_older_conversation_is_opened_again(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: oil the door, please")
    await answered(page)
    await page.get_by_role("button", name="New chat").click()
    await expect(page.locator("#items li")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Your ChatKit server is running.")).to_be_visible()
    await page.get_by_role("link", name="Add a task: oil the door, please").click()
    await expect(page.locator(".user")).to_have_text("Add a task: oil the door, please")
    await page.go_back()
    await expect(page.locator("#items li")).to_have_count(0)


async def test_what_is_said_is_text_whatever_it_looks_like(page: Page) -> None:
    hostile = "Add a task: <img src=/x onerror=document.body.id='owned'> **bold** `code`"
    await page.goto("/")
    await say(page, hostile)
    await answered(page)
    await say(page, "Show me my tasks")
    await expect(page.locator(".widget")).to_contain_text("<img src=/x")
    await answered(page)
    await expect(page.locator(".user").first).to_have_text(hostile)
    assert await page.locator("#items img").count() == 0
    assert await page.locator("body").get_attribute("id") is None


async def test_a_conversation_that_is_not_there_says_so_and_a_new_one_can_begin(visitor: Page) -> None:
    await visitor.goto("/#thr_nobodys")
    await expect(visitor.locator(".error")).to_contain_text("thr_nobodys")
    await say(visitor, "Hello!")
    await expect(visitor.locator(".assistant")).to_be_visible()
    await answered(visitor)


async def test_a_server_that_is_gone_is_named_as_such(visitor: Page) -> None:
    await visitor.goto("/")
    await visitor.route("**/chatkit", lambda route: route.abort("connectionrefused"))
    await say(visitor, "Hello!")
    await expect(visitor.locator(".error")).to_have_text("The server cannot be reached.")
    await answered(visitor)
    await expect(visitor.get_by_label("Message", exact=True)).to_have_value("Hello!")


async def test_a_turn_that_fails_can_be_tried_again(visitor: Page) -> None:
    await visitor.goto("/")
    await say(visitor, "Hello!")
    await answered(visitor)
    broken = 'data: {"type": "error", "message": "The model is busy.", "allow_retry": true}\n\n'
    await visitor.route("**/chatkit", lambda route: route.fulfill(content_type="text/event-stream", body=broken))
    await say(visitor, "Hello again!")
    await expect(visitor.locator(".error")).to_contain_text("The model is busy.")
    await visitor.unroute_all()
    await visitor.get_by_role("button", name="Try again").click()
    await expect(visitor.locator(".assistant")).to_have_count(1)
    await expect(visitor.locator(".error")).to_have_count(0)
    await answered(visitor)


async def test_a_telephone_shows_all_of_it(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.goto("/")
    await say(page, "Add a task: " + "averylongword" * 12)
    await answered(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await expect(page.get_by_role("button", name="New chat")).to_be_hidden()
    await page.get_by_role("button", name="Chats").click()
    await expect(page.get_by_role("button", name="New chat")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="New chat")).to_be_hidden()


async def test_it_follows_the_system_into_the_dark(page: Page) -> None:
    await page.goto("/")
    background = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="light")
    light = await page.evaluate(background)
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(background) != light


async def test_it_names_what_answers_and_where_things_are(page: Page) -> None:
    await page.goto("/")
    await expect(page.locator("#health")).to_have_text("demo · sqlite")
    for address in ("/chatkit", "/chatkit/api", "/api/tasks", "/health", "/docs"):
        await expect(page.locator("dt", has_text=address).first).to_be_visible()
