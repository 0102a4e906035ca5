"""Sessions that may be extended, and the addresses where widgets lead back to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add the addresses, and until when a session may be extended."""
    op.add_column("environments", sa.Column("return_urls", JSON, nullable=False, server_default="[]"))
    op.add_column("widget_sessions", sa.Column("extendable_until", sa.DateTime(timezone=True)))
    # A session of before ends when it was said to end.
    op.execute("UPDATE widget_sessions SET extendable_until = expires_at")
    with op.batch_alter_table("widget_sessions") as table:
        table.alter_column("extendable_until", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_column("widget_sessions", "extendable_until")
    op.drop_column("environments", "return_urls")
