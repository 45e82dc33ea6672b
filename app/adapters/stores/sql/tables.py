"""Tables, in the state of the newest migration.

`seq` counts insertions in the whole database, so (`created_at`, `seq`) orders rows with equal times; every list is
read along an index that ends in these two columns. Without AUTOINCREMENT SQLite would reuse the number of a deleted
row, and the new row could come before a cursor. `body` is a ChatKit object as JSON of pydantic.
"""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.adapters.stores.sql.metadata import metadata as metadata
from app.adapters.stores.sql.types import AnyText, Sequence, UtcDateTime


def _seq() -> Column[int]:
    return Column("seq", Sequence, Identity(), primary_key=True)


def _created_at() -> Column[dt.datetime]:
    return Column("created_at", UtcDateTime(), nullable=False)


def _thread_id(*, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    reference = ForeignKey("threads.id", ondelete="CASCADE")
    return Column("thread_id", AnyText, reference, primary_key=primary_key, nullable=nullable)


threads = Table(
    "threads",
    metadata,
    _seq(),
    Column("id", AnyText, nullable=False, unique=True),
    Column("user_id", AnyText, nullable=False),
    _created_at(),
    Column("body", Text, nullable=False),
    Index(None, "user_id", "created_at", "seq"),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

thread_items = Table(
    "thread_items",
    metadata,
    _seq(),
    _thread_id(),
    Column("id", AnyText, nullable=False),
    _created_at(),
    Column("hidden", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("thread_id", "id"),
    Index(None, "thread_id", "created_at", "seq"),
    sqlite_autoincrement=True,
)

# Items that clients see; hidden items between them cost a page nothing.
Index(
    "ix_thread_items_shown",
    thread_items.c.thread_id,
    thread_items.c.created_at,
    thread_items.c.seq,
    postgresql_where=~thread_items.c.hidden,
    sqlite_where=~thread_items.c.hidden,
)

# No foreign key to the item: feedback outlives the item, and contains a copy of it.
feedback = Table(
    "item_feedback",
    metadata,
    _thread_id(primary_key=True),
    Column("item_id", AnyText, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("item_created_at", UtcDateTime, nullable=False),
    Column("item_seq", Sequence, nullable=False),
    Column("item_body", Text, nullable=False),
    Column("question", AnyText, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("user_id", AnyText, nullable=False, index=True),
    _thread_id(nullable=True),
    Column("body", Text, nullable=False),
    _created_at(),
    Column("size", BigInteger, nullable=False),
    Index(None, "thread_id"),
)

# Attachments without a thread.
Index(
    "ix_attachments_unsent",
    attachments.c.created_at,
    postgresql_where=attachments.c.thread_id.is_(None),
    sqlite_where=attachments.c.thread_id.is_(None),
)

# Files whose attachment was deleted, until the file is deleted too.
abandoned_files = Table(
    "abandoned_files",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("since", UtcDateTime, nullable=False, index=True),
)

# Reservations of uploads in the quotas of users, valid until `until` by the database's clock. An announcement has
# the id of its attachment, and counts until an upload of its bytes starts.
upload_reservations = Table(
    "upload_reservations",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("attachment_id", AnyText, nullable=False, index=True),
    Column("user_id", AnyText, nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
)

# No foreign key to the item: a turn may end after its item was deleted.
turns = Table(
    "turns",
    metadata,
    _thread_id(primary_key=True),
    Column("after_item_id", AnyText, primary_key=True),
    Column("body", Text, nullable=False),
)

# Decisions on tool calls. No foreign key to the question: a decision outlives it. `standing` decisions are for the
# whole thread.
approvals = Table(
    "approvals",
    metadata,
    _thread_id(primary_key=True),
    Column("question_id", AnyText, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("user_id", AnyText, nullable=False, index=True),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

# Summaries of items from the first to `until`; no foreign key to the item, whose deletion deletes the summary anyway.
thread_summaries = Table(
    "thread_summaries",
    metadata,
    _thread_id(primary_key=True),
    Column("id", AnyText, nullable=False),
    Column("until_created_at", UtcDateTime, nullable=False),
    Column("until_seq", Sequence, nullable=False),
    Column("body", Text, nullable=False),
)

# Running turns, and ended ones for a while; `owner` is the process that runs the turn.
running_turns = Table(
    "running_turns",
    metadata,
    Column("id", AnyText, primary_key=True),
    _thread_id(),
    Column("user_id", AnyText, nullable=False),
    Column("owner", AnyText, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("stop", Boolean, nullable=False, default=False),
    Column("keep", Boolean, nullable=False, default=False),
    Column("end", String(16)),
    Column("ended_at", UtcDateTime, index=True),
    Column("wanted_until", UtcDateTime),
    Column("slot", Integer),
)

# One running turn per thread, on all replicas together.
Index(
    "uq_running_turns_thread_id",
    running_turns.c.thread_id,
    unique=True,
    postgresql_where=running_turns.c.ended_at.is_(None),
    sqlite_where=running_turns.c.ended_at.is_(None),
)
Index("ix_running_turns_thread_id", running_turns.c.thread_id)
Index(
    "ix_running_turns_owner",
    running_turns.c.owner,
    postgresql_where=running_turns.c.ended_at.is_(None),
    sqlite_where=running_turns.c.ended_at.is_(None),
)
# One running turn per slot of a user, which is what bounds the number of a user's running turns. A turn that began
# without a limit has no slot.
Index(
    "uq_running_turns_slot",
    running_turns.c.user_id,
    running_turns.c.slot,
    unique=True,
    postgresql_where=running_turns.c.ended_at.is_(None),
    sqlite_where=running_turns.c.ended_at.is_(None),
)

# Turns in the queue of their thread; the waiting process renews `until`.
queued_turns = Table(
    "queued_turns",
    metadata,
    Column("turn_id", AnyText, primary_key=True),
    _thread_id(),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "thread_id"),
)

# Signals to replicas that NOTIFY does not reach; deleted after a minute.
posted_signals = Table(
    "posted_signals",
    metadata,
    _seq(),
    Column("sender", AnyText, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False, index=True),
    Column("signal", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Events `first` to `last` of a turn, as concatenated frames of the wire.
turn_events = Table(
    "turn_events",
    metadata,
    Column("turn_id", AnyText, ForeignKey("running_turns.id", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    Column("frames", LargeBinary, nullable=False),
)

# Idempotency keys of requests in flight. A key is reserved before its thread and turn exist.
request_claims = Table(
    "request_claims",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("turn_id", AnyText, nullable=False, index=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)

# Stored responses of requests without a journal; deleted after a minute.
request_answers = Table(
    "request_answers",
    metadata,
    Column("turn_id", AnyText, primary_key=True),
    Column("events", LargeBinary, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
    Column("user_id", AnyText, index=True),
)

# The ORM model of these rows is in `task_model.py`, which a start does not import.
tasks = Table(
    "tasks",
    metadata,
    _seq(),
    Column("id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("title", AnyText, nullable=False),
    Column("folded_title", AnyText, nullable=False),
    Column("description", AnyText, nullable=False),
    Column("priority", String(16), nullable=False),
    Column("due", Date),
    Column("status", String(16), nullable=False),
    _created_at(),
    Column("updated_at", UtcDateTime(), nullable=False),
    Column("completed_at", UtcDateTime()),
    Column("version", Integer, nullable=False),
    UniqueConstraint("user_id", "id"),
    Index(None, "user_id", "created_at", "seq"),
    Index(None, "user_id", "status", "created_at", "seq"),
    sqlite_autoincrement=True,
)

# Tombstones: positions of deleted rows, so that cursors of clients stay valid. `scope` is the thread of an item, or the
# user of a thread or task.
tombstones = Table(
    "tombstones",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("scope", AnyText, primary_key=True),
    Column("id", AnyText, primary_key=True),
    _created_at(),
    Column("seq", Sequence, nullable=False),
    Column("deleted_at", UtcDateTime, nullable=False, index=True),
)

# Counters of a period, which the key contains.
counters = Table(
    "counters",
    metadata,
    Column("key", AnyText, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("keep_until", UtcDateTime, nullable=False, index=True),
)
