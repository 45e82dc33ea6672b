"""Approval log in SQL."""

import json
from collections.abc import Sequence

import msgspec
from chatkit.store import NotFoundError
from sqlalchemy import Boolean, Insert, Integer, bindparam, exists, literal, or_, select
from sqlalchemy.exc import IntegrityError

from app.adapters.stores.sql.database import Database
from app.adapters.stores.sql.failures import is_orphan
from app.adapters.stores.sql.prepared import Prepared
from app.adapters.stores.sql.tables import approvals, thread_items
from app.adapters.stores.sql.thread_statements import BODY, ITEM, SCOPE, USER, Values, owned
from app.adapters.stores.sql.turns import save_turn, turn_row
from app.adapters.stores.sql.types import UtcDateTime
from app.domain.errors import AlreadyDecidedError
from app.domain.identity import RequestContext
from app.domain.language import _
from app.ports.approval_log import ApprovalDecision, ApprovalLog, ApprovedTool
from app.ports.turn_log import TurnRecord

_asked = exists().where(thread_items.c.thread_id == SCOPE, thread_items.c.id == ITEM)
_bodies = select(approvals.c.body).where(approvals.c.thread_id == SCOPE, owned)
_standing = Prepared(_bodies.where(approvals.c.standing))
_all = Prepared(_bodies.order_by(approvals.c.decided_at, approvals.c.question_id, approvals.c.number))
_owned = select(literal(1)).where(owned)


class SqlApprovalLog(ApprovalLog):
    """`ApprovalLog` on PostgreSQL or SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = _insert(database)
        self._save_turn = save_turn(database)

    async def take_up(
        self, decisions: Sequence[ApprovalDecision], record: TurnRecord | None, context: RequestContext
    ) -> None:
        if not decisions:
            raise ValueError("a decision is taken up with its question")
        scope = {"scope": decisions[0].thread_id, "user_id": context.user_id}
        try:
            async with self._database.transaction() as connection:
                if (await connection.execute(_owned, scope)).one_or_none() is None:
                    raise _not_found(decisions[0].thread_id)
                for decision in decisions:
                    if not (await connection.execute(self._insert, scope | _row(decision))).rowcount:
                        raise AlreadyDecidedError(_("This question has an answer already."))
                if record is not None:
                    await connection.execute(self._save_turn, turn_row(record, context))
        except IntegrityError as error:
            # The thread was deleted while the transaction ran.
            if not is_orphan(error):
                raise
            raise _not_found(decisions[0].thread_id) from error

    async def approved_for_thread(self, thread_id: str, context: RequestContext) -> frozenset[ApprovedTool]:
        rows = await self._database.rows(_standing, {"scope": thread_id, "user_id": context.user_id})
        return frozenset(ApprovedTool(each.agent, each.tool) for each in map(_decision, rows))

    async def load(self, thread_id: str, context: RequestContext) -> Sequence[ApprovalDecision]:
        rows = await self._database.rows(_all, {"scope": thread_id, "user_id": context.user_id})
        return [_decision(row) for row in rows]


def _insert(database: Database) -> Insert:
    """Insert a decision once; affects no row when it is stored already, or when its question is gone."""
    values: Values = {
        "thread_id": SCOPE,
        "question_id": ITEM,
        "number": bindparam("number", type_=Integer),
        "user_id": USER,
        "decided_at": bindparam("decided_at", type_=UtcDateTime),
        "standing": bindparam("standing", type_=Boolean),
        "body": BODY,
    }
    remembered = bindparam("remembered", type_=Boolean)
    given = select(*values.values()).where(owned, or_(remembered, _asked))
    inserted: Insert = database.insert(approvals).from_select(list(values), given).on_conflict_do_nothing()
    return inserted


def _row(decision: ApprovalDecision) -> dict[str, object]:
    return {
        "item_id": decision.question_id,
        "number": decision.number,
        "decided_at": decision.decided_at,
        "standing": decision.scope == "thread" and decision.verdict == "approved",
        "remembered": decision.remembered,
        "body": json.dumps(msgspec.to_builtins(decision)),
    }


def _decision(row: object) -> ApprovalDecision:
    # The standard library reads half an emoji, which a model may write.
    return msgspec.convert(json.loads(row.body), ApprovalDecision)  # type: ignore[attr-defined]


def _not_found(thread_id: str) -> NotFoundError:
    return NotFoundError(f"Thread {thread_id} not found")
