"""Statements of the thread store. `:scope` is a thread, or a user in lists of threads; `:user_id` its owner."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Insert,
    String,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    select,
    true,
    update,
)

from app.adapters.stores.sql.clock import Now
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.paging import bounded_page, position
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import attachments, feedback, thread_items, threads, tombstones, turns
from app.adapters.stores.sql.types import AnyText, UtcDateTime
from app.adapters.stores.sql.upsert import upsert

Values = dict[str, ColumnElement[Any]]

SCOPE = bindparam("scope", type_=AnyText)
USER = bindparam("user_id", type_=AnyText)
ITEM = bindparam("item_id", type_=AnyText)
ITEMS = bindparam("item_ids", type_=AnyText, expanding=True)
BODY = bindparam("body", type_=Text)
CREATED_AT = bindparam("created_at", type_=UtcDateTime)
SIZE = bindparam("size", type_=BigInteger)
HIDDEN = bindparam("hidden", type_=Boolean)
KIND = bindparam("kind", type_=String)
QUESTION = bindparam("question", type_=AnyText)

owned = exists().where(threads.c.id == SCOPE, threads.c.user_id == USER)
"""True when the caller owns the thread `:scope`; part of every statement on the contents of a thread."""

_thread = select(threads.c.body, threads.c.created_at).where(threads.c.id == SCOPE, threads.c.user_id == USER)
thread = Prepared(_thread)
item = Prepared(
    select(thread_items.c.body, thread_items.c.created_at).where(
        thread_items.c.thread_id == SCOPE, thread_items.c.id == ITEM, owned
    )
)
attachment = Prepared(select(attachments.c.body).where(attachments.c.id == ITEM, attachments.c.user_id == USER))
judgements = (
    select(feedback.c.item_id, feedback.c.kind, feedback.c.item_body, feedback.c.question)
    .where(feedback.c.thread_id == SCOPE, owned)
    .order_by(feedback.c.item_created_at, feedback.c.item_seq)
)

thread_position = position(threads, "thread", threads.c.user_id)
item_position = position(thread_items, "item", thread_items.c.thread_id)

locked = _thread.with_for_update()
"""The thread, locked until the end of the transaction, so that no file is attached meanwhile."""

update_thread = Prepared(
    update(threads)
    .where(threads.c.id == SCOPE, threads.c.user_id == USER, threads.c.body == bindparam("read_body", type_=Text))
    .values(body=BODY)
)
"""Compare and set: affects no row when the thread was written or deleted since it was read."""
delete_thread = (
    delete(threads)
    .where(threads.c.id == SCOPE, threads.c.user_id == USER)
    .returning(threads.c.created_at, threads.c.seq)
)
delete_item_tombstones = delete(tombstones).where(tombstones.c.kind == "item", tombstones.c.scope == SCOPE)
delete_item = (
    delete(thread_items)
    .where(thread_items.c.thread_id == SCOPE, thread_items.c.id == ITEM, owned)
    .returning(thread_items.c.created_at, thread_items.c.seq)
)
delete_turn = delete(turns).where(turns.c.thread_id == SCOPE, turns.c.after_item_id == ITEM)
delete_attachment = delete(attachments).where(attachments.c.id == ITEM, attachments.c.user_id == USER)


@cache
def threads_page(order: str, *, continued: bool) -> Prepared:
    """A page of the threads of the user `:scope`."""
    return Prepared(bounded_page(threads, threads.c.user_id == SCOPE, order, thread_position if continued else None))


@cache
def items_page(order: str, *, continued: bool, sees_hidden: bool) -> Prepared:
    """A page of the items of the thread `:scope`."""
    shown = and_(thread_items.c.thread_id == SCOPE, owned)
    if not sees_hidden:
        shown = and_(shown, ~thread_items.c.hidden)
    return Prepared(bounded_page(thread_items, shown, order, item_position if continued else None))


def saved_thread(
    database: Database, *, created_at: ColumnElement[Any] = CREATED_AT, body: ColumnElement[Any] = BODY
) -> Insert:
    """Insert or update a thread; affects no row when another user owns it."""
    values: Values = {"id": SCOPE, "user_id": USER, "created_at": created_at, "body": body}
    return upsert(database, threads, values, keys=["id"], allowed=true())


def added_item(database: Database, *, allowed: ColumnElement[bool] = owned) -> Insert:
    """Insert or update an item in its place; affects no row unless `allowed` (default: the caller owns the thread)."""
    values: Values = {"thread_id": SCOPE, "id": ITEM, "created_at": CREATED_AT, "hidden": HIDDEN, "body": BODY}
    return upsert(database, thread_items, values, keys=["thread_id", "id"], allowed=allowed)


def save_attachment(database: Database) -> Prepared:
    """Insert or update an attachment; affects no row when another user owns it or its thread."""
    values: Values = {"id": ITEM, "user_id": USER, "thread_id": SCOPE, "body": BODY}
    values |= {"created_at": Now(), "size": SIZE}
    return Prepared(upsert(database, attachments, values, keys=["id"], allowed=SCOPE.is_(None) | owned))


def save_judgements(database: Database) -> Insert:
    """Store the feedback `:kind` for each existing item of `:item_ids`, with copies of the item and of `:question`."""
    values: Values = {
        "thread_id": thread_items.c.thread_id,
        "item_id": thread_items.c.id,
        "kind": KIND,
        "item_created_at": thread_items.c.created_at,
        "item_seq": thread_items.c.seq,
        "item_body": thread_items.c.body,
        "question": QUESTION,
    }
    there = and_(thread_items.c.thread_id == SCOPE, thread_items.c.id.in_(ITEMS), owned)
    return upsert(database, feedback, values, keys=["thread_id", "item_id"], allowed=there)
