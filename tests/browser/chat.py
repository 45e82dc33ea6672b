"""The chat as a visitor uses it."""

from playwright.async_api import Page, expect


async def say(page: Page, text: str) -> None:
    """Type a message and send it; when this returns, the page has taken it."""
    message = page.get_by_label("Message", exact=True)
    await message.fill(text)
    await message.press("Enter")
    await expect(message).to_have_value("")


async def answered(page: Page) -> None:
    """Wait until the turn is over."""
    await expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=20_000)
