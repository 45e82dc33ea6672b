"""Turn journal: running turns and their events, readable by every replica."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "running_turns",
        sa.Column("id", text, nullable=False),
        sa.Column("thread_id", text, nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("owner", text, nullable=False),
        sa.Column("lease_until", moment, nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_running_turns_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_running_turns"),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_running_turns_thread_id",
        "running_turns",
        ["thread_id"],
        unique=True,
        postgresql_where=running,
        sqlite_where=running,
    )
    op.create_index("ix_running_turns_thread_id", "running_turns", ["thread_id"])
    op.create_index(
        "ix_running_turns_owner", "running_turns", ["owner"], postgresql_where=running, sqlite_where=running
    )
    op.create_index("ix_running_turns_ended_at", "running_turns", ["ended_at"])
    op.create_table(
        "turn_events",
        sa.Column("turn_id", text, nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("frames", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["running_turns.id"], name="fk_turn_events_running_turns", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("turn_id", "first", name="pk_turn_events"),
    )


def downgrade() -> None:
    op.drop_table("turn_events")
    op.drop_table("running_turns")
