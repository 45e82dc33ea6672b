"""Page before a scripted server: any number of items of each kind."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.async_api import Page, Route

THREAD = {"id": "thr_scripted", "created_at": "2026-01-01T00:00:00Z", "title": "Scripted", "status": {"type": "active"}}


def item(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    """An item of the scripted thread."""
    return {
        "id": f"{kind}_{number}",
        "thread_id": THREAD["id"],
        "created_at": THREAD["created_at"],
        "type": kind,
        **fields,
    }


def said(text: str, number: int = 1) -> dict[str, Any]:
    """An assistant's message."""
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return item("assistant_message", number, content=content)


def asked(text: str, number: int = 1) -> dict[str, Any]:
    """A user's message."""
    content = [{"type": "input_text", "text": text}]
    return item("user_message", number, content=content, inference_options={}, attachments=[])


async def show(page: Page, items: Sequence[Mapping[str, Any]], **thread: Any) -> list[dict[str, Any]]:
    """Open a thread of these items; what the page asks afterwards is in the list that is returned."""
    asked_for: list[dict[str, Any]] = []
    answers = {
        "threads.get_by_id": {**THREAD, **thread, "items": {"data": [], "has_more": False}},
        "items.list": {"data": list(reversed(items)), "has_more": False},
        "threads.list": {"data": [THREAD], "has_more": False},
    }

    async def answer(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        asked_for.append(body)
        if body["type"] in answers:
            await route.fulfill(content_type="application/json", body=json.dumps(answers[body["type"]]))
        else:
            await route.fulfill(content_type="text/event-stream", body=": nothing to say\n\n")

    await page.route("**/chatkit", answer)
    await nothing_runs(page)
    await page.goto(f"/#{THREAD['id']}")
    await page.locator(".row").first.wait_for()
    return asked_for


async def nothing_runs(page: Page) -> None:
    """Answer for the server, which does not know a scripted thread, that no turn runs there."""
    await page.route("**/api/threads/thr_*/stream*", lambda route: route.fulfill(status=204))


async def options(page: Page, script: str) -> None:
    """Give the element other options; `script` is what stands between the braces of the object."""
    await page.evaluate(
        f"document.querySelector('openai-chatkit').setOptions({{api: {{url: '/chatkit', domainKey: ''}}, {script}}})"
    )
