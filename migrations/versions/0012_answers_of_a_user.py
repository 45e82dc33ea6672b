"""User of a stored response, so that erasure deletes it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    # Null in rows of a replica that is not replaced yet; they are a minute old at most.
    op.add_column("request_answers", sa.Column("user_id", text, nullable=True))
    op.create_index("ix_request_answers_user_id", "request_answers", ["user_id"])


def downgrade() -> None:
    op.drop_index("ix_request_answers_user_id", "request_answers")
    op.drop_column("request_answers", "user_id")
