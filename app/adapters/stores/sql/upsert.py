"""INSERT or UPDATE in one statement, which looks after ownership in the same breath."""

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
    """Write `values` if `allowed`; of a row with the same `keys` the owner, place and first `created_at` stay.

    Touches no row when it is not allowed, and none that another user owns.
    """
    statement = database.insert(table).from_select(list(values), select(*values.values()).where(allowed))
    changed = {name: statement.excluded[name] for name in values if name not in _KEPT and name not in keys}
    own = table.c.user_id == statement.excluded.user_id if "user_id" in values else None
    written: Insert = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=own)
    return written
