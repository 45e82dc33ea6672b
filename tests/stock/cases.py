"""Every request, right and wrong, and where our answer is another one on purpose."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from tests.chatkit_client import user_input
from tests.stock.scripts import SCRIPTS

DIFFERENCES: Final[Mapping[str, str]] = {
    "refused": "A request that cannot be carried out is refused before its stream opens and before anything is stored.",
    "title": "A thread is named after its first words.",
    "retry": "A retry may name any item of an answer, and announces each item that it removes.",
    "call": "A client tool's result belongs to the newest open call, also when items follow that call.",
    "given up": "Of several open calls the older ones are closed, and stay in the thread.",
    "hidden": "Hidden items do not count for the pages of a client.",
    "incomplete": "An incomplete answer is marked: its message has the reason, and a note follows it.",
    "words": "An error always carries a message to show.",
    "zone": "Every time has a time zone.",
}
"""All deliberate differences; `docs/protocol.md` lists them too."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A request; `@name` in its parameters is the id of something in the `World`.

    Where it `differs`, our outcome is equal without the fields and events in `ignoring`, or it has the gist `ours`.
    """

    name: str
    kind: str
    params: Any = None
    script: str = "speaks"
    differs: str = ""
    ignoring: frozenset[str] = frozenset()
    ours: Sequence[str] = ()


REFUSED: Final[Mapping[str, Any]] = {"differs": "refused", "ours": ["InvalidInputError"]}
MALFORMED: Final[Mapping[str, Any]] = {"differs": "refused", "ours": ["MalformedError"]}
DECIDED: Final[Mapping[str, Any]] = {"differs": "refused", "ours": ["AlreadyDecidedError"]}
MISSING: Final[Mapping[str, Any]] = {"differs": "refused", "ours": ["NotFoundError"]}
NAMED: Final[Mapping[str, Any]] = {"differs": "title", "ignoring": frozenset({"title", "thread.updated"})}
WORDS: Final[Mapping[str, Any]] = {"differs": "words", "ignoring": frozenset({"message"})}
TOLD: Final[Mapping[str, Any]] = {"differs": "retry", "ignoring": frozenset({"thread.item.removed"})}
HIDDEN: Final[Mapping[str, Any]] = {"differs": "hidden", "ignoring": frozenset({"has_more", "after"})}
INCOMPLETE: Final[Mapping[str, Any]] = {
    "differs": "incomplete",
    "ignoring": frozenset({"status", "incomplete_details", "task"}),
}
SPOKEN: Final = [
    "thread.item.added",
    *["thread.item.updated"] * 6,
    "thread.item.done",
]


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _messages()
    yield from _answers()
    yield from _retries()
    yield from _actions()
    yield from _threads()
    yield from _files()


def _messages() -> Iterator[Case]:
    kind, hello = "threads.create", user_input("Hello!")
    yield Case(name="a first message", kind=kind, params={"input": hello}, **NAMED)
    with_file = {"input": {**hello, "attachments": ["@file"]}}
    yield Case(name="a first message with a file", kind=kind, params=with_file, **NAMED)
    unknown_file = {"input": {**hello, "attachments": ["atc_unknown"]}}
    yield Case(name="a first message with an unknown file", kind=kind, params=unknown_file, **MISSING)
    yield Case(name="an empty first message", kind=kind, params={"input": user_input(" ")}, **REFUSED)
    yield Case(name="a body without parameters", kind=kind, params={}, **MALFORMED)
    yield Case(name="a request of no kind", kind="threads.sing", params={}, **MALFORMED)
    kind = "threads.add_user_message"
    differing = dict.fromkeys(("says only that it failed", "breaks with a code", "crashes"), WORDS)
    differing |= dict.fromkeys(("stays", "stays silent"), INCOMPLETE)
    for script in SCRIPTS:
        params = {"thread_id": "@talk", "input": user_input("Hello!", quoted_text="as you said")}
        yield Case(
            name=f"a further message, and the assistant {script}",
            kind=kind,
            params=params,
            script=script,
            **differing.get(script, {}),
        )
    for thread, more in (("@untitled", NAMED), ("thr_unknown", {})):
        yield Case(name=f"a message to {thread}", kind=kind, params={"thread_id": thread, "input": hello}, **more)
    yield Case(name="a message with a file", kind=kind, params={"thread_id": "@talk", **with_file})
    yield Case(name="a message with an unknown file", kind=kind, params={"thread_id": "@talk", **unknown_file})
    model = {"thread_id": "@talk", "input": user_input("Hello!", inference_options={"model": "none/such"})}
    yield Case(name="a message for a model that is not offered", kind=kind, params=model, **REFUSED)


def _answers() -> Iterator[Case]:
    kind, result = "threads.add_client_tool_output", {"found": [1, None, "x"]}
    for thread, more in (
        ("@called", {}),
        ("@called before", {"differs": "call", "ours": ["stream_options", *SPOKEN]}),
        ("@called twice", {"differs": "given up", "ours": ["stream_options", "thread.item.replaced", *SPOKEN]}),
        ("@talk", REFUSED),
        ("thr_unknown", {}),
    ):
        yield Case(
            name=f"a page's result in {thread}", kind=kind, params={"thread_id": thread, "result": result}, **more
        )
    large = {"thread_id": "@called", "result": "x" * 200_000}
    yield Case(name="a page's result that is too large", kind=kind, params=large, **REFUSED)
    kind = "threads.add_structured_input"
    several = {"values": ["this", "that"]}
    for name, submission in {
        "answered": {"status": "answered", "answers": {"q1": several, "q2": several, "q3": {"values": ["because"]}}},
        "skipped": {"status": "skipped", "answers": {"q1": several}},
        "answered in part": {
            "status": "answered",
            "answers": {"q2": {"skipped": True, "values": ["these"]}, "q3": {"values": []}},
        },
        "answered beside the question": {"status": "answered", "answers": {"q9": several}},
    }.items():
        params = {"thread_id": "@asked", "item_id": "@asked/form", "input": submission}
        yield Case(name=f"a form is {name}", kind=kind, params=params)
    for item, more in (("@asked/answered", DECIDED), ("@asked/user", REFUSED), ("msg_unknown", {}), ("@talk/user", {})):
        params = {"thread_id": "@asked", "item_id": item, "input": {"status": "skipped", "answers": {}}}
        yield Case(name=f"{item} is answered as a form", kind=kind, params=params, **more)


def _retries() -> Iterator[Case]:
    kind = "threads.retry_after_item"
    for item, more in (
        ("@talk/user", TOLD),
        ("@talk/said", {"differs": "retry", "ours": ["stream_options", *["thread.item.removed"] * 2, *SPOKEN]}),
        ("msg_unknown", MISSING),
    ):
        yield Case(name=f"{item} is answered again", kind=kind, params={"thread_id": "@talk", "item_id": item}, **more)
    params = {"thread_id": "thr_unknown", "item_id": "@talk/user"}
    yield Case(name="an unknown thread is answered again", kind=kind, params=params)


def _actions() -> Iterator[Case]:
    click = {"type": "tasks.complete", "payload": {"id": "@task", "list": {}}}
    for kind in ("threads.custom_action", "threads.sync_custom_action"):
        for name, item, action, more in (
            ("a click", "@clicked/widget", click, {}),
            (
                "a click on what is gone",
                "@clicked/widget",
                {"type": "tasks.open", "payload": {"id": "tsk_unknown"}},
                {},
            ),
            ("an action of no widget", None, {"type": "tasks.list", "payload": {}}, {}),
            ("an action of an unknown item", "msg_unknown", click, {}),
            ("an action of a message", "@clicked/user", click, REFUSED),
        ):
            params = {"thread_id": "@clicked", "item_id": item, "action": action}
            yield Case(name=f"{name} by {kind}", kind=kind, params=params, **more)
        yield Case(
            name=f"an action in an unknown thread by {kind}",
            kind=kind,
            params={"thread_id": "thr_unknown", "action": click},
        )
    sing = {"thread_id": "@clicked", "item_id": "@clicked/widget", "action": {"type": "sing", "payload": {}}}
    yield Case(name="an unknown action", kind="threads.custom_action", params=sing, **REFUSED)
    yield Case(name="an unknown action at once", kind="threads.sync_custom_action", params=sing)


def _threads() -> Iterator[Case]:
    for thread in ("@talk", "@asked", "@called", "thr_unknown"):
        yield Case(name=f"{thread} is looked at", kind="threads.get_by_id", params={"thread_id": thread})
        yield Case(name=f"{thread} is renamed", kind="threads.update", params={"thread_id": thread, "title": "New"})
        yield Case(name=f"{thread} is deleted", kind="threads.delete", params={"thread_id": thread})
        for params in ({}, {"order": "asc", "limit": 2}, {"after": "msg_unknown"}):
            name = f"the items of {thread} are listed with {params}"
            counted = HIDDEN if thread == "@talk" and "limit" in params else {}
            yield Case(name=name, kind="items.list", params={"thread_id": thread, **params}, **counted)
    for page in ({}, {"limit": 2, "order": "asc"}, {"limit": 2, "after": "@asked"}, {"after": "thr_unknown"}):
        yield Case(name=f"threads are listed with {page}", kind="threads.list", params=page)
    for items in (["@talk/said"], ["@talk/said", "msg_unknown"]):
        judged = {"thread_id": "@talk", "item_ids": items, "kind": "positive"}
        yield Case(name=f"{items} are liked", kind="items.feedback", params=judged)


def _files() -> Iterator[Case]:
    kind = "attachments.create"
    yield Case(name="a file is announced", kind=kind, params={"name": "a.txt", "size": 3, "mime_type": "text/plain"})
    yield Case(
        name="an empty file is announced", kind=kind, params={"name": "a.txt", "size": 0, "mime_type": "text/plain"}
    )
    for file in ("@file", "atc_unknown"):
        yield Case(name=f"{file} is taken back", kind="attachments.delete", params={"attachment_id": file})
    kind = "input.transcribe"
    for name, audio, mime_type, more in (
        ("a recording", "AAAA", "audio/webm;codecs=opus", {}),
        ("what is not base64", "A", "audio/webm", REFUSED),
        ("a picture", "AAAA", "image/png", REFUSED),
        ("silence", "", "audio/webm", REFUSED),
    ):
        params = {"audio_base64": audio, "mime_type": mime_type}
        yield Case(name=f"{name} is written down", kind=kind, params=params, **more)


CASES: Final[Sequence[Case]] = tuple(cases())
