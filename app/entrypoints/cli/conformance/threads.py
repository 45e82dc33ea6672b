"""Checks of threads: list, pages, rename, retry, deletion and isolation of users."""

from typing import Any

from app.entrypoints.cli.conformance.outcome import Check, NotOfferedError, need
from app.entrypoints.cli.conformance.subject import Subject
from app.entrypoints.cli.conformance.wire import Answer

_OK = 200
_HIDDEN = {"hidden_context_item", "sdk_hidden_context"}


async def _get(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    answer = await server.user.send("threads.get_by_id", thread_id=thread_id)
    need(answer.status == _OK, f"threads.get_by_id is answered by {answer.status}")
    items = answer.body["items"]["data"]
    need(answer.body["id"] == thread_id and items, "it has no items")
    need(not _HIDDEN & {item["type"] for item in items}, "hidden context is shown")


async def _list(server: Subject) -> None:
    thread_id = (await server.talk()).thread_id
    newest = await server.user.send("threads.list", limit=1, order="desc")
    need(newest.status == _OK, f"threads.list is answered by {newest.status}")
    need([thread["id"] for thread in newest.body["data"]] == [thread_id], "the newest thread does not come first")


async def _pages(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    whole = [item["id"] for item in await server.user.items(thread_id)]
    for order, expected in (("asc", whole), ("desc", whole[::-1])):
        found: list[str] = []
        after = None
        while len(found) <= len(whole):
            page = await server.user.send("items.list", thread_id=thread_id, limit=1, order=order, after=after)
            need(page.status == _OK, f"a page is answered by {page.status}")
            found += [item["id"] for item in page.body["data"]]
            need(page.body["data"] or not page.body["has_more"], "a page is empty, and more is said to follow")
            if not page.body["has_more"]:
                break
            after = page.body["after"]
        need(found == expected, f"page by page, {order} order gives other items than one page")


async def _large_page(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    whole = await server.user.items(thread_id)
    need(await server.user.items(thread_id, limit=10_000) == whole, "a page of ten thousand is another page")


async def _gone_cursor(server: Subject) -> None:
    asked = await server.talk()
    await server.user.send("threads.retry_after_item", thread_id=asked.thread_id, item_id=asked.items[0].id)
    gone = asked.items[-1].id
    page = await server.user.send("items.list", thread_id=asked.thread_id, after=gone, order="desc", limit=10)
    need(not page.broken, f"a cursor whose item was removed is answered by {page.status}")
    if page.refused:
        raise NotOfferedError("a cursor whose item was removed is refused")


async def _rename(server: Subject) -> None:
    thread_id = (await server.greeting()).thread_id
    renamed = await server.user.send("threads.update", thread_id=thread_id, title="Another name")
    need(renamed.status == _OK, f"threads.update is answered by {renamed.status}")
    thread = (await server.user.send("threads.get_by_id", thread_id=thread_id)).body
    need(thread.get("title") == "Another name", "the title is not kept")


async def _title(server: Subject) -> None:
    answer = await server.talk()
    thread = (await server.user.send("threads.get_by_id", thread_id=answer.thread_id)).body
    if not thread.get("title"):
        raise NotOfferedError("a thread gets no title by itself")


async def _retry(server: Subject) -> None:
    answer = await server.talk()
    again = await server.user.send("threads.retry_after_item", thread_id=answer.thread_id, item_id=answer.items[0].id)
    _answered_again(answer, again, await server.user.items(answer.thread_id))


async def _retry_from_answer(server: Subject) -> None:
    answer = await server.talk()
    named = answer.messages[-1].id
    again = await server.user.send("threads.retry_after_item", thread_id=answer.thread_id, item_id=named)
    if again.refused:
        raise NotOfferedError("only the user's own message can be retried")
    _answered_again(answer, again, await server.user.items(answer.thread_id))


def _answered_again(first: Answer, again: Answer, stored: list[dict[str, Any]]) -> None:
    need(again.status == _OK, f"it is answered by {again.status}")
    need(again.error is None and again.messages, "there is no new answer")
    kept = [first.items[0].id, *(item.id for item in again.items)]
    need([item["id"] for item in stored] == kept, "the old answer still stands in the thread")


async def _delete(server: Subject) -> None:
    thread_id = (await server.talk()).thread_id
    need((await server.user.send("threads.delete", thread_id=thread_id)).status == _OK, "it cannot be deleted")
    after = await server.user.send("threads.get_by_id", thread_id=thread_id)
    need(after.status != _OK, "it is still there")
    need(after.refused, f"asking for it is answered by {after.status}")


async def _isolation(server: Subject) -> None:
    if server.other is None:
        raise NotOfferedError("no second user was given: --other-token or --other-header")
    answer = await server.greeting()
    thread_id, item_id = answer.thread_id, answer.items[0].id
    for kind, params in (
        ("threads.get_by_id", {}),
        ("items.list", {}),
        ("threads.update", {"title": "mine"}),
        ("threads.retry_after_item", {"item_id": item_id}),
        ("items.feedback", {"item_ids": [item_id], "kind": "negative"}),
        ("threads.delete", {}),
    ):
        refused = await server.other.send(kind, thread_id=thread_id, **params)
        need(refused.refused, f"{kind} of another user's thread is answered by {refused.status}")
    listed = (await server.other.send("threads.list", limit=100)).body["data"]
    need(thread_id not in {thread["id"] for thread in listed}, "another user's thread is listed")


CHECKS = (
    Check("threads.get_by_id returns a thread with its items", _get),
    Check("threads.list puts the newest thread first", _list),
    Check("items.list pages in both orders without gaps", _pages),
    Check("a page of thousands is capped, not refused", _large_page),
    Check("a cursor outlives the item that it names", _gone_cursor),
    Check("threads.update renames", _rename),
    Check("a thread gets a title by itself", _title),
    Check("threads.retry_after_item replaces the answer", _retry),
    Check("retry works from the assistant's message too", _retry_from_answer),
    Check("threads.delete deletes", _delete),
    Check("another user's thread is neither shown nor changed", _isolation),
)
