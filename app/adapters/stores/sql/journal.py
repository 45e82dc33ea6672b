"""The turn journal in SQL."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.store import NotFoundError
from sqlalchemy import (
    ARRAY,
    Boolean,
    Executable,
    Integer,
    Select,
    String,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_duplicate, is_orphan
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import queued_turns, turn_events
from app.adapters.stores.sql.tables import running_turns as turns
from app.adapters.stores.sql.telling import Telling
from app.adapters.stores.sql.thread_statements import SCOPE, USER, owned
from app.adapters.stores.sql.types import AnyText, Moment
from app.ports.signals import Signals
from app.ports.turn_journal import WANTED, Batch, TooManyTurnsError, TurnEnd, TurnHead, TurnJournal, Wish

_FRAME_END = b"\n\n"

_TURN = bindparam("turn_id", type_=AnyText)
_OWNER = bindparam("owner_id", type_=AnyText)
_UNTIL = bindparam("until", type_=Moment)
_BEFORE = bindparam("before", type_=Moment)
_MOST = bindparam("at_most", type_=Integer)

_NOW = bindparam("now", type_=Moment)

_HEAD = tuple(turns.c[name] for name in TurnHead.__struct_fields__)
_runs = turns.c.ended_at.is_(None)

_others = select(func.count()).where(turns.c.user_id == USER, turns.c.thread_id != SCOPE, _runs).scalar_subquery()
_behind = exists().where(queued_turns.c.thread_id == SCOPE, queued_turns.c.turn_id < _TURN, queued_turns.c.until > _NOW)
_why_not = Prepared(select((~_behind & (_others >= _MOST)).label("too_many")).where(owned))
_leave_queue = Prepared(delete(queued_turns).where(queued_turns.c.turn_id == _TURN))

_cleared = delete(turns).where(turns.c.thread_id == SCOPE, ~_runs)
_clear = Prepared(_cleared)
_renew = Prepared(update(turns).where(turns.c.owner == _OWNER, _runs).values(lease_until=_UNTIL).returning(*_HEAD))
_end = (
    update(turns)
    .where(turns.c.id == _TURN, turns.c.owner == _OWNER, _runs)
    .values(end=bindparam("how", type_=String), ended_at=_UNTIL)
)
_drop = Prepared(delete(turns).where(turns.c.id == _TURN, turns.c.owner == _OWNER))
_claim = (
    update(turns)
    .where(_runs, turns.c.owner != _OWNER, turns.c.lease_until < _BEFORE)
    .values(owner=_OWNER, lease_until=_UNTIL)
)
_asked = update(turns).where(turns.c.thread_id == SCOPE, _runs).returning(turns.c.id)
_wishes = {
    "stop": _asked.values(stop=True),
    "keep": _asked.values(keep=True),
    "yield": _asked.values(wanted_until=_UNTIL),
}
_latest = Prepared(
    select(*_HEAD).where(turns.c.thread_id == SCOPE).order_by(_runs.desc(), turns.c.ended_at.desc()).limit(1)
)
_find = Prepared(select(*_HEAD).where(turns.c.id == _TURN))
_events = Prepared(
    select(turn_events.c.first, turn_events.c.frames)
    .where(turn_events.c.turn_id == _TURN, turn_events.c.last > bindparam("after"))
    .order_by(turn_events.c.first)
    .limit(bindparam("rows"))
)
_forget = delete(turns).where(turns.c.ended_at < _BEFORE)


class SqlTurnJournal(TurnJournal):
    """`TurnJournal` on PostgreSQL or SQLite."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self.shared = database.name == "postgresql"
        entered = select(
            _TURN, SCOPE, USER, _OWNER, _UNTIL, literal(False, Boolean), literal(False, Boolean), null(), null(), null()
        ).where(owned, ~_behind, (_MOST == 0) | (_others < _MOST))
        enter = database.insert(turns).from_select([column.name for column in turns.columns], entered)
        self._enter = Prepared(enter)
        queue = database.insert(queued_turns).values(turn_id=_TURN, thread_id=SCOPE, until=_UNTIL)
        self._queue = queue.on_conflict_do_update(index_elements=["turn_id"], set_={"until": queue.excluded.until})
        # PostgreSQL does both in one round trip, SQLite takes no DELETE inside another statement.
        self._at_once = Prepared(enter.add_cte(_cleared.cte("cleared"))) if self.shared else None
        append = _append(database)
        self._append = Prepared(append)
        self._append_and_tell = Telling(database, signals, _append_many(database) if self.shared else append)
        self._end = Telling(database, signals, _end)
        self._append_and_end = Telling(database, signals, append, _end)

    async def begin(self, turn: TurnHead, lease_until: dt.datetime, *, at_most: int = 0) -> bool:
        values: dict[str, object] = {"turn_id": turn.id, "scope": turn.thread_id, "user_id": turn.user_id}
        values |= {"owner_id": turn.owner, "at_most": at_most, "now": dt.datetime.now(dt.UTC)}
        try:
            entered = await self._clear_and_enter({**values, "until": lease_until})
        except IntegrityError as error:
            if is_duplicate(error):
                return False
            if not is_orphan(error):
                raise
            raise NotFoundError(f"Thread {turn.thread_id} not found") from error
        if not entered:
            await self._explain(values)
        return bool(entered)

    async def _explain(self, values: dict[str, object]) -> None:
        """Why a turn was not entered, unless it has to wait."""
        row = await self._database.row(_why_not, values)
        if row is None:
            raise NotFoundError(f"Thread {values['scope']} not found")
        # Whoever stood before this one may have gone since.
        if values["at_most"] and row.too_many:
            raise TooManyTurnsError

    async def _clear_and_enter(self, values: dict[str, object]) -> int:
        if self._at_once is not None:
            return await self._database.write(self._at_once, values)
        _, entered = await self._database.run((_clear, values), (self._enter, values))
        return entered.count

    async def queue(self, turn_id: str, thread_id: str, until: dt.datetime) -> None:
        try:
            await self._database.write(self._queue, {"turn_id": turn_id, "scope": thread_id, "until": until})
        except IntegrityError as error:
            if not is_orphan(error):
                raise
            raise NotFoundError(f"Thread {thread_id} not found") from error

    async def leave_queue(self, turn_id: str) -> None:
        await self._database.write(_leave_queue, {"turn_id": turn_id})

    async def append(self, batches: Sequence[Batch], *, signals: Sequence[str] = ()) -> None:
        rows = [_row(batch) for batch in batches]
        if not rows:
            return
        if self.shared:
            values = {f"{name}s": [row[name] for row in rows] for name in rows[0]}
            await self._append_and_tell.run(values, signals)
        else:
            await self._database.run(*((self._append, row) for row in rows))
            await self._signals.send(signals)

    async def renew(self, owner: str, lease_until: dt.datetime) -> Mapping[str, TurnHead]:
        rows = await self._database.rows(_renew, {"owner_id": owner, "until": lease_until})
        return {row.id: _head(row) for row in rows}

    async def end(
        self, turn_id: str, owner: str, end: TurnEnd, *, last: Batch | None = None, signals: Sequence[str] = ()
    ) -> None:
        values = {"turn_id": turn_id, "owner_id": owner, "how": end, "until": dt.datetime.now(dt.UTC)}
        if last is None:
            await self._end.run(values, signals)
        else:
            await self._append_and_end.run({**values, **_row(last)}, signals)

    async def drop(self, turn_id: str, owner: str) -> None:
        await self._database.write(_drop, {"turn_id": turn_id, "owner_id": owner})

    async def claim(self, owner: str, lease_until: dt.datetime, *, expired: dt.datetime) -> Sequence[TurnHead]:
        values = {"owner_id": owner, "until": lease_until, "before": expired}
        async with self._database.transaction() as connection:
            return [_head(row) for row in (await connection.execute(_claim.returning(*_HEAD), values)).all()]

    async def wish(self, thread_id: str, wish: Wish) -> str | None:
        async with self._database.transaction() as connection:
            values = {"scope": thread_id} | ({"until": dt.datetime.now(dt.UTC) + WANTED} if wish == "yield" else {})
            row = (await connection.execute(_wishes[wish], values)).one_or_none()
        return None if row is None else str(row.id)

    async def latest(self, thread_id: str) -> TurnHead | None:
        row = await self._database.row(_latest, {"scope": thread_id})
        return None if row is None else _head(row)

    async def find(self, turn_id: str) -> TurnHead | None:
        row = await self._database.row(_find, {"turn_id": turn_id})
        return None if row is None else _head(row)

    async def events(self, turn_id: str, after: int, *, batches: int = 100) -> Sequence[bytes]:
        rows = await self._database.rows(_events, {"turn_id": turn_id, "after": after, "rows": batches})
        return [event for row in rows for event in _frames(row.frames)[max(0, after - row.first + 1) :]]

    async def forget(self, before: dt.datetime) -> None:
        await self._database.write(_forget, {"before": before})


def _append(database: Database) -> Executable:
    """A batch of a turn that is there; one that was written before is left as it is."""
    values = [bindparam(known.name, type_=known.type).label(known.name) for known in turn_events.columns]
    return _insert(database, select(*values).where(exists().where(turns.c.id == _TURN)))


def _append_many(database: Database) -> Executable:
    """The same for batches of many turns, on PostgreSQL: the values of each column are one."""
    lists = [bindparam(f"{known.name}s", type_=ARRAY(known.type)) for known in turn_events.columns]
    names = [column(known.name, known.type) for known in turn_events.columns]
    given = func.unnest(*lists).table_valued(*names, name="given").render_derived()
    return _insert(database, select(*given.c).where(exists().where(turns.c.id == given.c.turn_id)))


def _insert(database: Database, rows: Select[Any]) -> Executable:
    insert = database.insert(turn_events).from_select([column.name for column in turn_events.columns], rows)
    appended: Executable = insert.on_conflict_do_nothing()
    return appended


def _row(batch: Batch) -> dict[str, Any]:
    last = batch.first + len(batch.events) - 1
    return {"turn_id": batch.turn_id, "first": batch.first, "last": last, "frames": b"".join(batch.events)}


def _head(row: Any) -> TurnHead:
    return TurnHead(**{column.name: value for column, value in zip(_HEAD, row, strict=True)})


def _frames(frames: bytes) -> list[bytes]:
    return [frame + _FRAME_END for frame in frames.split(_FRAME_END) if frame]
