"""How an issuer's widgets look, and what each session's page asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add the theme, and the locale and theme asked for."""
    op.add_column("environments", sa.Column("theme", JSON, nullable=False, server_default="{}"))
    for name, length in (("locale", 35), ("theme", 5)):
        op.add_column("widget_sessions", sa.Column(name, sa.String(length), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    for table, name in (("widget_sessions", "theme"), ("widget_sessions", "locale"), ("environments", "theme")):
        op.drop_column(table, name)
