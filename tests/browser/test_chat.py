"""The page at `/` with our own element, as a visitor has it."""

import gzip

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import answered, say
from tests.browser.conftest import SCRIPT

pytestmark = pytest.mark.browser

LARGEST_BYTES = 80_000


async def test_it_streams_an_answer_and_shows_what_is_done_for_it(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: buy milk, high priority")
    answer = page.locator(".assistant_message").last
    await expect(answer).to_contain_text("milk")
    await expect(page.locator(".user_message")).to_have_text("Add a task: buy milk, high priority")
    await answered(page)
    await expect(page.locator("details.workflow summary")).to_contain_text("Adding a task")


async def test_text_is_on_screen_while_more_of_it_is_to_come(page: Page) -> None:
    await page.goto("/")
    await say(page, "count to 200")
    answer = page.locator(".assistant_message .markdown").last
    await expect(answer).not_to_be_empty()
    await expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    first = await answer.inner_text()
    await answered(page)
    assert len(first) < len(await answer.inner_text())


async def test_what_is_on_screen_stays_where_it_is_while_more_comes(page: Page) -> None:
    await page.goto("/")
    await say(page, "count to 60")
    answer = page.locator(".assistant_message .markdown > *").first
    await expect(answer).not_to_be_empty()
    await answer.evaluate("node => { node.wasHere = true; }")
    shifts = await page.evaluate(
        """() => { window.shifts = 0; new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shifts += entry.value;
        }).observe({ type: "layout-shift", buffered: false }); return window.shifts; }"""
    )
    await answered(page)
    assert await page.evaluate("window.shifts") - shifts < 0.1


async def test_a_reload_keeps_the_conversation(page: Page) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Add a task").click()
    await expect(page.locator(".user_message")).to_be_visible()
    await answered(page)
    before = await page.locator(".row").all_inner_texts()
    assert any("try out" in row for row in before)
    await page.reload()
    await expect(page.locator(".assistant_message").last).to_be_visible()
    await answered(page)
    assert await page.locator(".row").all_inner_texts() == before


async def test_stop_keeps_what_was_said(page: Page) -> None:
    await page.goto("/")
    await say(page, "count to 1000")
    await expect(page.locator(".assistant_message").last).to_contain_text("3")
    await page.get_by_role("button", name="Stop").click()
    await answered(page)
    shown = await page.locator(".assistant_message .markdown").last.inner_text()
    assert "1000" not in shown
    await page.reload()
    stored = await page.locator(".assistant_message .markdown").last.inner_text()
    assert stored.startswith(shown[:10])
    assert "1000" not in stored


async def test_an_older_conversation_is_opened_renamed_and_deleted(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: oil the door, please")
    await answered(page)
    await page.get_by_role("button", name="New chat").click()
    await expect(page.locator(".row")).to_have_count(0)
    await page.get_by_role("button", name="History").click()
    await page.get_by_role("button", name="Rename: Add a task: oil the door, please").click()
    await page.get_by_label("Rename", exact=True).fill("The door")
    await page.get_by_role("button", name="Save").click()
    await page.locator("button.open", has_text="The door").click()
    await expect(page.locator(".user_message")).to_have_text("Add a task: oil the door, please")
    await expect(page.locator(".title")).to_have_text("The door")
    await page.go_back()
    await expect(page.locator(".row")).to_have_count(0)
    await page.get_by_role("button", name="History").click()
    await page.get_by_role("button", name="Delete: The door").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.locator("button.open", has_text="The door")).to_have_count(0)


async def test_an_answer_is_judged_copied_and_given_again(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/")
    await say(page, "Hello!")
    await answered(page)
    async with page.expect_request(lambda request: "items.feedback" in (request.post_data or "")):
        await page.get_by_role("button", name="Good answer").click()
    await expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    spoken = await page.locator(".assistant_message .markdown").inner_text()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert set(spoken.split()) <= set(copied.split())
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await answered(page)
    await expect(page.locator(".assistant_message")).to_have_count(1)


async def test_what_is_said_is_text_whatever_it_looks_like(page: Page) -> None:
    hostile = "Add a task: <img src=/x onerror=document.body.id='owned'> **bold** `code`"
    await page.goto("/")
    await say(page, hostile)
    await answered(page)
    await say(page, "Show me my tasks")
    await expect(page.locator(".widget")).to_contain_text("<img src=/x")
    await answered(page)
    await expect(page.locator(".user_message").first).to_have_text(hostile)
    assert await page.locator(".row img").count() == 0
    assert await page.locator("body").get_attribute("id") is None


async def test_a_conversation_that_is_not_there_says_so_and_a_new_one_can_begin(visitor: Page) -> None:
    await visitor.goto("/#thr_nobodys")
    await expect(visitor.locator(".error")).to_contain_text("There is nothing of that id.")
    await say(visitor, "Hello!")
    await expect(visitor.locator(".assistant_message")).to_be_visible()
    await answered(visitor)


async def test_a_server_that_is_gone_is_named_as_such(visitor: Page) -> None:
    await visitor.goto("/")
    await expect(visitor.get_by_label("Message", exact=True)).to_be_visible()
    await visitor.route("**/chatkit", lambda route: route.abort("connectionrefused"))
    message = visitor.get_by_label("Message", exact=True)
    await message.fill("Hello!")
    await message.press("Enter")
    await expect(visitor.locator(".error")).to_have_text("The server cannot be reached.")
    await answered(visitor)
    await expect(message).to_have_value("Hello!")


async def test_a_turn_that_fails_can_be_tried_again(visitor: Page) -> None:
    await visitor.goto("/")
    await say(visitor, "Hello!")
    await answered(visitor)
    broken = 'data: {"type": "error", "message": "The model is busy.", "allow_retry": true}\n\n'
    await visitor.route("**/chatkit", lambda route: route.fulfill(content_type="text/event-stream", body=broken))
    await say(visitor, "Hello again!")
    await expect(visitor.locator(".error")).to_contain_text("The model is busy.")
    await visitor.unroute_all()
    await visitor.locator(".error").get_by_role("button", name="Try again").click()
    await expect(visitor.locator(".error")).to_have_count(0)
    await answered(visitor)
    await expect(visitor.locator(".assistant_message")).to_be_visible()


async def test_a_telephone_shows_all_of_it(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.goto("/")
    await say(page, "Add a task: " + "averylongword" * 12)
    await answered(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    box = await page.get_by_label("Message", exact=True).bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open").first).to_be_visible()


async def test_it_follows_the_system_into_the_dark(page: Page) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto("/")
    root = page.locator(".root")
    await expect(root).to_have_class("root light")
    await page.emulate_media(color_scheme="dark")
    await expect(root).to_have_class("root dark")


async def test_it_names_what_answers_and_where_things_are(page: Page) -> None:
    await page.goto("/")
    await expect(page.locator("#health")).to_have_text("demo · sqlite")
    for address in ("/docs", "/api/tasks", "/health"):
        await expect(page.locator(f"footer a[href='{address}']")).to_be_visible()


async def test_all_of_it_is_small() -> None:
    if not SCRIPT.is_file():
        pytest.skip("the front end is not built: make web (needs Node 18 or newer)")
    assert [path.name for path in SCRIPT.parent.iterdir()] == ["chatkit.js"]
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) < LARGEST_BYTES


async def test_a_retry_asks_before_later_messages_go(page: Page) -> None:
    await page.goto("/")
    await say(page, "Add a task: feed the emu")
    await answered(page)
    await say(page, "Hello!")
    await answered(page)
    first = page.get_by_role("button", name="Try again").first
    question = page.get_by_role("alertdialog")
    await first.click()
    await expect(question).to_contain_text("Later messages: 1.")
    await expect(question).to_contain_text("Adding a task: feed the emu")
    await question.get_by_role("button", name="Cancel").click()
    await expect(page.locator(".user_message")).to_have_count(2)
    await first.click()
    await question.get_by_role("button", name="Try again").click()
    # The text alone would fail at once while both messages are there.
    await expect(page.locator(".user_message")).to_have_count(1)
    await expect(page.locator(".user_message")).to_have_text("Add a task: feed the emu")
    await answered(page)
    await expect(page.locator(".error")).to_have_count(0)
