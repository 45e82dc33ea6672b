"""Feedback with copies of its item and question, so that it outlives the item."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "item_feedback",
        sa.Column("thread_id", text, nullable=False),
        sa.Column("item_id", text, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_seq", number, nullable=False),
        sa.Column("item_body", sa.Text(), nullable=False),
        sa.Column("question", text, nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_item_feedback_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("thread_id", "item_id", name="pk_item_feedback"),
    )
    op.execute(
        "INSERT INTO item_feedback (thread_id, item_id, kind, item_created_at, item_seq, item_body, question) "
        "SELECT f.thread_id, f.item_id, f.kind, i.created_at, i.seq, i.body, '' FROM feedback f "
        "JOIN thread_items i ON i.thread_id = f.thread_id AND i.id = f.item_id"
    )
    op.drop_table("feedback")


def downgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("thread_id", text, nullable=False),
        sa.Column("item_id", text, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id", "item_id"],
            ["thread_items.thread_id", "thread_items.id"],
            name="fk_feedback_thread_items",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("thread_id", "item_id", name="pk_feedback"),
    )
    op.execute(
        "INSERT INTO feedback (thread_id, item_id, kind) SELECT f.thread_id, f.item_id, f.kind FROM item_feedback f "
        "JOIN thread_items i ON i.thread_id = f.thread_id AND i.id = f.item_id"
    )
    op.drop_table("item_feedback")
