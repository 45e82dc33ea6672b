"""Summaries of long threads."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "thread_summaries",
        sa.Column("thread_id", text, nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("until_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_seq", number, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_thread_summaries_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("thread_id", name="pk_thread_summaries"),
    )


def downgrade() -> None:
    op.drop_table("thread_summaries")
