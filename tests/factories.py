"""Factories of ChatKit's items, widgets and attachments of every kind."""

import datetime as dt
from typing import Any

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    Attachment,
    FileAttachment,
    HiddenContextItem,
    ImageAttachment,
    InferenceOptions,
    SDKHiddenContextItem,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
)
from chatkit.widgets import DynamicWidgetRoot, WidgetRoot
from pydantic import AnyUrl, TypeAdapter

from app.domain.ids import new_id
from app.ports.approval_log import ApprovalDecision
from app.ports.thread_summaries import ThreadSummary
from app.ports.turn_log import TokenUsage, TurnRecord
from tests.widgets import BASIC, CARD, LIST

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
_WIDGET: TypeAdapter[WidgetRoot] = TypeAdapter(WidgetRoot)

_ATTACHED: dict[str, Any] = {"id": "atc_1", "type": "file", "name": "a.txt", "mime_type": "text/plain"}
_URL: dict[str, Any] = {"type": "url", "title": "A page", "url": "https://example.org/?q=ü", "attribution": "Example"}
_FILE: dict[str, Any] = {"type": "file", "title": "A file", "filename": "notes.md", "timestamp": "2026-11-20"}
_ENTITY: dict[str, Any] = {"type": "entity", "title": "Ann", "id": "ann", "icon": "user", "data": {"age": "33"}}
_STEPS: list[dict[str, Any]] = [
    {"type": "custom", "title": "Look", "icon": "search", "content": "**here**", "status_indicator": "loading"},
    {"type": "web_search", "title_query": "cheese", "queries": ["brie", "feta"], "sources": [_URL]},
    {"type": "thought", "content": "Hm."},
    {"type": "file", "sources": [_FILE]},
    {"type": "image", "title": "A picture", "status_indicator": "complete"},
]
_QUESTIONS: list[dict[str, Any]] = [
    {
        "type": "multiple_choice",
        "id": "q1",
        "question": "Which?",
        "options": [{"value": "this"}, {"value": "that"}],
        "multiple": True,
        "answer": {"values": ["this", "other"]},
    },
    {"type": "freeform", "id": "q2", "question": "Why?", "description": "In a word", "answer": {"skipped": True}},
]

_BODIES: dict[str, list[dict[str, Any]]] = {
    "user_message": [
        {"content": [], "inference_options": {}},
        {
            "content": [
                {"type": "input_text", "text": "Hello "},
                {
                    "type": "input_tag",
                    "id": "ann",
                    "text": "@Ann",
                    "data": {"n": 1},
                    "group": "People",
                    "interactive": True,
                },
            ],
            "attachments": [_ATTACHED],
            "quoted_text": "as you said",
            "inference_options": {"tool_choice": {"id": "search"}, "model": "gemini/gemini-2.5-flash"},
        },
    ],
    "assistant_message": [
        {"content": []},
        {
            "content": [
                {
                    "text": "Hello.",
                    "annotations": [{"source": _URL, "index": 3}, {"source": _FILE}, {"source": _ENTITY, "index": 0}],
                },
                {"text": ""},
            ]
        },
    ],
    "client_tool_call": [
        {"call_id": "call_1", "name": "read_page", "arguments": {}},
        {
            "call_id": "call_1",
            "name": "read_page",
            "status": "completed",
            "arguments": {"deep": {"list": [1, 2.5, True, None, "x"]}},
            "output": [{"text": "found"}],
        },
    ],
    "widget": [{"widget": root, "copy_text": "A widget"} for root in (CARD, LIST, BASIC)],
    "generated_image": [{}, {"image": {"id": "img_1", "url": "https://example.org/1.png"}}],
    "structured_input": [{"inputs": []}, {"status": "answered", "inputs": _QUESTIONS}],
    "workflow": [
        {"workflow": {"type": "reasoning", "tasks": [], "summary": {"duration": 7}}},
        {
            "workflow": {
                "type": "custom",
                "tasks": _STEPS,
                "summary": {"title": "Done", "icon": "check"},
                "expanded": True,
            }
        },
    ],
    "task": [{"task": step} for step in _STEPS],
    "hidden_context_item": [{"content": "told nobody"}, {"content": {"any": ["thing", None, 1]}}, {"content": None}],
    "sdk_hidden_context": [{"content": "told nobody either"}],
    "end_of_turn": [{}],
}


def later(seconds: float) -> dt.datetime:
    """Return noon plus `seconds`."""
    return NOON + dt.timedelta(seconds=seconds)


def thread(id_: str | None = None, *, at: dt.datetime = NOON, **fields: Any) -> ThreadMetadata:
    """Return a thread of noon, with a new id unless one is given."""
    return ThreadMetadata(id=id_ or new_id("thr"), created_at=at, **fields)


def message(thread_id: str, id_: str, *, at: dt.datetime = NOON, text: str = "Hello") -> UserMessageItem:
    """Return a message of a user."""
    return UserMessageItem(
        id=id_,
        thread_id=thread_id,
        created_at=at,
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


def answer(thread_id: str, id_: str, *, at: dt.datetime = NOON, text: str = "Yes.") -> AssistantMessageItem:
    """Return a message of the assistant."""
    content = [AssistantMessageContent(text=text)]
    return AssistantMessageItem(id=id_, thread_id=thread_id, created_at=at, content=content)


def hidden(thread_id: str, id_: str, *, at: dt.datetime = NOON) -> HiddenContextItem:
    """Return a hidden item of an integration."""
    return HiddenContextItem(id=id_, thread_id=thread_id, created_at=at, content={"secret": True})


def sdk_hidden(thread_id: str, id_: str, *, at: dt.datetime = NOON) -> SDKHiddenContextItem:
    """Return a hidden item of ChatKit's own server."""
    return SDKHiddenContextItem(id=id_, thread_id=thread_id, created_at=at, content="secret")


def items_of_every_type(thread_id: str) -> list[ThreadItem]:
    """Return every kind of item, with the required fields alone and with all fields."""
    numbered = [(kind, body) for kind, bodies in _BODIES.items() for body in bodies]
    return [
        _ITEM.validate_python(
            {"type": kind, "id": f"item_{number}", "thread_id": thread_id, "created_at": later(number), **body}
        )
        for number, (kind, body) in enumerate(numbered)
    ]


def widget(thread_id: str, root: WidgetRoot) -> WidgetItem:
    """Return a widget item whose root keeps its type."""
    return WidgetItem(id="wid_1", thread_id=thread_id, created_at=NOON, widget=root)


def strict_widgets() -> list[WidgetRoot]:
    """Return every root with every component, in the type that ChatKit's union parses."""
    return [_WIDGET.validate_python(root) for root in (CARD, LIST, BASIC)]


def dynamic_widgets() -> list[DynamicWidgetRoot]:
    """Return the same as dynamic roots, and some with fields that this version of ChatKit does not know."""
    newer: list[dict[str, Any]] = [
        {"type": "Card", "novel": {"deep": [1, {}]}, "children": [{"type": "Text", "value": "hi", "novel": "x"}]},
        {"type": "Card", "children": {"type": "Text", "value": "an only child"}},
        {"type": "Card", "children": [{"type": "Novelty", "children": [{"type": "Text", "value": "inside"}]}]},
        {"type": "ListView", "children": [{"type": "ListViewItem", "novel": 1, "children": []}]},
        {"type": "Basic"},
    ]
    return [DynamicWidgetRoot.model_validate(root) for root in (CARD, LIST, BASIC, *newer)]


def file(id_: str | None = None, *, thread_id: str | None = None, **fields: Any) -> FileAttachment:
    """Return an attachment of a text file."""
    return FileAttachment(id=id_ or new_id("atc"), name="a.txt", mime_type="text/plain", thread_id=thread_id, **fields)


def attachments() -> list[Attachment]:
    """Return every kind of attachment, with the required fields alone and with all fields."""
    upload = {"url": "https://example.org/up?x=1", "method": "PUT", "headers": {"X-Token": "t"}}
    preview = AnyUrl("https://example.org/preview.png")
    return [
        file(),
        file(upload_descriptor=upload, metadata={"size": 3, "nested": {"tags": ["a", None, 2.5]}, "nul\x00": "\x00"}),
        ImageAttachment(id=new_id("atc"), name="日本.png", mime_type="image/png", preview_url=preview, metadata={}),
    ]


def turn(thread_id: str, after_item_id: str, **fields: Any) -> TurnRecord:
    """Return the record of a turn of noon with a tool call."""
    given: dict[str, Any] = {
        "id": new_id("turn"),
        "thread_id": thread_id,
        "after_item_id": after_item_id,
        "status": "completed",
        "provider": "gemini",
        "model": "gemini-2.5-flash",
        "started_at": NOON,
        "finished_at": later(2.5),
        "model_items": [
            {"type": "function_call", "call_id": "call_1", "name": "add_task", "arguments": '{"title": "Milk"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "done"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Added.", "annotations": []}]},
        ],
        "item_ids": ["msg_2", "msg_3"],
        "usage": TokenUsage(requests=2, input_tokens=120, output_tokens=17, cached_tokens=64, reasoning_tokens=5),
        "attempts": 3,
    }
    return TurnRecord(**given | fields)


def decision(thread_id: str, question_id: str = "msg_1", **fields: Any) -> ApprovalDecision:
    """Return the approval, at noon, of the first call of a question."""
    given: dict[str, Any] = {
        "thread_id": thread_id,
        "question_id": question_id,
        "number": 0,
        "call_id": "call_1",
        "agent": "Clerk",
        "tool": "pay",
        "arguments": '{"amount": 3}',
        "verdict": "approved",
        "user_id": "ann",
        "decided_at": NOON,
    }
    return ApprovalDecision(**given | fields)


def summary(thread_id: str, until_item_id: str, **fields: Any) -> ThreadSummary:
    """A summary up to an item, written at noon."""
    given: dict[str, Any] = {
        "id": new_id("sum"),
        "thread_id": thread_id,
        "until_item_id": until_item_id,
        "text": f"All up to {until_item_id}.",
        "provider": "gemini",
        "model": "gemini-2.5-flash-lite",
        "written_at": NOON,
    }
    return ThreadSummary(**given | fields)
