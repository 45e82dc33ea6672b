"""Posted signals, for replicas behind a pooler that supports no LISTEN."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "posted_signals",
        sa.Column("seq", sequence, sa.Identity(), nullable=False),
        sa.Column("sender", text, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_posted_signals"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_posted_signals_sent_at", "posted_signals", ["sent_at"])


def downgrade() -> None:
    op.drop_table("posted_signals")
