"""Turn journal in SQL."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
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
    case,
    column,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.clock import FromNow, Now, duration, lies_ahead
from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_duplicate, is_orphan
from app.adapters.stores.sql.owners import OwnerFiles, OwnerStates
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import queued_turns, turn_events
from app.adapters.stores.sql.tables import running_turns as turns
from app.adapters.stores.sql.thread_statements import SCOPE, USER, owned
from app.adapters.stores.sql.types import AnyText
from app.adapters.stores.sql.write_and_notify import WriteAndNotify
from app.ports.signals import Signals
from app.ports.turn_journal import (
    LONGEST_LEASE,
    YIELD_SIGNAL_LASTS,
    Batch,
    TooManyTurnsError,
    TurnEnd,
    TurnHead,
    TurnJournal,
    TurnSignal,
)

_FRAME_END = b"\n\n"

_TURN = bindparam("turn_id", type_=AnyText)
_OWNER = bindparam("owner_id", type_=AnyText)
_MOST = bindparam("at_most", type_=Integer)

_LATER = FromNow(duration("seconds"))
_LONGEST = LONGEST_LEASE.total_seconds()

_yields = func.coalesce(lies_ahead(turns.c.wanted_until, at_most=_LONGEST), false(), type_=Boolean)
_LABELLED = {"pinned": turns.c.keep.label("pinned"), "yield_requested": _yields.label("yield_requested")}
_HEAD = tuple(_LABELLED[name] if name in _LABELLED else turns.c[name] for name in TurnHead.__struct_fields__)
_runs = turns.c.ended_at.is_(None)

_other_turns = select(func.count()).where(turns.c.user_id == USER, turns.c.thread_id != SCOPE, _runs).scalar_subquery()
_used, _taken = turns.alias("used"), turns.alias("taken")
_below = union_all(
    select(literal(0, Integer).label("slot")),
    select(_used.c.slot).where(_used.c.user_id == USER, _used.c.ended_at.is_(None), _used.c.slot.is_not(None)),
).subquery("below")
_free_slot = (
    select(func.min(_below.c.slot) + 1)
    .where(~exists().where(_taken.c.user_id == USER, _taken.c.ended_at.is_(None), _taken.c.slot == _below.c.slot + 1))
    .scalar_subquery()
)
"""The user's lowest slot without a running turn. A unique index gives each slot to one turn, so that turns which begin
in the same instant cannot pass the limit that each of them counted for itself."""
_within_limit = (_MOST == 0) | ((_other_turns < _MOST) & (_free_slot <= _MOST))
_behind = exists().where(
    queued_turns.c.thread_id == SCOPE,
    queued_turns.c.turn_id < _TURN,
    lies_ahead(queued_turns.c.until, at_most=_LONGEST),
)
_why_not = Prepared(select((~_behind & (_other_turns >= _MOST)).label("too_many")).where(owned))
_leave_queue = Prepared(delete(queued_turns).where(queued_turns.c.turn_id == _TURN))

_cleared = delete(turns).where(turns.c.thread_id == SCOPE, ~_runs, owned)
_clear = Prepared(_cleared)
_renew = Prepared(update(turns).where(turns.c.owner == _OWNER, _runs).values(lease_until=_LATER).returning(*_HEAD))
_end = (
    update(turns)
    .where(turns.c.id == _TURN, turns.c.owner == _OWNER, _runs)
    .values(end=bindparam("how", type_=String), ended_at=Now())
)
_owned_run = exists().where(turns.c.id == _TURN, turns.c.owner == _OWNER, _runs)
_clear_events = Prepared(delete(turn_events).where(turn_events.c.turn_id == _TURN, _owned_run))
_drop = Prepared(delete(turns).where(turns.c.id == _TURN, turns.c.owner == _OWNER))
_of_others = _runs & (turns.c.owner != _OWNER)
_owners = select(turns.c.owner).where(_of_others).distinct()
_silent = ~lies_ahead(turns.c.lease_until, at_most=_LONGEST) & turns.c.owner.not_in(
    bindparam("alive", type_=AnyText, expanding=True)
)
_dead = turns.c.owner.in_(bindparam("dead", type_=AnyText, expanding=True))
_take_over = (
    update(turns).where(_of_others, or_(_silent, _dead)).values(owner=_OWNER, lease_until=_LATER).returning(*_HEAD)
)
_asked = update(turns).where(turns.c.thread_id == SCOPE, _runs).returning(turns.c.id)
_signalled = {
    "stop": _asked.values(stop=True),
    "pin": _asked.values(keep=True),
    "yield": _asked.values(wanted_until=FromNow(YIELD_SIGNAL_LASTS.total_seconds())),
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
_forget = delete(turns).where(turns.c.ended_at <= FromNow(-duration("seconds")))


class SqlTurnJournal(TurnJournal):
    """`TurnJournal` on PostgreSQL or SQLite."""

    def __init__(self, database: Database, signals: Signals, owners: OwnerFiles | None = None) -> None:
        """`owners` shows which processes are alive; None where lock files are not used."""
        self._database = database
        self._signals = signals
        self._owners = owners
        self._removed_dead = False
        self.shared = database.name == "postgresql"
        slot = case((_MOST == 0, null()), else_=_free_slot)
        no = literal(False, Boolean)
        row = (_TURN, SCOPE, USER, _OWNER, _LATER, no, no, null(), null(), null(), slot)
        entered = select(*row).where(owned, ~_behind, _within_limit)
        enter = database.insert(turns).from_select([column.name for column in turns.columns], entered)
        self._enter = Prepared(enter)
        queue = database.insert(queued_turns).values(turn_id=_TURN, thread_id=SCOPE, until=_LATER)
        self._queue = queue.on_conflict_do_update(index_elements=["turn_id"], set_={"until": queue.excluded.until})
        # PostgreSQL runs both in one round trip; SQLite supports no DELETE inside another statement.
        self._at_once = Prepared(enter.add_cte(_cleared.cte("cleared"))) if self.shared else None
        append = _append(database)
        self._append = Prepared(append)
        self._append_and_notify = WriteAndNotify(database, signals, _append_many(database) if self.shared else append)
        self._end = WriteAndNotify(database, signals, _end)
        self._append_and_end = WriteAndNotify(database, signals, append, _end)

    def alive(self, owner: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._owners is None else self._owners.alive(owner)

    async def begin(self, turn: TurnHead, lease: dt.timedelta, *, at_most: int = 0) -> bool:
        values: dict[str, object] = {"turn_id": turn.id, "scope": turn.thread_id, "user_id": turn.user_id}
        values |= {"owner_id": turn.owner, "at_most": at_most}
        try:
            entered = await self._enter_in_a_slot({**values, "seconds": lease.total_seconds()})
        except IntegrityError as error:
            if is_duplicate(error):
                return False
            if not is_orphan(error):
                raise
            raise NotFoundError(f"Thread {turn.thread_id} not found") from error
        if not entered:
            await self._explain(values)
        return bool(entered)

    async def _enter_in_a_slot(self, values: dict[str, object]) -> int:
        """Enter the turn; again when another turn took the slot meanwhile, which is then one turn nearer the limit."""
        while True:
            try:
                return await self._clear_and_enter(values)
            except IntegrityError as error:
                if not is_duplicate(error, of="uq_running_turns_slot"):
                    raise

    async def _explain(self, values: dict[str, object]) -> None:
        """Raise the reason why a turn was not entered; return when the turn must wait."""
        row = await self._database.row(_why_not, values)
        if row is None:
            raise NotFoundError(f"Thread {values['scope']} not found")
        # The turn ahead of this one may have ended meanwhile.
        if values["at_most"] and row.too_many:
            raise TooManyTurnsError

    async def _clear_and_enter(self, values: dict[str, object]) -> int:
        if self._at_once is not None:
            return await self._database.write(self._at_once, values)
        _, entered = await self._database.run((_clear, values), (self._enter, values))
        return entered.count

    async def queue(self, turn_id: str, thread_id: str, lasts: dt.timedelta) -> None:
        values = {"turn_id": turn_id, "scope": thread_id, "seconds": lasts.total_seconds()}
        try:
            await self._database.write(self._queue, values)
        except IntegrityError as error:
            if not is_orphan(error):
                raise
            raise NotFoundError(f"Thread {thread_id} not found") from error

    async def leave_queue(self, turn_id: str) -> None:
        await self._database.write(_leave_queue, {"turn_id": turn_id})

    async def append(self, batches: Sequence[Batch], owner: str, *, signals: Sequence[str] = ()) -> None:
        rows = [_row(batch) for batch in batches]
        if not rows:
            return
        if self.shared:
            values: dict[str, object] = {f"{name}s": [row[name] for row in rows] for name in rows[0]}
            await _retry_if_deleted(partial(self._append_and_notify.run, {**values, "owner_id": owner}, signals))
        else:
            await self._database.run(*((self._append, {**row, "owner_id": owner}) for row in rows))
            await self._signals.publish(signals)

    async def renew(self, owner: str, lease: dt.timedelta) -> Mapping[str, TurnHead]:
        rows = await self._database.rows(_renew, {"owner_id": owner, "seconds": lease.total_seconds()})
        return {row.id: _head(row) for row in rows}

    async def end(
        self, turn_id: str, owner: str, end: TurnEnd, *, last: Batch | None = None, signals: Sequence[str] = ()
    ) -> None:
        values = {"turn_id": turn_id, "owner_id": owner, "how": end}
        if last is None:
            await self._end.run(values, signals)
        else:
            await _retry_if_deleted(partial(self._append_and_end.run, {**values, **_row(last)}, signals))

    async def rewrite(self, turn_id: str, owner: str, batches: Sequence[Batch]) -> None:
        clear = (_clear_events, {"turn_id": turn_id, "owner_id": owner})
        await self._database.run(clear, *((self._append, {**_row(batch), "owner_id": owner}) for batch in batches))

    async def drop(self, turn_id: str, owner: str) -> None:
        await self._database.write(_drop, {"turn_id": turn_id, "owner_id": owner})

    async def take_over(self, owner: str, lease: dt.timedelta) -> Sequence[TurnHead]:
        states = await self._owner_states(owner)
        values = {"owner_id": owner, "seconds": lease.total_seconds(), "alive": states.alive, "dead": states.dead}
        async with self._database.transaction() as connection:
            taken = [_head(row) for row in (await connection.execute(_take_over, values)).all()]
        if self._owners is not None and not self._removed_dead:
            self._removed_dead = True
            await self._owners.remove_dead()
        return taken

    async def _owner_states(self, owner: str) -> OwnerStates:
        if self._owners is None:
            return OwnerStates()
        rows = await self._database.rows(_owners, {"owner_id": owner})
        return await self._owners.states([row.owner for row in rows])

    async def signal(self, thread_id: str, signal: TurnSignal) -> str | None:
        async with self._database.transaction() as connection:
            row = (await connection.execute(_signalled[signal], {"scope": thread_id})).one_or_none()
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

    async def forget(self, age: dt.timedelta) -> None:
        await self._database.write(_forget, {"seconds": age.total_seconds()})


async def _retry_if_deleted(write: Callable[[], Awaitable[Any]]) -> None:
    """Run `write` again after a foreign key error: a thread that was deleted meanwhile is missing the second time."""
    try:
        await write()
    except IntegrityError as error:
        if not is_orphan(error):
            raise
        await write()


def _append(database: Database) -> Executable:
    """Insert a batch of a turn that its owner still runs. Idempotent: an existing batch stays unchanged."""
    values = [bindparam(known.name, type_=known.type).label(known.name) for known in turn_events.columns]
    return _insert(database, select(*values).where(_owned_run))


def _append_many(database: Database) -> Executable:
    """Insert batches of many turns on PostgreSQL, with one array of values per column. Idempotent."""
    lists = [bindparam(f"{known.name}s", type_=ARRAY(known.type)) for known in turn_events.columns]
    names = [column(known.name, known.type) for known in turn_events.columns]
    given = func.unnest(*lists).table_valued(*names, name="given").render_derived()
    own = exists().where(turns.c.id == given.c.turn_id, turns.c.owner == _OWNER, _runs)
    return _insert(database, select(*given.c).where(own))


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
