"""Counters, shared by all replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("key", text, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("keep_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_counters"),
    )
    op.create_index("ix_counters_keep_until", "counters", ["keep_until"])


def downgrade() -> None:
    op.drop_table("counters")
