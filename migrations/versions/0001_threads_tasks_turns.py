"""Threads, tasks, turns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("seq", number, sa.Identity(always=False), nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_threads"),
        sa.UniqueConstraint("id", name="uq_threads_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_threads_created_at", "threads", ["created_at"])
    op.create_index("ix_threads_user_id_created_at_seq", "threads", ["user_id", "created_at", "seq"])

    op.create_table(
        "thread_items",
        sa.Column("seq", number, sa.Identity(always=False), nullable=False),
        sa.Column("thread_id", text, nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_thread_items_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq", name="pk_thread_items"),
        sa.UniqueConstraint("thread_id", "id", name="uq_thread_items_thread_id_id"),
        sqlite_autoincrement=True,
    )
    position = ["thread_id", "created_at", "seq"]
    op.create_index("ix_thread_items_thread_id_created_at_seq", "thread_items", position)
    op.create_index(
        "ix_thread_items_shown",
        "thread_items",
        position,
        postgresql_where=sa.text("NOT hidden"),
        sqlite_where=sa.text("hidden = 0"),
    )

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

    op.create_table(
        "attachments",
        sa.Column("id", text, nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("thread_id", text, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_attachments_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
    )
    op.create_index("ix_attachments_thread_id", "attachments", ["thread_id"])
    op.create_index("ix_attachments_user_id", "attachments", ["user_id"])

    op.create_table(
        "turns",
        sa.Column("thread_id", text, nullable=False),
        sa.Column("after_item_id", text, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_turns_threads", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("thread_id", "after_item_id", name="pk_turns"),
    )

    op.create_table(
        "tasks",
        sa.Column("seq", number, sa.Identity(always=False), nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("title", text, nullable=False),
        sa.Column("folded_title", text, nullable=False),
        sa.Column("description", text, nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("completed_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_tasks"),
        sa.UniqueConstraint("user_id", "id", name="uq_tasks_user_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_user_id_created_at_seq", "tasks", ["user_id", "created_at", "seq"])
    op.create_index("ix_tasks_user_id_status_created_at_seq", "tasks", ["user_id", "status", "created_at", "seq"])

    op.create_table(
        "tombstones",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", text, nullable=False),
        sa.Column("id", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("deleted_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "id", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_deleted_at", "tombstones", ["deleted_at"])


def downgrade() -> None:
    for table in ("tombstones", "tasks", "turns", "attachments", "feedback", "thread_items", "threads"):
        op.drop_table(table)
