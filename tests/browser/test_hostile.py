"""What the hostile try: text, addresses and widgets that come from a model are not trusted."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.scripted import asked, item, said, show

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "trick",
    [
        "<script>window.owned = 1</script>",
        "<img src=x onerror='window.owned = 1'>",
        "[click](javascript:window.owned=1)",
        "[click](data:text/html,<script>window.owned=1</script>)",
        "<a href='java&#9;script:window.owned=1'>x</a>",
        "![x](https://evil.example/pixel.png)",
        "![x](//evil.example/pixel.png)",
        "<svg><style>*{background:url(https://evil.example)}</style></svg>",
        "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
        "<form action='https://evil.example'><button>x</button></form>",
        "<math><mtext><table><mglyph><style><img src=x onerror=window.owned=1>",
        "`` ` ``<img src=x onerror=window.owned=1>",
        '[x](https://ok.example "onmouseover=window.owned=1")',
    ],
)
async def test_hostile_text_is_harmless(page: Page, trick: str) -> None:
    tricky = {"type": "Card", "children": [{"type": "Markdown", "value": trick}, {"type": "Text", "value": trick}]}
    await show(page, [asked("Hi"), said(trick), item("widget", widget=tricky)])
    for link in await page.locator(".row a").all():
        address = await link.get_attribute("href") or ""
        assert address.startswith(("https://", "")), address
        assert "javascript" not in address
        assert not address.startswith("data:text")
    assert await page.evaluate("window.owned") is None
    assert await page.locator(".row :is(script, iframe, form, style, svg style, math)").count() == 0


async def test_hostile_values_of_widgets_are_harmless(page: Page) -> None:
    evil = "url(https://evil.example/x)"
    widget = {
        "type": "Card",
        "background": evil,
        "children": [
            {"type": "Image", "src": "https://evil.example/pixel.png", "alt": "Elsewhere"},
            {"type": "Image", "src": "javascript:window.owned=1", "alt": "Script"},
            {"type": "Box", "background": evil, "width": f"1px;background:{evil}", "border": {"size": evil}},
            {"type": "Text", "value": "Words", "color": evil, "size": "constructor"},
            {"type": "__proto__", "children": [{"type": "Text", "value": "Inside"}]},
            {"type": "Icon", "name": "'><script>window.owned=1</script>"},
            {"type": "Input", "name": "__proto__.polluted", "defaultValue": "1"},
            None,
            "text",
        ],
    }  # fmt: skip
    await show(page, [asked("Hi"), item("widget", widget=widget)])
    await expect(page.get_by_role("link", name="Elsewhere")).to_be_visible()
    await expect(page.get_by_text("Inside")).to_be_visible()
    assert await page.get_by_role("link", name="Script").count() == 0
    assert await page.locator(".row img").count() == 0
    assert await page.evaluate("window.owned ?? {}.polluted ?? null") is None
