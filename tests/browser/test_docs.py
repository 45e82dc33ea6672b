"""The API's page, in a browser that can reach nothing but this server."""

from playwright.async_api import Page, expect

from tests.server import ServerProcess


async def test_the_api_is_shown_without_another_address(page: Page, server: ServerProcess) -> None:
    """`page` complains of any request to elsewhere, and of anything that the policy forbids."""
    answer = await page.goto("/docs")
    assert answer is not None
    assert "default-src 'none'" in (await answer.all_headers())["content-security-policy"]
    operation = page.locator("details.operation", has_text="/api/threads/{thread_id}/stop")
    await operation.locator("summary").click()
    await expect(operation.get_by_text("on any replica")).to_be_visible()
    chatkit = page.locator("details.operation", has_text="POST /chatkit The ChatKit protocol")
    await chatkit.locator("summary").click()
    await chatkit.get_by_role("link", name="ChatKitReq").click()
    await expect(page.locator("#ChatKitReq")).to_be_in_viewport()
    color = await page.locator("summary b").first.evaluate("element => getComputedStyle(element).display")
    assert color == "inline-block", "the style is there"
