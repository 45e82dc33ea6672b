"""Statements that publish `:signals` on PostgreSQL."""

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.stores.sql.tables import posted_signals
from app.adapters.stores.sql.types import AnyText

CHANNEL = "anyport"

_signals = func.unnest(bindparam("signals", type_=ARRAY(Text)))

notify = select(func.pg_notify(CHANNEL, _signals))
"""Publish to replicas that LISTEN."""

post = (
    insert(posted_signals)
    .inline()
    .from_select(["sender", "sent_at", "signal"], select(bindparam("sender", type_=AnyText), func.now(), _signals))
)
"""Publish to replicas that poll, except `:sender` itself."""
