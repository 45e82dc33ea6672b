"""Stored responses of requests without a journal, for repeats on another replica."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "request_answers",
        sa.Column("turn_id", text, nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="pk_request_answers"),
    )
    op.create_index("ix_request_answers_until", "request_answers", ["until"])


def downgrade() -> None:
    op.drop_table("request_answers")
