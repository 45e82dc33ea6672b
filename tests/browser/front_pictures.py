"""`python -m tests.browser.front_pictures`: draw the pictures of docs/images/front in Chromium."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.browser.chat import answered, say
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.scripted import asked, item, options, said, show
from tests.browser.test_element import CARD, CHART, LIST, QUESTIONS, THINKING
from tests.server import ROOT, ServerProcess, running

FOLDER = ROOT / "docs" / "images" / "front"
TEXT = "## In a nutshell\n\n| Day | Tasks |\n|---|---|\n| Mon | 3 |\n| Tue | 5 |\n\n```python\nprint(sum([3, 5]))\n```"
WIDTH = 560
HEIGHT = 460
TALL = 640


class Visitor:
    """A new user with a browser context, who takes screenshots."""

    def __init__(self, browser: Browser, server: ServerProcess) -> None:
        self._browser = browser
        self._server = server

    async def come(self, *, width: int = WIDTH, height: int = HEIGHT) -> Page:
        """Return a page of the server that is not opened yet."""
        context = await self._browser.new_context(
            base_url=self._server.url, viewport={"width": width, "height": height}, color_scheme="light"
        )
        return await context.new_page()

    async def picture(self, page: Page, name: str) -> None:
        """Take a screenshot of the chat."""
        await page.locator("openai-chatkit").screenshot(path=FOLDER / f"{name}.png", animations="disabled")


async def answers(visitor: Visitor) -> None:
    """Draw an answer: start, streaming, reload, stop, retry, feedback."""
    page = await visitor.come()
    await page.goto("/")
    await expect(page.locator(".greeting")).to_be_visible()
    await page.set_viewport_size({"width": WIDTH, "height": TALL})
    await visitor.picture(page, "start")
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await say(page, "Add a task: water the plants, high priority")
    await answered(page)
    await page.get_by_role("button", name="Good answer").click()
    await visitor.picture(page, "feedback")
    await say(page, "count to 900")
    answer = page.locator(".assistant_message").last
    await expect(answer).to_contain_text("30")
    await visitor.picture(page, "stream")
    await page.reload()
    await expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    await expect(answer).to_contain_text("90")
    await visitor.picture(page, "reload")
    await page.get_by_role("button", name="Stop").click()
    await answered(page)
    await visitor.picture(page, "stop")
    broken = 'data: {"type": "error", "message": "The model is busy.", "allow_retry": true}\n\n'
    await page.route("**/chatkit", lambda route: route.fulfill(content_type="text/event-stream", body=broken))
    await say(page, "Are you there?")
    await expect(page.locator(".error")).to_be_visible()
    await visitor.picture(page, "retry")
    await page.context.close()


async def agents(visitor: Visitor) -> None:
    """Draw what agents do: an approval and a handoff."""
    page = await visitor.come(height=TALL)
    await page.goto("/")
    for text in ("Add a task: water the plants, high priority", "Hand me over to the coach"):
        await say(page, text)
        await answered(page)
    await expect(page.locator(".assistant_message").last).to_contain_text("water the plants")
    await page.get_by_text("2 steps").click()
    await expect(page.get_by_text("Handing over to Coach")).to_be_visible()
    await visitor.picture(page, "handoff")
    await page.goto("/")
    await say(page, "Complete all my tasks")
    await expect(page.get_by_text("may I do that?")).to_be_visible()
    await answered(page)
    await visitor.picture(page, "approval")
    await page.context.close()


async def tabs(visitor: Visitor) -> None:
    """Draw two tabs of one user while an answer streams."""
    one = await visitor.come(width=360)
    await one.goto("/")
    await say(one, "Hello!")
    await answered(one)
    other = await one.context.new_page()
    await other.set_viewport_size({"width": 360, "height": HEIGHT})
    async with other.expect_response("**/api/events"):
        await other.goto(one.url)
    await say(one, "count to 900")
    await expect(other.locator(".assistant_message").last).to_contain_text("40")
    await asyncio.gather(visitor.picture(one, "tab-one"), visitor.picture(other, "tab-two"))
    await one.get_by_role("button", name="Stop").click()
    await answered(one)
    await one.context.close()


async def history(visitor: Visitor) -> None:
    """Draw the list of threads, a rename and a deletion."""
    page = await visitor.come(height=300)
    await page.goto("/")
    for text in ("Hello!", "Add a task: call Ann"):
        await say(page, text)
        await answered(page)
        await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open").first).to_be_visible()
    await visitor.picture(page, "history")
    await page.get_by_role("button", name="Rename: Add a task: call Ann").click()
    await visitor.picture(page, "rename")
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Delete: Add a task: call Ann").click()
    await visitor.picture(page, "delete")
    await page.context.close()


async def widgets(visitor: Visitor) -> None:
    """Draw widgets of all kinds, a running action, and questions."""
    card = {"type": "Card", "children": [{"type": "Title", "value": "This week"}, CHART]}
    items = [asked("How was my week?"), item("workflow", workflow={**THINKING, "expanded": False}), said("Like this:")]
    page = await visitor.come(height=560)
    await show(page, [*items, item("widget", widget=card)])
    await visitor.picture(page, "widgets")
    await show(page, [item("structured_input", status="pending", inputs=QUESTIONS), item("widget", widget=LIST)])
    await visitor.picture(page, "questions")
    page = await visitor.come(height=1180)
    await show(page, [asked("Show me everything"), item("widget", widget=CARD)])
    await visitor.picture(page, "components")
    waiting: list[Route] = []
    await page.route("**/chatkit", lambda route: waiting.append(route))
    await page.get_by_role("button", name="Press").click()
    await expect(page.get_by_role("button", name="Press")).to_be_disabled()
    await visitor.picture(page, "action")
    for route in waiting:
        await route.abort()
    await page.context.close()


async def composer(visitor: Visitor) -> None:
    """Draw files, commands, mentions and their previews."""
    page = await visitor.come(height=340)
    await page.goto("/")
    files = page.get_by_label("Attach files")
    await files.set_input_files({"name": "shopping.txt", "mimeType": "text/plain", "buffer": b"Milk"})
    await expect(page.locator(".composer .file[aria-busy=false]")).to_be_visible()
    message = page.get_by_label("Message", exact=True)
    await message.fill("What is in it?")
    await visitor.picture(page, "upload")
    await message.fill("")
    await message.press_sequentially("/")
    await expect(page.locator("#suggestions")).to_be_visible()
    await visitor.picture(page, "commands")
    page = await visitor.come(height=340)
    tag = {"type": "input_tag", "id": "e1", "text": "Ann Lee", "data": {}, "interactive": True}
    await show(
        page, [asked("") | {"content": [{"type": "input_text", "text": "Ask "}, tag]}, said("I have asked her.")]
    )
    preview = "{type: 'Basic', children: [{type: 'Title', value: 'Ann Lee'}, {type: 'Caption', value: 'Blue team'}]}"
    await options(page, f"entities: {{onRequestPreview: async () => ({{preview: {preview}}})}}")
    await page.get_by_role("button", name="@Ann Lee").focus()
    await expect(page.get_by_role("tooltip")).to_be_visible()
    await visitor.picture(page, "preview")
    await page.context.close()


async def looks(visitor: Visitor) -> None:
    """Draw the chat dark, right to left, and on a telephone."""
    items = [asked("How was my week?"), item("workflow", workflow={**THINKING, "expanded": False}), said(TEXT)]
    page = await visitor.come()
    await page.emulate_media(color_scheme="dark")
    await show(page, items)
    await visitor.picture(page, "dark")
    page = await visitor.come()
    await show(
        page,
        [
            asked("كيف كان أسبوعي؟"),
            said("كان جيدًا:\n\n| اليوم | المهام |\n|---|---|\n| الاثنين | 3 |\n| الثلاثاء | 5 |"),
        ],
    )
    await options(page, "locale: 'ar'")
    await visitor.picture(page, "right-to-left")
    page = await visitor.come(width=360, height=560)
    await show(page, items)
    await visitor.picture(page, "phone")
    await page.context.close()


SCENES: list[Callable[[Visitor], Awaitable[None]]] = [answers, agents, tabs, history, widgets, composer, looks]


async def main() -> None:
    """Start a server, and draw all pictures with new users."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), {"DEMO_DELAY_MS": "10"}) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for scene in SCENES:
                await scene(Visitor(browser, server))
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
