"""Slots of running turns, so that turns which begin at once cannot pass the limit of a user's running turns."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

running = sa.text("ended_at IS NULL")


def upgrade() -> None:
    # Null in rows of a replica that is not replaced yet; it counts them, but not in the instant in which they begin.
    op.add_column("running_turns", sa.Column("slot", sa.Integer(), nullable=True))
    op.create_index(
        "uq_running_turns_slot",
        "running_turns",
        ["user_id", "slot"],
        unique=True,
        postgresql_where=running,
        sqlite_where=running,
    )
    op.drop_index("ix_running_turns_user_id", "running_turns")


def downgrade() -> None:
    op.create_index(
        "ix_running_turns_user_id", "running_turns", ["user_id"], postgresql_where=running, sqlite_where=running
    )
    op.drop_index("uq_running_turns_slot", "running_turns")
    op.drop_column("running_turns", "slot")
