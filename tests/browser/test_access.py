"""Accessibility: screen readers, keyboards, narrow screens, writing from right to left, reduced motion."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.chat import answered, say
from tests.browser.scripted import asked, item, options, said, show
from tests.browser.test_element import QUESTIONS, everything
from tests.server import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LONG = "averylongword" * 12
WIDE = (
    f"{LONG}\n\n| {' | '.join('column' for _ in range(12))} |\n|{'---|' * 12}\n\n```\n{LONG}\n```\n\n[{LONG}](/{LONG})"
)


async def findings(page: Page) -> list[str]:
    """What axe finds serious or critical, by rule and place."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make web-check (needs Node 18 or newer)")
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    found: list[str] = await page.evaluate(
        """async () => (await axe.run()).violations
            .filter(({ impact }) => impact === "serious" || impact === "critical")
            .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))"""
    )
    return found


async def test_axe_finds_nothing_serious_in_a_thread_of_everything(page: Page) -> None:
    await show(page, everything())
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator(".root")).to_have_class(f"root {scheme}")
        assert await findings(page) == []


async def test_axe_finds_nothing_serious_in_the_built_in_page(page: Page) -> None:
    await page.goto("/")
    await expect(page.locator(".greeting")).to_be_visible()
    assert await findings(page) == []
    await say(page, "count to 300")
    await expect(page.locator(".assistant_message")).to_contain_text("20")
    assert await findings(page) == []
    await page.get_by_role("button", name="Stop").click()
    await answered(page)
    await page.get_by_label("Message", exact=True).press_sequentially("/")
    await expect(page.locator("#suggestions")).to_be_visible()
    assert await findings(page) == []


async def test_axe_finds_nothing_serious_in_the_history(page: Page) -> None:
    await show(page, [asked("Hi")])
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open")).to_be_visible()
    assert await findings(page) == []
    await page.get_by_role("button", name="Rename: Scripted").click()
    assert await findings(page) == []
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Delete: Scripted").click()
    assert await findings(page) == []


async def test_axe_finds_nothing_serious_where_something_failed_or_waits(page: Page) -> None:
    asks = item("structured_input", status="pending", inputs=QUESTIONS)
    await show(page, [asked("Hi"), asks], status={"type": "locked", "reason": "Being looked at"})
    await expect(page.get_by_text("Being looked at")).to_be_visible()
    assert await findings(page) == []
    await show(page, [asked("Hi"), said("Hello")])
    broken = 'data: {"type": "notice", "level": "warning", "message": "Slow today"}\n\n'
    broken += 'data: {"type": "error", "message": "The model is busy.", "allow_retry": true}\n\n'
    await page.route("**/chatkit", lambda route: route.fulfill(content_type="text/event-stream", body=broken))
    await say(page, "Again")
    await expect(page.get_by_role("alert")).to_contain_text("The model is busy.")
    assert await findings(page) == []


async def test_everything_is_reached_with_the_keyboard(page: Page) -> None:
    await show(page, [asked("Hi"), said("Hello")])
    await expect(page.get_by_role("button", name="Good answer")).to_be_visible()
    await page.locator("header a.button").focus()
    reached = []
    for _ in range(20):
        await page.keyboard.press("Tab")
        name = await page.evaluate(
            """() => {
                const node = document.activeElement.shadowRoot?.activeElement;
                return node ? node.ariaLabel ?? node.textContent.trim() : null;
            }"""
        )
        if name is None:
            break
        reached.append(name)
    wanted = ["History", "New chat", "Conversation", "Copy", "Good answer", "Bad answer", "Try again", "Message"]
    assert [name for name in reached if name in wanted] == wanted
    await page.get_by_role("button", name="History").press("Enter")
    await expect(page.locator("button.open")).to_be_visible()
    await page.get_by_role("button", name="Rename: Scripted").press("Enter")
    await expect(page.get_by_label("Rename", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator(".root")).to_have_class("root dark")
    await expect(page.get_by_role("button", name="Save")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Delete: Scripted").press("Enter")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Delete: Scripted")).to_be_visible()


async def test_a_narrow_screen_is_never_wider_than_it_is(page: Page) -> None:
    await page.set_viewport_size({"width": 320, "height": 560})
    await show(page, [asked(WIDE), *everything(), said(WIDE, 2)])
    too_wide = await page.evaluate(
        """() => {
            const { shadowRoot } = document.querySelector("openai-chatkit");
            const boxes = [document.documentElement, shadowRoot.querySelector(".scroll")];
            return boxes.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
        }"""
    )
    assert too_wide == [0, 0]
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("button.open")).to_be_in_viewport()
    small = await page.evaluate(
        """() => [...document.querySelector("openai-chatkit").shadowRoot.querySelectorAll("button")]
            .map((button) => [button.ariaLabel ?? button.textContent.trim(), button.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 24 || height < 24).map(([name]) => name)"""
    )
    assert small == [], "a finger needs 24 pixels"


async def test_what_runs_from_right_to_left_is_drawn_so(page: Page) -> None:
    await show(page, [asked("مرحبا"), said("أهلا"), *everything()[3:6]])
    await options(page, "locale: 'ar'")
    await expect(page.locator(".root")).to_have_attribute("dir", "rtl")

    async def middle(selector: str) -> float:
        box = await page.locator(selector).first.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2

    centre = await middle(".composer")
    assert await middle("button.round") < centre, "sending is at the end of the line"
    assert await middle(".bubble") < centre, "and so is what the reader said"
    direction = "node => getComputedStyle(node).direction"
    assert await page.locator(".assistant_message .markdown").first.evaluate(direction) == "rtl"
    assert await page.locator(".markdown pre").first.evaluate(direction) == "ltr", "code is code everywhere"
    assert await findings(page) == []


async def test_reduced_motion_is_respected(page: Page) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await show(page, [said(f"Number {number}", number) for number in range(200)])
    let_go = asyncio.Event()

    async def thinks(route: Route) -> None:
        await let_go.wait()
        await route.fulfill(content_type="text/event-stream", body=": done\n\n")

    await page.route("**/chatkit", thinks)
    await say(page, "Hi")
    pulse = page.locator(".pulse")
    await expect(pulse).to_be_visible()
    moving: Any = await page.evaluate("document.getAnimations().length")
    inside: Any = await pulse.evaluate("node => node.getRootNode().getAnimations().length")
    assert (moving, inside) == (0, 0)
    await page.locator(".scroll").evaluate("box => { box.scrollTop = 0; }")
    await expect(page.get_by_text("Number 0", exact=True)).to_be_visible()
    # A jump is over in the frame it is asked for.
    rest = await page.get_by_role("button", name="Jump to the newest message").evaluate(
        """(button) => {
            button.click();
            const box = button.getRootNode().querySelector(".scroll");
            return box.scrollHeight - box.scrollTop - box.clientHeight;
        }"""
    )
    assert rest <= 1
    let_go.set()
    await answered(page)
