"""The task widgets in the built-in page: what a click and a form do."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import answered, say

pytestmark = pytest.mark.browser


async def forget_tasks(page: Page) -> None:
    """Delete all tasks: the server is shared by all tests."""
    for task in await (await page.request.get("/api/tasks")).json():
        await page.request.delete(f"/api/tasks/{task['id']}")


@pytest.fixture(autouse=True)
async def tidy(page: Page) -> AsyncIterator[None]:
    """Begin with no tasks, and leave none behind."""
    await forget_tasks(page)
    yield
    await forget_tasks(page)


async def show_list(page: Page, *titles: str) -> None:
    """A page with a list of new tasks in it."""
    for title in titles:
        await page.request.post("/api/tasks", data={"title": title})
    await page.goto("/")
    await say(page, "Show me my tasks")
    await answered(page)


async def test_a_task_is_completed_opened_edited_and_deleted_by_clicks(page: Page) -> None:
    await show_list(page, "water the plants", "call Ann")
    widget = page.locator(".widget")
    await widget.locator("li.w-item", has_text="call Ann").get_by_role("button", name="Complete").click()
    await expect(widget).to_contain_text("Tasks (1 open, 1 done)")
    await widget.locator("li.w-item", has_text="water").get_by_role("button", name="Open").click()
    await widget.get_by_role("button", name="Edit").click()
    await widget.get_by_label("Title").fill("water the garden")
    await widget.get_by_label("Priority").select_option("high")
    await widget.get_by_label("Due").fill("2031-02-03")
    await widget.get_by_role("button", name="Save").click()
    await expect(widget).to_contain_text("due Feb 3, 2031")
    await expect(widget).to_contain_text("high")
    await page.reload()
    await expect(widget).to_contain_text("water the garden")
    await widget.get_by_role("button", name="Delete").click()
    await widget.get_by_role("button", name="Delete").click()
    await expect(widget).to_contain_text("is deleted")
    await widget.get_by_role("button", name="Back to the list").click()
    await expect(widget).to_contain_text("call Ann")
    await expect(widget).not_to_contain_text("water")


async def test_a_title_is_text_and_runs_in_its_own_direction(page: Page) -> None:
    hostile = "<img src=x onerror=document.title='owned'>"
    await show_list(page, hostile, "اتصل بآن غدًا")
    title = page.locator(".widget .w-text", has_text="اتصل")
    assert await title.evaluate("node => getComputedStyle(node).direction") == "rtl"
    await page.locator("li.w-item", has_text="<img").get_by_role("button", name="Open").click()
    await expect(page.locator(".widget .w-title")).to_have_text(hostile)
    assert "owned" not in await page.title()
    assert await page.locator(".widget img").count() == 0


async def test_a_long_list_is_turned(page: Page) -> None:
    await show_list(page, *(f"task number {number}" for number in range(27)))
    widget = page.locator(".widget")
    await widget.get_by_role("button", name="7 more").click()
    await expect(widget).to_contain_text("task number 26")
    await expect(widget).not_to_contain_text("task number 19")
    await widget.get_by_role("button", name="From the beginning").click()
    await expect(widget).to_contain_text("task number 19")
