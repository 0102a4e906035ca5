"""A launch keeps the session that it opened last, whose bearer names it: sessions have no table of their own.

Bearers of before name no launch, so widgets that are open meanwhile end, as if their ten minutes were over.
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give launches room for a session."""
    op.drop_table("widget_sessions")
    op.drop_column("widget_launches", "session_id")
    op.add_column("widget_launches", sa.Column("session_hash", sa.String(64)))
    op.add_column("widget_launches", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.add_column("widget_launches", sa.Column("extendable_until", sa.DateTime(timezone=True)))
    op.add_column("widget_launches", sa.Column("asked_locale", sa.String(35)))
    op.add_column("widget_launches", sa.Column("asked_theme", sa.String(5)))


def downgrade() -> None:
    """Give sessions their table, empty."""
    for name in ("asked_theme", "asked_locale", "extendable_until", "expires_at", "session_hash"):
        op.drop_column("widget_launches", name)
    op.add_column("widget_launches", sa.Column("session_id", sa.String(40)))
    op.create_table(
        "widget_sessions",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("launch_id", sa.String(40), sa.ForeignKey("widget_launches.id"), nullable=False),
        sa.Column("bearer_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extendable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locale", sa.String(35), nullable=False),
        sa.Column("theme", sa.String(5), nullable=False),
    )
