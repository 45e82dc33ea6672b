"""Every statement of the stores, explained: none reads a table from end to end."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import FileAttachment
from sqlalchemy import Text, UniqueConstraint, bindparam, event, text

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.prepared import Answer, Step
from app.adapters.stores.sql.storage import SqlStorage
from app.adapters.stores.sql.tables import metadata
from app.adapters.stores.sql.types import UtcDateTime
from app.domain.identity import RequestContext
from app.domain.task import COMPLETED, Status, new_task
from app.ports.file_ledger import Upload
from tests.factories import decision, summary
from tests.postgres import Databases
from tests.sql import NOON, message, storage_at, thread, turn

USER = RequestContext(user_id="user_5")
CLIENT = USER.as_client()
TYPES: dict[str, Any] = {"noon": UtcDateTime, "thread": Text, "item": Text}
Statement = tuple[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> AsyncIterator[SqlStorage]:
    """A database with enough in it that a planner prefers an index."""
    if request.param == "sqlite":
        async with storage_at(f"sqlite:///{tmp_path}/plans.db") as storage:
            await fill(storage.database)
            yield storage
        return
    async with databases.fresh() as url, storage_at(url) as storage:
        await fill(storage.database)
        yield storage


async def test_no_statement_scans_a_table(storage: SqlStorage) -> None:
    seen = watch(storage.database)
    await use_everything(storage)
    statements = {statement: parameters for statement, parameters in seen if names_a_table(statement)}
    assert len(statements) > 40
    scans = {statement: await scans_of(storage, statement, statements[statement]) for statement in statements}
    assert {statement: found for statement, found in scans.items() if found and not reads_passing_rows(statement)} == {}


async def test_a_scan_would_be_noticed(storage: SqlStorage) -> None:
    assert await scans_of(storage, "SELECT id FROM thread_items WHERE body = 'x'", ())
    assert await scans_of(storage, "SELECT count(*) FROM tasks", ())


def test_what_a_deletion_takes_along_is_found_by_an_index() -> None:
    for table in metadata.tables.values():
        unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
        keys = [tuple(key.columns.keys()) for key in (table.primary_key, *unique)]
        keys += [tuple(index.columns.keys()) for index in table.indexes]
        for reference in table.foreign_key_constraints:
            columns = tuple(reference.columns.keys())
            assert any(key[: len(columns)] == columns for key in keys), (table.name, columns)


async def use_everything(storage: SqlStorage) -> None:
    """Call every method of every store that reads or writes something."""
    store = storage.threads
    await store.save_thread(thread("thr_new"), USER)
    await store.load_thread("thr_new", USER)
    for order in ("asc", "desc"):
        for after in (None, "thr_5"):
            await store.load_threads(20, after, order, USER)
        for after in (None, "msg_5"):
            for context in (USER, CLIENT):
                await store.load_thread_items("thr_5", after, 20, order, context)
    await store.load_thread_items("thr_new", None, 20, "asc", USER)
    await store.load_thread_items("thr_5", "gone_5", 20, "asc", USER)
    await store.add_thread_item("thr_new", message("thr_new", 1), USER)
    for context in (USER, CLIENT):
        await store.load_context("thr_5", 20, context)
        await store.load_context("thr_new", 20, context, adding=message("thr_new", 2))
        await store.load_context("thr_new", 20, context, with_summary=True)
        await store.load_context("thr_new", 20, context, adding=message("thr_new", 2), with_summary=True)
    await store.load_item("thr_new", "msg_1", USER)
    await store.save_feedback("thr_new", ["msg_1"], "positive", USER)
    await store.load_feedback("thr_new", USER)
    await store.save_attachment(FileAttachment(id="atc_new", name="n", mime_type="m", thread_id="thr_new"), USER)
    await store.load_attachment("atc_new", USER)
    await store.delete_attachment("atc_new", USER)
    await storage.files.of_user("user_5", after="atc_5")
    await storage.files.used("user_5")
    await storage.files.abandon_unsent(dt.timedelta(days=1000))
    await storage.files.cleared(await storage.files.abandoned())
    await use_uploads(storage)
    await storage.turn_log.save(turn("thr_new", "msg_1"), USER)
    await storage.turn_log.load("thr_new", ["msg_1", "msg_2"], USER)
    await storage.approvals.take_up([decision("thr_new")], turn("thr_new", "msg_1"), USER)
    await storage.approvals.approved_for_thread("thr_new", USER)
    await storage.approvals.load("thr_new", USER)
    await use_summaries(storage)
    await store.delete_thread_item("thr_new", "msg_1", USER)
    await store.delete_thread("thr_new", USER)
    await use_tasks(storage)
    await storage.sweep(dt.timedelta(days=1000))
    await storage.purge_tombstones(dt.timedelta(days=1000))
    await storage.erase("user_6")


async def use_summaries(storage: SqlStorage) -> None:
    """The same for summaries."""
    first, second = summary("thr_new", "msg_1"), summary("thr_new", "msg_2")
    assert await storage.summaries.save(first, USER, replacing=None, items=1)
    assert await storage.summaries.save(second, USER, replacing=first.id, items=1)
    await storage.summaries.load("thr_new", USER)


async def use_uploads(storage: SqlStorage) -> None:
    """The same for files on their way."""
    life = dt.timedelta(minutes=1)
    announced = FileAttachment(id="atc_coming", name="n", mime_type="m")
    await storage.files.announce(announced, USER, 5, at_most=1_000_000, life=life)
    upload = Upload(id="upl_coming", attachment_id="atc_coming", user_id=USER.user_id)
    await storage.files.reserve(upload, 5, at_most=1_000_000, life=life)
    await storage.files.renew(upload, life=life)
    await storage.files.settle(upload, announced, USER, announced=True)
    await storage.files.settle(upload, announced, USER, announced=False)
    await storage.files.release(upload)
    await storage.files.give_up(await storage.files.lapsed(limit=1))


async def use_tasks(storage: SqlStorage) -> None:
    """The same for tasks."""
    task = new_task("user_5", "Buy milk", now=NOON)
    await storage.tasks.add(task)
    await storage.tasks.get("user_5", task.id)
    for status in (None, Status.PENDING):
        for after in (None, "task_5"):
            await storage.tasks.list("user_5", status=status, after=after)
    await storage.tasks.find_by_title("user_5", "MILK")
    await storage.tasks.get_several("user_5", ["task_1", "task_5"])
    await storage.tasks.update(task.changed(COMPLETED, now=NOON))
    await storage.tasks.delete("user_5", task.id)


def watch(database: Database) -> list[Statement]:
    """Every statement that goes to the database from now on, with its parameters."""
    seen: list[Statement] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    run = database.run

    async def noted(*steps: Step) -> Sequence[Answer]:
        for prepared, values in steps:
            compiled = await prepared.compiled(database.engine.dialect)
            seen.append((compiled.text, tuple(compiled.arguments(values))))
        return await run(*steps)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    database.run = noted  # type: ignore[method-assign]  # prepared statements are no events of SQLAlchemy's
    return seen


def reads_passing_rows(statement: str) -> bool:
    """An erase looks through all of what is kept for minutes: empty here, and rarely long anywhere."""
    erases = (
        "FROM counters WHERE (length",
        "FROM counters WHERE length",
        "DELETE FROM posted_signals WHERE substr",
        "DELETE FROM request_answers WHERE request_answers.user_id",
        "SELECT running_turns.id",
    )
    return any(begins in " ".join(statement.split()) for begins in erases)


def names_a_table(text: str) -> bool:
    return any(table in text for table in metadata.tables)


async def scans_of(storage: SqlStorage, statement: str, parameters: Any) -> list[str]:
    """The steps of the plan that read a whole table or a whole index."""
    explain, find = EXPLAIN[storage.name]
    async with storage.database.engine.connect() as connection:
        rows = await connection.exec_driver_sql(explain + statement, parameters)
        return list(find(rows.all()))


def sqlite_scans(rows: Sequence[Any]) -> Iterator[str]:
    """SQLite calls it SCAN; SEARCH is what begins at a place in an index."""
    return (row.detail for row in rows if row.detail.startswith("SCAN") and names_a_table(row.detail))


def postgres_scans(rows: Sequence[Any]) -> Iterator[str]:
    """A Seq Scan, or an index without a condition on it."""
    plans = [rows[0][0][0]["Plan"]]
    while plans:
        plan = plans.pop()
        plans += plan.get("Plans", [])
        if plan["Node Type"] == "Seq Scan" or (plan["Node Type"] in INDEX_SCANS and "Index Cond" not in plan):
            yield f"{plan['Node Type']} on {plan.get('Relation Name')}"


INDEX_SCANS = {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}

EXPLAIN: dict[str, tuple[str, Callable[[Sequence[Any]], Iterator[str]]]] = {
    "sqlite": ("EXPLAIN QUERY PLAN ", sqlite_scans),
    "postgresql": ("EXPLAIN (FORMAT JSON) ", postgres_scans),
}

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1)"

ROWS = {
    "threads (id, user_id, created_at, body)": (400, "'thr_' || i, 'user_' || (i % 20), :noon, :thread"),
    "thread_items (thread_id, id, created_at, hidden, body)": (
        20_000,
        "'thr_' || (i % 400), 'msg_' || (i / 400), :noon, i % 3 = 0, :item",
    ),
    "item_feedback (thread_id, item_id, kind, item_created_at, item_seq, item_body, question)": (
        4_000,
        "'thr_' || (i % 400), 'msg_' || (i / 400), 'positive', '2026-01-01', i, '{}', ''",
    ),
    "attachments (id, user_id, thread_id, body, created_at, size)": (
        4_000,
        "'atc_' || i, 'user_' || (i % 20), CASE WHEN i % 10 > 0 THEN 'thr_' || (i % 400) END, '{}', :noon, 1",
    ),
    "upload_reservations (id, attachment_id, user_id, bytes, until)": (
        4_000,
        "'upl_' || i, 'atc_' || i, 'user_' || (i % 20), 1, :noon",
    ),
    "abandoned_files (id, since)": (4_000, "'atc_gone_' || i, :noon"),
    "turns (thread_id, after_item_id, body)": (4_000, "'thr_' || (i % 400), 'msg_' || (i / 400), '{}'"),
    "approvals (thread_id, question_id, number, user_id, decided_at, standing, body)": (
        4_000,
        "'thr_' || (i % 400), 'msg_' || (i / 400), 0, 'user_' || (i % 20), :noon, i % 2 = 0, '{}'",
    ),
    "thread_summaries (thread_id, id, until_created_at, until_seq, body)": (
        400,
        "'thr_' || i, 'sum_' || i, '2026-01-01', i, '{}'",
    ),
    "tasks (id, user_id, title, folded_title, description, priority, status, created_at, updated_at, version)": (
        20_000,
        "'task_' || (i / 20), 'user_' || (i % 20), 'Milk', 'milk', '', 'low', 'pending', :noon, :noon, 1",
    ),
    "tombstones (kind, scope, id, created_at, seq, deleted_at)": (
        20_000,
        "'item', 'thr_' || (i % 400), 'gone_' || (i / 400), :noon, i, :noon",
    ),
}


async def fill(database: Database) -> None:
    """20 users with 20 threads of 50 items each, and so on: enough for a planner to prefer an index."""
    values = {
        "noon": NOON,
        "thread": thread("thr_x").model_dump_json(),
        "item": message("thr_x", 1).model_dump_json(),
    }
    async with database.transaction() as connection:
        for columns, (count, row) in ROWS.items():
            insert = text(f"INSERT INTO {columns} {NUMBERS} SELECT {row} FROM n").bindparams(count=count)  # noqa: S608
            used = [bindparam(name, values[name], type_=TYPES[name]) for name in values if f":{name}" in row]
            await connection.execute(insert.bindparams(*used))
        await connection.execute(text("ANALYZE"))
