"""Runs migrations on the connection that `app.adapters.stores.sql.migrations` hands over, in its transaction."""

from typing import Any, Literal

from advanced_alchemy.types import DateTimeUTC
from alembic import context

from app.adapters.stores.sql.tables import metadata
from app.adapters.stores.sql.types import AnyText, UtcDateTime


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Render our own types in a new migration as database types, because later code may change ours."""
    if kind == "type" and isinstance(item, AnyText):
        return "text"
    if kind == "type" and isinstance(item, UtcDateTime | DateTimeUTC):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_item,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
