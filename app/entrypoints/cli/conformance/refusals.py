"""Checks of wrong requests: a 4xx, never a 5xx, which front ends retry."""

from typing import Any

from app.entrypoints.cli.conformance.outcome import Check, need
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import Answer, message

_BODIES = {
    "an empty body": b"",
    "no JSON": b"hello",
    "an empty object": b"{}",
    "a list": b"[]",
    "an unknown type": b'{"type":"threads.fly","params":{}}',
    "no params": b'{"type":"threads.create"}',
    "a wrong type": b'{"type":"threads.list","params":{"limit":"many"}}',
}
_NO_THREAD = "thr_00000000"
_NO_ITEM = "msg_00000000"
_UNKNOWN: dict[str, dict[str, Any]] = {
    "threads.get_by_id": {},
    "threads.add_user_message": {"input": message("Hello!")},
    "threads.retry_after_item": {"item_id": _NO_ITEM},
    "threads.add_client_tool_output": {"result": 1},
    "threads.add_structured_input": {"item_id": _NO_ITEM, "input": {}},
    "threads.custom_action": {"action": {"type": "none"}},
    "threads.update": {"title": "x"},
    "threads.delete": {},
    "items.list": {},
}


async def _bad_bodies(server: Subject) -> None:
    for what, body in _BODIES.items():
        _refused(what, await server.user.post(body))


async def _messages(server: Subject) -> None:
    for what, body in _BODIES.items():
        answer = await server.user.post(body)
        said = answer.body.get("message") if isinstance(answer.body, dict) else None
        need(isinstance(said, str) and said, f"{what}: the answer has no `message` to show")


async def _unknown(server: Subject) -> None:
    for kind, params in _UNKNOWN.items():
        _refused(f"{kind} in an unknown thread", await server.user.send(kind, thread_id=_NO_THREAD, **params))


async def _nothing_pending(server: Subject) -> None:
    answer = await server.greeting()
    thread_id, item_id = answer.thread_id, answer.items[0].id
    before = await server.user.items(thread_id)
    output = await server.user.send("threads.add_client_tool_output", thread_id=thread_id, result=1)
    _refused("an unexpected result", output)
    form = await server.user.send("threads.add_structured_input", thread_id=thread_id, item_id=item_id, input={})
    _refused("an answer to what is no form", form)
    need(await server.user.items(thread_id) == before, "a refused request has changed the thread")


async def _nothing_stored(server: Subject) -> None:
    before = await _threads(server)
    unknown_file = message("Hello!", attachments=["atc_00000000"])
    _refused("an unknown attachment", await server.user.send("threads.create", input=unknown_file))
    need(await _threads(server) == before, "a refused message has left an empty thread behind")


async def _hostile(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    title = '<img src=x onerror="alert(1)"> \u202e \U0001f469\u200d\U0001f680 {{7*7}} \'; DROP TABLE threads; --'
    renamed = await server.user.send("threads.update", thread_id=thread_id, title=title)
    need(not renamed.broken, f"a hostile title is answered by {renamed.status}")
    thread = await server.user.send("threads.get_by_id", thread_id=thread_id)
    need(renamed.refused or thread.body.get("title") == title, "a hostile title is not kept as it is")


async def _threads(server: Subject) -> object:
    return (await server.user.send("threads.list", limit=1)).body


def _refused(what: str, answer: Answer) -> None:
    if answer.events:
        need(answer.error is not None, f"{what}: a stream that says nothing of it")
    need(not answer.broken, f"{what} is answered by {answer.status}")
    need(answer.refused or answer.error is not None, f"{what} is taken for good")


CHECKS = (
    Check("a bad body is refused, not a crash", _bad_bodies),
    Check("a refusal carries a message to show", _messages),
    Check("an unknown thread is refused, not a crash", _unknown),
    Check("an unexpected result or answer is refused", _nothing_pending),
    Check("a refused message leaves nothing behind", _nothing_stored),
    Check("hostile text stays text", _hostile),
)
