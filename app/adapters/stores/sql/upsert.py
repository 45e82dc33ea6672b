"""INSERT or UPDATE in one statement, which looks after ownership in the same breath."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.stores.sql.database import Database

_DIALECTS = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}
_KEPT = frozenset({"user_id", "created_at"})


def upsert(
    database: Database,
    table: Table,
    values: Mapping[str, ColumnElement[Any]],
    *,
    keys: Sequence[str],
    allowed: ColumnElement[bool],
) -> Executable:
    """Write `values` if `allowed`; of a row with the same `keys` the owner, place and first `created_at` stay.

    Touches no row when it is not allowed, and none that another user owns.
    """
    statement = database.insert(table).from_select(list(values), select(*values.values()).where(allowed))
    changed = {name: statement.excluded[name] for name in values if name not in _KEPT and name not in keys}
    own = table.c.user_id == statement.excluded.user_id if "user_id" in values else None
    return compiled_once(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=own))


def compiled_once(statement: Any) -> Executable:
    """The same statement as text: SQLAlchemy 2.0 compiles an INSERT with ON CONFLICT anew each time, which takes longer
    than the database does. One with a list of values stays as it is, for its text depends on the list."""
    dialect = _DIALECTS[statement.stringify_dialect](paramstyle="named")
    compiled = statement.compile(dialect=dialect)
    names = compiled.bind_names
    if any(bind.expanding for bind in names):
        several: Executable = statement
        return several
    typed = [bindparam(name, bind.value, bind.type, required=bind.required) for bind, name in names.items()]
    return text(compiled.string).bindparams(*typed)
