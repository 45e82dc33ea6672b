"""Reservations in the quota of a user, made before an upload is accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "upload_reservations",
        sa.Column("id", text, nullable=False),
        sa.Column("attachment_id", text, nullable=False),
        sa.Column("user_id", text, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload_reservations"),
    )
    for column in ("attachment_id", "user_id", "until"):
        op.create_index(f"ix_upload_reservations_{column}", "upload_reservations", [column])


def downgrade() -> None:
    op.drop_table("upload_reservations")
