"""Our `<openai-chatkit>`: every kind of item and widget, the page's options, and what the hostile try."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import answered, say
from tests.browser.scripted import asked, item, nothing_runs, options, said, show

pytestmark = pytest.mark.browser

ROW = {"type": "Row", "gap": 2, "children": [{"type": "Icon", "name": "star"}, {"type": "Text", "value": "In a row"}]}
FIELDS: list[dict[str, Any]] = [
    {"type": "Label", "value": "Title", "fieldName": "todo.title"},
    {"type": "Input", "name": "todo.title", "defaultValue": "Milk"},
    {"type": "Textarea", "name": "note", "placeholder": "Note"},
    {"type": "Select", "name": "size", "placeholder": "Size", "options": [{"value": "s", "label": "Small"}]},
    {"type": "DatePicker", "name": "day", "placeholder": "Day", "defaultValue": "2031-02-03T00:00:00Z"},
    {"type": "Checkbox", "name": "urgent", "label": "Urgent", "defaultChecked": True},
    {"type": "RadioGroup", "name": "who", "options": [{"value": "a", "label": "Ann"}, {"value": "b", "label": "Ben"}]},
]
TABLE = {
    "type": "Table",
    "children": [
        {"type": "Table.Row", "header": header, "children": [{"type": "Table.Cell", "children": [text]}]}
        for header, text in ((True, {"type": "Text", "value": "Head"}), (False, {"type": "Text", "value": "Cell"}))
    ],
}
CHART = {
    "type": "Chart",
    "data": [{"day": "Mon", "n": 3}, {"day": "Tue", "n": 5}],
    "series": [{"type": "bar", "dataKey": "n", "label": "Tasks"}, {"type": "line", "dataKey": "n", "label": "Trend"}],
    "xAxis": "day",
}
CARD = {
    "type": "Card",
    "status": {"text": "Draft", "icon": "write"},
    "children": [
        {"type": "Title", "value": "A title"},
        {"type": "Caption", "value": "A caption"},
        {"type": "Badge", "label": "New", "color": "success"},
        {"type": "Markdown", "value": "Some **bold** words"},
        ROW,
        {"type": "Col", "children": [{"type": "Box", "children": [{"type": "Text", "value": "In a box"}]}]},
        {"type": "Divider"},
        {"type": "Spacer"},
        {"type": "Image", "src": "/static/icon.svg", "size": 48, "alt": "An anchor"},
        {"type": "Transition", "children": {"type": "Text", "value": "In transition"}},
        TABLE,
        CHART,
        {"type": "Button", "label": "Press", "onClickAction": {"type": "press", "payload": {"id": 1}}},
        {
            "type": "Form",
            "onSubmitAction": {"type": "save"},
            "children": [*FIELDS, {"type": "Button", "submit": True, "label": "Save it"}],
        },
    ],
    "confirm": {"label": "Yes", "action": {"type": "yes"}},
    "cancel": {"label": "No", "action": {"type": "no"}},
}
LIST = {
    "type": "ListView",
    "limit": 1,
    "children": [
        {"type": "ListViewItem", "onClickAction": {"type": "open"}, "children": [{"type": "Text", "value": "First"}]},
        {"type": "ListViewItem", "children": [{"type": "Text", "value": "Second"}]},
    ],
}
BASIC = {"type": "Basic", "children": [{"type": "Text", "value": "Nothing around it"}]}
QUESTIONS = [
    {"type": "multiple_choice", "id": "q1", "question": "Which?", "options": [{"value": "Red"}, {"value": "Blue"}]},
    {"type": "freeform", "id": "q2", "question": "Why?"},
]
THINKING = {
    "type": "reasoning",
    "summary": {"duration": 7},
    "expanded": True,
    "tasks": [
        {"type": "thought", "title": "Hm", "content": "*Thinking*"},
        {"type": "web_search", "queries": ["fish"], "sources": [{"type": "url", "title": "Sea", "url": "https://sea.example"}]},
        {"type": "file", "sources": [{"type": "file", "title": "Notes", "filename": "notes.txt"}]},
        {"type": "image", "title": "Sketching"},
        {"type": "custom", "title": "Step", "icon": "bolt"},
    ],
}  # fmt: skip
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def everything() -> list[dict[str, Any]]:
    """A thread with each kind of item in it."""
    return [
        asked("Show me everything"),
        item("workflow", workflow=THINKING),
        item("task", task={"type": "custom", "title": "Alone"}),
        said("# Heading\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n\n- one\n- [x] done"),
        item("widget", 1, widget=CARD),
        item("widget", 2, widget=LIST),
        item("widget", 3, widget=BASIC),
        item("generated_image", image={"id": "img", "url": PIXEL}),
        item("structured_input", status="pending", inputs=QUESTIONS),
        item("client_tool_call", status="completed", call_id="c", name="n", arguments={}),
        item("end_of_turn"),
    ]


async def test_every_kind_of_item_and_widget_is_drawn(page: Page) -> None:
    await show(page, everything())
    for text in (
        "Thought for 7 s",
        "Thinking",
        "fish",
        "Sea",
        "Notes",
        "Sketching",
        "Step",
        "Alone",
        "A caption",
        "New",
    ):
        await expect(page.get_by_text(text, exact=True).first).to_be_visible()
    for text in (
        "In a row",
        "In a box",
        "In transition",
        "Head",
        "Cell",
        "Nothing around it",
        "First",
        "Which?",
        "Why?",
    ):
        await expect(page.get_by_text(text, exact=True).first).to_be_visible()
    await expect(page.get_by_role("heading", name="Heading")).to_be_visible()
    await expect(page.locator(".markdown pre code")).to_have_text("print(1)\n")
    await page.get_by_role("img", name="An anchor").scroll_into_view_if_needed()
    await expect(page.get_by_role("img", name="An anchor")).to_be_visible()
    await expect(page.get_by_role("img", name="Generated image")).to_be_visible()
    await expect(page.locator(".w-chart rect")).to_have_count(2)
    await expect(page.get_by_text("Second")).to_be_hidden()


async def test_clicks_and_forms_of_widgets_reach_the_server(page: Page) -> None:
    requests = await show(page, everything())

    async def done(label: str) -> dict[str, Any]:
        before = len(requests)
        await page.get_by_role("button", name=label, exact=True).click()
        await expect(page.get_by_role("button", name="Press")).to_be_enabled()
        sent = next(request for request in requests[before:] if request["type"] == "threads.custom_action")
        action: dict[str, Any] = sent["params"]["action"]
        assert sent["params"]["item_id"] == "widget_1"
        return action

    assert await done("Press") == {"type": "press", "payload": {"id": 1}}
    await page.get_by_label("Title").fill("Bread")
    await page.get_by_label("Ben").check()
    assert await done("Save it") == {
        "type": "save",
        "payload": {
            "todo": {"title": "Bread"},
            "note": "",
            "size": "",
            "day": "2031-02-03",
            "urgent": True,
            "who": "b",
        },
    }
    assert (await done("No"))["type"] == "no"


async def test_questions_are_answered(page: Page) -> None:
    requests = await show(page, everything())
    await page.get_by_label("Blue").check()
    await page.get_by_label("Why?", exact=True).fill("Because")
    await page.get_by_role("button", name="Submit").click()
    await answered(page)
    sent = next(request for request in requests if request["type"] == "threads.add_structured_input")
    assert sent["params"]["input"] == {
        "status": "answered",
        "answers": {"q1": {"values": ["Blue"], "skipped": False}, "q2": {"values": ["Because"], "skipped": False}},
    }


async def test_of_ten_thousand_items_few_are_in_the_page(page: Page) -> None:
    await show(page, [said(f"Message number {number}", number) for number in range(10_000)])
    await expect(page.get_by_text("Message number 9999", exact=True)).to_be_visible()
    assert await page.locator(".row").count() < 150
    await page.locator(".scroll").evaluate("box => { box.scrollTop = 0; }")
    await expect(page.get_by_text("Message number 0", exact=True)).to_be_visible()
    assert await page.locator(".row").count() < 150
    await page.get_by_role("button", name="Jump to the newest message").click()
    await expect(page.get_by_text("Message number 9999", exact=True)).to_be_in_viewport()


async def test_the_pages_options_are_followed(page: Page) -> None:
    await page.goto("/")
    await expect(page.locator(".root")).to_be_visible()
    await options(
        page,
        """
        theme: {colorScheme: 'dark', radius: 'sharp', color: {accent: {primary: '#ff0000', level: 2}}},
        header: {
          title: {text: 'Help'},
          rightAction: {icon: 'settings-cog', onClick: () => { document.title = 'clicked'; }},
        },
        startScreen: {greeting: 'Ahoy', prompts: [{label: 'Begin', prompt: 'Hello!', icon: 'bolt'}]},
        disclaimer: {text: 'May be *wrong*'},
        composer: {
          placeholder: 'And now?',
          tools: [{id: 'search', label: 'Search', icon: 'search', pinned: true, placeholderOverride: 'Find'}],
          models: [{id: 'small', label: 'Small', default: true}, {id: 'large', label: 'Large'}],
        },
        """,
    )
    root = page.locator(".root")
    await expect(root).to_have_class("root dark")
    assert await root.evaluate("node => getComputedStyle(node).getPropertyValue('--ck-accent')") == "#ff0000"
    await expect(page.get_by_role("heading", name="Help")).to_be_visible()
    await expect(page.get_by_text("Ahoy")).to_be_visible()
    await expect(page.locator(".disclaimer em")).to_have_text("wrong")
    await page.get_by_role("button", name="settings cog").click()
    assert await page.title() == "clicked"
    await expect(page.get_by_placeholder("And now?")).to_be_visible()
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_placeholder("Find")).to_be_visible()
    await page.get_by_label("Model").select_option("large")
    # The server offers neither this model nor this tool, and its refusal is not what is looked at here.
    await page.route("**/chatkit", lambda route: route.fulfill(content_type="text/event-stream", body=": nothing"))
    async with page.expect_request("**/chatkit") as sent:
        await page.get_by_role("button", name="Begin").click()
    body = (await sent.value).post_data_json
    assert body is not None
    assert body["params"]["input"]["inference_options"] == {"model": "large", "tool_choice": {"id": "search"}}


async def test_the_page_is_asked_and_notified(page: Page) -> None:
    call = item("client_tool_call", status="pending", call_id="c1", name="theme", arguments={"to": "dark"})
    await page.goto("/")
    await expect(page.locator(".root")).to_be_visible()
    told = await page.evaluate_handle(
        """() => {
            const told = [];
            for (const name of ["ready", "response.start", "response.end", "thread.change", "effect"]) {
                document.querySelector("openai-chatkit")
                    .addEventListener(`chatkit.${name}`, ({ detail }) => told.push([name, detail]));
            }
            return told;
        }"""
    )
    await options(page, "onClientTool: async ({name, params}) => ({done: name + params.to})")
    events = [
        {
            "type": "thread.created",
            "thread": {"id": "thr_1", "created_at": "2026-01-01T00:00:00Z", "items": {"data": []}},
        },
        {"type": "client_effect", "name": "tasks.changed", "data": {"id": 1}},
        {"type": "thread.item.done", "item": call},
    ]
    bodies = ["".join(f"data: {json.dumps(event)}\n\n" for event in events), ": over\n\n"]
    sent: list[dict[str, Any]] = []

    async def answer(route: Any) -> None:
        sent.append(json.loads(route.request.post_data))
        await route.fulfill(content_type="text/event-stream", body=bodies[len(sent) - 1])

    await page.route("**/chatkit", answer)
    await nothing_runs(page)
    async with page.expect_request(lambda request: "add_client_tool_output" in (request.post_data or "")):
        await say(page, "Make it dark")
    await answered(page)
    assert sent[1]["params"] == {"thread_id": "thr_1", "result": {"done": "themedark"}}
    names = [name for name, _ in await told.json_value()]
    assert names == ["response.start", "thread.change", "effect", "response.end", "response.start", "response.end"]
