"""Idempotency keys of requests in flight, shared by all replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "request_claims",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("turn_id", text, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_request_claims"),
    )
    op.create_index("ix_request_claims_turn_id", "request_claims", ["turn_id"])
    op.create_index("ix_request_claims_until", "request_claims", ["until"])


def downgrade() -> None:
    op.drop_table("request_claims")
