"""A launch names the session that it opened last, so that opening one more ends the others in one statement."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

# What is over stays over without being named.
NAMED = """
UPDATE widget_launches SET session_id = (
    SELECT max(id) FROM widget_sessions WHERE launch_id = widget_launches.id AND revoked_at IS NULL
) WHERE id IN (SELECT launch_id FROM widget_sessions WHERE expires_at > CURRENT_TIMESTAMP)
"""
REPLACED = """
UPDATE widget_sessions SET revoked_at = CURRENT_TIMESTAMP WHERE EXISTS (
    SELECT 1 FROM widget_launches
    WHERE widget_launches.id = widget_sessions.launch_id AND widget_launches.session_id <> widget_sessions.id
)
"""


def upgrade() -> None:
    """Name the sessions that live."""
    op.add_column("widget_launches", sa.Column("session_id", sa.String(40)))
    op.execute(NAMED)
    op.drop_column("widget_sessions", "revoked_at")
    # Nobody asks any more which sessions a launch has.
    op.drop_index("ix_widget_sessions_launch_id", "widget_sessions")


def downgrade() -> None:
    """End those that were replaced."""
    op.create_index("ix_widget_sessions_launch_id", "widget_sessions", ["launch_id"])
    op.add_column("widget_sessions", sa.Column("revoked_at", sa.DateTime(timezone=True)))
    op.execute(REPLACED)
    op.drop_column("widget_launches", "session_id")
