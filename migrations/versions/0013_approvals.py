"""Decisions of users on tool calls that need approval."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("thread_id", text, nullable=False),
        sa.Column("question_id", text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "question_id", "number", name="pk_approvals"),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_approvals_threads", ondelete="CASCADE"),
    )
    op.create_index("ix_approvals_user_id", "approvals", ["user_id"])


def downgrade() -> None:
    op.drop_table("approvals")
