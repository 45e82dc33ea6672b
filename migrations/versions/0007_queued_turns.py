"""Queue positions of turns on all replicas, for which a turn without readers yields."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("running_turns", sa.Column("wanted_until", sa.DateTime(timezone=True)))
    op.create_table(
        "queued_turns",
        sa.Column("turn_id", text, nullable=False),
        sa.Column("thread_id", text, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="pk_queued_turns"),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name="fk_queued_turns_thread_id_threads", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_queued_turns_thread_id", "queued_turns", ["thread_id"])


def downgrade() -> None:
    op.drop_table("queued_turns")
    with op.batch_alter_table("running_turns") as table:
        table.drop_column("wanted_until")
