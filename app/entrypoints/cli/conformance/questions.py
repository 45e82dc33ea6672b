"""Checks of questions: forms for the user, client tool calls for the page."""

from chatkit.types import ClientToolCallItem, StructuredInputItem

from app.entrypoints.cli.conformance.outcome import Check, NotOfferedError, need
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import Answer

_OK = 200


async def _form(server: Subject) -> None:
    asked, form = await _asked(server)
    for question in form.inputs:
        need(question.question.strip(), "a question without words")
    stored = {item["id"]: item for item in await server.user.items(asked.thread_id)}
    need(stored[form.id]["status"] == "pending", "the form is not stored as pending")
    answers = {question.id: {"values": ["a test"]} for question in form.inputs}
    given = {"status": "answered", "answers": answers}
    ids = {"thread_id": asked.thread_id, "item_id": form.id}
    answer = await server.user.send("threads.add_structured_input", input=given, **ids)
    need(answer.status == _OK and answer.error is None, f"the answer is answered by {answer.status}")
    need(form.id in {item.id for item in answer.replaced}, "the form is not replaced by its answered self")
    need(answer.items, "the assistant does not go on")
    again = await server.user.send("threads.add_structured_input", input=given, **ids)
    need(again.refused, f"a second answer is answered by {again.status}")


async def _form_left(server: Subject) -> None:
    asked, form = await _asked(server)
    later = await server.user.say(server.prompts["talk"], asked.thread_id)
    need(later.error is None and later.messages, "the thread cannot be gone on with")
    stored = {item["id"]: item for item in await server.user.items(asked.thread_id)}
    need(form.id not in stored or stored[form.id]["status"] != "pending", "the form still waits")


async def _page(server: Subject) -> None:
    called, call = await _called(server)
    need(called.items[-1].id == call.id, "the stream goes on after the call")
    answer = await server.user.send("threads.add_client_tool_output", thread_id=called.thread_id, result={"ok": True})
    need(answer.status == _OK and answer.error is None, f"the result is answered by {answer.status}")
    need(answer.messages, "the assistant does not go on")
    late = await server.user.send("threads.add_client_tool_output", thread_id=called.thread_id, result={"ok": True})
    need(late.refused, f"an unexpected result is answered by {late.status}")


async def _page_silent(server: Subject) -> None:
    called, call = await _called(server)
    later = await server.user.say(server.prompts["talk"], called.thread_id)
    need(later.error is None and later.messages, "the thread cannot be gone on with")
    stored = {item["id"]: item for item in await server.user.items(called.thread_id)}
    need(call.id not in stored or stored[call.id]["status"] != "pending", "the call still waits")


async def _asked(server: Subject) -> tuple[Answer, StructuredInputItem]:
    answer = await server.user.say(server.prompts["form"])
    for item in answer.items:
        if isinstance(item, StructuredInputItem):
            return answer, item
    raise NotOfferedError(f"no form came for “{server.prompts['form']}”")


async def _called(server: Subject) -> tuple[Answer, ClientToolCallItem]:
    answer = await server.user.say(server.prompts["page"])
    for item in answer.items:
        if isinstance(item, ClientToolCallItem):
            return answer, item
    raise NotOfferedError(f"no client tool was called for “{server.prompts['page']}”")


CHECKS = (
    Check("a form (structured input) is answered, and the assistant goes on", _form),
    Check("a form without an answer does not block the thread", _form_left),
    Check("a client tool's result is taken, and the assistant goes on", _page),
    Check("a client tool without a result does not block the thread", _page_silent),
)
