"""Draw the pictures of docs/images/front, in a real Chromium: `python -m tests.browser.front_pictures`."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.chat import answered, say
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.scripted import asked, item, said, show
from tests.browser.test_element import CHART, QUESTIONS, THINKING
from tests.server import ROOT, ServerProcess, running

FOLDER = ROOT / "docs" / "images" / "front"
TEXT = "## In a nutshell\n\n| Day | Tasks |\n|---|---|\n| Mon | 3 |\n| Tue | 5 |\n\n```python\nprint(sum([3, 5]))\n```"


async def visit(browser: Browser, server: ServerProcess, *, width: int = 640, height: int = 560) -> Page:
    """A new visitor."""
    return await browser.new_page(
        base_url=server.url, viewport={"width": width, "height": height}, color_scheme="light"
    )


async def picture(page: Page, name: str) -> None:
    """What is to be seen now."""
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


async def draw(browser: Browser, server: ServerProcess) -> None:
    """Every picture, one after the other."""
    page = await visit(browser, server)
    await page.goto("/")
    await expect(page.locator(".greeting")).to_be_visible()
    await picture(page, "start")
    await say(page, "Add a task: water the plants, high priority")
    await answered(page)
    await say(page, "count to 300")
    await expect(page.locator(".assistant_message").last).to_contain_text("30")
    await picture(page, "stream")
    await page.get_by_role("button", name="Stop").click()
    await answered(page)
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open")).to_be_visible()
    await picture(page, "history")
    card = {"type": "Card", "children": [{"type": "Title", "value": "This week"}, CHART]}
    form = item("structured_input", status="pending", inputs=QUESTIONS)
    items = [asked("How was my week?"), item("workflow", workflow={**THINKING, "expanded": False})]
    page = await visit(browser, server, height=900)
    await show(page, [*items, said("Like this:"), item("widget", widget=card), form])
    await picture(page, "widgets")
    page = await visit(browser, server)
    await page.emulate_media(color_scheme="dark")
    await show(page, [*items, said(TEXT)])
    await picture(page, "dark")
    page = await visit(browser, server, width=360, height=560)
    await show(page, [*items, said(TEXT)])
    await picture(page, "phone")


async def main() -> None:
    """A fresh server, fresh visitors, and the pictures of what they see."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), {"DEMO_DELAY_MS": "10"}) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await draw(browser, server)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
