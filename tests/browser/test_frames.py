"""How smoothly a very long thread scrolls and grows. The figures are printed; only counts are held to."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import answered, say
from tests.browser.scripted import asked, item, said, show

pytestmark = pytest.mark.browser

ITEMS = 10_000
# What the screen and the margins around it hold, and some more.
MOST_ROWS = 60
MOST_NODES = 3_000

TEXT = """Number {n} in **a few** words, with `code` and a [link](/docs).

| Day | Tasks |
|---|---|
| Mon | {n} |

```python
print({n})
```
"""
CARD = {"type": "Card", "children": [{"type": "Title", "value": "A card"}, {"type": "Text", "value": "And its text"}]}
PIECES = [
    f"Piece {number} of *an answer* that grows. " + ("\n\n" if number % 25 == 24 else "") for number in range(500)
]

# Counts frames, and how far apart they were, from one call to the other.
WATCH = """() => {
    const watch = { gaps: [], longTasks: 0, shifts: [], isOn: true };
    const see = (type, told) => new PerformanceObserver((list) => list.getEntries().forEach(told)).observe({ type });
    see("longtask", () => { watch.longTasks += 1; });
    see("layout-shift", ({ value, sources }) => {
        const what = sources.map(({ node, previousRect, currentRect }) =>
            `${node?.className || node?.nodeName} ${previousRect.y} -> ${currentRect.y}`);
        watch.shifts.push([value, what]);
    });
    let last = performance.now();
    requestAnimationFrame(function next(now) {
        watch.gaps.push(now - last);
        last = now;
        if (watch.isOn) requestAnimationFrame(next);
    });
    window.watch = watch;
}"""
SEEN = """() => {
    watch.isOn = false;
    const nodes = (root) => [...root.querySelectorAll("*")].reduce(
        (sum, node) => sum + 1 + (node.shadowRoot ? nodes(node.shadowRoot) : 0), 0);
    const rows = document.querySelector("openai-chatkit").shadowRoot.querySelectorAll(".row").length;
    const { gaps, longTasks, shifts } = watch;
    return { gaps: gaps.slice(1), longTasks, shifts, nodes: nodes(document), rows };
}"""
# The server's answer, a piece at a time; the page's own fetch stands in for it.
SPEAK = """({ before, pieces, after }) => {
    const encoder = new TextEncoder();
    const written = (event) => encoder.encode(`data: ${JSON.stringify(event)}\\n\\n`);
    const wait = () => new Promise((go) => setTimeout(go, 8));
    async function speak(answer) {
        for (const event of before) answer.enqueue(written(event));
        for (const event of pieces) { await wait(); answer.enqueue(written(event)); }
        for (const event of after) answer.enqueue(written(event));
        answer.close();
    }
    document.querySelector("openai-chatkit").setOptions({ api: { url: "/chatkit", domainKey: "", fetch: (url, init) =>
        JSON.parse(init.body).type === "threads.add_user_message"
            ? Promise.resolve(new Response(new ReadableStream({ start: (answer) => void speak(answer) })))
            : fetch(url, init) } });
}"""


def long_thread() -> list[dict[str, Any]]:
    """Ten thousand items of kinds that differ in height."""
    kinds: list[Callable[[int], dict[str, Any]]] = [
        lambda n: asked(f"Message number {n}, which asks for something", n),
        lambda n: said(TEXT.format(n=n), n),
        lambda n: item("widget", n, widget=CARD),
        lambda n: said(f"Message number {n}: " + "a longer word or two " * (n % 40), n),
    ]
    return [kinds[n % len(kinds)](n) for n in range(ITEMS)]


def answer() -> dict[str, Any]:
    """The events of an answer in many pieces."""
    message = said("", ITEMS + 2)
    delta = "assistant_message.content_part.text_delta"
    return {
        "before": [
            {"type": "stream_options", "stream_options": {"allow_cancel": True}},
            {"type": "thread.item.done", "item": asked("Tell me more", ITEMS + 1)},
            {"type": "thread.item.added", "item": message},
        ],
        "pieces": [
            {
                "type": "thread.item.updated",
                "item_id": message["id"],
                "update": {"type": delta, "content_index": 0, "delta": piece},
            }
            for piece in PIECES
        ],
        "after": [{"type": "thread.item.done", "item": said("".join(PIECES), ITEMS + 2)}],
    }


def line(name: str, seen: dict[str, Any]) -> str:
    gaps = sorted(seen["gaps"])
    late = sum(gap > 1.5 * 1000 / 60 for gap in gaps)
    figures = (gaps[len(gaps) // 2], gaps[len(gaps) * 99 // 100], gaps[-1])
    times = " | ".join(f"{gap:.1f} ms" for gap in figures)
    rate = len(gaps) / (sum(gaps) / 1000)
    return (
        f"| {name} | {len(gaps)} | {rate:.0f} | {times} | {late} | {seen['longTasks']} |"
        f" {len(seen['shifts'])} | {seen['rows']} | {seen['nodes']} |"
    )


async def scrolled(page: Page, pixels: int, times: int) -> None:
    """Scroll by a number of pixels in each of a number of frames."""
    await page.locator(".scroll").evaluate(
        """async (box, [pixels, times]) => {
            for (let time = 0; time < times; time++) {
                await new Promise(requestAnimationFrame);
                box.scrollTop += pixels;
            }
        }""",
        [pixels, times],
    )


async def test_ten_thousand_items_scroll_and_grow_in_step_with_the_screen(
    page: Page, record_property: Callable[[str, object], None]
) -> None:
    await show(page, long_thread())
    await expect(page.get_by_text(f"Message number {ITEMS - 1}:")).to_be_visible()
    table = [
        f"A thread of {ITEMS} items, frame by frame",
        "| | frames | a second | median gap | 99 of 100 | longest | late | long tasks | shifts | rows | nodes |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]

    async def watched(name: str, action: Awaitable[object]) -> dict[str, Any]:
        await page.evaluate(WATCH)
        await action
        seen: dict[str, Any] = await page.evaluate(SEEN)
        table.append(line(name, seen))
        assert seen["rows"] <= MOST_ROWS
        assert seen["nodes"] <= MOST_NODES
        return seen

    await watched("nothing", asyncio.sleep(1))
    await watched("scrolling up", scrolled(page, -120, 240))
    await watched("scrolling fast", scrolled(page, -4000, 120))
    await page.get_by_role("button", name="Jump to the newest message").click()
    await expect(page.get_by_text(f"Message number {ITEMS - 1}:")).to_be_in_viewport()

    await page.evaluate(SPEAK, answer())
    await say(page, "Tell me more")
    growing = page.locator(".assistant_message .markdown").last
    await expect(growing).to_contain_text("Piece 3 ")
    seen = await watched("an answer of 500 pieces", answered(page))
    await expect(growing).to_contain_text("Piece 499 of")
    await expect(growing).to_be_in_viewport()
    record_property("table", "\n".join(table))
    assert seen["shifts"] == [], json.dumps(seen["shifts"])
