"""Upsert in one statement, which also checks ownership."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Insert, Table, select

from app.adapters.stores.sql.database import Database

_KEPT = frozenset({"user_id", "created_at"})


def upsert(
    database: Database,
    table: Table,
    values: Mapping[str, ColumnElement[Any]],
    *,
    keys: Sequence[str],
    allowed: ColumnElement[bool],
) -> Insert:
    """Insert `values` if `allowed`, or update the row with the same `keys`, but keep owner, position and `created_at`.

    Affects no row when `allowed` is false, or when another user owns the row.
    """
    statement = database.insert(table).from_select(list(values), select(*values.values()).where(allowed))
    changed = {name: statement.excluded[name] for name in values if name not in _KEPT and name not in keys}
    own = table.c.user_id == statement.excluded.user_id if "user_id" in values else None
    written: Insert = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=own)
    return written
