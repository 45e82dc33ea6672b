"""Checks of optional features: feedback, progress, widgets, attachments, dictation."""

import base64
from collections.abc import Iterator
from typing import Any

from chatkit.types import WidgetItem, WorkflowItem

from app.entrypoints.cli.conformance.outcome import Check, NotOfferedError, need
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import Answer

_OK = 200
_SILENCE = base64.b64encode(b"\x00" * 64).decode()


async def _feedback(server: Subject) -> None:
    answer = await server.greeting()
    ids = {"thread_id": answer.thread_id, "item_ids": [item.id for item in answer.messages]}
    for kind in ("positive", "negative"):
        given = await server.user.send("items.feedback", **ids, kind=kind)
        need(given.status == _OK, f"items.feedback is answered by {given.status}")


async def _progress(server: Subject) -> None:
    events = (await _with_widget(server)).events
    if not any(event.type == "progress_update" for event in events):
        raise NotOfferedError("no progress is reported while tools run")


async def _workflow(server: Subject) -> None:
    answer = await _with_widget(server)
    workflows = [item for item in answer.items if isinstance(item, WorkflowItem)]
    if not workflows:
        raise NotOfferedError("no workflow is shown while tools run")
    steps = [step for item in workflows for step in item.workflow.tasks]
    need(all(step.status_indicator != "loading" for step in steps), "a finished workflow still has a running step")


async def _widget(server: Subject) -> None:
    answer = await _with_widget(server)
    [widget, *_] = [item for item in answer.items if isinstance(item, WidgetItem)]
    stored = {item["id"]: item for item in await server.user.items(answer.thread_id)}
    need(widget.id in stored, "the widget is not stored")


async def _action(server: Subject) -> None:
    answer = await _with_widget(server)
    widgets = [item for item in answer.items if isinstance(item, WidgetItem)]
    actions = [(item, action) for item in widgets for action in _actions(item.widget.model_dump(mode="json"))]
    if not actions:
        raise NotOfferedError("no widget has an action")
    item, action = actions[0]
    done = await server.user.send("threads.custom_action", thread_id=answer.thread_id, item_id=item.id, action=action)
    need(done.status == _OK and done.error is None, f"its first action, {action['type']}, is answered by {done.status}")


async def _unknown_action(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    for kind in ("threads.custom_action", "threads.sync_custom_action"):
        answer = await server.user.send(kind, thread_id=thread_id, action={"type": "conformance.none", "payload": {}})
        need(not answer.broken, f"{kind} of an unknown action is answered by {answer.status}")


async def _attachment(server: Subject) -> None:
    created = await server.user.send("attachments.create", name="a.txt", size=5, mime_type="text/plain")
    need(not created.broken, f"attachments.create is answered by {created.status}")
    if created.refused:
        raise NotOfferedError(_said(created))
    need(created.body.get("id"), "the attachment has no id")
    need("metadata" not in created.body, "the attachment shows what is only for the server")
    deleted = await server.user.send("attachments.delete", attachment_id=created.body["id"])
    need(deleted.status == _OK, f"attachments.delete is answered by {deleted.status}")


async def _dictation(server: Subject) -> None:
    answer = await server.user.send("input.transcribe", audio_base64=_SILENCE, mime_type="audio/webm;codecs=opus")
    need(not answer.broken, f"input.transcribe is answered by {answer.status}")
    if answer.refused:
        raise NotOfferedError(_said(answer))
    need(isinstance(answer.body.get("text"), str), "there is no text in the answer")


async def _with_widget(server: Subject) -> Answer:
    answer = await server.shown()
    if not any(isinstance(item, WidgetItem) for item in answer.items):
        raise NotOfferedError(f"no widget came for “{server.prompts['widget']}”")
    return answer


def _actions(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the actions in a widget that go to the server."""
    if isinstance(node, list):
        for child in node:
            yield from _actions(child)
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("Action") and isinstance(value, dict) and "type" in value:
                if value.get("handler", "server") == "server":
                    yield {"type": value["type"], "payload": value.get("payload")}
            else:
                yield from _actions(value)


def _said(answer: Answer) -> str:
    said = answer.body.get("message") if isinstance(answer.body, dict) else None
    return str(said or f"answered by {answer.status}")


CHECKS = (
    Check("items.feedback is taken", _feedback),
    Check("progress is reported while tools run", _progress),
    Check("a workflow shows the tools that ran", _workflow),
    Check("widgets are shown and stored", _widget),
    Check("a widget's action is carried out", _action),
    Check("an unknown action is no crash", _unknown_action),
    Check("attachments are created and deleted", _attachment),
    Check("speech is written down", _dictation),
)
