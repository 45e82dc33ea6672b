"""Draw the pictures of docs/images/widgets, in a real Chromium: `python -m tests.browser.pictures`."""

import asyncio
import datetime as dt
import tempfile
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

from tests.browser.chat import answered, say
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.server import ROOT, running

FOLDER = ROOT / "docs" / "images" / "widgets"
TODAY = dt.datetime.now(dt.UTC).date()

TASKS = [
    {"title": "Renew the passport", "priority": "high", "due": str(TODAY - dt.timedelta(days=2))},
    {"title": "Water the plants", "priority": "medium", "due": str(TODAY), "description": "The fern twice."},
    {"title": "اتصل بالسباك بخصوص المطبخ", "priority": "low", "due": str(TODAY + dt.timedelta(days=9))},
    {"title": "Read the contract for the new flat, all forty pages of it, and write down what is unclear"},
]


async def ask(page: Page, text: str) -> Locator:
    """Send a message; return the widget of the answer."""
    await say(page, text)
    await answered(page)
    return page.locator(".widget > div > *").last


async def draw(page: Page) -> None:
    """Every widget, one after the other."""

    async def picture(widget: Locator, name: str) -> None:
        await page.mouse.move(0, 0)
        await widget.screenshot(path=FOLDER / f"{name}.png", animations="disabled")

    await page.goto("/")
    await picture(await ask(page, "Show me my tasks"), "empty")
    for task in TASKS:
        await page.request.post("/api/tasks", data=task)
    widget = await ask(page, "Show me my tasks")
    await widget.locator("li.w-item", has_text="contract").get_by_role("button", name="Complete").click()
    await expect(widget).to_contain_text("1 done")
    await picture(widget, "list")
    await widget.locator("li.w-item", has_text="plants").get_by_role("button", name="Open").click()
    await expect(widget).to_contain_text("The fern")
    await picture(widget, "card")
    await widget.get_by_role("button", name="Edit").click()
    await expect(widget.get_by_label("Title")).to_be_visible()
    await picture(widget, "form")
    await widget.get_by_role("button", name="Cancel").click()
    await widget.get_by_role("button", name="Delete").click()
    await expect(widget).to_contain_text("for good?")
    await picture(widget, "deletion")


async def main() -> None:
    """A fresh server, a fresh visitor, and the pictures of what they see."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), {"DEMO_DELAY_MS": "0"}) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            view = await browser.new_context(
                base_url=server.url, viewport={"width": 720, "height": 1000}, color_scheme="light"
            )
            await draw(await view.new_page())
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
