"""Attachments: age and size of files, and a list of abandoned ones."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    # SQLite adds a column without NULL only with a constant; no server wrote attachments before.
    op.add_column("attachments", sa.Column("created_at", moment, nullable=False, server_default="2026-01-01 00:00:00"))
    op.add_column("attachments", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    unsent = sa.text("thread_id IS NULL")
    op.create_index(
        "ix_attachments_unsent", "attachments", ["created_at"], postgresql_where=unsent, sqlite_where=unsent
    )
    op.create_table(
        "abandoned_files",
        sa.Column("id", text, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_abandoned_files"),
    )
    op.create_index("ix_abandoned_files_since", "abandoned_files", ["since"])


def downgrade() -> None:
    op.drop_table("abandoned_files")
    op.drop_index("ix_attachments_unsent", "attachments")
    op.drop_column("attachments", "size")
    op.drop_column("attachments", "created_at")
