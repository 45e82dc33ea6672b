"""Index of running turns by user, to count the turns of one user."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_running_turns_user_id", "running_turns", ["user_id"], postgresql_where=running, sqlite_where=running
    )


def downgrade() -> None:
    op.drop_index("ix_running_turns_user_id", "running_turns")
